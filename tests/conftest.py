"""What every test may ask for: the database, a broker, real workers, the web application.

`@pytest.mark.django_db` gives a transaction that is rolled back; with `transaction=True` the rows are seen by
other processes and the database is emptied (and the catalogue seeded again) afterwards.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from pytest_django import DjangoDbBlocker

from config.celery import app as celery_app
from config.embedded import keeper, servers
from config.embedded.installation import free_ports
from config.embedded.valkey import Valkey
from tests import broker as without_broker
from tests import databases, entrances, fresh, leaks, took
from tests.deploy import stack
from tests.servers import Process, dispatcher, environment

_FIRST = "test_demo_process.py"
_FOLDERS = ("faults", "deploy", "e2e", "matrix", "attacks", "services", "web")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "broker(why): about the broker itself; left out by BROKER=off")
    # A test's own client asks for no static file, and would list them all before its first page.
    settings.WHITENOISE_AUTOREFRESH = True
    leaks.begin(config)
    took.begin(config)
    entrances.begin()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run fails when anything that left the program said what it must not, whatever the tests said."""
    if hasattr(session.config, "workerinput"):
        return
    for leak in leaks.end(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"LEAK {leak}")  # noqa: T201


def _turn(item: pytest.Item) -> int:
    """Where a test's file stands in the queue from which the processes of a run take files.

    What starts processes or asks every address is long and comes first, what only computes is short and fills the end,
    when one process has nothing left. The very first has servers of its own: it runs while the other process makes the
    template.
    """
    if item.path.name == _FIRST:
        return 0
    folder = item.path.parent.name
    return 1 + (_FOLDERS.index(folder) if folder in _FOLDERS else len(_FOLDERS))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    without_broker.take_over(node.config, node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not without_broker.IS_OFF:
        return
    names = without_broker.left_out(config)
    terminalreporter.section(f"Redis was switched off; {len(names)} tests of the broker were left out")
    for name in names:
        terminalreporter.write_line(name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Tests work through the application's role; the owner, who may empty tables, is there for the clean-up."""
    for item in items:
        mark = item.get_closest_marker("django_db")
        fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
        if mark or fixtures:
            given = mark.kwargs if mark else {"transaction": "transactional_db" in fixtures}
            item.add_marker(
                pytest.mark.django_db(**({"databases": ["default", "owner"]} | given)), append=False
            )
    without_broker.sort_out(config, items)
    yield
    items.sort(key=_turn)  # pytest-django has put its own order into each file, which stays


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """No suffix: the name of the database holds the process number already."""


@pytest.fixture(scope="session")
def postgres() -> None:
    """The PostgreSQL server: the one in DATABASE_URL, or the embedded one of the tests."""
    if not settings.EMBEDDED:
        return
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    (settings.VAR_DIR / keeper.NOT_DURABLE).touch()
    servers.ensure_running(settings.VAR_DIR, quiet=True)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A broker for this run alone: a test may flush it, freeze it or kill it and start it again.

    For tests that are about the broker, and are marked so; others ask for `broker_address`.
    """
    folder = tmp_path_factory.mktemp("broker")
    (port,) = free_ports(1)
    valkey = Valkey(home=folder / "data", port=port, password="for-tests", log=folder / "valkey.log")
    valkey.start()
    celery_app.conf.broker_url = broker_url(valkey)
    yield valkey
    valkey.stop()


@pytest.fixture(scope="session")
def broker_address(request: pytest.FixtureRequest) -> str:
    """Where the broker is, or nowhere with BROKER=off."""
    if stack.found is not None:
        return stack.found.secret("broker_url")
    if without_broker.IS_OFF:
        return without_broker.NOWHERE
    return broker_url(request.getfixturevalue("broker"))


def broker_url(valkey: Valkey) -> str:
    return f"redis://:{valkey.password}@127.0.0.1:{valkey.port}/0"


@pytest.fixture(scope="session")
def template(postgres: None) -> Iterator[databases.Template | None]:
    """The database that those of this run are copied from; the first process migrates it, others wait for it."""
    if not settings.EMBEDDED:
        yield None
        return
    with databases.Template(settings.VAR_DIR) as found:
        yield found


@pytest.fixture(scope="session")
def django_db_setup(
    template: databases.Template | None,
    broker_address: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Servers first, then the database of this run (pytest-django), migrated by the owner."""
    with django_db_blocker.unblock():
        if template is not None:
            template.keep()
        fresh.remembered["owner"] = fresh.Fresh.of(connections["owner"])
    yield
    connections.close_all()  # a database with visitors cannot be dropped


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits of one test are not the next one's."""
    cache.clear()


@pytest.fixture
def start_worker(
    request: pytest.FixtureRequest, transactional_db: None, broker_address: str, tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Starts real Celery workers on the real broker and the database of this run; with BROKER=off dispatchers.

    `worker = start_worker()` returns when it takes tasks; `worker.kill()` is kill -9 with all children,
    `worker.stop()` what a supervisor does. Arguments: `concurrency=1`, and settings by name in capitals
    (`BROKER_VISIBILITY_TIMEOUT="15"`). What is left is killed after the test, the queue emptied.
    """
    valkey: Valkey | None = None if without_broker.IS_OFF else request.getfixturevalue("broker")
    started: list[Process] = []

    def start(*, concurrency: int = 1, **more: str) -> Process:
        if without_broker.IS_OFF:
            return _dispatcher(started, broker_address, tmp_path, more)
        worker = Process(
            "worker",
            [
                "celery",
                "-A",
                "config.celery",
                "worker",
                f"--concurrency={concurrency}",
                "--loglevel=INFO",
                "--without-mingle",
            ],
            environment=environment(broker_url=broker_address, **more),
            folder=tmp_path,
        )
        started.append(worker)
        worker.wait_until(lambda: " ready." in worker.output())
        return worker

    yield start
    for worker in started:
        worker.kill()
    if valkey is not None and valkey.is_alive():
        celery_app.control.purge()


def _dispatcher(started: list[Process], broker_address: str, folder: Path, more: dict[str, str]) -> Process:
    started.append(found := dispatcher(environment(broker_url=broker_address, **more), folder))
    found.wait_until(lambda: "Dispatching." in found.output())
    return found


@pytest.fixture
def start_beat(
    transactional_db: None, broker_address: str, tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Starts real beats, each with a schedule file of its own; with BROKER=off dispatchers, who need none."""
    started: list[Process] = []

    def start(**more: str) -> Process:
        if without_broker.IS_OFF:
            return _dispatcher(started, broker_address, tmp_path, more)
        schedule = tmp_path / f"beat-{len(started)}"
        beat = Process(
            "beat",
            [
                "celery",
                "-A",
                "config.celery",
                "beat",
                f"--schedule={schedule}",
                "--pidfile=",
                "--loglevel=INFO",
            ],
            environment=environment(broker_url=broker_address, **more),
            folder=tmp_path,
        )
        started.append(beat)
        beat.wait_until(lambda: "beat: Starting" in beat.output())
        return beat

    yield start
    for beat in started:
        beat.kill()
