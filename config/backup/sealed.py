"""The file: a tar of pieces, encrypted by age (age-encryption.org/v1) to public keys.

Both are open formats: `age --decrypt` and `tar` read it without this program. age encrypts in pieces of 64 KiB, each
with its own proof, and marks the last one: a file that was cut off or altered is not read to its end. Whoever makes
backups holds the public key only, so a machine that is broken into gives away no old backup.
"""

from __future__ import annotations

import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pyrage

from config.backup.errors import BackupError

END_OF_TAR = b"\0" * (2 * tarfile.BLOCKSIZE)


def recipients_of(keys: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """The public keys (``age1...``) that a backup is for. Raises BackupError for what is none."""
    if not keys:
        raise BackupError(
            "Nobody is named who could read the backup: set BACKUP_RECIPIENTS."
            " `manage.py backup_key FILE` makes a pair of keys."
        )
    try:
        return [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError as error:
        raise BackupError("BACKUP_RECIPIENTS holds something that is not a public key (age1...).") from error


def identities_of(path: Path) -> list[pyrage.x25519.Identity]:
    """The secret keys in a file as `age-keygen` and `backup_key` write it. Raises BackupError where there are none."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY")]
    except (OSError, ValueError, pyrage.IdentityError) as error:
        raise BackupError(f"{path} cannot be read as a file of keys ({type(error).__name__}).") from error
    if not found:
        raise BackupError(f"{path} holds no secret key (AGE-SECRET-KEY-...).")
    return found


def piece(name: str, content: bytes) -> Iterator[bytes]:
    """One file of the tar."""
    header = tarfile.TarInfo(name)
    header.size, header.mode = len(content), 0o600
    yield header.tobuf(tarfile.USTAR_FORMAT)
    yield content
    yield b"\0" * (-len(content) % tarfile.BLOCKSIZE)


def write_sealed(
    file: io.BufferedIOBase, pieces: Iterator[bytes], recipients: Sequence[pyrage.x25519.Recipient]
) -> None:
    """Encrypt the pieces into the file as they come. Raises what the pieces raise; BackupError where writing fails."""
    source = _Pulled(pieces)
    try:
        pyrage.encrypt_io(cast("io.BufferedIOBase", source), file, recipients)
    except (pyrage.EncryptError, OSError) as error:
        if source.error is not None:
            raise source.error from None
        raise BackupError(f"The file cannot be written: {error}") from error


def read_sealed(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    take: Callable[[str, bytes], None],
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Give every file of the tar to ``take``, in order, and read to the very end, which alone proves the whole.

    Raises BackupError for a wrong key, and for a file that is cut off, altered, or something else.
    """
    reading, writing = os.pipe()
    opened = _Opened(path, identities, writing, advance)
    opened.start()
    broken: Exception | None = None
    try:
        with os.fdopen(reading, "rb") as plain:
            with tarfile.open(fileobj=plain, mode="r|") as tar:
                for each in tar:
                    content = tar.extractfile(each)
                    take(each.name, content.read() if content else b"")
            while plain.read(1 << 16):
                pass
    except tarfile.TarError as error:
        broken = error
    finally:
        opened.join()
    if opened.error is not None and not isinstance(opened.error, BrokenPipeError):
        raise BackupError(_why(path, opened.error)) from opened.error
    if broken is not None:
        raise BackupError(f"{path} is not a backup of this program.") from broken


class _Pulled(io.RawIOBase):
    """Pieces as a file to be read; remembers what making them raised, which age only quotes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.error: BaseException | None = None
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


class _Opened(threading.Thread):
    """Decrypts into a pipe beside whoever reads it."""

    def __init__(
        self,
        path: Path,
        identities: Sequence[pyrage.x25519.Identity],
        pipe: int,
        advance: Callable[[int], None],
    ) -> None:
        super().__init__(daemon=True)
        self.error: Exception | None = None
        self._path, self._identities, self._pipe, self._advance = path, identities, pipe, advance

    def run(self) -> None:
        try:
            with os.fdopen(self._pipe, "wb") as pipe, self._path.open("rb") as sealed:
                counted = cast("io.BufferedIOBase", _Counted(sealed, self._advance))
                pyrage.decrypt_io(counted, pipe, self._identities)
        except (pyrage.DecryptError, OSError) as error:
            self.error = error


class _Counted:
    """A file that says how much was read of it."""

    def __init__(self, file: Any, advance: Callable[[int], None]) -> None:
        self._file, self._advance = file, advance

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._file.read(size)
        self._advance(len(found))
        return found


def _why(path: Path, error: Exception) -> str:
    said = str(error)
    if "matching keys" in said:
        return f"The key is not one of those that {path} is for."
    if isinstance(error, FileNotFoundError | PermissionError):
        return f"{path} cannot be read: {error.strerror}."
    return f"{path} is cut off, altered, or not a backup ({said})."
