"""The REST interface gives what the pages give, to the same people."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.services.forecasts import reproject
from tests.factories import House, make_running_pump

pytestmark = pytest.mark.django_db

PUMP = {
    "id": "W1",
    "as_of": "2026-01-06",
    "pump": {"model": "synchromed-ii-40"},
    "fill": {
        "at": "2026-01-05",
        "volume_ml": 40,
        "drugs": [{"drug": "baclofen", "concentration": "2000", "unit": "mcg/mL"}],
    },
    "program": [{"from": "2026-01-05", "dose": "300", "unit": "mcg/day"}],
}


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def project(client: Client, *pumps: object) -> Any:
    return client.post("/api/v1/forecast", {"pumps": list(pumps)}, content_type="application/json")


def test_pumps_that_are_sent_are_projected(house: House) -> None:
    (result,) = project(signed_in(house.nurse), PUMP).json()["results"]
    assert (result["status"], result["must_refill_by"], result["limited_by"]) == (
        "ok",
        "2026-07-04",
        "stability",
    )


def test_a_bad_pump_does_not_spoil_a_good_one(house: House) -> None:
    results = project(signed_in(house.nurse), {**PUMP, "colour": "blue"}, PUMP, 7).json()["results"]
    assert [result["status"] for result in results] == ["error", "ok", "error"]
    assert "colour" in str(results[0])


@pytest.mark.parametrize("body", [{}, {"pumps": []}, {"pumps": "x"}, {"pumps": [PUMP] * 501}, []])
def test_what_is_no_list_of_pumps_is_refused(house: House, body: object) -> None:
    answer = signed_in(house.nurse).post("/api/v1/forecast", body, content_type="application/json")
    assert answer.status_code == 400


def test_nobody_gets_in_without_signing_in(house: House) -> None:
    assert project(Client(), PUMP).status_code == 401
    assert Client().get(f"/api/v1/clinics/{house.clinic.slug}/forecasts").status_code == 401


def test_a_clinic_sees_its_own_forecasts_and_another_sees_nothing_of_it(house: House) -> None:
    implant = make_running_pump(house)
    reproject(house.clinic.id, [implant.id], timezone.now())
    address = f"/api/v1/clinics/{house.clinic.slug}/forecasts"
    page = signed_in(house.nurse).get(address).json()
    assert [row["implant"] for row in page["results"]] == [str(implant.ref)]
    assert page["results"][0]["must_refill_by"]
    assert signed_in(house.outsider).get(address).status_code == 404


def test_the_page_of_forecasts_costs_the_same_for_one_and_for_many(house: House) -> None:
    client = signed_in(house.nurse)
    address = f"/api/v1/clinics/{house.clinic.slug}/forecasts"
    costs = []
    for _ in range(2):
        more = [make_running_pump(house).id for _ in range(2)]
        reproject(house.clinic.id, more, timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
