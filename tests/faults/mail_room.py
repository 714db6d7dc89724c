"""A gateway, and the processes that send through it, killed at random until every message has found its end."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.gateway import HOLD, PORT, reported, taken
from tests.servers import Process

STALL_SECONDS = 3.0
ANSWER_SECONDS = 1.0
SETTLE_SECONDS = 6.0
"""More than the gateway's longest stall and our own patience together."""
SETTINGS = {
    "MESSAGE_LEASE_SECONDS": "12",
    "MESSAGE_TICK_SECONDS": "2",
    "SMS_TIMEOUT": str(ANSWER_SECONDS),
    "PUBLIC_URL": "http://127.0.0.1",
    "LOG_LEVEL": "WARNING",
}
"""Short times, so that what was killed comes back while one watches; the rules are the same."""
PROMISES = {
    "idempotent": (["--honours-keys"], {"GATEWAY_IDEMPOTENT_SECONDS": "86400"}),
    "can be asked": (["--can-be-asked"], {"GATEWAY_SETTLE_SECONDS": str(SETTLE_SECONDS)}),
    "neither": ([], {}),
}
"""What the gateway does, and what the settings say that it does."""


@dataclass
class Gateway:
    """The gateway's process and what it took."""

    folder: Path
    process: Process
    settings: dict[str, str] = field(default_factory=dict)

    def taken(self) -> Counter[str]:
        return Counter(taken(self.folder))

    def hold(self) -> None:
        """Have it keep whoever sends waiting, until it is let go."""
        (self.folder / HOLD).touch()

    def let_go(self) -> None:
        (self.folder / HOLD).unlink(missing_ok=True)

    def reported(self) -> Counter[str]:
        return reported(self.folder)


@contextmanager
def gateway(folder: Path, *arguments: str, **settings: str) -> Iterator[Gateway]:
    """A gateway that runs as long as the block; ``settings`` of the product come back with its address."""
    folder.mkdir(parents=True, exist_ok=True)
    process = Process(
        "gateway",
        ["tests.gateway", str(folder), f"--stall-seconds={STALL_SECONDS}", *arguments],
        environment=dict(os.environ),
        folder=folder,
    )
    try:
        process.wait_until((folder / PORT).exists)
        url = f"http://127.0.0.1:{(folder / PORT).read_text()}"
        yield Gateway(folder, process, SETTINGS | {"GATEWAY_URL": url, "SMS_PROVIDER": "gateway"} | settings)
    finally:
        process.kill()


@dataclass
class Crew:
    """Processes that are killed and started again, as a supervisor would."""

    start: dict[str, Callable[[], Process]]
    chance: random.Random
    running: dict[str, Process] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        for name in self.start:
            self.running[name] = self.start[name]()

    def kill_one(self, name: str = "") -> None:
        """kill -9 at a random moment: a whole process with its children, or one child of a worker."""
        name = name or self.chance.choice(sorted(self.running))
        time.sleep(self.chance.random())
        process = self.running[name]
        children = psutil.Process(process.pid).children(recursive=True) if "worker" in name else []
        if children and self.chance.random() < 0.5:
            os.kill(self.chance.choice(children).pid, signal.SIGKILL)
        else:
            process.kill()
            self.running[name] = self.start[name]()
        self.killed[name.split()[0]] += 1

    def end(self) -> None:
        for process in self.running.values():
            process.kill()

    def output(self) -> str:
        return "\n".join(process.output()[-3000:] for process in self.running.values())


def say(text: str) -> None:
    """A figure for whoever reads the run (`make soak` shows it)."""
    sys.stderr.write(f"\n{text}\n")
