"""The record through the REST interface: what pages refuse it refuses, and it is done once however often it is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from clinic.domain.api_tokens import TokenEntry
from clinic.domain.roles import Permission, Role
from clinic.models import ApiToken, ApiTokenUse, Fill, Implant, Membership, Patient, User
from clinic.services.accounts import change_membership
from clinic.services.api_tokens import make_token, revoke_token
from scheduling.models import Forecast
from tests.factories import House, make_clinic, make_patient, make_running_pump

pytestmark = pytest.mark.django_db

PERSON = {"mrn": "R-1", "last_name": "Ode", "first_name": "Ada", "birth_date": "1970-02-03"}
DRUG = {"drug": "baclofen", "concentration": "2000", "concentration_unit": "mcg/mL"}


@pytest.fixture
def house() -> House:
    return make_clinic()


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


@pytest.fixture
def nurse(house: House) -> Client:
    client = Client()
    client.force_login(house.nurse)
    return client


def token_of(house: House, user: User, *permissions: Permission, days: int = 30) -> tuple[ApiToken, Client]:
    entry = TokenEntry(name="EMR", permissions=permissions, days=days)
    token, secret = make_token(clinic=house.clinic, entry=entry, user_id=user.pk, now=timezone.now())
    return token, Client(headers={"Authorization": f"Bearer {secret}"})


def send(client: Client, address: str, body: object, *, how: str = "post", **headers: str) -> Any:
    return getattr(client, how)(address, body, content_type="application/json", headers=headers)


def at_fault(answer: Any) -> list[str]:
    assert answer["Content-Type"] == "application/problem+json"
    return [error["pointer"] for error in answer.json()["errors"]]


def pump_of(nurse: Client, address: str, house: House) -> str:
    patient = send(nurse, f"{address}/patients", PERSON).json()["ref"]
    implanted_on = (house.today - timedelta(days=400)).isoformat()
    pump = {"pump_model": "synchromed-ii-40", "serial": "N1", "implanted_on": implanted_on}
    answer = send(nurse, f"{address}/patients/{patient}/implants", pump)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["ref"])


def fill_on(house: House, days_ago: int = 10, **changes: object) -> dict[str, Any]:
    filled_on = (house.today - timedelta(days=days_ago)).isoformat()
    program = {"kind": "continuous", "dose": "300", "dose_unit": "mcg/day"}
    return {"filled_on": filled_on, "fill_volume_ml": "40", "drugs": [DRUG], "program": program} | changes


def test_a_patient_a_pump_and_a_fill_give_a_date(house: House, nurse: Client, address: str) -> None:
    pump = pump_of(nurse, address, house)
    assert nurse.get(f"{address}/implants/{pump}/forecast").json()["status"] == "review"
    filled = send(nurse, f"{address}/implants/{pump}/fills", fill_on(house))
    assert filled.status_code == 201, filled.content
    assert filled.json()["fill_volume_ml"] == "40"
    shown = nurse.get(f"{address}/implants/{pump}/forecast").json()
    stored = Forecast.objects.get()
    assert (shown["status"], shown["must_refill_by"]) == ("ok", stored.must_refill_by.isoformat())
    (program,) = nurse.get(f"{address}/implants/{pump}/programs").json()["results"]
    assert (program["dose"], program["dose_unit"]) == ("300", "mcg/day")


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"fill_volume_ml": "41"}, 422, "#/fill_volume_ml"),
        ({"fill_volume_ml": "NaN"}, 400, "#/fill_volume_ml"),
        ({"fill_volume_ml": "-1"}, 422, "#/fill_volume_ml"),
        ({"filled_on": "2999-01-01"}, 422, "#/filled_on"),
        ({"drugs": []}, 400, "#/drugs"),
        ({"drugs": [DRUG | {"drug": "water"}]}, 422, "#/drugs/0/drug"),
        ({"drugs": [{"drug": "baclofen", "concentration": "2000"}]}, 400, "#/drugs/0/concentration_unit"),
        (
            {"drugs": [DRUG, DRUG | {"drug": "morphine", "concentration": "0"}]},
            422,
            "#/drugs/1/concentration",
        ),
        ({"volume": "40"}, 400, "#/volume"),
        ({"clinic_id": 1}, 400, "#/clinic_id"),
        ({"program": {"kind": "continuous", "dose": "300"}}, 422, "#/program/dose_unit"),
        ({"program": {"kind": "continuous", "dose": "9" * 12, "dose_unit": "mg/day"}}, 422, "#/program/dose"),
        ({"bridge_old_volume_ml": "0.2"}, 400, "#/bridge_old_volume_ml"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place_and_nothing_is_written(
    house: House, nurse: Client, address: str, change: dict[str, Any], code: int, place: str
) -> None:
    pump = pump_of(nurse, address, house)
    answer = send(nurse, f"{address}/implants/{pump}/fills", fill_on(house) | change)
    assert (answer.status_code, at_fault(answer)) == (code, [place])
    assert not Fill.objects.exists()


def test_a_date_in_doubt_is_recorded_only_once_its_stops_are_acknowledged(
    house: House, nurse: Client, address: str
) -> None:
    pump = pump_of(nurse, address, house)
    slip = fill_on(house, program={"kind": "continuous", "dose": "300", "dose_unit": "mg/day"})
    asked = nurse.post(
        f"{address}/implants/{pump}/what-if",
        {"fill": {name: slip[name] for name in slip if name != "program"}},
        content_type="application/json",
    )
    assert asked.status_code == 200, asked.content
    refused = send(nurse, f"{address}/implants/{pump}/fills", slip)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:refillwise:problem:to-acknowledge")
    assert not Fill.objects.exists()
    stops = refused.json()["stops"]
    assert "unit_slip" in stops
    assert refused.json()["after"]["must_refill_by"] is None
    some = send(nurse, f"{address}/implants/{pump}/fills", slip | {"acknowledged": stops[1:]})
    assert some.status_code == 409
    done = send(nurse, f"{address}/implants/{pump}/fills", slip | {"acknowledged": stops})
    assert done.status_code == 201, done.content
    assert Forecast.objects.get().status == "review"


def test_what_if_says_what_saving_stores_and_writes_nothing(
    house: House, nurse: Client, address: str
) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=50))
    place = f"{address}/implants/{implant.ref}"
    change = {
        "kind": "continuous",
        "dose": "350",
        "dose_unit": "mcg/day",
        "starts_on": house.today.isoformat(),
    }
    said = send(nurse, f"{place}/what-if", {"program": change}).json()
    assert said["before"]["must_refill_by"] == nurse.get(f"{place}/forecast").json()["must_refill_by"]
    assert send(nurse, f"{place}/programs", change).status_code == 201
    assert nurse.get(f"{place}/forecast").json()["must_refill_by"] == said["after"]["must_refill_by"]


def test_a_correction_and_a_withdrawal_leave_the_first_entry_in_the_list(
    house: House, nurse: Client, address: str
) -> None:
    pump = pump_of(nurse, address, house)
    first = send(nurse, f"{address}/implants/{pump}/fills", fill_on(house)).json()["ref"]
    right = {name: value for name, value in fill_on(house, 11).items() if name != "program"}
    corrected = send(nurse, f"{address}/fills/{first}/correct", right | {"reason": "wrong day"})
    assert corrected.status_code == 201, corrected.content
    second = corrected.json()["ref"]
    again = send(nurse, f"{address}/fills/{first}/correct", right | {"reason": "wrong day"})
    assert again.status_code == 422
    gone = send(
        nurse, f"{address}/fills/{second}/withdraw", {"reason": "other patient", "with_program": True}
    )
    if gone.status_code == 409:
        gone = send(
            nurse,
            f"{address}/fills/{second}/withdraw",
            {"reason": "other patient", "with_program": True, "acknowledged": gone.json()["stops"]},
        )
    assert (gone.status_code, gone.json()["is_superseded"]) == (200, True), gone.content
    rows = nurse.get(f"{address}/implants/{pump}/fills").json()["results"]
    assert [(row["ref"], row["is_superseded"]) for row in rows] == [(first, True), (second, True)]


def test_the_same_key_writes_once_and_another_request_under_it_is_refused(
    nurse: Client, address: str
) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (send(nurse, f"{address}/patients", PERSON, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    other = send(nurse, f"{address}/patients", PERSON | {"mrn": "R-2"}, **key)
    assert (other.status_code, at_fault(other)) == (422, ["#/idempotency_key"])
    assert Patient.objects.count() == 1


def test_a_refused_write_leaves_its_key_free(nurse: Client, address: str, house: House) -> None:
    make_patient(house, mrn="R-1")
    key = {"Idempotency-Key": "k1"}
    assert send(nurse, f"{address}/patients", PERSON, **key).status_code == 422
    assert send(nurse, f"{address}/patients", PERSON | {"mrn": "R-2"}, **key).status_code == 201


def test_who_has_it_gets_no_body_and_who_saw_another_state_changes_nothing(
    nurse: Client, address: str
) -> None:
    ref = send(nurse, f"{address}/patients", PERSON).json()["ref"]
    place = f"{address}/patients/{ref}"
    tag = nurse.get(place)["ETag"]
    kept = nurse.get(place, headers={"If-None-Match": tag})
    assert (kept.status_code, kept.content) == (304, b"")
    changed = send(nurse, place, PERSON | {"first_name": "Eve"}, how="put", **{"If-Match": tag})
    assert (changed.status_code, changed.json()["first_name"]) == (200, "Eve")
    late = send(nurse, place, PERSON | {"first_name": "Ida"}, how="put", **{"If-Match": tag})
    assert (late.status_code, late.json()["type"]) == (412, "urn:refillwise:problem:changed")
    assert Patient.objects.get().first_name == "Eve"


def test_pages_tell_every_row_once_while_rows_come(house: House, nurse: Client, address: str) -> None:
    made = [str(make_patient(house, mrn=f"P-{number}").ref) for number in range(5)]
    page = nurse.get(f"{address}/patients", {"limit": "2"}).json()
    seen = [row["ref"] for row in page["results"]]
    late = str(make_patient(house, mrn="P-late").ref)
    while page["next"]:
        assert "P-" not in page["next"]
        page = nurse.get(page["next"]).json()
        seen += [row["ref"] for row in page["results"]]
    assert seen == [*made, late]


def test_a_search_stands_in_the_body(house: House, nurse: Client, address: str) -> None:
    patient = make_patient(house, mrn="Q-77")
    found = send(nurse, f"{address}/patients/search", {"text": "q-77"}).json()["results"]
    assert [row["ref"] for row in found] == [str(patient.ref)]
    assert nurse.get(f"{address}/patients", {"text": "q-77"}).status_code in (200, 400)


def test_a_token_does_what_it_was_given_and_its_person_may(house: House, address: str) -> None:
    _, reader = token_of(house, house.nurse, Permission.VIEW_PATIENTS)
    assert reader.get(f"{address}/patients").status_code == 200
    assert send(reader, f"{address}/patients", PERSON).status_code == 403
    _, writer = token_of(house, house.nurse, Permission.VIEW_PATIENTS, Permission.EDIT_PATIENTS)
    assert send(writer, f"{address}/patients", PERSON).status_code == 201
    membership = Membership.objects.get(user=house.nurse, clinic=house.clinic)
    membership.role = Role.AUDITOR
    change_membership(
        clinic=house.clinic,
        membership_id=membership.pk,
        role=Role.AUDITOR,
        is_active=True,
        actor_id=house.administrator.pk,
        now=timezone.now(),
    )
    assert send(writer, f"{address}/patients", PERSON | {"mrn": "R-2"}).status_code == 403


@pytest.mark.parametrize("end", ["revoked", "expired", "left", "disabled", "garbled", "other clinic"])
def test_a_token_that_has_ended_opens_nothing(house: House, address: str, end: str) -> None:
    token, client = token_of(house, house.nurse, Permission.VIEW_PATIENTS)
    assert client.get(f"{address}/patients").status_code == 200
    wanted = 401
    match end:
        case "revoked":
            assert revoke_token(
                clinic=house.clinic, token_ref=token.ref, actor_id=house.nurse.pk, now=timezone.now()
            )
        case "expired":
            ApiToken.objects.filter(pk=token.pk).update(
                created_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1)
            )
        case "left":
            membership = Membership.objects.get(user=house.nurse, clinic=house.clinic)
            change_membership(
                clinic=house.clinic,
                membership_id=membership.pk,
                role=Role(membership.role),
                is_active=False,
                actor_id=house.administrator.pk,
                now=timezone.now(),
            )
        case "disabled":
            User.objects.filter(pk=house.nurse.pk).update(is_active=False)
        case "garbled":
            client = Client(headers={"Authorization": "Bearer rw_nothing"})
        case _:
            address, wanted = f"/api/v1/clinics/{house.elsewhere.slug}", 404
    answer = client.get(f"{address}/patients")
    assert (answer.status_code, answer["Content-Type"]) == (wanted, "application/problem+json")
    if wanted == 401:
        assert answer["WWW-Authenticate"] == "Bearer"


def test_the_day_of_use_is_kept_and_the_secret_is_not(house: House, address: str) -> None:
    token, client = token_of(house, house.nurse, Permission.VIEW_PATIENTS)
    for _ in range(3):
        client.get(f"{address}/patients")
    assert ApiTokenUse.objects.get().token_id == token.pk
    assert "rw_" not in token.token_sha256


def test_a_foreign_reference_is_not_there(house: House, nurse: Client, address: str) -> None:
    for place in ("patients", "implants", "fills"):
        assert nurse.get(f"{address}/{place}/{uuid4()}").status_code == 404
    assert send(nurse, f"{address}/programs/0/withdraw", {"reason": "x"}).status_code == 404
    assert not Implant.objects.exists()


def test_lists_cost_the_same_however_long(
    house: House, nurse: Client, address: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    implant = make_running_pump(house)
    places = ("patients", "implants", f"implants/{implant.ref}/fills", f"implants/{implant.ref}/programs")
    for place in places:
        with django_assert_max_num_queries(16):
            assert nurse.get(f"{address}/{place}").status_code == 200
