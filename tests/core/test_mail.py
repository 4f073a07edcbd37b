"""Sending mail: into folders, to servers, and what must not leave."""

import email
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lms.core import mail
from lms.core.config import Config
from lms.core.outbox import NotYet


def _message(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "belay@northfold.test"
    message["To"] = "maya@northfold.test"
    message["Subject"] = "Добро пожаловать, 欢迎, ברוך הבא"
    message["Message-ID"] = "<one@northfold.test>"
    for name, value in headers.items():
        message[name] = value
    message.set_content("Your first morning.\nשלום\n")
    return message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out going"


@pytest.fixture
def into_folder(config: Config, folder: Path) -> Config:
    return replace(config, mail_url=f"folder://{str(folder).replace(' ', '%20')}")


def test_a_mail_becomes_a_file_of_its_own(into_folder: Config, folder: Path) -> None:
    mail.send(into_folder, _message())
    (path,) = folder.iterdir()
    assert path.suffix == ".eml"
    found = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert found["Subject"] == "Добро пожаловать, 欢迎, ברוך הבא"
    assert found["To"] == "maya@northfold.test"
    assert "שלום" in found.get_content()


def test_sending_the_same_mail_again_leaves_one(into_folder: Config, folder: Path) -> None:
    mail.send(into_folder, _message())
    mail.send(into_folder, _message())
    assert len(list(folder.iterdir())) == 1
    other = _message()
    other.replace_header("Message-ID", "<two@northfold.test>")
    mail.send(into_folder, other)
    assert len(list(folder.iterdir())) == 2


def test_without_an_address_the_mail_waits(config: Config) -> None:
    with pytest.raises(mail.MailNotSetUp, match="LMS_MAIL_URL") as waits:
        mail.send(config, _message())
    assert isinstance(waits.value, NotYet)


def test_a_line_break_in_a_header_is_refused(into_folder: Config, folder: Path) -> None:
    message = EmailMessage(policy=policy.compat32)  # type: ignore[type-var]
    for name, value in _message().items():
        if name != "Subject":
            message[name] = value
    message["Subject"] = "Hello\nBcc: everybody@northfold.test"
    with pytest.raises(mail.MailRefused, match="Subject"):
        mail.send(into_folder, message)
    assert not folder.exists()


def test_a_mail_without_a_name_is_refused(into_folder: Config) -> None:
    message = _message()
    del message["Message-ID"]
    with pytest.raises(mail.MailRefused, match="Message-ID"):
        mail.send(into_folder, message)


class _Server(socketserver.ThreadingTCPServer):
    """A mail server that takes everything and offers no encryption."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.commands: list[str] = []
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            words = line.decode().strip()
            self.server.commands.append(words)
            if words.upper().startswith("EHLO"):
                self._say("250-here\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 AUTH PLAIN")
            elif words.upper().startswith("AUTH"):
                self._say("235 welcome")
            elif words.upper() == "DATA":
                self._say("354 go on")
                self.server.received.append(self._content())
                self._say("250 kept")
            elif words.upper() == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _content(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_mail_reaches_the_server(config: Config, server: _Server) -> None:
    url = f"smtp://belay:se%40cret@127.0.0.1:{server.server_address[1]}"
    mail.send(replace(config, mail_url=url), _message())
    (content,) = server.received
    found = email.message_from_bytes(content, policy=policy.default)
    assert found["Message-ID"] == "<one@northfold.test>"
    assert "rcpt TO:<maya@northfold.test>" in server.commands
    assert any(command.startswith("AUTH") for command in server.commands)


def test_a_password_is_not_sent_in_clear_to_another_machine(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "is_loopback", lambda host: False)
    port = server.server_address[1]
    with pytest.raises(mail.MailRefused, match="no encryption"):
        mail.connect(urlsplit(f"smtp://belay:secret@127.0.0.1:{port}"))
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_a_server_that_is_not_there_is_an_error_to_try_again(config: Config) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - which one is the machine's choice
        mail.send(replace(config, mail_url="smtp://127.0.0.1:1"), _message())
