"""What a link opens and what it does not: for whoever holds it, whoever guesses, and whatever scans mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from gunicorn.config import Config

from clinic.models import Patient
from clinic.services.patients import record_death, retire_contact_point
from config.access_log import AccessLog
from notifications.models import PatientAnswer, PatientLink
from notifications.services.links import ref_of
from scheduling.models import Visit
from tests.factories import House, make_patient
from tests.patient_links import BORN_DAY, SentLink, address_of, send_link
from tests.visits import Desk, item
from tests.web.table_rows import plan_operation

pytestmark = pytest.mark.django_db
PAGES = ("page", "times", "ask", "cannot_come", "calendar", "not_me", "confirm")


def every_row() -> dict[str, list[Any]]:
    """All rows of all tables, but for when a link was first opened and that somebody looked."""
    tables = set(connection.introspection.table_names())
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name != "opened_at"}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in apps.get_models()
        if model._meta.db_table in tables and model._meta.label != "clinic.AccessRecord"
    }


def whole(answer: HttpResponseBase) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of it but the request's own name, which is new each time whatever was asked for."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "X-Request-ID")
    return answer.status_code, headers, b"".join(answer)  # type: ignore[call-overload]


def test_looking_changes_nothing_that_anybody_would_notice(
    house: House, desk: Desk, patient: Patient, sent: SentLink
) -> None:
    plan_operation(house, patient)
    due = item(patient, "annual_review", target_on=desk.day, latest_on=desk.day + timedelta(days=20))
    to_book = send_link(house, due)
    before = every_row()
    for link in (sent, to_book):
        Client().head(link.address)
        browser = link.open()
        for name in PAGES:
            for method in (browser.get, browser.head):
                assert method(link.page(name)).status_code in (200, 302), name
        at = browser.get(link.page("times")).context["days"][0].times[0].at
        assert browser.get(link.page("take", at=at)).status_code == 200
        assert browser.head(link.page("take", at=at)).status_code == 200
    assert every_row() == before
    assert sent.fresh().opened_at is not None
    assert sent.fresh().used_at is None


def test_a_scanner_that_presses_every_button_says_nothing_for_the_patient(sent: SentLink) -> None:
    browser = sent.open()
    at = browser.get(sent.page("times")).context["days"][0].times[0].at
    before = every_row()
    for address in (*(sent.page(name) for name in PAGES), sent.page("take", at=at)):
        assert browser.post(address, {"sequence": 0, "born_day": "", "number": ""}).status_code in (
            200,
            302,
            422,
        )
    assert every_row() == before


@pytest.mark.parametrize("name", ["confirm", "cannot_come", "ask", "not_me"])
def test_nothing_is_done_for_a_forged_form(sent: SentLink, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get(sent.address)
    page = browser.get(sent.page()).content.decode()
    values = {"sequence": 0, "born_day": BORN_DAY, "number": 10 + sent.row.pk * 37 % 90}
    assert browser.post(sent.page(name), values).status_code == 403
    assert PatientAnswer.objects.count() == 0
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    assert browser.post(sent.page(name), values | {"csrfmiddlewaretoken": token}).status_code in (200, 302)
    assert PatientAnswer.objects.count() == 1


def _expired(house: House, sent: SentLink) -> None:
    PatientLink.objects.filter(pk=sent.row.pk).update(
        created_at=house.now - timedelta(days=9), expires_at=house.now
    )


def _revoked(house: House, sent: SentLink) -> None:
    PatientLink.objects.filter(pk=sent.row.pk).update(revoked_at=house.now)


def _dead(house: House, sent: SentLink) -> None:
    record_death(
        clinic=house.clinic,
        patient_ref=sent.row.patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )


def _address_retired(house: House, sent: SentLink) -> None:
    contact = address_of(house, sent.row.patient)
    retire_contact_point(clinic=house.clinic, contact_id=contact.pk, actor_id=house.nurse.id, now=house.now)


@pytest.mark.parametrize("end", [_expired, _revoked, _dead, _address_retired])
def test_a_link_that_was_ended_looks_like_one_that_never_was(
    house: House, sent: SentLink, end: Callable[[House, SentLink], None]
) -> None:
    browser = sent.open()
    end(house, sent)
    never = whole(Client().get("/l/AAAAAAAAAAAAAAAAAAAAAA"))
    assert never[0] == 404
    assert whole(Client().get(sent.address)) == never
    assert whole(browser.get(sent.page())) == never
    assert whole(browser.post(sent.page("confirm"), {"sequence": 0, "born_day": BORN_DAY})) == never
    assert PatientAnswer.objects.count() == 0


@pytest.mark.parametrize(
    "address", ["", "x", "short/", "../admin", "at/", "at/0123456789abcdef/", "at/0123456789abcdef/x", "%00"]
)
def test_whatever_else_is_asked_for_looks_the_same(address: str) -> None:
    assert whole(Client().get(f"/l/{address}")) == whole(Client().get("/l/AAAAAAAAAAAAAAAAAAAAAA"))


def test_an_ended_link_costs_as_many_queries_as_one_that_never_was(house: House, sent: SentLink) -> None:
    _revoked(house, sent)
    counts = []
    for address in (sent.address, "/l/AAAAAAAAAAAAAAAAAAAAAA"):
        with CaptureQueriesContext(connection) as queries:
            Client().get(address)
        counts.append(len(queries))
    assert counts == [1, 1]


def test_a_link_for_one_purpose_does_nothing_of_another(house: House, patient: Patient, visit: Visit) -> None:
    sent = send_link(house, visit, purpose="preparation")
    browser = sent.open()
    assert browser.get(sent.page()).status_code == 200
    answer = browser.post(sent.page("confirm"), {"sequence": 0, "born_day": BORN_DAY})
    assert whole(answer) == whole(Client().get("/l/AAAAAAAAAAAAAAAAAAAAAA"))
    assert PatientAnswer.objects.count() == 0


def test_a_cookie_is_good_for_its_own_link_alone(house: House, desk: Desk, sent: SentLink) -> None:
    other = send_link(house, desk.book(make_patient(house), at="13:00"))
    browser = sent.open()
    assert browser.get(other.page()).status_code == 403
    stolen = Client()
    stolen.cookies["link"] = browser.cookies["link"].value
    assert stolen.get(other.page()).status_code == 403
    assert stolen.post(other.page("confirm"), {"sequence": 0, "born_day": BORN_DAY}).status_code == 403
    assert PatientAnswer.objects.count() == 0
    other.open()
    assert browser.get(sent.page()).status_code == 200


def test_a_browser_without_cookies_is_told_whom_to_call(house: House, sent: SentLink) -> None:
    answer = Client().get(sent.page())
    assert answer.status_code == 403
    text = answer.content.decode()
    assert house.clinic.phone in text
    assert "cookies" in text
    assert "Ursula" not in text
    assert "10:00" not in text


def test_a_visit_of_another_clinic_is_not_behind_any_link(house: House, sent: SentLink) -> None:
    """The keys that would not let such a link be are put off until the end of a transaction: this one is taken back."""
    browser = sent.open()
    with transaction.atomic():
        PatientLink.objects.filter(pk=sent.row.pk).update(clinic=house.elsewhere)
        assert browser.get(sent.page()).status_code == 404
        assert browser.post(sent.page("confirm"), {"sequence": 0, "born_day": BORN_DAY}).status_code == 404
        assert PatientAnswer.objects.count() == 0
        transaction.set_rollback(True)


def test_what_is_answered_is_kept_by_nobody_and_the_token_stays_nowhere(sent: SentLink) -> None:
    browser = Client()
    first = browser.get(sent.address)
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert sent.token not in first.headers["Location"]
    cookie = first.cookies["link"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", sent.page())
    assert sent.token not in cookie.value
    page = browser.get(sent.page())
    for answer in (first, page, Client().get("/l/x")):
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert sent.token not in page.content.decode()
    assert ref_of(sent.row) not in sent.token


def test_after_ten_misses_an_address_waits_a_minute_and_a_good_link_still_opens(sent: SentLink) -> None:
    browser, neighbour = Client(REMOTE_ADDR="192.0.2.1"), Client(REMOTE_ADDR="192.0.2.2")
    for number in range(10):
        assert browser.get(f"/l/guess{number}").status_code == 404
    assert browser.get("/l/guess").status_code == 429
    assert browser.get(sent.address).status_code == 302
    assert neighbour.get("/l/guess").status_code == 404
    cache.clear()  # the minute is over
    assert browser.get("/l/guess").status_code == 404


def test_the_servers_own_log_names_no_token() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": "/l/Canary?x=Canary",
        "PATH_INFO": "/l/Canary",
        "QUERY_STRING": "x=Canary",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": "https://example.org/l/Canary",
        "HTTP_USER_AGENT": "-",
    }
    answer = type("Answer", (), {"status": "302 Found", "sent": 0, "headers": []})()
    asked = type("Asked", (), {"headers": []})()
    parts = AccessLog(Config()).atoms(answer, asked, environ, timedelta(seconds=1))
    shown = {name: value for name, value in parts.items() if name in "UrfqmsM"}
    assert "Canary" not in str(shown)
    assert shown["U"] == "/l/…"


def test_a_page_costs_the_same_whatever_lies_behind_it(house: House, desk: Desk, sent: SentLink) -> None:
    def cost() -> int:
        browser = sent.open()
        with CaptureQueriesContext(connection) as queries:
            for name in ("page", "times"):
                browser.get(sent.page(name))
        return len(queries)

    few = cost()
    for number in range(6):
        other = desk.book(sent.row.patient, at=f"{13 + number // 2}:{number % 2 * 30:02}")
        PatientAnswer.objects.create(
            clinic=house.clinic,
            patient=sent.row.patient,
            visit=other,
            visit_sequence=0,
            answer="confirmed",
            at=house.now,
        )
        send_link(house, other)
    assert cost() == few
