"""Where the web workers listen: whether it is free, and whether somebody answers there."""

import errno
import socket
from dataclasses import dataclass


class CannotListen(Exception):
    """The address is taken or not ours; the text says which."""


@dataclass(frozen=True)
class Address:
    """A host and a port of this machine."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Return the address as a browser takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def reachable(self) -> "Address":
        """Return the address by which this machine itself gets there."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        return Address(everywhere.get(self.host, self.host), self.port)

    def check(self) -> None:
        """Raise CannotListen unless the port is free.

        Granian's workers share the port among themselves, so a second server would join the
        first one unnoticed.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self.host, self.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotListen(f"port {self.port} is taken; choose another by --port") from None
            raise CannotListen(f"cannot listen on {self.url}: {error.strerror}") from None

    def answers(self) -> bool:
        """Whether a web worker answers."""
        there = self.reachable
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        try:
            with socket.create_connection((there.host, there.port), timeout=2) as connection:
                connection.sendall(request)
                return connection.recv(12).endswith(b" 200")
        except OSError:
            return False


def port_number(text: str) -> int:
    """Return a port for argparse; raise ValueError for what is none."""
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number
