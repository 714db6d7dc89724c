"""Starting a server process: as an ordinary user, tied to the life of its parent."""

import contextlib
import ctypes
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_ORDINARY_USERS = ("nobody", "daemon")
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(signal_number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the signal when the parent dies, however it dies.

    Linux only. Elsewhere the next start finds what is left and stops it.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


def end_with_parent(signal_number: int) -> None:
    """Asks the kernel to send us the signal when whoever started us dies (Linux; elsewhere watch the parent)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number)


def ordinary_user() -> pwd.struct_passwd | None:
    """Whom a server runs as when we are root: PostgreSQL refuses root. None when we are ordinary ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _ORDINARY_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(
        "Started by root on a machine without the users nobody or daemon: use another account."
    )


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    folder: Path,
    signal_at_parents_death: int = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Starts a server that dies with us; its output goes to the log."""
    user = ordinary_user()
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  (our own command)
            [str(part) for part in command],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,  # a Ctrl-C in the terminal is for whoever watches, not for the server
            preexec_fn=dies_with_parent(signal_at_parents_death),
        )


def make_private_folder(folder: Path) -> None:
    """A folder that only the server's user can open."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    give_to_ordinary_user(folder)


def give_to_ordinary_user(path: Path) -> None:
    user = ordinary_user()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def let_ordinary_user_reach(path: Path, *, tree: bool = False) -> list[Path]:
    """When root starts an ordinary user's server: lets that user pass through the folders above `path`.

    Passing through is not listing or reading. With `tree`, also lets it read what is below (programs).
    Returns the folders above that were changed.
    """
    if ordinary_user() is None:
        return []
    opened = [folder for folder in path.resolve().parents if not folder.stat().st_mode & stat.S_IXOTH]
    for folder in opened:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    if tree and not path.stat().st_mode & stat.S_IROTH:
        for item in [path, *path.rglob("*")]:
            mode = item.stat().st_mode
            item.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
    return opened


def is_running(pid: int) -> bool:
    """Whether a process of this number exists and is not merely waiting to be collected."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def command_line(pid: int) -> str:
    """The command of a process, or an empty text where it is gone or hidden."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def stop(pid: int, *signals: int, seconds_each: float) -> bool:
    """Sends the signals one after the other until the process is gone; whether it is."""
    for signal_number in signals:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        until = time.monotonic() + seconds_each
        while time.monotonic() < until:
            if not is_running(pid):
                return True
            time.sleep(0.02)
    return not is_running(pid)
