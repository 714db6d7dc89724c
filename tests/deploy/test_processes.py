"""The processes of the compose file, started by hand, do a clinic's day. `make production-check` tells the figures."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from tests.deploy.installation import SITE, WITH_PROXY, Installation, installed
from tests.faults.mail_room import Gateway, gateway
from tests.second_factors import code
from tests.servers import SOURCE
from tests.web.pump_forms import refill

FOUNDED = [
    "North",
    "Europe/Madrid",
    "Ada",
    "ada@example.org",
    "correct horse battery",
    "correct horse battery",
]


class Browser:
    """Through the proxy, or saying what it would say. Keeps cookies itself: they are for TLS, which the proxy ends."""

    def __init__(self, made: Installation) -> None:
        self.session = requests.Session()
        self.cookies: dict[str, str] = {}
        if WITH_PROXY:
            self.at, self.session.verify = f"https://{SITE}:{made.ports['https']}", str(made.certificate)
            self.session.headers["Referer"] = f"{self.at}/"
            return
        self.at = made.web
        said = {"Host": SITE, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
        self.session.headers.update(said | {"Referer": f"https://{SITE}/"})

    def get(self, path: str, **headers: str) -> requests.Response:
        return self._follow("GET", path, None, headers)

    def post(self, path: str, form: dict[str, Any] | bytes) -> requests.Response:
        """A form as the page at the same path gives it; bytes as they are."""
        if isinstance(form, dict):
            self.get(path)
            form = form | {"csrfmiddlewaretoken": self.cookies["__Host-csrf"]}
        return self._follow("POST", path, form, {})

    def _follow(self, method: str, path: str, body: Any, headers: dict[str, str]) -> requests.Response:
        for _ in range(8):
            cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            answer = self.session.request(
                method, self.at + path, data=body, headers=headers | cookie, timeout=60, allow_redirects=False
            )
            self.cookies |= answer.cookies.get_dict()
            if not answer.is_redirect:
                return answer
            there = urlsplit(answer.headers["Location"])
            method, path, body = "GET", f"{there.path}?{there.query}" if there.query else there.path, None
        raise AssertionError(f"{path} leads round and round")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture(scope="module")
def sources() -> dict[str, float]:
    """Every file of the program with its last change, before anything runs."""
    return files_of_program()


def files_of_program() -> dict[str, float]:
    folders = ("config", "clinic", "scheduling", "notifications", "web", "deploy", "locale", "requirements")
    return {
        str(file): file.stat().st_mtime
        for folder in folders
        for file in (SOURCE / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.fixture(scope="module")
def made(
    sources: dict[str, float], texts: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    given = {name: texts.settings[name] for name in ("GATEWAY_URL", "SMS_PROVIDER")}
    with installed(tmp_path_factory.mktemp("installation"), **given) as found:
        yield found


@pytest.fixture(scope="module")
def stock(made: Installation) -> dict[str, str]:
    done = made.run("web", "python", "-m", "tests.deploy.stock")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def nurse(made: Installation, stock: dict[str, str]) -> Browser:
    """Signed in with a password and a code of her app."""
    browser = Browser(made)
    browser.post("/accounts/login/", {"login": stock["nurse"], "password": stock["password"]})
    inside = browser.post("/accounts/2fa/authenticate/", {"code": code(stock["app"])})
    assert inside.status_code == 200
    assert inside.url.endswith(f"/c/{stock['slug']}/worklist/"), inside.url
    return browser


def until(is_true: Any, *, seconds: float = 120) -> float:
    begun = time.monotonic()
    while not is_true():
        assert time.monotonic() < begun + seconds
        time.sleep(0.2)
    return time.monotonic() - begun


def test_a_first_clinic_is_founded_by_its_command(made: Installation) -> None:
    done = made.run("web", "python", "manage.py", "found_clinic", given="\n".join(FOUNDED) + "\n")
    assert done.returncode == 0, done.stderr
    assert "The clinic is there." in done.stdout
    browser = Browser(made)
    inside = browser.post("/accounts/login/", {"login": "ada@example.org", "password": FOUNDED[-1]})
    assert inside.url.endswith("/accounts/2fa/"), "nobody sees anything without a second factor"


def test_the_deployment_check_names_what_is_left_to_do_and_nothing_else(made: Installation) -> None:
    done = made.run("web", "python", "manage.py", "check", "--deploy", "--database", "default")
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r"refillwise\.\w+|security\.\w+", done.stderr)) <= {
        "refillwise.W102",  # no mail server
        "refillwise.W106",  # no reports of the gateway
    }


def test_a_refill_moves_the_date(nurse: Browser, stock: dict[str, str]) -> None:
    def must_refill_by() -> date:
        rows = nurse.get(f"/api/v1/clinics/{stock['slug']}/forecasts").json()["results"]
        (row,) = (row for row in rows if row["implant"] == stock["implant"])
        return date.fromisoformat(row["must_refill_by"])

    before = must_refill_by()
    house: Any = SimpleNamespace(today=date.fromisoformat(stock["today"]))
    saved = nurse.post(f"/c/{stock['slug']}/implants/{stock['implant']}/refill/", refill(house))
    assert saved.status_code == 200
    assert f"/patients/{stock['patient']}/" in saved.url, saved.url
    assert must_refill_by() > before


def test_messages_that_are_due_leave_once(made: Installation, stock: dict[str, str], texts: Gateway) -> None:
    until(lambda: sum(texts.taken().values()) >= 2)
    until(lambda: f'refillwise_messages{{state="accepted"}} {2.0}' in figures(made))
    assert set(texts.taken().values()) == {1}


def test_a_calendar_link_gives_its_calendar(made: Installation, stock: dict[str, str]) -> None:
    answer = Browser(made).get(f"/calendars/{stock['token']}.ics")
    assert answer.status_code == 200
    assert answer.text.startswith("BEGIN:VCALENDAR")


def test_files_of_pages_are_collected_and_kept_long(made: Installation) -> None:
    browser = Browser(made)
    page = browser.get("/accounts/login/").text
    (style,) = set(re.findall(r'href="(/static/bootstrap/css/[^"]+)"', page))
    assert "max-age=315360000" in browser.get(style).headers["Cache-Control"]


def figures(made: Installation) -> str:
    token = {"Authorization": f"Bearer {made.secret('metrics_token')}"}
    return requests.get(f"{made.web}/metrics", headers=token, timeout=60).text


def test_everything_is_ready_and_told(made: Installation, stock: dict[str, str]) -> None:
    def ready() -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{made.web}/readyz", timeout=60).json()
        return found

    until(lambda: ready()["status"] == "ready")
    checks = ready()["checks"]
    assert {
        name: checks[name] for name in ("database", "broker", "worker", "beat", "sweep")
    } == dict.fromkeys(("database", "broker", "worker", "beat", "sweep"), "ok")
    told = figures(made)
    assert "refillwise_broker_up 1.0" in told
    assert 'refillwise_process_silence_seconds{process="beat"}' in told
    assert requests.get(f"{made.web}/metrics", timeout=60).status_code == 403
    for name in ("worker", "beat", "dispatcher"):
        done = made.run(name, *made.services[name]["healthcheck"]["test"][1:])
        assert done.returncode == 0, done.stderr


def is_refused(browser: Browser, body: bytes) -> bool:
    """Told so, told that the web did not answer (it got half a body), or hung up on, as versions of the proxy do."""
    try:
        return browser.post("/accounts/login/", body).status_code in (413, 502)
    except requests.ConnectionError:
        return True


def test_what_is_for_those_inside_is_not_told_outside(made: Installation) -> None:
    if WITH_PROXY:
        assert [Browser(made).get(path).status_code for path in ("/metrics", "/readyz", "/healthz")] == [
            404,
            404,
            200,
        ]
        plain = requests.get(f"http://{SITE}:{made.ports['http']}/", timeout=60, allow_redirects=False)
        assert (plain.status_code, plain.headers["Location"]) == (308, f"https://{SITE}/")
        assert is_refused(Browser(made), b"x" * 13_000_000)
    assert Browser(made).get("/metrics").status_code in (403, 404)


def test_a_request_has_one_name_in_every_log(made: Installation, stock: dict[str, str]) -> None:
    browser = Browser(made)
    told = browser.get(f"/calendars/{stock['token']}.ics?q=Canary", **{"X-Request-ID": "of-a-stranger-1"})
    name = told.headers["X-Request-ID"]
    if WITH_PROXY:
        assert name != "of-a-stranger-1", "the proxy names it"
    until(lambda: name in made.said("web"), seconds=10)
    lines = [json.loads(line) for line in made.said("web").splitlines() if line.startswith("{")]
    assert [
        line["message"].split(" ms")[0].rsplit(" ", 1)[0] for line in lines if line.get("request_id") == name
    ] == ["GET /calendars/… 200"]


def test_no_log_holds_a_secret_and_each_line_is_json(made: Installation, stock: dict[str, str]) -> None:
    Browser(made).get(f"/l/{'Canary' * 5}/?q=Canary")
    secrets = [file.read_text().strip() for file in made.secrets.iterdir()]
    secrets += [secret.split(":")[2].split("@")[0] for secret in secrets if "://" in secret]
    hidden = [*secrets, stock["token"], stock["password"], stock["app"], "Canary", "Ursula", "baclofen"]
    for log in made.folder.glob("*.log"):
        text = log.read_text(errors="replace")
        assert [each for each in hidden if each in text] == [], log.name
        if log.name.startswith(("web", "worker", "beat", "proxy")):
            lines = [line for line in text.splitlines() if line.startswith(("{", "20"))]
            assert lines
            for line in lines:
                json.loads(line)  # what Celery shows of itself at a start is no line of a log


def test_no_process_carries_a_secret_in_its_environment_or_command(
    made: Installation, stock: dict[str, str]
) -> None:
    secrets = [file.read_text().strip() for file in made.secrets.iterdir()]
    secrets += [secret.split(":")[2].split("@")[0] for secret in secrets if "://" in secret]
    for name, process in made.running.items():
        for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            seen = " ".join([*each.cmdline(), *each.environ().values()])
            assert not any(secret in seen for secret in secrets), name


def test_they_stop_when_told_and_have_changed_no_file_of_the_program(
    made: Installation, sources: dict[str, float]
) -> None:
    begun = time.monotonic()
    ended = made.stop()
    assert ended == dict.fromkeys(ended, 0)
    assert files_of_program() == sources
    if os.environ.get("FIGURES"):
        version = Path(made.folder / "database/data/PG_VERSION").read_text().strip()
        figures = {name: round(seconds, 1) for name, seconds in made.seconds.items()}
        print(f"\nPostgreSQL {version}, {figures}, stop {time.monotonic() - begun:.1f} s")  # noqa: T201
