"""Sending one mail: to a server, or into a folder. Always from the outbox, never from a page."""

import contextlib
import hashlib
import os
import smtplib
import ssl
import tempfile
from email import policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from lms.core.config import Config, is_loopback
from lms.core.outbox import NotYet

TIMEOUT_SECONDS = 15
_PORTS = {"smtp": 25, "smtps": 465}


class MailNotSetUp(NotYet):
    """No LMS_MAIL_URL: the mail waits in the outbox until there is one."""


class MailRefused(Exception):
    """The mail must not leave as it is; the text says why."""


def send(config: Config, message: EmailMessage) -> None:
    """Hand a mail over; when this returns, the server or the folder has it.

    The message brings its own stable Message-ID, so that a repeat is known as one. Raises
    MailNotSetUp, MailRefused for headers with line breaks, or what the connection raises.
    """
    if not config.mail_url:
        raise MailNotSetUp("LMS_MAIL_URL is not set")
    content = _checked(message)
    url = urlsplit(config.mail_url)
    if url.scheme == "folder":
        _write(Path(unquote(url.path)), message["Message-ID"], content)
        return
    with connect(url) as server:
        server.send_message(message)


def connect(url: SplitResult) -> smtplib.SMTP:
    """Return a connection to the mail server of an address, encrypted wherever it offers that.

    Raises MailRefused rather than send a password in clear to another machine.
    """
    host, port = url.hostname or "localhost", url.port or _PORTS[url.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        encrypted = url.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            encrypted = True
        if url.username:
            if not encrypted and not is_loopback(host):
                raise MailRefused(f"{host} offers no encryption: the password stays here")
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _checked(message: EmailMessage) -> bytes:
    """Return the message's bytes; raise MailRefused if a header could smuggle in another."""
    for name, value in message.items():
        if any(mark in f"{name}{value}" for mark in "\r\n\0"):
            raise MailRefused(f"the header {name!r} has a line break")
    if not message["Message-ID"]:
        raise MailRefused("the mail has no Message-ID")
    return message.as_bytes(policy=policy.SMTP)


def _write(folder: Path, message_id: str, content: bytes) -> None:
    """Write a mail as a file of its own; the same Message-ID is the same file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    descriptor, temporary = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / f"{name}.eml")
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
