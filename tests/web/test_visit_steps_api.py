"""The list of visits and what becomes of each, through the REST interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import User
from scheduling.models import FollowUp
from scheduling.services.booking import cancel_visit
from tests.factories import House, make_patient, make_running_pump
from tests.visits import Desk, make_desk
from tests.web.api_calls import at_fault, queries_of, rows, send, shown


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}/visits"


@pytest.fixture
def on_the_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`on_the_day("10:30")`: it is that hour of the day of the visits."""

    def at(wall: str) -> None:
        moment: datetime = desk.at(wall)
        monkeypatch.setattr("web.api.access.timezone", SimpleNamespace(now=lambda: moment))

    return at


def test_the_list_is_narrowed_by_what_the_address_asks(
    house: House, nurse: Client, address: str, desk: Desk
) -> None:
    patient = make_patient(house)
    first, second = desk.book(patient), desk.book(at="14:00")
    later = desk.book(day=desk.day + timedelta(days=7))
    gone = desk.step(cancel_visit, desk.book(at="16:00"), reason="ill")
    day = desk.day.isoformat()

    def found(**query: str) -> list[str]:
        return [row["ref"] for row in rows(nurse, address, **query)]

    assert found() == [str(visit.ref) for visit in (first, second, later, gone)]
    assert found(first_on=day, last_on=day, status="booked") == [str(first.ref), str(second.ref)]
    assert found(patient=str(patient.ref)) == [str(first.ref)]
    assert found(status="cancelled") == [str(gone.ref)]
    assert len(found(nurse=str(desk.nurse.ref), room=str(desk.room.ref))) == 4
    assert found(kind=str(desk.kind("refill").ref)) == []
    assert rows(nurse, address)[0] == shown(nurse.get(f"{address}/{first.ref}"))


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"patient": str(uuid4())}, "#/patient"),
        ({"nurse": str(uuid4())}, "#/nurse"),
        ({"status": "proposed"}, "#/status"),
        ({"first_on": "soon"}, "#/first_on"),
        ({"from": "2026-01-01"}, "#/from"),
    ],
)
def test_a_list_of_what_is_not_there_is_refused(
    nurse: Client, address: str, query: dict[str, str], place: str
) -> None:
    answer = nurse.get(address, query)
    assert (answer.status_code, at_fault(answer)) == (400, [place])


def test_a_visit_is_arrived_checked_in_done_and_taken_back(
    house: House, nurse: Client, address: str, desk: Desk, on_the_day: Callable[[str], None]
) -> None:
    implant = make_running_pump(house)
    wanted = FollowUp.objects.filter(implant=implant, state="open").exclude(row_key="refill")[0]
    visit = desk.book(implant.patient, follow_up_refs=(wanted.ref,))
    place = f"{address}/{visit.ref}"
    early = send(nurse, f"{place}/arrive")
    assert (early.status_code, at_fault(early)) == (422, ["#/starts_at"])
    on_the_day("10:05")
    assert shown(send(nurse, f"{place}/arrive"))["status"] == "arrived"
    assert shown(send(nurse, f"{place}/check-in"))["status"] == "checked-in"
    done = shown(send(nurse, f"{place}/done", {"follow_ups": [str(wanted.ref)]}))
    assert done["status"] == "fulfilled"
    assert [row["status"] for row in done["history"]] == ["booked", "arrived", "checked-in", "fulfilled"]
    wanted.refresh_from_db()
    assert wanted.state == "done"
    assert send(nurse, f"{place}/undo", {}).status_code == 400
    assert shown(send(nurse, f"{place}/undo", {"reason": "wrong one"}))["status"] == "checked-in"
    wanted.refresh_from_db()
    assert wanted.state == "open"


def test_a_refill_visit_is_not_done_without_a_word_about_the_refill(
    house: House, nurse: Client, address: str, desk: Desk, on_the_day: Callable[[str], None]
) -> None:
    visit = desk.book(make_running_pump(house).patient, kind="refill")
    on_the_day("10:05")
    refused = send(nurse, f"{address}/{visit.ref}/done")
    assert (refused.status_code, at_fault(refused)) == (422, ["#/is_without_fill"])
    assert (
        shown(send(nurse, f"{address}/{visit.ref}/done", {"is_without_fill": True}))["status"] == "fulfilled"
    )


def test_a_step_is_taken_once_by_key_and_a_time_given_away_is_409(
    nurse: Client, address: str, desk: Desk, on_the_day: Callable[[str], None]
) -> None:
    visit = desk.book()
    on_the_day("10:30")
    key = {"Idempotency-Key": "k1"}
    first, again = (send(nurse, f"{address}/{visit.ref}/no-show", **key) for _ in range(2))
    assert shown(first) == shown(again)
    assert first.json()["status"] == "noshow"
    assert again["Idempotent-Replayed"] == "true"
    desk.book(now=desk.at("09:00"))
    taken = send(nurse, f"{address}/{visit.ref}/undo", {"reason": "came after all"})
    assert (taken.status_code, taken.json()["reason"]) == (409, "nurse_busy")


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may_and_a_foreign_clinic_nothing(
    house: House, signed_in: Callable[[User], Client], address: str, desk: Desk, role: Role
) -> None:
    client, outsider = signed_in(house.person(role)), signed_in(house.outsider)
    may = Permission.BOOK_VISITS in PERMISSIONS[role]
    visit = desk.book()
    assert rows(client, address)
    assert outsider.get(address).status_code == 404
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}/visits"
    assert rows(outsider, theirs) == []
    body: dict[str, Any] = {"reason": "x"}
    for step, sent in (("arrive", {}), ("check-in", {}), ("no-show", {}), ("done", {}), ("undo", body)):
        assert send(outsider, f"{address}/{visit.ref}/{step}", sent).status_code == 404
        assert send(outsider, f"{theirs}/{visit.ref}/{step}", sent).status_code == 404
        assert (send(client, f"{address}/{visit.ref}/{step}", sent).status_code == 403) != may
    answer = send(client, f"{address}/{visit.ref}/entered-in-error", body)
    assert answer.status_code == (200 if may else 403)


def test_the_list_costs_the_same_however_long(nurse: Client, address: str, desk: Desk) -> None:
    desk.book()
    one = queries_of(nurse, address)
    for hour in (13, 14, 15):
        desk.book(at=f"{hour}:00")
    assert queries_of(nurse, address) == one
