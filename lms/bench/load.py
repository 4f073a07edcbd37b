"""A bounded load on 127.0.0.1: keep-alive connections, one request under way on each."""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a load found: answers a second, bytes of the last body, answers that were not 200."""

    rate: float
    bytes: int
    failed: int


@dataclass
class _Line:
    socket: socket.socket
    buffer: bytearray


def put_load(port: int, path: str, cookie: str, *, seconds: float, connections: int = 16) -> Load:
    """GET a path for so many seconds and return what happened. Only ever this machine."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        "Accept-Language: en\r\n\r\n"
    ).encode()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port), timeout=30)
        opened.setblocking(False)
        opened.send(request)
        selector.register(opened, selectors.EVENT_READ, _Line(opened, bytearray()))
    done = failed = size = 0
    began = time.perf_counter()
    ends = began + seconds
    while time.perf_counter() < ends:
        for key, _ in selector.select(timeout=1):
            line: _Line = key.data
            line.buffer += line.socket.recv(262_144)
            answer = _whole(line.buffer)
            if answer is None:
                continue
            status, size = answer
            done += 1
            failed += status != 200
            line.buffer.clear()
            line.socket.send(request)
    spent = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return Load(rate=done / spent, bytes=size, failed=failed)


def _whole(buffer: bytearray) -> tuple[int, int] | None:
    """Return status and body length when the answer has arrived whole, else None."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end]).lower()
    at = head.find(b"content-length:")
    if at < 0:
        raise ValueError("an answer without a length")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    if len(buffer) < end + 4 + length:
        return None
    return int(head.split(b" ", 2)[1]), length
