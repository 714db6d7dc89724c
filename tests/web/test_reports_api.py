"""Reports, calendar links and what waits for a second person, through the REST interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from clinic.domain.api_tokens import TokenEntry
from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import ApiAnswer, User
from clinic.services.api_tokens import make_token
from scheduling.models import CalendarFeed
from scheduling.selectors.reports.discrepancy import trend_report
from scheduling.selectors.reports.preparation import preparation_report
from scheduling.selectors.reports.refills import refill_report
from scheduling.services.calendar_feeds import create_patients_feed
from tests.factories import House, make_event, make_fill, make_patient, make_running_pump
from tests.second_checks import waiting_pump
from tests.web.api_calls import at_fault, queries_of, rows, send, shown

REPORTS = ("refills-due", "pharmacy", "discrepancies", "outcomes")
LINK = {"label": "EMR", "scope": "clinic"}


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


def full_clinic(house: House) -> None:
    """A pump that was off at its last refill and has two scores, one in doubt, and one that is as it should be."""
    make_running_pump(house, filled_on=house.today - timedelta(days=140))
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=120))
    make_fill(house, implant, filled_on=house.today - timedelta(days=20), residual_ml=Decimal("35"))
    for days, score in ((200, "4"), (10, "7")):
        on = house.today - timedelta(days=days)
        make_event(house, implant, kind="outcome_score", occurred_on=on, scale="Pain", score=Decimal(score))
    make_event(house, make_running_pump(house), kind="stalled", occurred_on=house.today)


def test_the_figures_are_the_pages(house: House, nurse: Client, address: str) -> None:
    full_clinic(house)
    at = {"clinic_id": house.clinic.id}
    due, asked = refill_report(**at, now=house.now), shown(nurse.get(f"{address}/reports/refills-due"))
    assert [(row["due"], row["repeats"], row["fit"]) for row in asked["weeks"]] == [
        (week.due, week.repeats, week.capacity) for week in due.weeks
    ]
    assert (asked["uncertain"], asked["refill_minutes"]) == (due.uncertain, due.minutes)
    week_on = next(
        week.starts_on
        for week, count in preparation_report(**at, now=house.now, week_on=None).counts
        if count
    )
    pharmacy = shown(nurse.get(f"{address}/reports/pharmacy", {"week_on": week_on.isoformat()}))
    wanted = preparation_report(**at, now=house.now, week_on=week_on)
    assert pharmacy["starts_on"] == week_on.isoformat()
    assert [Decimal(row["total_ml"]) for row in pharmacy["preparations"]] == [
        each.total_ml for each in wanted.preparations
    ]
    assert len(pharmacy["doubts"]) == len(wanted.doubts) > 0
    trends, judged = trend_report(**at), shown(nurse.get(f"{address}/reports/discrepancies"))
    assert (judged["total"], judged["flagged"]) == (trends.total, trends.flagged)
    assert judged["results"][0]["checks"][-1]["is_volume_off"] is True
    (scale,) = shown(nurse.get(f"{address}/reports/outcomes"))
    assert (scale["name"], scale["quarters"][-1]["patients"]) == ("Pain", 1)
    courses = shown(nurse.get(f"{address}/reports/outcomes/courses", {"scale": scale["key"]}))
    assert [row["change"] for row in courses["results"]] == ["3"]


@pytest.mark.parametrize(
    ("place", "query", "fault"),
    [
        ("reports/pharmacy", {"week_on": "2020-01-01"}, "#/week_on"),
        ("reports/pharmacy", {"week": "2020-01-01"}, "#/week"),
        ("reports/outcomes/courses", {"scale": "Joy"}, "#/scale"),
        ("reports/outcomes/courses", {}, "#/scale"),
        ("reports/discrepancies", {"only_flagged": "perhaps"}, "#/only_flagged"),
    ],
)
def test_what_is_no_report_is_refused(
    nurse: Client, address: str, place: str, query: dict[str, str], fault: str
) -> None:
    answer = nurse.get(f"{address}/{place}", query)
    assert (answer.status_code, at_fault(answer)) == (400, [fault])


def test_reports_cost_the_same_however_many_pumps(house: House, nurse: Client, address: str) -> None:
    full_clinic(house)
    waiting_pump(house)
    places = [f"reports/{name}" for name in REPORTS] + ["second-checks"]
    before = [queries_of(nurse, f"{address}/{place}") for place in places]
    full_clinic(house)
    waiting_pump(house)
    assert [queries_of(nurse, f"{address}/{place}") for place in places] == before


def test_what_waits_is_listed_and_never_what_was_entered(house: House, nurse: Client, address: str) -> None:
    implant = waiting_pump(house)
    answer = nurse.get(f"{address}/second-checks")
    (row,) = shown(answer)["results"]
    assert (row["implant"], row["state"], row["author"]) == (str(implant.ref), "open", house.nurse.pk)
    assert row["holds"]
    assert not row.keys() & {"would_be", "dose", "fingerprint"}
    for how in ("post", "put", "delete"):
        assert getattr(nurse, how)(f"{address}/second-checks").status_code == 405


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_sees_what_it_may_and_a_foreign_clinic_nothing(
    house: House, signed_in: Callable[[User], Client], address: str, role: Role
) -> None:
    client, outsider = signed_in(house.person(role)), signed_in(house.outsider)
    records = 200 if Permission.RECORD_CARE in PERMISSIONS[role] else 403
    for place, code in [(f"reports/{name}", 200) for name in REPORTS] + [("second-checks", records)]:
        assert client.get(f"{address}/{place}").status_code == code
        assert outsider.get(f"{address}/{place}").status_code == 404
    links = 201 if Permission.MAKE_LINKS in PERMISSIONS[role] else 403
    assert send(client, f"{address}/feeds", LINK).status_code == links
    assert send(outsider, f"{address}/feeds", LINK).status_code == 404


def test_a_link_is_told_once_works_and_is_revoked(house: House, nurse: Client, address: str) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (shown(send(nurse, f"{address}/feeds", LINK, **key), 201) for _ in range(2))
    assert again == first | {"address": None}
    token = first["address"].rpartition("/")[2].removesuffix(".ics")
    for kept in ApiAnswer.objects.all():
        assert token not in str(kept.body)
    calendar = urlsplit(first["address"]).path
    assert b"BEGIN:VCALENDAR" in Client().get(calendar).content
    (listed,) = rows(nurse, f"{address}/feeds")
    assert listed == {name: value for name, value in first.items() if name != "address"}
    gone = shown(send(nurse, f"{address}/feeds/{first['ref']}/revoke"))
    assert gone["revoked_at"] is not None
    assert rows(nurse, f"{address}/feeds") == []
    assert CalendarFeed.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "fault"),
    [
        ({"label": " "}, 400, "#/label"),
        ({"scope": "nurse"}, 422, "#/of"),
        ({"of": "0f0f0f0f-0000-4000-8000-000000000000"}, 422, "#/of"),
        ({"detail": "names"}, 422, "#/detail"),
        ({"scope": "everybody"}, 400, "#/scope"),
        ({"token": "x"}, 400, "#/token"),
    ],
)
def test_a_link_that_cannot_be_is_refused(
    nurse: Client, address: str, change: dict[str, Any], code: int, fault: str
) -> None:
    answer = send(nurse, f"{address}/feeds", LINK | change)
    assert (answer.status_code, at_fault(answer)) == (code, [fault])
    assert not CalendarFeed.objects.exists()


def test_a_token_that_may_only_read_makes_and_ends_no_link(house: House, nurse: Client, address: str) -> None:
    ref = shown(send(nurse, f"{address}/feeds", LINK), 201)["ref"]
    entry = TokenEntry(name="EMR", permissions=(Permission.VIEW_PATIENTS,), days=30)
    _, secret = make_token(clinic=house.clinic, entry=entry, user_id=house.nurse.pk, now=timezone.now())
    reader = Client(headers={"Authorization": f"Bearer {secret}"})
    assert len(rows(reader, f"{address}/feeds")) == 1
    assert send(reader, f"{address}/feeds", LINK).status_code == 403
    assert send(reader, f"{address}/feeds/{ref}/revoke").status_code == 403


def test_a_colleagues_link_is_not_there_and_a_patients_needs_who_may_change_patients(
    house: House, nurse: Client, signed_in: Callable[[User], Client], address: str
) -> None:
    patient = make_patient(house)
    own, _ = create_patients_feed(clinic=house.clinic, patient=patient, label="Phone", now=house.now)
    mine = shown(send(nurse, f"{address}/feeds", LINK), 201)["ref"]
    colleague, auditor = signed_in(house.person(Role.PRESCRIBER)), signed_in(house.person(Role.AUDITOR))
    assert rows(colleague, f"{address}/feeds") == []
    assert send(colleague, f"{address}/feeds/{mine}/revoke").status_code == 404
    (row,) = rows(auditor, f"{address}/feeds", patient=str(patient.ref))
    assert (row["is_patients_own"], row["of"]) == (True, str(patient.ref))
    assert send(auditor, f"{address}/feeds/{own.ref}/revoke").status_code == 403
    assert send(signed_in(house.outsider), f"{address}/feeds/{own.ref}/revoke").status_code == 404
    shown(send(colleague, f"{address}/feeds/{own.ref}/revoke"))
