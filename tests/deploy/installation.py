"""The containers of the compose file without an engine: their commands, their environment, their secrets, on free ports.

POSTGRES_BIN and REDIS_SERVER name other programs than the embedded ones, CADDY a proxy, which there is else none of: then
requests say themselves what it would say.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from config.embedded import postgres, processes, valkey
from tests.deploy import compose
from tests.servers import SOURCE, Process, answers, free_port

SITE = "localhost"
"""A name that leads here, for a certificate that the proxy makes itself."""
WITH_POSTGRES, WITH_REDIS, WITH_PROXY = (os.environ.get(n) for n in ("POSTGRES_BIN", "REDIS_SERVER", "CADDY"))
_APPLICATION = ("web", "worker", "beat", "dispatcher")
_AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'refillwise_app' AND xact_start IS NOT NULL"
_STOP_SECONDS = 40
"""As long as the longest grace of the compose file."""


class Installation:
    """One server's worth of processes, each with the command that its container has."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.more = folder, more
        self.found = compose.read(SITE_HOST=SITE, TLS="internal")
        self.services = self.found["services"]
        self.secrets = folder / "secrets"
        self.ports = {
            name: free_port() for name in ("database", "broker", "cache", "web", "http", "https", "health")
        }
        self.running: dict[str, Process] = {}
        self.seconds: dict[str, float] = {}
        self.server: subprocess.Popen[bytes] | None = None
        self.programs = folder / "bin"

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()

    @property
    def address(self) -> str:
        """What people type: the proxy, or without one the web itself."""
        return f"https://{SITE}:{self.ports['https']}" if WITH_PROXY else self.web.replace("127.0.0.1", SITE)

    def start(self) -> None:
        """In the order of the compose file's conditions."""
        self.start_servers()
        self.start_application()

    def start_servers(self) -> None:
        """What the application waits for: PostgreSQL, the two Redis, the tables."""
        self._find_programs()
        self._make_secrets()
        self._collect_files()
        for step in (self._start_database, self._start_redis, self._migrate):
            self._time(step)

    def start_application(self) -> None:
        self._time(self._start_application)
        if WITH_PROXY:
            self._start_proxy("proxy", self.ports)

    def another_web(self, **more: str) -> str:
        """One more web with other settings, behind a proxy of its own; its address. It lives as long as the others."""
        number = len(self.running)
        ports = self.ports | {name: free_port() for name in ("web", "http", "https", "health")}
        web = f"http://{SITE}:{ports['web']}"
        settings = self.environment("web") | {"PORT": str(ports["web"])} | more
        self._launch(f"web-{number}", self.services["web"]["command"], settings)
        self.running[f"web-{number}"].wait_until(lambda: answers(web))
        if not WITH_PROXY:
            return web
        self._start_proxy(f"proxy-{number}", ports)
        return f"https://{SITE}:{ports['https']}"

    def run(self, service: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """`docker compose run` of a service: its environment, another command."""
        return subprocess.run(
            arguments,
            cwd=SOURCE,
            env=self.environment(service),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # no terminal: a password is read from what is given
        )

    def environment(self, service: str) -> dict[str, str]:
        """What the container is told, and what the image tells, with this machine's places."""
        told = {
            name: self._here(value) for name, value in self.services[service]["environment"].items() if value
        }
        image = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOST": "127.0.0.1"}
        here = {
            "PATH": f"{self.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORT": str(self.ports["web"]),
            "STATIC_ROOT": str(self.folder / "static"),
            "TMPDIR": str(self.folder / "tmp"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        return told | image | here | self.more

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """These stand still for as long as the block, and none of them in the middle of a transaction."""
        log = self.folder / "database.log"
        until = time.monotonic() + 60
        try:
            self._signal(names, signal.SIGSTOP)
            while self._ask(_AT_WORK, "postgres", log) != "0":
                assert time.monotonic() < until, f"{names} are always at work"
                self._signal(names, signal.SIGCONT)
                time.sleep(0.1)
                self._signal(names, signal.SIGSTOP)
            yield
        finally:
            self._signal(names, signal.SIGCONT)

    def _signal(self, names: Iterable[str], number: int) -> None:
        for name in names:
            os.killpg(self.running[name].pid, number)

    def stop(self) -> dict[str, int | None]:
        """SIGTERM to each, and how each ended."""
        ended = {}
        for name, process in reversed(self.running.items()):
            process.stop(seconds=_STOP_SECONDS)
            ended[name] = process.process.returncode
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)  # the image's own: open transactions are rolled back
            ended["database"] = self.server.wait(_STOP_SECONDS)
        return ended

    def kill(self) -> None:
        """Whatever is left of it."""
        for process in self.running.values():
            process.kill()
        if self.server is not None and self.server.poll() is None:
            self.server.kill()
            self.server.wait(10)

    def said(self, name: str) -> str:
        return self.running[name].output()

    def _time(self, step: Callable[[], None]) -> None:
        begun = time.monotonic()
        step()
        self.seconds[step.__name__.removeprefix("_")] = time.monotonic() - begun

    def _here(self, text: str) -> str:
        """A path or an address of a container as it is on this machine."""
        places = {
            "/run/secrets": self.secrets,
            "/var/lib/refillwise": self.folder / "kept",
            "/etc/refillwise": SOURCE / "deploy/redis",
            "/tmp": self.folder / "tmp",  # noqa: S108  (the container's)
        }
        return re.sub("|".join(places), lambda found: str(places[found.group()]), text)

    def _find_programs(self) -> None:
        """One folder in which the commands find the servers' programs by the names that they have in the images."""
        for folder in (
            self.programs,
            self.folder / "tmp",
            *(self.folder / "kept" / n for n in ("paper", "audit")),
        ):
            folder.mkdir(parents=True)
        self.postgres = Path(WITH_POSTGRES or postgres.programs())
        for name in ("postgres", "initdb", "psql", "pg_isready"):
            (self.programs / name).symlink_to(self.postgres / name)
        (self.programs / "redis-server").symlink_to(WITH_REDIS or valkey.program())

    def _make_secrets(self) -> None:
        subprocess.run(
            ["sh", "deploy/make-secrets.sh", self.secrets], cwd=SOURCE, check=True, capture_output=True
        )
        for name in ("database", "broker", "cache"):
            for file in self.secrets.glob(f"{name}*_url"):
                moved = re.sub(rf"@{name}:\d+/", f"@127.0.0.1:{self.ports[name]}/", file.read_text())
                file.write_text(moved)

    def _collect_files(self) -> None:
        done = self.run("web", "python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    def _start_database(self) -> None:
        """What the image does before its own command: a new cluster, the superuser's password, and roles.sh."""
        service, home = self.services["database"], self.folder / "database"
        processes.make_private_folder(home)
        processes.let_ordinary_user_reach(self.postgres, tree=True)
        processes.let_ordinary_user_reach(home)
        data, log = home / "data", self.folder / "database.log"
        password = home / "password"
        shutil.copy(self.secrets / "postgres_password", password)
        processes.give_to_ordinary_user(password)
        options = service["environment"]["POSTGRES_INITDB_ARGS"].split()
        initdb = [self.postgres / "initdb", f"--pgdata={data}", "--username=postgres", f"--pwfile={password}"]
        made = processes.start([*initdb, "--auth-local=scram-sha-256", *options], log=log, folder=home)
        assert made.wait(120) == 0, log.read_text()
        place = [
            "-cfsync=off",  # nobody's data
            f"-cport={self.ports['database']}",
            "-clisten_addresses=127.0.0.1",
            f"-cunix_socket_directories={home}",
        ]
        command = [self.postgres / service["command"][0], *service["command"][1:], "-D", data, *place]
        self.server = processes.start(command, log=log, folder=home)
        self._wait(lambda: self._ask("SELECT 1", "postgres", log))
        told = {
            "PATH": f"{self.postgres}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.ports["database"]),
            "PGPASSWORD": self.secret("postgres_password"),
            "SECRETS_DIR": str(self.secrets),
        }
        subprocess.run(
            ["sh", "deploy/postgres/roles.sh"], cwd=SOURCE, env=told, check=True, capture_output=True
        )

    def version_of_database(self) -> str:
        return self._ask("SHOW server_version", "postgres", self.folder / "database.log")

    def _ask(self, statement: str, database: str, log: Path) -> str:
        if self.server is not None and self.server.poll() is not None:
            raise AssertionError(log.read_text())
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=self.ports["database"],
                user="postgres",
                password=self.secret("postgres_password"),
                dbname=database,
            ) as connection:
                row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
                return str(row[0])
        except psycopg.OperationalError:
            return ""

    def _start_redis(self) -> None:
        for name in ("broker", "cache"):
            home = self.folder / name
            home.mkdir()
            command = [self._here(word) for word in self.services[name]["command"]]
            here = ["--port", str(self.ports[name]), "--bind", "127.0.0.1", "--dir", str(home)]
            told = {"PATH": f"{self.programs}:{os.environ['PATH']}", "SECRETS_DIR": str(self.secrets)}
            self._launch(name, [*command, *here], told)
            with redis.Redis.from_url(self.secret(f"{name}_url")) as client:
                self._wait(lambda client=client: _pongs(client))

    def _migrate(self) -> None:
        done = self.run("migrate", *self.services["migrate"]["command"])
        assert done.returncode == 0, done.stderr

    def _start_application(self) -> None:
        for name in _APPLICATION:
            command = [self._here(word) for word in self.services[name]["command"]]
            self._launch(name, command, self.environment(name))
        self.running["web"].wait_until(lambda: answers(self.web))

    def _start_proxy(self, name: str, ports: dict[str, int]) -> None:
        service = self.services["proxy"]
        words = [word.replace("/etc/caddy", str(SOURCE / "deploy")) for word in service["command"]]
        told = {name: value for name, value in service["environment"].items() if value} | {
            "WEB": f"127.0.0.1:{ports['web']}",
            "HTTP_PORT": str(ports["http"]),
            "HTTPS_PORT": str(ports["https"]),
            "HEALTH_PORT": str(ports["health"]),
            "XDG_DATA_HOME": str(self.folder / "proxy"),
            "XDG_CONFIG_HOME": str(self.folder / "proxy"),
            "HOME": str(self.folder / "proxy"),
            "PATH": os.environ["PATH"],
        }
        self._launch(name, [str(WITH_PROXY), *words[1:]], told)
        self._wait(lambda: self.certificate.exists() and answers(f"http://127.0.0.1:{ports['health']}"))

    @property
    def certificate(self) -> Path:
        """Of the proxies' own authority, which signs by the one beside it."""
        return self.folder / "proxy/caddy/pki/authorities/local/root.crt"

    def _launch(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        found = shutil.which(command[0], path=environment["PATH"])
        assert found, command[0]
        self.running[name] = Process(
            name, command[1:], environment=environment, folder=self.folder, program=(found,)
        )

    def _wait(self, is_true: Any, *, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not is_true():
            assert time.monotonic() < until, {name: self.said(name)[-2000:] for name in self.running}
            time.sleep(0.1)


def _pongs(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@contextmanager
def installed(folder: Path, **more: str) -> Iterator[Installation]:
    """An installation for as long as the block; whatever is left of it is killed."""
    made = Installation(folder, **more)
    try:
        made.start()
        yield made
    finally:
        made.kill()
