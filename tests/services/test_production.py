"""As a hospital runs it: behind TLS, with everything set. What its check says, and what a browser is told."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import psutil
import pytest
from cryptography.fernet import Fernet
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import PASSWORD, make_clinic
from tests.servers import SOURCE, answers, environment, free_port, start_web

HOST = "visits.example.org"


@pytest.fixture
def production(transactional_db: None, broker_address: str) -> dict[str, str]:
    settings = environment(
        broker_url=broker_address,
        CACHE_URL=broker_address.replace("/0", "/1"),
        HTTPS="true",
        BEHIND_TLS_PROXY="true",
        SECRET_KEY=secrets.token_urlsafe(60),
        SECOND_FACTOR_KEYS=Fernet.generate_key().decode(),
        ALLOWED_HOSTS=f"{HOST},127.0.0.1",
        PUBLIC_URL=f"https://{HOST}",
        EMAIL_URL="smtp+tls://user:password@127.0.0.1:9",
        TWILIO_ACCOUNT_SID="AC1",
        TWILIO_AUTH_TOKEN="token",
        TWILIO_FROM="+13125550100",
        PORT=str(free_port()),
    )
    del settings["MFA_REQUIRED"]
    return settings


@pytest.mark.broker("asks it for its policy")
def test_the_deployment_check_has_nothing_to_say(production: dict[str, str]) -> None:
    command = ["manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING"]
    done = subprocess.run(
        [sys.executable, *command], cwd=SOURCE, env=production, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "no issues" in done.stdout


@pytest.fixture
def web(production: dict[str, str], tmp_path: Path) -> Iterator[int]:
    port = int(production["PORT"])
    process = start_web(production, tmp_path)
    process.wait_until(lambda: answers(f"http://127.0.0.1:{port}"))
    yield port
    process.kill()


def ask(
    port: int, path: str, *, body: str = "", cookie: str = "", scheme: str = "https"
) -> http.client.HTTPResponse:
    """What the proxy in front passes on and gets back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {
        "Host": HOST,
        "X-Forwarded-Proto": scheme,
        "X-Forwarded-For": "198.51.100.7",
        "Cookie": cookie,
        "Referer": f"https://{HOST}/accounts/login/",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST" if body else "GET", path, body=body or None, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_lines_of_a_web_process_are_json_and_name_the_request(
    production: dict[str, str], tmp_path: Path
) -> None:
    port = int(production["PORT"])
    process = start_web(production | {"ACCESS_LOG": "-"}, tmp_path)
    try:
        process.wait_until(lambda: answers(f"http://127.0.0.1:{port}"))
        told = ask(port, "/l/CanaryCanaryCanary/?q=Canary").headers["X-Request-ID"]
        process.wait_until(lambda: told in process.output(), seconds=10)
    finally:
        process.stop()
    assert "Canary" not in process.output()
    lines = [json.loads(line) for line in process.output().splitlines()]
    mine = [line["message"] for line in lines if line.get("request_id") == told]
    assert [re.sub(r"\d+ ms$", "", line) for line in mine if line.startswith("GET")] == ["GET /l/…/ 404 "]
    assert any(line["message"].startswith("Listening at") for line in lines), "gunicorn's own too"


def requests_counted(port: int) -> dict[str, float]:
    """What /metrics tells, asked without a proxy, by route."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        sample.labels["route"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "refillwise_http_requests_total" and sample.labels["status"] == "200"
    }


def test_requests_are_counted_over_all_processes_and_over_those_that_died(
    production: dict[str, str], tmp_path: Path
) -> None:
    port = int(production["PORT"])
    process = start_web(production | {"WEB_PROCESSES": "2", "TMPDIR": str(tmp_path)}, tmp_path)
    first = psutil.Process(process.pid)
    try:
        process.wait_until(lambda: answers(f"http://127.0.0.1:{port}") and len(first.children()) == 2)
        before = requests_counted(port)["healthz"]
        for _ in range(2):
            for _ in range(20):
                ask(port, "/healthz")
            children = {child.pid for child in first.children()}
            for child in first.children():
                child.kill()
            process.wait_until(
                lambda old=children: len({each.pid for each in first.children()} - old) == 2, seconds=30
            )
        process.wait_until(lambda: answers(f"http://127.0.0.1:{port}"), seconds=30)
        (folder,) = tmp_path.glob("refillwise-figures-*")
        assert requests_counted(port)["healthz"] >= before + 40
        slots = {re.sub(r".*_", "", file.stem) for file in folder.iterdir()}
        assert slots <= {"slot0", "slot1", "first"}, "as many files as processes at once, not as ever were"
    finally:
        process.stop()
    assert not folder.exists()


def cookies(answer: http.client.HTTPResponse) -> SimpleCookie:
    jar = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie") or []:
        jar.load(line)
    return jar


def test_what_a_browser_is_told(web: int) -> None:
    house = make_clinic()
    plain = ask(web, "/accounts/login/", scheme="http")
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/accounts/login/")
    door = ask(web, "/accounts/login/")
    assert door.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "unsafe" not in door.headers["Content-Security-Policy"]
    assert door.headers["X-Content-Type-Options"] == "nosniff"
    assert door.headers["X-Frame-Options"] == "DENY"
    assert door.headers["Referrer-Policy"] == "same-origin"
    csrf = cookies(door)["__Host-csrf"]
    form = f"login={house.nurse.email}&password={PASSWORD}&csrfmiddlewaretoken={csrf.value}"
    inside = ask(web, "/accounts/login/", body=form, cookie=f"__Host-csrf={csrf.value}")
    assert inside.status == 302
    session = cookies(inside)["__Host-sid"]
    for cookie in (csrf, session):
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["samesite"] == "Lax"
    assert session["httponly"]
    assert not session["max-age"], "it ends with the browser"
    shut = ask(web, f"/c/{house.clinic.slug}/patients/", cookie=f"__Host-sid={session.value}")
    assert shut.headers["Location"] == "/accounts/2fa/", "and asks for a second factor without being told to"
    assert "no-store" in shut.headers["Cache-Control"]
