"""The authorisation matrix of the FHIR face: every address × who asks × whose objects × method."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from django.urls import reverse

from tests.factories import House
from tests.web.matrix.asking import Answer, Caller, ask, hold
from tests.web.matrix.fhir import RESOURCES, Resource
from tests.web.matrix.people import of_another_clinic, of_no_clinic, of_the_clinic, of_two_clinics
from tests.web.matrix.rows import METHODS, About
from tests.web.table_rows import CANARY

MEDIA_TYPE = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"


def ask_resource(row: Resource, caller: Caller, about: About, method: str) -> Answer:
    address = reverse(f"api:{row.name}", kwargs={"clinic_slug": caller.clinic.slug} | dict(about[row.about]))
    return ask(caller, f"api:{row.name}", method, address, data="", content_type=FORM)


def expected(row: Resource, caller: Caller, method: str) -> int:
    if caller.person is None:
        return 401
    if caller.permissions is None:
        return 404
    if method == "OPTIONS":
        return 200
    if method != row.method and (method, row.method) != ("HEAD", "GET"):
        return 405
    if row.needs not in caller.permissions:
        return 403
    return 404 if row.about and caller.are_objects_foreign else 200


def faults(callers: Iterable[Caller], about: About, methods: Iterable[str] = ()) -> Iterator[str]:
    for caller in callers:
        for row in RESOURCES:
            for method in methods or (row.method,):
                answer, code = ask_resource(row, caller, about, method), expected(row, caller, method)
                where = f"{method} {row.name} by {caller}"
                if answer.code != code:
                    yield f"{where}: {answer.code}, not {code}: {answer.body[:300]!r}"
                if answer.wrote:
                    yield f"{where}: wrote {sorted(answer.wrote)}"
                is_shown = code == 200 and not caller.are_objects_foreign
                if CANARY.encode() in answer.body and not is_shown:
                    yield f"{where}: names the patient"
                if answer.body and method != "OPTIONS":
                    yield from (f"{where}: {fault}" for fault in _of_kind(row, answer))


def _of_kind(row: Resource, answer: Answer) -> Iterator[str]:
    """What is shown is of the kind that was asked for; what is refused is an outcome."""
    if not str(answer.headers["Content-Type"]).startswith(MEDIA_TYPE):
        yield f"says it as {answer.headers['Content-Type']}"
        return
    shown = json.loads(answer.body)
    kinds = {shown["resourceType"].lower()} | {
        entry["resource"]["resourceType"].lower() for entry in shown.get("entry", [])
    }
    kind = row.name.split("-")[1].replace("metadata", "capabilitystatement")
    allowed = {kind, "bundle"} if answer.code == 200 else {"operationoutcome"}
    if not kinds <= allowed:
        yield f"shows {sorted(kinds - allowed)}"


def test_every_role(house: House, about: About) -> None:
    hold(faults(of_the_clinic(house), about))


def test_everybody_else(house: House, about: About) -> None:
    hold(faults([*of_no_clinic(house), *of_another_clinic(house), *of_two_clinics(house)], about))


def test_what_an_address_does_not_take(house: House, about: About) -> None:
    hold(faults([of_the_clinic(house)[0], Caller("nobody", "none", house.clinic)], about, METHODS))
