"""How many rows of each table a dump holds, found by having pg_restore write it all out and throwing it away.

What row-level security or a wrong version leaves out is missed here, before anybody relies on it.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
import threading
from typing import IO, Self

from config.backup.errors import BackupError
from config.backup.programs import Programs

_COPY = re.compile(rb"COPY (\S+) (\(.*\) )?FROM stdin;\n")
_END = b"\\.\n"


class Counter:
    """Takes a dump piece by piece; ``rows`` is by table, and says that it was read to its end without an error."""

    def __init__(self, programs: Programs) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed with this)
        self._process = subprocess.Popen(  # noqa: S603  (a program of PostgreSQL's)
            [programs.restore, "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        self._found: dict[str, int] = {}
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever happened, nothing of it stays."""
        if self._process.poll() is None:
            self._process.kill()
        self._thread.join()
        with contextlib.suppress(BrokenPipeError), self._process, self._said:
            pass  # closes them

    def feed(self, piece: bytes) -> None:
        """Raises BackupError where pg_restore does not take it any more."""
        try:
            _end(self._process.stdin).write(piece)
        except BrokenPipeError:
            raise BackupError(f"The dump cannot be read: {self._last_words()}") from None

    def rows(self) -> dict[str, int]:
        """By table; to be called once, when all was given. Raises BackupError for a dump that is not whole."""
        with contextlib.suppress(BrokenPipeError):
            _end(self._process.stdin).close()
        self._thread.join()
        if self._process.wait() != 0:
            raise BackupError(f"The dump cannot be read: {self._last_words()}")
        return self._found

    def _count(self) -> None:
        lines = iter(_end(self._process.stdout))
        for line in lines:
            if line.startswith(b"COPY ") and (begin := _COPY.fullmatch(line)):
                number = 0
                for row in lines:
                    if row == _END:
                        break
                    number += 1
                self._found[begin.group(1).decode()] = number

    def _last_words(self) -> str:
        self._process.wait()
        return last_words(self._said)


def last_words(said: IO[bytes]) -> str:
    """The last line that a program wrote as it failed: what is wrong, without the rows that it is wrong with."""
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    told = [line for line in lines if not line.startswith(("DETAIL", "CONTEXT", "Command was"))]
    return told[-1] if told else "it said nothing"


def _end(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BackupError("a pipe is missing")
    return pipe
