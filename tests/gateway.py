"""A text message gateway for tests, in a process of its own: `python -m tests.gateway FOLDER [--honours-keys] ...`.

It speaks docs/reference/gateway.md and does what real ones do: fails before it takes a message, or after; takes it and
loses the answer; stalls longer than anybody waits and takes it all the same; breaks off an answer. It may honour keys,
or be asked, or neither. ``accepted.log`` is what it took, one line a message, written before it answers; what came in
half it never takes. ``port`` holds its port once it listens. While there is a file ``hold`` it takes nothing and says
nothing.

With a secret it reports what became of each text: several times, late, the last first, and again until it is heard.
Somebody else, who has not the secret or only an old report, says that texts failed. ``reported.log`` holds what was
said and how it was answered.
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
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCEPTED, REPORTED, PORT, HOLD = "accepted.log", "reported.log", "port", "hold"
FAULTS = {
    "refuses_for_now": 0.01,
    "fails_before": 0.01,
    "loses_answer": 0.02,
    "fails_after": 0.01,
    "stalls": 0.005,
    "breaks_off": 0.005,
}
"""How often each happens; the rest goes well."""


REPORTS = ("final", "accepted", "final", "accepted", "final")
"""What is said of each text, in any order."""
FORGERIES = ("without the secret", "an old one")
LATEST_SECONDS = 1.5
REPORTS_GOOD_FOR = 300


class Book:
    """What was taken, in memory and on disk."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(folder / ACCEPTED, flags, 0o600)
        self._reports = os.open(folder / REPORTED, flags, 0o600)
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

    def note(self, what: str, status: int) -> None:
        """That a report was answered, and how."""
        os.write(self._reports, f"{what}={status}\n".encode())


def taken(folder: Path) -> Iterator[str]:
    """The keys of all messages that the gateway took, as often as it took them."""
    yield from (folder / ACCEPTED).read_text().split()


def reported(folder: Path) -> Counter[str]:
    """How often each kind of report was given each answer: ``final=204``."""
    return Counter((folder / REPORTED).read_text().splitlines())


def say_signed(url: str, said: dict[str, Any], secret: str, *, late: float = 0) -> int:
    """Tell the clinic something, signed so many seconds from now as the contract says; its answer, 0 for none."""
    body, stamp = json.dumps(said).encode(), str(int(time.time() + late))
    signature = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Gateway-Timestamp": stamp, "X-Gateway-Signature": signature}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def say_until_heard(url: str, said: dict[str, Any], secret: str) -> int:
    """The same until somebody answers who understood it, or refuses it; that answer."""
    while (status := say_signed(url, said, secret)) == 0 or status >= 500:
        time.sleep(0.1)
    return status


class Gateway(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", options.port), Handler)
        self.options, self.book = options, Book(options.folder)
        self.chance = random.Random(options.seed)
        self.seen: set[str] = set()
        self.faults = FAULTS if options.faults else dict(options.fault)

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
    protocol_version = "HTTP/1.1"  # a line is kept until its client leaves it
    disable_nagle_algorithm = True  # or the second half of an answer waits for the first to be heard of

    def do_POST(self) -> None:
        body = self.rfile.read(length := int(self.headers["Content-Length"]))
        if len(body) < length:
            return self._hang_up()  # the sender died over it: half a message is none
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
        while (options.folder / HOLD).exists():
            time.sleep(0.005)
        if fault == "stalls":
            time.sleep(options.stall_seconds * (0.5 + self.server.chance.random() / 2))
        message_id = self.server.book.take(key, honours_keys=options.honours_keys)
        if said.get("callback") and options.callback_secret:
            about = {"id": message_id, "key": key}
            self._report(said["callback"], about, is_failed=said["to"].endswith(tuple(options.undelivered)))
        if fault == "loses_answer":
            return self._hang_up()
        if fault == "fails_after":
            return self._say(500, {})
        if fault == "breaks_off":
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"id": "')
            return self._hang_up()
        return self._say(200, {"id": message_id})

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

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

    def _report(self, url: str, about: dict[str, str], *, is_failed: bool) -> None:
        """Have everything said of a text that there is to say, true or not."""
        final, secret = "failed" if is_failed else "delivered", self.server.options.callback_secret
        words = [(what, final if what == "final" else what) for what in REPORTS]
        if self.server.chance.random() < self.server.options.forges:
            words += [(what, "delivered" if is_failed else "failed") for what in FORGERIES]
        for what, status in words:
            said = about | {"event_id": f"{about['id']}:{status}", "status": status}
            wait = self.server.chance.choice([0.0, self.server.chance.random() * LATEST_SECONDS])
            threading.Timer(wait, self._say_report, [what, url, said, secret]).start()

    def _say_report(self, what: str, url: str, said: dict[str, Any], secret: str) -> None:
        if what == "without the secret":
            status = say_signed(url, said, "a guess")
        elif what == "an old one":
            status = say_signed(url, said, secret, late=-REPORTS_GOOD_FOR - 60)
        else:
            status = say_until_heard(url, said, secret)
        self.server.book.note(what, status)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    return name, float(share)


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
    parser.add_argument(
        "--fault", type=_share, action="append", default=[], help="name=share: this one so often"
    )
    parser.add_argument("--callback-secret", default="", help="reports what became of texts, signed with it")
    parser.add_argument(
        "--undelivered", action="append", default=[], help="numbers that end so never get theirs"
    )
    parser.add_argument(
        "--forges", type=float, default=0.0, help="the share of texts about which somebody lies"
    )
    gateway = Gateway(parser.parse_args())
    (gateway.options.folder / "port.new").write_text(str(gateway.server_port))
    (gateway.options.folder / "port.new").rename(gateway.options.folder / PORT)
    gateway.serve_forever()


if __name__ == "__main__":
    main()
