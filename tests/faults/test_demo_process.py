"""`make demo` and `make run`: up with one command, down with Ctrl-C, up again after anything."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.faults.conftest import kill_all, processes_of, product_environment, wait_until
from tests.servers import SOURCE, free_port

# What is promised of a machine that has nothing else to do; a busy one gets six times as long.
IS_SHARED = os.getloadavg()[0] > (os.cpu_count() or 1) or "PYTEST_XDIST_WORKER" in os.environ
BUSY = 6 if IS_SHARED else 1
FIRST_START_SECONDS = 60 * BUSY
LATER_START_SECONDS = 10 * BUSY
LONGEST_STOP_SECONDS = 40 * BUSY  # a worker that has a task in hand is given 25 to end it


class Demo:
    """A supervisor in a terminal of its own, that is: in a session of its own."""

    def __init__(
        self,
        var: Path,
        port: int,
        *,
        command: str = "demo",
        wrapper: list[str] | None = None,
        terminal: int | None = None,
    ) -> None:
        self.var, self.port = var, port
        self.output = var.parent / f"{command}-{time.monotonic_ns()}.out"
        arguments = [sys.executable, "manage.py", command]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*(wrapper or []), *arguments],
                cwd=SOURCE,
                env=product_environment(var, PORT=str(port), **({"MAKELEVEL": "1"} if wrapper else {})),
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=output if terminal is None else terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Whoever runs the tests without a terminal (nohup) ignores this signal, and children inherit that.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_ready(self, *, seconds: float) -> float:
        begun = time.monotonic()
        while "Ctrl-C stops everything" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < begun + seconds, self.said()
            time.sleep(0.05)
        return time.monotonic() - begun

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=3 * BUSY) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def supervisor(self) -> psutil.Process:
        mine = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return next(p for p in mine if "manage.py" in " ".join(p.cmdline()) and "python" in p.name())

    def child(self, word: str) -> psutil.Process:
        """The first process of web, worker or beat."""
        return next(p for p in self.supervisor().children() if word in p.cmdline())

    def end(self) -> None:
        """Whatever is left of it, for the end of a test."""
        kill_all(self.var)
        self.process.wait(10)

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(LONGEST_STOP_SECONDS)


class Terminal:
    """A terminal with a person at it."""

    def __init__(self) -> None:
        self.near_end, self.far_end = pty.openpty()
        self.seen = self._unread = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.near_end)
        os.close(self.far_end)

    def type(self, words: str) -> None:
        os.write(self.near_end, words.encode() + b"\n")

    def wait_for(self, words: str) -> None:
        until = time.monotonic() + FIRST_START_SECONDS
        while words not in self._unread:
            assert time.monotonic() < until, self.seen
            if select.select([self.near_end], [], [], 0.2)[0]:
                new = os.read(self.near_end, 4096).decode(errors="replace")
                self.seen += new
                self._unread += new
        self._unread = self._unread.partition(words)[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A demo that was started a first time and stopped by Ctrl-C; its folder and port."""
    var, port = tmp_path_factory.mktemp("demo") / "var", free_port()
    demo = Demo(var, port)
    demo.wait_until_ready(seconds=FIRST_START_SECONDS)
    assert "refillwise-demo" in demo.said() or "@" in demo.said(), "the logins are told"
    assert demo.press_ctrl_c() == 0
    assert "Stopped. The data stays" in demo.said()
    assert processes_of(var) == []
    yield var, port
    kill_all(var)


@pytest.fixture
def start_demo(installed: tuple[Path, int]) -> Iterator[Callable[..., Demo]]:
    """Starts the installed demo; `ready=False` does not wait. Nothing of it runs after the test."""
    var, port = installed
    started: list[Demo] = []

    def start(*, ready: bool = True, wrapper: list[str] | None = None) -> Demo:
        demo = Demo(var, port, wrapper=wrapper)
        started.append(demo)
        if ready:
            demo.wait_until_ready(seconds=FIRST_START_SECONDS)
        return demo

    yield start
    for demo in started:
        demo.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_stopping_stops_every_process(
    start_demo: Callable[..., Demo], number: signal.Signals
) -> None:
    demo = start_demo()
    demo.process.send_signal(number)
    assert demo.process.wait(LONGEST_STOP_SECONDS) == 0
    assert processes_of(demo.var) == []


def test_ctrl_c_during_the_start_stops_too(start_demo: Callable[..., Demo]) -> None:
    demo = start_demo(ready=False)
    wait_until(lambda: "Starting PostgreSQL" in demo.said())
    time.sleep(0.5)
    assert demo.press_ctrl_c() == 0
    wait_until(lambda: not processes_of(demo.var))


def test_a_kill_9_of_the_supervisor_blocks_nothing(start_demo: Callable[..., Demo]) -> None:
    first = start_demo()
    first.supervisor().kill()
    first.process.wait(10)
    second = start_demo()
    assert second.answers()
    assert len([p for p in processes_of(second.var) if "beat" in p.cmdline()]) == 1


def test_a_kill_9_of_make_ends_the_supervisor_and_blocks_nothing(start_demo: Callable[..., Demo]) -> None:
    first = start_demo(wrapper=["sh", "-c", '"$0" "$@"; true'])
    first.process.kill()
    first.process.wait(10)
    second = start_demo()
    assert second.answers()


def test_a_taken_port_is_told_with_a_way_out(
    start_demo: Callable[..., Demo], installed: tuple[Path, int]
) -> None:
    var, port = installed
    with socket.create_server(("127.0.0.1", port)):
        demo = start_demo(ready=False)
        assert demo.process.wait(30 * BUSY) == 1
    assert f"Port {port} is taken" in demo.said()
    assert f"PORT={port + 1}" in demo.said()
    assert processes_of(var) == []


@pytest.fixture(scope="class")
def running(installed: tuple[Path, int]) -> Iterator[Demo]:
    """The installed demo, started again for a class of tests that leave it running."""
    demo = Demo(*installed)
    demo.wait_until_ready(seconds=LATER_START_SECONDS)
    yield demo
    demo.end()


class TestAnInstalledDemo:
    """What is seen of one that runs."""

    def test_starts_quickly_and_shows_the_same_logins(self, running: Demo) -> None:
        assert "Making a demo clinic" not in running.said()
        assert "refillwise-demo" in running.said()
        assert running.answers()

    def test_a_told_login_opens_the_work_list(self, running: Demo) -> None:
        page = f"http://127.0.0.1:{running.port}/accounts/login/"
        with requests.Session() as browser:
            browser.get(page, timeout=10 * BUSY)
            asked = {"login": "nora@demo.example", "password": "refillwise-demo"}
            token = {"csrfmiddlewaretoken": browser.cookies["csrf"]}
            entered = browser.post(page, asked | token, timeout=10 * BUSY)
        assert entered.url.endswith("/worklist/")

    def test_is_told_to_a_second_one(self, running: Demo) -> None:
        second = Demo(running.var, running.port)
        assert second.process.wait(30 * BUSY) == 1
        assert "running already" in second.said()
        assert running.answers()

    @pytest.mark.parametrize("word", ["gunicorn", "worker", "beat"])
    def test_starts_a_process_that_dies_again(self, running: Demo, word: str) -> None:
        dead, told = running.child(word), running.said().count("started again.")
        dead.kill()
        wait_until(lambda: running.said().count("started again.") > told, seconds=30 * BUSY)
        wait_until(running.answers, seconds=30 * BUSY)
        assert running.child(word).pid != dead.pid


def test_a_first_run_asks_for_its_administrator_at_a_terminal(tmp_path: Path) -> None:
    var, port = tmp_path / "var", free_port()
    alone = Demo(var, port, command="run")
    assert alone.process.wait(FIRST_START_SECONDS) == 1
    assert "run `make run` once in a terminal" in alone.said()
    assert processes_of(var) == []

    answers = [
        ("Name of the clinic: ", "North"),
        ("America/Chicago: ", "Madrid"),
        ("America/Chicago: ", "Europe/Madrid"),
        ("Your name: ", "Ada"),
        ("sign in with it): ", "ada@example.org"),
        ("12 characters: ", "short"),
        ("Once more: ", "short"),
        ("12 characters: ", "correct horse battery"),
        ("Once more: ", "correct horse battery"),
    ]
    with Terminal() as terminal:
        run = Demo(var, port, command="run", terminal=terminal.far_end)
        for question, answer in answers:
            terminal.wait_for(question)
            terminal.type(answer)
        terminal.wait_for("Ctrl-C stops everything")
        assert run.answers()
        assert run.press_ctrl_c() == 0
    assert "correct horse" not in terminal.seen, "the password is not shown"
    again = Demo(var, port, command="run")
    again.wait_until_ready(seconds=LATER_START_SECONDS)
    assert again.press_ctrl_c() == 0
    assert processes_of(var) == []
