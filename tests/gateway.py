"""A text message gateway for tests, in a process of its own: `python -m tests.gateway FOLDER [--honours-keys] ...`.

It speaks docs/reference/gateway.md and does what real ones do: fails before it takes a message, or after; takes it and
loses the answer; stalls longer than anybody waits and takes it all the same; breaks off an answer; says everything
twice. It may honour keys, or be asked, or neither. ``accepted.log`` is what it took, one line a message, written before
it answers; what came in half it never takes. ``port`` holds its port once it listens.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import random
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCEPTED, PORT = "accepted.log", "port"
FAULTS = {
    "refuses_for_now": 0.01,
    "fails_before": 0.01,
    "loses_answer": 0.02,
    "fails_after": 0.01,
    "stalls": 0.005,
    "breaks_off": 0.005,
}
"""How often each happens; the rest goes well."""


class Book:
    """What was taken, in memory and on disk."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / ACCEPTED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self.ids: dict[str, list[str]] = {}

    def take(self, key: str, *, honours_keys: bool) -> str:
        """The message's id: a new one, or the old one where a key is honoured."""
        with self._lock:
            known = self.ids.setdefault(key, [])
            if known and honours_keys:
                return known[0]
            known.append(f"m{len(self.ids)}-{len(known)}-{key[:8]}")
            os.write(self._file, f"{key}\n".encode())
            os.fsync(self._file)
            return known[-1]


def taken(folder: Path) -> Iterator[str]:
    """The keys of all messages that the gateway took, as often as it took them."""
    yield from (folder / ACCEPTED).read_text().split()


class Gateway(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", options.port), Handler)
        self.options, self.book = options, Book(options.folder)
        self.chance = random.Random(options.seed)
        self.seen: set[str] = set()
        self.faults = FAULTS if options.faults else {}

    def fault(self) -> str:
        """What goes wrong this time; empty: nothing."""
        drawn = self.chance.random()
        for name, share in self.faults.items():
            if drawn < share:
                return name
            drawn -= share
        return ""

    def fault_of(self, number: str, key: str) -> str:
        """The fault of this request: drawn, or told by the number's last digit when the key comes first."""
        if not self.options.faults_by_number:
            return self.fault()
        is_first = key not in self.seen
        self.seen.add(key)
        digit = int(number[-1])
        return [*FAULTS][digit - 1] if is_first and 0 < digit <= len(FAULTS) else ""

    def handle_error(self, *args: Any) -> None:
        """A client that went away, or was killed."""


class Handler(BaseHTTPRequestHandler):
    server: Gateway
    timeout = 30

    def do_POST(self) -> None:
        body = self.rfile.read(length := int(self.headers["Content-Length"]))
        if len(body) < length:
            return None  # the sender died over it: half a message is none
        said, key = json.loads(body), self.headers["Idempotency-Key"]
        options, fault = (
            self.server.options,
            self.server.fault_of(said["to"], self.headers["Idempotency-Key"]),
        )
        if options.rejects and options.rejects in said["to"]:
            return self._say(400, {"error": "no such number"})
        if options.is_down or fault == "fails_before":
            return self._say(503, {})
        if fault == "refuses_for_now":
            return self._say(429, {}, {"Retry-After": "1"})
        if fault == "stalls":
            time.sleep(options.stall_seconds * (0.5 + self.server.chance.random() / 2))
        message_id = self.server.book.take(key, honours_keys=options.honours_keys)
        if said.get("callback") and options.callback_secret:
            threading.Thread(target=self._report, args=[said["callback"], message_id, key]).start()
        if fault == "loses_answer":
            return self.connection.shutdown(socket.SHUT_RDWR)
        if fault == "fails_after":
            return self._say(500, {})
        if fault == "breaks_off":
            self.wfile.write(b'HTTP/1.0 200 OK\r\nContent-Length: 400\r\n\r\n{"id": "')
            return None
        return self._say(200, {"id": message_id})

    def do_GET(self) -> None:
        if not self.server.options.can_be_asked:
            return self._say(404, {})
        (key,) = parse_qs(urlsplit(self.path).query)["key"]
        ids = self.server.book.ids.get(key, [])
        return self._say(200, {"messages": [{"id": each, "status": "accepted"} for each in ids]})

    def _say(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _report(self, url: str, message_id: str, key: str) -> None:
        """Say twice that it was delivered, and in between that it was accepted."""
        for status in ("delivered", "accepted", "delivered"):
            body = json.dumps({"id": message_id, "key": key, "status": status}).encode()
            signed = hmac.new(self.server.options.callback_secret.encode(), body, hashlib.sha256).hexdigest()
            request = urllib.request.Request(url, body, {"X-Signature": signed})  # noqa: S310 - our own
            with suppress(OSError), urllib.request.urlopen(request, timeout=10):  # noqa: S310
                pass

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--honours-keys", action="store_true")
    parser.add_argument("--can-be-asked", action="store_true")
    parser.add_argument("--faults", action="store_true", help="with faults as often as FAULTS says")
    parser.add_argument(
        "--faults-by-number", action="store_true", help="the last digit n: the n-th of FAULTS, once"
    )
    parser.add_argument("--is-down", action="store_true", help="answers everything with 503")
    parser.add_argument("--rejects", default="", help="numbers with this in them are refused for good")
    parser.add_argument("--stall-seconds", type=float, default=3.0)
    parser.add_argument("--callback-secret", default="")
    gateway = Gateway(parser.parse_args())
    (gateway.options.folder / "port.new").write_text(str(gateway.server_port))
    (gateway.options.folder / "port.new").rename(gateway.options.folder / PORT)
    gateway.serve_forever()


if __name__ == "__main__":
    main()
