"""Numbers and addresses, consents and helpers through the REST interface: as on the page of a patient's details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Consent, ContactPoint, Patient, Proxy, User
from tests.factories import House, make_patient
from tests.web.api_calls import at_fault, queries_of, rows, send, shown

NUMBER = {"kind": "phone", "value": "+1 312 555 0177"}
HELPER = {"name": "Ida Ode", "relationship": "daughter"}
YES = {"channel": "sms", "topic": "reminders", "is_granted": True, "wording": "May we text you? Yes."}


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house)


@pytest.fixture
def address(house: House, patient: Patient) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}/patients/{patient.ref}"


def test_a_number_is_added_retired_and_used_again(nurse: Client, address: str) -> None:
    made = shown(send(nurse, f"{address}/contact-points", NUMBER), 201)
    assert (made["can_receive"], made["is_active"], made["proxy"]) == (True, True, None)
    place = f"{address}/contact-points/{made['id']}"
    assert shown(send(nurse, f"{place}/retire"))["is_active"] is False
    assert shown(send(nurse, f"{place}/restore"))["is_active"] is True
    assert rows(nurse, f"{address}/contact-points") == [made]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"value": "call me"}, 422, "#/value"),
        ({"kind": "email"}, 422, "#/value"),
        ({"kind": "fax"}, 400, "#/kind"),
        ({"value": ""}, 400, "#/value"),
        ({"proxy": 987654321}, 400, "#/proxy"),
        ({"time_zone": "Mars/Olympus"}, 422, "#/time_zone"),
        ({"dialable": "+13125550177"}, 400, "#/dialable"),
    ],
)
def test_what_is_no_number_is_refused_at_its_place(
    nurse: Client, address: str, change: dict[str, Any], code: int, place: str
) -> None:
    answer = send(nurse, f"{address}/contact-points", NUMBER | change)
    assert (answer.status_code, at_fault(answer)) == (code, [place])
    assert not ContactPoint.objects.exists()


def test_a_number_is_listed_once(nurse: Client, address: str) -> None:
    shown(send(nurse, f"{address}/contact-points", NUMBER), 201)
    again = send(nurse, f"{address}/contact-points", NUMBER)
    assert (again.status_code, at_fault(again)) == (422, ["#/value"])


def test_a_helper_has_numbers_and_a_role_that_ends_and_is_resumed(nurse: Client, address: str) -> None:
    helper = shown(send(nurse, f"{address}/proxies", HELPER), 201)
    number = shown(send(nurse, f"{address}/contact-points", NUMBER | {"proxy": helper["id"]}), 201)
    assert number["proxy"] == helper["id"]
    place = f"{address}/proxies/{helper['id']}"
    answer = nurse.get(place)
    ended = send(nurse, place, HELPER | {"is_active": False}, how="put", **{"If-Match": answer["ETag"]})
    assert shown(ended)["is_active"] is False
    late = send(nurse, place, HELPER | {"is_active": True}, how="put", **{"If-Match": answer["ETag"]})
    assert late.status_code == 412
    assert Proxy.objects.get().is_active is False


def test_another_patients_helper_and_number_are_not_there(nurse: Client, address: str, house: House) -> None:
    helper = shown(send(nurse, f"{address}/proxies", HELPER), 201)["id"]
    number = shown(send(nurse, f"{address}/contact-points", NUMBER), 201)["id"]
    other = f"/api/v1/clinics/{house.clinic.slug}/patients/{make_patient(house).ref}"
    assert nurse.get(f"{other}/proxies/{helper}").status_code == 404
    assert send(nurse, f"{other}/contact-points/{number}/retire").status_code == 404
    assert send(nurse, f"{other}/contact-points", NUMBER | {"proxy": helper}).status_code == 400
    assert send(nurse, f"{address}/contact-points/{'9' * 30}/retire").status_code == 404
    assert ContactPoint.objects.get().is_active


def test_what_the_patient_said_is_kept_in_order(nurse: Client, address: str) -> None:
    shown(send(nurse, f"{address}/consents", YES), 201)
    no = YES | {"is_granted": False, "wording": "No more texts, please."}
    shown(send(nurse, f"{address}/consents", no), 201)
    assert [row["is_granted"] for row in rows(nurse, f"{address}/consents")] == [True, False]
    assert not any(row["is_patients_own"] for row in rows(nurse, f"{address}/consents"))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"wording": " "}, "#/wording"),
        ({"channel": "post"}, "#/channel"),
        ({"topic": "news"}, "#/topic"),
        ({"is_granted": "perhaps"}, "#/is_granted"),
    ],
)
def test_a_consent_has_a_channel_a_topic_and_its_words(
    nurse: Client, address: str, change: dict[str, Any], place: str
) -> None:
    answer = send(nurse, f"{address}/consents", YES | change)
    assert (answer.status_code, at_fault(answer)) == (400, [place])
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("place", "body", "model"),
    [("contact-points", NUMBER, ContactPoint), ("consents", YES, Consent), ("proxies", HELPER, Proxy)],
)
def test_the_same_key_adds_once(
    nurse: Client, address: str, place: str, body: dict[str, Any], model: Any
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (send(nurse, f"{address}/{place}", body, **key) for _ in range(2))
    assert shown(first, 201) == shown(again, 201)
    assert model.objects.count() == 1


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may(
    house: House, signed_in: Callable[[User], Client], address: str, role: Role
) -> None:
    client = signed_in(house.person(role))
    code = 201 if Permission.EDIT_PATIENTS in PERMISSIONS[role] else 403
    for place, body in (("contact-points", NUMBER), ("consents", YES), ("proxies", HELPER)):
        assert client.get(f"{address}/{place}").status_code == 200
        assert send(client, f"{address}/{place}", body).status_code == code


def test_a_foreign_clinic_sees_nothing(
    house: House, signed_in: Callable[[User], Client], address: str
) -> None:
    outsider = signed_in(house.outsider)
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}/patients/{address.rpartition('/')[2]}"
    for start in (address, theirs):
        for place, body in (("contact-points", NUMBER), ("consents", YES), ("proxies", HELPER)):
            assert outsider.get(f"{start}/{place}").status_code == 404
            assert send(outsider, f"{start}/{place}", body).status_code == 404
    assert outsider.get(f"/api/v1/clinics/{house.clinic.slug}/patients/{uuid4()}/consents").status_code == 404


@pytest.mark.parametrize("place", ["contact-points", "consents", "proxies"])
def test_a_list_costs_the_same_however_long(nurse: Client, address: str, place: str) -> None:
    bodies = {"contact-points": NUMBER, "consents": YES, "proxies": HELPER}
    shown(send(nurse, f"{address}/{place}", bodies[place]), 201)
    one = queries_of(nurse, f"{address}/{place}")
    for number in range(3):
        more = {"value": f"+1 312 555 018{number}"} if place == "contact-points" else {}
        shown(send(nurse, f"{address}/{place}", bodies[place] | more), 201)
    assert queries_of(nurse, f"{address}/{place}") == one
