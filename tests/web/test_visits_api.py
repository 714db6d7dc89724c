"""Booking through the REST interface: the pages' rules, and an answer for every refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Patient, User
from scheduling.models import Visit
from tests.factories import House, make_patient, make_running_pump
from tests.visits import Desk, make_resource

Ask = Callable[..., Any]


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


@pytest.fixture
def body(desk: Desk, patient: Patient) -> dict[str, Any]:
    return {
        "patient": str(patient.ref),
        "kind": str(desk.kind("check_up").ref),
        "nurse": str(desk.nurse.ref),
        "room": str(desk.room.ref),
        "local_on": desk.day.isoformat(),
        "local_at": "10:00",
    }


def post(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(address, body, content_type="application/json", headers=headers)


def test_a_visit_is_booked_and_shown(nurse: Client, address: str, body: dict[str, Any], desk: Desk) -> None:
    answer = post(nurse, f"{address}/visits", body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert shown["starts_at"] == f"{desk.day}T10:00:00-06:00"
    assert {name: shown[name] for name in body} == body
    assert (shown["status"], shown["sequence"]) == ("booked", 0)
    assert [row["status"] for row in shown["history"]] == ["booked"]
    assert nurse.get(f"{address}/visits/{shown['ref']}").json() == shown


def at_fault(answer: Any) -> list[str]:
    assert answer["Content-Type"] == "application/problem+json"
    return [error["pointer"] for error in answer.json()["errors"]]


def test_no_answer_holds_a_name(nurse: Client, address: str, body: dict[str, Any], patient: Patient) -> None:
    answer = post(nurse, f"{address}/visits", body)
    for name in (patient.last_name, patient.first_name, patient.mrn):
        assert name not in answer.content.decode()


def test_a_time_that_is_taken_is_409_with_the_reason_and_the_next_free_times(
    nurse: Client, address: str, body: dict[str, Any], desk: Desk
) -> None:
    desk.book()
    answer = post(nurse, f"{address}/visits", body)
    assert answer.status_code == 409
    refusal = answer.json()
    assert refusal["reason"] == "nurse_busy"
    assert refusal["detail"].endswith("has another visit at this time")
    times = refusal["next_free_times"]
    assert [time["local_at"] for time in times] == ["09:00", "09:15", "09:30", "10:30", "10:45"]
    assert not any(time["is_at_risk"] for time in times)
    offered = {name: times[0][name] for name in ("local_on", "local_at", "nurse", "room")}
    assert post(nurse, f"{address}/visits", body | offered).status_code == 201


def test_a_time_after_the_last_safe_day_is_marked(
    nurse: Client, address: str, body: dict[str, Any], desk: Desk, house: House
) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=170))
    desk.book(day=desk.day)
    late = body | {"patient": str(implant.patient.ref), "kind": str(desk.kind("refill").ref)}
    assert all(
        each["is_at_risk"] for each in post(nurse, f"{address}/visits", late).json()["next_free_times"]
    )


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"patient": None}, 400, "patient"),
        ({"patient": "Ode"}, 400, "patient"),
        ({"colour": "blue"}, 400, "colour"),
        ({"local_on": "15.12.2026"}, 400, "local_on"),
        ({"local_at": "ten"}, 400, "local_at"),
        ({"follow_ups": "x"}, 400, "follow_ups"),
        ({"patient": str(uuid4())}, 422, "patient"),
        ({"nurse": str(uuid4())}, 422, "nurse"),
        ({"follow_ups": [str(uuid4())]}, 422, "follow_ups"),
        ({"duration_minutes": 1}, 422, "duration_minutes"),
        ({"note": "x" * 501}, 422, "note"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    nurse: Client, address: str, body: dict[str, Any], change: dict[str, Any], code: int, field: str
) -> None:
    answer = post(nurse, f"{address}/visits", body | change)
    assert (answer.status_code, at_fault(answer)) == (code, [f"#/{field}"])


def test_the_same_request_makes_one_visit_and_another_under_its_key_is_refused(
    nurse: Client, address: str, body: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "desk 3, 17"}
    first, again = (post(nurse, f"{address}/visits", body, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["ref"] == again.json()["ref"]
    other = post(nurse, f"{address}/visits", body | {"local_at": "11:00"}, **key)
    assert (other.status_code, at_fault(other)) == (422, ["#/idempotency_key"])
    assert Visit.objects.count() == 1


def test_a_visit_is_moved_once_by_who_saw_it_as_it_is(
    nurse: Client, address: str, body: dict[str, Any], desk: Desk
) -> None:
    ref = post(nurse, f"{address}/visits", body).json()["ref"]
    to = {"local_on": desk.day.isoformat(), "local_at": "14:00", "reason": "a lift", "sequence": 0}
    moved = post(nurse, f"{address}/visits/{ref}/move", to)
    assert moved.status_code == 200, moved.content
    assert (moved.json()["local_at"], moved.json()["sequence"]) == ("14:00", 1)
    assert moved.json()["history"][-1]["moved_from"] == f"{desk.day}T10:00:00-06:00"
    assert post(nurse, f"{address}/visits/{ref}/move", to).status_code == 422
    desk.book(at="15:00")
    refused = post(nurse, f"{address}/visits/{ref}/move", to | {"local_at": "15:00", "sequence": 1})
    assert (refused.status_code, refused.json()["reason"]) == (409, "nurse_busy")


def test_a_visit_is_cancelled_with_a_reason(nurse: Client, address: str, body: dict[str, Any]) -> None:
    ref = post(nurse, f"{address}/visits", body).json()["ref"]
    assert post(nurse, f"{address}/visits/{ref}/cancel", {}).status_code == 400
    assert post(nurse, f"{address}/visits/{ref}/cancel", {"reason": "ill"}).json()["status"] == "cancelled"
    again = post(nurse, f"{address}/visits/{ref}/cancel", {"reason": "ill"})
    assert (again.status_code, at_fault(again)) == (422, ["#/status"])


def test_free_times_can_all_be_booked(nurse: Client, address: str, body: dict[str, Any], desk: Desk) -> None:
    desk.book()
    query = {name: body[name] for name in ("patient", "kind")}
    query |= {"first_on": desk.day.isoformat(), "last_on": desk.day.isoformat(), "limit": "100"}
    times = nurse.get(f"{address}/slots", query).json()["results"]
    assert times
    assert "10:00" not in [time["local_at"] for time in times]
    for time in times[:: len(times) - 1]:
        place = {name: time[name] for name in ("local_on", "local_at", "nurse", "room")}
        assert post(nurse, f"{address}/visits", body | place).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patient": str(uuid4())}, "patient"),
        ({"kind": str(uuid4())}, "kind"),
        ({"nurse": str(uuid4())}, "nurse"),
        ({"first_on": "soon"}, "first_on"),
        ({"last_on": "2020-01-01"}, "last_on"),
        ({"limit": "1000"}, "limit"),
        ({"form": "2026-12-01"}, "form"),
    ],
)
def test_a_search_for_what_is_not_there_is_refused(
    nurse: Client, address: str, body: dict[str, Any], change: dict[str, str], field: str
) -> None:
    answer = nurse.get(f"{address}/slots", {name: body[name] for name in ("patient", "kind")} | change)
    assert (answer.status_code, at_fault(answer)) == (400, [f"#/{field}"])


def test_another_nurse_can_be_searched_for(
    nurse: Client, address: str, body: dict[str, Any], house: House
) -> None:
    second = make_resource(house, "Second nurse")
    query = {"patient": body["patient"], "kind": body["kind"], "nurse": str(second.ref)}
    assert {time["nurse"] for time in nurse.get(f"{address}/slots", query).json()["results"]} == {
        str(second.ref)
    }


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may(
    house: House,
    signed_in: Callable[[User], Client],
    address: str,
    body: dict[str, Any],
    desk: Desk,
    role: Role,
) -> None:
    client = signed_in(house.person(role))
    may_book = Permission.BOOK_VISITS in PERMISSIONS[role]
    may_overbook = Permission.OVERBOOK in PERMISSIONS[role]
    ref = desk.book(at="14:00").ref
    assert client.get(f"{address}/visits/{ref}").status_code == 200
    for end, values in (
        ("visits", body),
        (f"visits/{ref}/move", {"local_on": body["local_on"], "local_at": "15:00"}),
        (f"visits/{ref}/cancel", {"reason": "ill"}),
    ):
        assert (post(client, f"{address}/{end}", values).status_code < 300) == may_book
        assert (post(client, f"{address}/{end}", values).status_code == 403) != may_book
    over = {"override_reason": "runs dry", "patient": str(make_patient(house).ref)}
    assert (post(client, f"{address}/visits", body | over).status_code == 201) == may_overbook


def test_a_foreign_clinic_and_a_foreign_visit_are_not_there(
    house: House, signed_in: Callable[[User], Client], address: str, body: dict[str, Any], desk: Desk
) -> None:
    ref = desk.book(at="14:00").ref
    outsider = signed_in(house.outsider)
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}"
    to = {"local_on": body["local_on"], "local_at": "15:00"}
    for place in (address, theirs):
        assert outsider.get(f"{place}/visits/{ref}").status_code == 404
        assert post(outsider, f"{place}/visits/{ref}/move", to).status_code == 404
        assert post(outsider, f"{place}/visits/{ref}/cancel", {"reason": "x"}).status_code == 404
    assert outsider.get(f"{address}/slots").status_code == 404
    assert post(outsider, f"{address}/visits", body).status_code == 404
    assert post(outsider, f"{theirs}/visits", body).status_code == 422
    assert Client().get(f"{address}/visits/{ref}").status_code == 401
    assert Visit.objects.get().status == "booked"


def test_free_times_cost_the_same_however_many_visits_there_are(
    nurse: Client, address: str, body: dict[str, Any], desk: Desk
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            nurse.get(f"{address}/slots", {name: body[name] for name in ("patient", "kind")})
        return len(queries)

    before = cost()
    for hour in (9, 10, 11, 13, 14, 15):
        desk.book(at=f"{hour}:00".rjust(5, "0"))
    assert cost() == before
