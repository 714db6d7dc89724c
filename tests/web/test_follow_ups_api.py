"""Follow-ups and the work list through the REST interface: the pages' lines, and the pages' rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Implant, User
from scheduling.models import FollowUp
from scheduling.selectors.due_list import Wanted, due_list
from scheduling.selectors.worklist import Wanted as WorkWanted
from scheduling.selectors.worklist import work_list
from tests.factories import House, make_running_pump
from tests.web.api_calls import at_fault, queries_of, rows, send, shown


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, filled_on=house.today - timedelta(days=20))


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


@pytest.fixture
def coming(house: House, implant: Implant) -> FollowUp:
    """Something else than the refill whose last day is ahead."""
    found = FollowUp.objects.filter(
        implant=implant, state="open", latest_on__gt=house.today + timedelta(days=3)
    )
    return found.exclude(row_key="refill").order_by("latest_on")[0]


@pytest.fixture
def refill(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="refill", state="open")


def test_the_list_is_the_pages(house: House, nurse: Client, address: str, coming: FollowUp) -> None:
    answer = shown(nurse.get(f"{address}/follow-ups", {"limit": "3"}))
    page = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now, page_size=3)
    assert answer["counts"] == page.counts
    assert (answer["page"], answer["pages"]) == (1, page.pages)
    assert [row["first"]["ref"] for row in answer["results"]] == [str(line.first.ref) for line in page.lines]
    assert [row["follow_ups"] for row in answer["results"]] == [
        [str(ref) for ref in line.refs] for line in page.lines
    ]
    mine = shown(nurse.get(f"{address}/follow-ups", {"owner": house.nurse.pk, "mode": coming.mode}))
    assert {row["first"]["mode"] for row in mine["results"]} == {coming.mode}


def test_a_patients_plan_holds_the_refill_and_what_is_closed(
    nurse: Client, address: str, coming: FollowUp, implant: Implant
) -> None:
    shown(send(nurse, f"{address}/follow-ups/{coming.ref}/done", {"note": "went well"}))
    plan = rows(nurse, f"{address}/patients/{implant.patient.ref}/follow-ups", limit=200)
    assert len(plan) == FollowUp.objects.filter(patient=implant.patient).count()
    by_ref = {row["ref"]: row for row in plan}
    assert by_ref[str(coming.ref)]["state"] == "done"
    assert "refill" in {row["row_key"] for row in plan}


def test_what_is_decided_is_shown_and_can_be_taken_back(
    house: House, nurse: Client, address: str, coming: FollowUp
) -> None:
    place = f"{address}/follow-ups/{coming.ref}"
    until = (house.today + timedelta(days=2)).isoformat()
    put_off = shown(send(nurse, f"{place}/postpone", {"until": until, "reason": "in hospital"}))
    assert (put_off["state"], put_off["postponed_until"]) == ("postponed", until)
    assert shown(send(nurse, f"{place}/not-needed", {"reason": "moved away"}))["state"] == "not_needed"
    assert send(nurse, f"{place}/done").status_code == 422
    assert shown(send(nurse, f"{place}/reopen", {"reason": "came back"}))["state"] == "open"
    (doctor,) = [
        row
        for row in shown(nurse.get(f"{address}/owners"))
        if row["id"] == house.person(Role.PRESCRIBER).pk or row["id"] == house.administrator.pk
    ][:1]
    assert shown(send(nurse, f"{place}/assign", {"owner": doctor["id"]}))["owner"] == doctor["id"]
    assert shown(nurse.get(place))["owner"] == doctor["id"]


def test_what_the_pages_refuse_is_refused(
    house: House, nurse: Client, address: str, coming: FollowUp, refill: FollowUp
) -> None:
    place, at_refill = f"{address}/follow-ups/{coming.ref}", f"{address}/follow-ups/{refill.ref}"
    assert coming.latest_on is not None
    beyond = {"until": (coming.latest_on + timedelta(days=1)).isoformat(), "reason": "x"}
    for where, body, code, fault in (
        (f"{place}/postpone", beyond, 422, "#/until"),
        (f"{place}/postpone", {"until": house.today.isoformat(), "reason": "x"}, 422, "#/until"),
        (f"{place}/postpone", {"until": beyond["until"]}, 400, "#/reason"),
        (f"{place}/not-needed", {"reason": " "}, 400, "#/reason"),
        (f"{place}/assign", {"owner": house.outsider.pk}, 422, "#/owner_id"),
        (f"{at_refill}/done", {}, 422, "#/state"),
        (f"{at_refill}/not-needed", {"reason": "x"}, 422, "#/state"),
    ):
        answer = send(nurse, where, body)
        assert (answer.status_code, at_fault(answer)) == (code, [fault]), where
    states = FollowUp.objects.filter(pk__in=[coming.pk, refill.pk]).values_list("state", flat=True)
    assert set(states) == {"open"}


def test_the_work_list_is_the_pages(house: House, nurse: Client, address: str, implant: Implant) -> None:
    make_running_pump(house, filled_on=house.today - timedelta(days=170))
    answer = shown(nurse.get(f"{address}/work-list"))
    page = work_list(clinic_id=house.clinic.id, wanted=WorkWanted(), now=house.now)
    assert answer["counts"] == page.counts
    assert [row["implant"] for row in answer["results"]] == [str(row.implant_ref) for row in page.rows]
    for row, line in zip(answer["results"], page.rows, strict=True):
        assert row["must_refill_by"] == (line.must_refill_by and line.must_refill_by.isoformat())
        assert (row["group"], row["rung"], row["booking"]) == (line.group, line.rung, line.booking)
        assert row["follow_up"] == str(line.item_ref)
    one = shown(
        nurse.get(f"{address}/work-list", {"group": page.rows[0].group, "pump_model": "synchromed-ii-40"})
    )
    assert {row["group"] for row in one["results"]} == {page.rows[0].group}


@pytest.mark.parametrize(
    ("place", "query", "fault"),
    [
        ("work-list", {"group": "soon"}, "#/group"),
        ("work-list", {"drug": "water"}, "#/drug"),
        ("work-list", {"text": "Ode"}, "#/text"),
        ("work-list", {"limit": "1000"}, "#/limit"),
        ("follow-ups", {"part": "soon"}, "#/part"),
        ("follow-ups", {"page": "0"}, "#/page"),
    ],
)
def test_a_filter_that_is_none_is_refused(
    nurse: Client, address: str, place: str, query: dict[str, str], fault: str
) -> None:
    answer = nurse.get(f"{address}/{place}", query)
    assert (answer.status_code, at_fault(answer)) == (400, [fault])


def test_the_same_key_decides_once(nurse: Client, address: str, coming: FollowUp) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (send(nurse, f"{address}/follow-ups/{coming.ref}/done", **key) for _ in range(2))
    assert shown(first) == shown(again)
    assert coming.acts.filter(act="done").count() == 1


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may_and_a_foreign_clinic_nothing(
    house: House, signed_in: Callable[[User], Client], address: str, coming: FollowUp, role: Role
) -> None:
    client, outsider = signed_in(house.person(role)), signed_in(house.outsider)
    may = Permission.WORK_FOLLOW_UPS in PERMISSIONS[role]
    patient = coming.patient.ref
    for place in (
        "follow-ups",
        f"follow-ups/{coming.ref}",
        f"patients/{patient}/follow-ups",
        "work-list",
        "owners",
    ):
        assert client.get(f"{address}/{place}").status_code == 200
        assert outsider.get(f"{address}/{place}").status_code == 404
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}"
    until = (house.today + timedelta(days=2)).isoformat()
    acts: dict[str, dict[str, Any]] = {
        "assign": {"owner": house.administrator.pk},
        "postpone": {"until": until, "reason": "x"},
        "not-needed": {"reason": "x"},
        "reopen": {"reason": "x"},
        "done": {},
    }
    for act, body in acts.items():
        assert send(outsider, f"{theirs}/follow-ups/{coming.ref}/{act}", body).status_code == 404
        answer = send(client, f"{address}/follow-ups/{coming.ref}/{act}", body)
        assert answer.status_code == (200 if may else 403)
    assert client.get(f"{address}/follow-ups/{uuid4()}").status_code == 404


def test_lists_cost_the_same_however_long(
    house: House, nurse: Client, address: str, implant: Implant
) -> None:
    places = ("follow-ups", "work-list", f"patients/{implant.patient.ref}/follow-ups")
    before = [queries_of(nurse, f"{address}/{place}") for place in places]
    for _ in range(2):
        make_running_pump(house)
    make_running_pump(house, implant.patient)
    assert [queries_of(nurse, f"{address}/{place}") for place in places] == before
