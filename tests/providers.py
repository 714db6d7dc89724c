"""Providers for tests: real servers on this machine that answer, refuse, stall, drip and hang up as they are told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    line: int
    """The other end's port: the same for requests that came over one line."""


@dataclass
class HttpProvider:
    """Answers each request by ``answer``: (status, body), or a function that writes to the handler itself."""

    url: str
    answer: tuple[int, bytes] | Callable[[Any], None] = (200, b"{}")
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def http_provider(*, keeps_lines: bool = False) -> Iterator[HttpProvider]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if keeps_lines else "HTTP/1.0"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            line = int(self.client_address[1])
            provider.asked.append(Asked(self.command, self.path, dict(self.headers), body, line))
            if callable(provider.answer):
                provider.answer(self)
                return
            status, said = provider.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.send_header("Content-Type", "application/json")
            for name, value in provider.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    provider = HttpProvider(url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def hangs_up(handler: Any) -> None:
    """The request was read; the line goes dead without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def drips(handler: Any) -> None:
    """An answer that never ends, a byte at a time: each one begins a time-out anew."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with_patience = threading.Event()
    for _ in range(10_000):
        handler.wfile.write(b"X: y\r\n"[:1])
        handler.wfile.flush()
        with_patience.wait(0.02)


@dataclass
class MailServer:
    """Speaks enough SMTP; ``replies`` changes what a command is answered with, ``at`` what happens to the line.

    ``at`` maps a command to ``stall``, ``drip`` or ``drop``.
    """

    port: int
    replies: dict[str, bytes] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    letters: list[bytes] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    over = threading.Event()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            if not self._reply("CONNECT", b"220 here"):
                return
            while line := self.rfile.readline():
                command = line[:4].strip().decode().upper()
                usual = {"EHLO": b"250 here", "DATA": b"354 go on", "QUIT": b"221 bye"}.get(
                    command, b"250 ok"
                )
                if not self._reply(command, usual) or command == "QUIT":
                    return
                if command == "DATA" and "DATA" not in server.replies:
                    letter = b""
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        letter += line
                    server.letters.append(letter)
                    if not self._reply("END", b"250 taken"):
                        return

        def _reply(self, command: str, usual: bytes) -> bool:
            """Whether the conversation goes on."""
            match server.at.get(command):
                case "drop":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return False
                case "stall":
                    over.wait(60)
                    return False
                case "drip":
                    for _ in range(10_000):
                        self.wfile.write(b"2")
                        self.wfile.flush()
                        time.sleep(0.02)
            self.wfile.write(server.replies.get(command, usual) + b"\r\n")
            return True

    class Quiet(ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        block_on_close = False

        def handle_error(self, *args: object) -> None:
            """A line that we cut ourselves."""

    tcp = Quiet(("127.0.0.1", 0), Handler)
    server = MailServer(port=tcp.server_address[1])
    threading.Thread(target=tcp.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        over.set()
        tcp.shutdown()
        tcp.server_close()
