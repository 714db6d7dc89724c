"""Each request has a name, by which its lines in all logs are found together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from celery import shared_task
from celery.signals import before_task_publish
from django.test import Client
from pytest_django import Settings

from config.celery import app, name_the_request
from tests.servers import Process
from web.request_ids import request_id, task_id, working_for

GIVEN = "5f0c6b1e-7a41-4a3e-9d7e-0f8fad5bd9cb"


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, GIVEN, True),
        (0, GIVEN, False),
        (1, "", False),
        (1, "short", False),
        (1, "a" * 65, False),
        (1, "Ana Lopez 1950-01-01", False),
        (1, "inject\tfield-1", False),
    ],
)
def test_the_name_is_the_proxys_if_it_is_one_and_else_our_own(
    client: Client, settings: Settings, proxies: int, given: str, is_taken: bool
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    told = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (told == given) is is_taken
    assert is_taken or re.fullmatch("[0-9a-f]{32}", told)


@pytest.mark.django_db
def test_every_kind_of_answer_tells_it(client: Client) -> None:
    told = [
        client.get(path)["X-Request-ID"]
        for path in ("/nowhere/", "/", "/accounts/login/", "/calendars/x.ics")
    ]
    assert len(set(told)) == 4


def test_nothing_of_it_is_left_for_the_next_request(client: Client) -> None:
    client.get("/healthz")
    assert request_id() == ""


@shared_task(name="tests.who_asked")
def who_asked() -> tuple[str, str]:
    return request_id(), task_id()


def test_a_task_logs_for_the_request_that_asked_for_it() -> None:
    with working_for(request=GIVEN):
        headers: dict[str, str] = {}
        name_the_request(headers=headers)
    assert who_asked.apply(task_id="7c9e6679-7425", headers=headers).get() == (GIVEN, "7c9e6679-7425")
    assert (request_id(), task_id()) == ("", "")
    assert who_asked.apply(task_id="7c9e6679-7425").get() == ("", "7c9e6679-7425")


@pytest.mark.broker("a task is put into it")
def test_a_real_worker_logs_for_it_too(start_worker: Callable[..., Process]) -> None:
    worker = start_worker(concurrency=1)
    with working_for(request=GIVEN):
        app.send_task("scheduling.heartbeat")
    worker.wait_until(lambda: GIVEN in worker.output(), seconds=30)
    lines = [json.loads(line) for line in worker.output().splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line.get("request_id") == GIVEN)
    assert line["message"].startswith(f"Task scheduling.heartbeat[{line['task_id']}] succeeded")


@pytest.fixture
def published() -> Iterator[list[dict[str, str]]]:
    found: list[dict[str, str]] = []

    def see(headers: dict[str, str], **_: object) -> None:
        found.append(dict(headers))

    before_task_publish.connect(see)
    yield found
    before_task_publish.disconnect(see)


@pytest.mark.broker("a task is put into it")
def test_a_task_is_sent_with_the_name_of_its_request(
    broker_address: str, published: list[dict[str, str]]
) -> None:
    with working_for(request=GIVEN):
        who_asked.apply_async()
    who_asked.apply_async()
    assert [headers.get("request_id") for headers in published] == [GIVEN, None]
