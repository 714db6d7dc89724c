"""A client that knows the interface by its description alone brings a patient in, to a date and to a visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import requests
import yaml

from clinic.domain.api_tokens import TokenEntry, grantable
from clinic.domain.roles import Role
from clinic.services.api_tokens import make_token
from scheduling.models import Forecast, Visit
from tests.factories import make_clinic
from tests.servers import SOURCE

DESCRIPTION = SOURCE / "docs" / "reference" / "openapi.yaml"


class Described:
    """Calls operations by their ids. What it may say and what it was told are held to the description."""

    def __init__(self, description: Path, server: str, token: str) -> None:
        self.known = yaml.safe_load(description.read_text())
        self.server = server
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.operations = {
            operation["operationId"]: (address, method, operation)
            for address, operations in self.known["paths"].items()
            for method, operation in operations.items()
        }

    def __call__(self, operation_id: str, body: object = None, **values: Any) -> Any:
        address, method, operation = self.operations[operation_id]
        places = {each["name"]: each["in"] for each in operation.get("parameters", ())}
        assert set(values) <= set(places), f"{operation_id} has no such parameter"
        path = {name: value for name, value in values.items() if places[name] == "path"}
        query = {name: value for name, value in values.items() if places[name] == "query"}
        if body is not None:
            self.hold(body, operation["requestBody"])
        answer = self.session.request(
            method, self.server + address.format(**path), params=query, json=body, timeout=20
        )
        assert answer.status_code < 300, answer.text
        told = answer.json()
        self.hold(told, operation["responses"][str(answer.status_code)])
        return told

    def hold(self, value: object, content: dict[str, Any]) -> None:
        """Against the shape that is described, which may refer to others."""
        shape = content["content"]["application/json"]["schema"]
        jsonschema.Draft4Validator(
            _with_null(shape | {"components": self.known["components"]}),
            format_checker=jsonschema.FormatChecker(),
        ).validate(value)


def _with_null(schema: Any) -> Any:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema has a type."""
    if isinstance(schema, list):
        return [_with_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _with_null(value) for name, value in schema.items()}
    return {"anyOf": [inner, {"type": "null"}]} if inner.pop("nullable", False) is True else inner


def test_a_client_made_from_the_description_brings_a_patient_to_a_visit(live_app: str) -> None:
    house = make_clinic()
    entry = TokenEntry(name="A client", permissions=grantable(Role.NURSE))
    _, secret = make_token(clinic=house.clinic, entry=entry, user_id=house.nurse.pk, now=house.now)
    call = Described(DESCRIPTION, live_app, secret)

    (clinic,) = call("list_clinics")
    here = {"clinic_slug": clinic["slug"]}
    catalogue = call("get_catalogue")
    model = next(each["key"] for each in catalogue["pump_models"] if "SynchroMed II" in each["name"])
    drug = next(each["key"] for each in catalogue["drugs"] if each["name"].lower() == "baclofen")

    person = {"mrn": "C-1", "last_name": "Ode", "first_name": "Ada", "birth_date": "1961-05-04"}
    patient = call("add_patient", person, **here)
    pump = {"pump_model": model, "serial": "N-1", "implanted_on": days_ago(400)}
    implant = call("add_implant", pump, ref=patient["ref"], **here)
    assert call("get_forecast", ref=implant["ref"], **here)["must_refill_by"] is None
    fill = {
        "filled_on": days_ago(5),
        "fill_volume_ml": "20",
        "drugs": [{"drug": drug, "concentration": "2000", "concentration_unit": "mcg/mL"}],
        "program": {"kind": "continuous", "dose": "300", "dose_unit": "mcg/day"},
    }
    call("record_fill", fill, ref=implant["ref"], **here)
    forecast = call("get_forecast", ref=implant["ref"], **here)
    stored = Forecast.objects.get()
    assert (forecast["status"], forecast["must_refill_by"]) == ("ok", stored.must_refill_by.isoformat())

    kind = next(each for each in call("list_visit_kinds", **here) if each["is_refill"])
    asked = {"first_on": forecast["target_visit_on"], "last_on": forecast["latest_visit_on"]}
    times = call("find_slots", patient=patient["ref"], kind=kind["ref"], **asked, **here)["results"]
    place = {name: times[0][name] for name in ("local_on", "local_at", "is_later", "nurse", "room")}
    wanted = place | {"patient": patient["ref"], "kind": kind["ref"], "implant": implant["ref"]}
    visit = call("book_visit", wanted, **here)
    assert visit["local_on"] <= forecast["latest_visit_on"] <= forecast["must_refill_by"]
    assert call("get_visit", ref=visit["ref"], **here) == visit
    assert str(Visit.objects.get().ref) == visit["ref"]


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
