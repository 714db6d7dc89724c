"""One process of the system: started, started again when it dies, stopped with its children."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from config.embedded import processes

_LONGEST_WAIT_SECONDS = 30.0
_STABLE_SECONDS = 60.0


@dataclass
class Child:
    """A process and its command; the output goes to the log file."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_seconds: float = 1.0
    due_at: float | None = None

    def start(self) -> None:
        """The kernel ends it when we die, however we die (Linux); elsewhere the next start does."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603  (our own command)
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops us in order
                preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
        self.started_at = time.monotonic()
        self.due_at = None

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self) -> str | None:
        """Starts the process again after it died, each time a little later; returns what to tell, if anything."""
        if self.is_alive():
            return None
        now = time.monotonic()
        if self.due_at is None:
            if now - self.started_at > _STABLE_SECONDS:
                self.wait_seconds = 1.0
            self.due_at = now + self.wait_seconds
            code = self.process.returncode if self.process else None
            told = (
                f"{self.name} ended ({code}); starting it again in {self.wait_seconds:.0f} s. Log: {self.log}"
            )
            self.wait_seconds = min(self.wait_seconds * 2, _LONGEST_WAIT_SECONDS)
            self._kill_group()
            return told
        if now >= self.due_at:
            self.start()
            return f"{self.name} started again."
        return None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_alive():
            self.process.terminate()

    def wait_or_kill(self, until: float) -> None:
        """Waits for the end until a moment of the monotonic clock, then kills; the group goes in any case."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, until - time.monotonic()))
        self._kill_group()
        self.process.wait(10)

    def _kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_leftover(*, pid: int, born: float) -> bool:
    """Stops a process, with its group, that an earlier supervisor left; False when it is another process now.

    Both number and time of birth must agree: numbers are used again.
    """
    try:
        if abs(psutil.Process(pid).create_time() - born) > 1:
            return False
    except psutil.Error:
        return False
    processes.stop(pid, signal.SIGTERM, seconds_each=5)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return True
