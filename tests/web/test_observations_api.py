"""Readings and events through the REST interface: as on the page of the record, and the dates follow at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Implant, PumpEvent, Reading, User
from scheduling.models import Forecast
from tests.factories import House, make_running_pump
from tests.web.api_calls import at_fault, queries_of, rows, send, shown


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, filled_on=house.today - timedelta(days=20))


@pytest.fixture
def clinic(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


@pytest.fixture
def address(clinic: str, implant: Implant) -> str:
    return f"{clinic}/implants/{implant.ref}"


@pytest.fixture
def reading(house: House) -> dict[str, Any]:
    return {"read_on": house.today.isoformat(), "reservoir_ml": "30.5", "note": "as expected"}


@pytest.fixture
def event(house: House) -> dict[str, Any]:
    return {"kind": "stalled", "occurred_on": house.today.isoformat()}


def test_a_reading_is_recorded_listed_and_withdrawn(
    nurse: Client, clinic: str, address: str, reading: dict[str, Any]
) -> None:
    made = shown(send(nurse, f"{address}/readings", reading), 201)
    assert (made["reservoir_ml"], made["is_superseded"]) == ("30.5", False)
    assert rows(nurse, f"{address}/readings") == [made]
    gone = shown(send(nurse, f"{clinic}/readings/{made['id']}/withdraw", {"reason": "other pump"}))
    assert gone == made | {"is_superseded": True}
    assert rows(nurse, f"{address}/readings") == [gone]
    again = send(nurse, f"{clinic}/readings/{made['id']}/withdraw", {"reason": "other pump"})
    assert again.status_code == 422


def test_a_stall_puts_the_dates_in_doubt_and_its_withdrawal_takes_that_back(
    nurse: Client, clinic: str, address: str, implant: Implant, event: dict[str, Any]
) -> None:
    before = Forecast.objects.get(implant=implant).must_refill_by
    made = shown(send(nurse, f"{address}/events", event), 201)
    assert Forecast.objects.get(implant=implant).status == "review"
    shown(send(nurse, f"{clinic}/events/{made['id']}/withdraw", {"reason": "other pump"}))
    after = Forecast.objects.get(implant=implant)
    assert (after.status, after.must_refill_by) == ("ok", before)


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"reservoir_ml": "-1"}, 422, "#/reservoir_ml"),
        ({"reservoir_ml": "NaN"}, 400, "#/reservoir_ml"),
        ({"reservoir_ml": None}, 422, "#/reservoir_ml"),
        ({"read_on": "2999-01-01"}, 422, "#/read_on"),
        ({"read_at": "0001-01-01T00:00:00Z"}, 422, "#/read_at"),
        ({"read_on": "today"}, 400, "#/read_on"),
        ({"reservoir": "30"}, 400, "#/reservoir"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_at_its_place(
    nurse: Client, address: str, reading: dict[str, Any], change: dict[str, Any], code: int, place: str
) -> None:
    answer = send(nurse, f"{address}/readings", reading | change)
    assert (answer.status_code, at_fault(answer)) == (code, [place])
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"kind": "party"}, 400, "#/kind"),
        ({"kind": "outcome_score"}, 422, "#/score"),
        ({"kind": "outcome_score", "score": "4"}, 422, "#/score"),
        ({"occurred_on": "1999-01-01"}, 422, "#/occurred_on"),
    ],
)
def test_an_event_that_cannot_be_is_refused_at_its_place(
    nurse: Client, address: str, event: dict[str, Any], change: dict[str, Any], code: int, place: str
) -> None:
    answer = send(nurse, f"{address}/events", event | change)
    assert (answer.status_code, at_fault(answer)) == (code, [place])
    assert not PumpEvent.objects.exists()


def test_the_same_key_records_once(
    nurse: Client, address: str, reading: dict[str, Any], event: dict[str, Any]
) -> None:
    for place, body, model in (("readings", reading, Reading), ("events", event, PumpEvent)):
        key = {"Idempotency-Key": place}
        first, again = (send(nurse, f"{address}/{place}", body, **key) for _ in range(2))
        assert shown(first, 201) == shown(again, 201)
        assert model.objects.count() == 1


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may(
    house: House,
    nurse: Client,
    signed_in: Callable[[User], Client],
    clinic: str,
    address: str,
    reading: dict[str, Any],
    event: dict[str, Any],
    role: Role,
) -> None:
    client = signed_in(house.person(role))
    may = Permission.RECORD_CARE in PERMISSIONS[role]
    for place, body in (("readings", reading), ("events", event)):
        number = shown(send(nurse, f"{address}/{place}", body), 201)["id"]
        assert client.get(f"{address}/{place}").status_code == 200
        assert send(client, f"{address}/{place}", body).status_code == (201 if may else 403)
        gone = send(client, f"{clinic}/{place}/{number}/withdraw", {"reason": "x"})
        assert gone.status_code == (200 if may else 403)


def test_a_foreign_clinic_sees_and_withdraws_nothing(
    house: House, nurse: Client, signed_in: Callable[[User], Client], address: str, reading: dict[str, Any]
) -> None:
    number = shown(send(nurse, f"{address}/readings", reading), 201)["id"]
    outsider = signed_in(house.outsider)
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}"
    assert outsider.get(f"{address}/readings").status_code == 404
    assert outsider.get(f"{theirs}/implants/{address.rpartition('/')[2]}/readings").status_code == 404
    assert send(outsider, f"{theirs}/readings/{number}/withdraw", {"reason": "x"}).status_code == 404
    assert Reading.objects.count() == 1


def test_lists_cost_the_same_however_long(
    nurse: Client, address: str, reading: dict[str, Any], event: dict[str, Any]
) -> None:
    for place, body in (("readings", reading), ("events", event)):
        shown(send(nurse, f"{address}/{place}", body), 201)
        one = queries_of(nurse, f"{address}/{place}")
        for _ in range(3):
            shown(send(nurse, f"{address}/{place}", body), 201)
        assert queries_of(nurse, f"{address}/{place}") == one
