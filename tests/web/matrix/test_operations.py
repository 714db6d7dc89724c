"""The authorisation matrix of the REST interface: every operation × who asks × whose objects × method, code and keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from urllib.parse import urlencode

from django.urls import reverse

from clinic.domain.roles import Role
from tests.factories import House
from tests.web.matrix.asking import PROBLEM, Answer, Caller, ask, hold
from tests.web.matrix.operations import OPERATIONS, OPTIONS, PLACES, REFUSAL
from tests.web.matrix.people import of_another_clinic, of_no_clinic, of_the_clinic, of_two_clinics
from tests.web.matrix.rows import METHODS, READING, About, Operation, keys_of
from tests.web.table_rows import CANARY

JSON = "application/json"
WRITING = [row for row in OPERATIONS if row.method != "GET"]


def ask_operation(row: Operation, caller: Caller, about: About, method: str, *, type_: str = JSON) -> Answer:
    slug = {"clinic_slug": caller.clinic.slug} if row.needs else {}
    address = reverse(f"api:{row.name}", kwargs=slug | dict(about[row.about]))
    sent = row.sends(about)
    if row.method == "GET":
        return ask(caller, f"api:{row.name}", method, f"{address}?{urlencode(sent)}", content_type=type_)
    return ask(caller, f"api:{row.name}", method, address, data=json.dumps(sent), content_type=type_)


def taken(row: Operation) -> dict[str, Operation]:
    """What the row's address takes: its methods, each with its row."""
    rows = {each.method: each for each in OPERATIONS if each.name == row.name}
    return rows | {"HEAD": rows["GET"]} if "GET" in rows else rows


def expected(row: Operation, caller: Caller, method: str) -> int:
    """What the table says; who may not come in learns nothing about methods."""
    if caller.person is None and not row.is_open:
        return 401
    if row.needs is not None and caller.permissions is None:
        return 404
    if method == "OPTIONS":
        return 200
    asked = taken(row).get(method)
    if asked is None:
        return 405
    if asked.is_found_first and caller.are_objects_foreign:
        return asked.foreign
    if asked.needs is not None and asked.needs not in (caller.permissions or ()):
        return 403
    return asked.foreign if caller.are_objects_foreign and asked.needs else asked.code


def faults_of(row: Operation, caller: Caller, about: About, methods: Iterable[str]) -> Iterator[str]:
    for method in methods:
        answer, code = ask_operation(row, caller, about, method), expected(row, caller, method)
        where = f"{method} {row.name} by {caller}"
        if answer.code != code:
            yield f"{where}: {answer.code}, not {code}: {answer.body[:400]!r}"
            continue
        asked = taken(row).get(method, row)
        is_done = method in taken(row) and code == asked.code
        if answer.wrote and not (is_done and asked.writes):
            yield f"{where}: wrote {sorted(answer.wrote)}"
        is_shown = is_done and asked.names_patients and not caller.are_objects_foreign
        if CANARY.encode() in answer.body and not is_shown:
            yield f"{where}: names the patient"
        yield from (f"{where}: {what}" for what in _keys(asked, caller, method, answer))


def _keys(row: Operation, caller: Caller, method: str, answer: Answer) -> Iterator[str]:
    """What the answer names beyond its allow-list, or leaves out of it."""
    if answer.code >= HTTPStatus.BAD_REQUEST and not str(answer.headers["Content-Type"]).startswith(PROBLEM):
        yield f"says no as {answer.headers['Content-Type']}"
    if not answer.is_json:
        return
    shown, code = keys_of(answer.json()), answer.code
    must, may = REFUSAL, REFUSAL
    if method == "OPTIONS" and code == HTTPStatus.OK:
        must = may = OPTIONS
    elif code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        must = may = REFUSAL | PLACES
        if (places := [error["pointer"] for error in answer.json()["errors"]]) != [row.refused_at]:
            yield f"is refused at {places}, not at {row.refused_at}"
    elif code == row.foreign and code < HTTPStatus.BAD_REQUEST and caller.are_objects_foreign and row.needs:
        must, may = frozenset(), row.keys | row.at_times  # of the other clinic's own
    elif code == row.code:
        must, may = row.keys, row.keys | row.at_times
    if shown - may or must - shown:
        yield f"names {sorted(shown - may)}, lacks {sorted(must - shown)}"


def walk(
    callers: Iterable[Caller],
    about: About,
    methods: Callable[[Operation], Iterable[str]] = lambda row: (row.method,),
) -> Iterator[str]:
    for caller in callers:
        for row in OPERATIONS:
            yield from faults_of(row, caller, about, methods(row))


def once_an_address(row: Operation, methods: Iterable[str]) -> Iterable[str]:
    """The methods at the first of an address's rows alone."""
    return methods if row is next(each for each in OPERATIONS if each.name == row.name) else ()


def test_every_role(house: House, about: About) -> None:
    hold(walk(of_the_clinic(house), about))


def test_everybody_else(house: House, about: About) -> None:
    hold(walk([*of_no_clinic(house), *of_another_clinic(house), *of_two_clinics(house)], about))


def test_what_an_address_does_not_take(house: House, about: About) -> None:
    """By somebody who may do everything, by somebody who may only look, and by nobody."""
    people = {each.role: each for each in of_the_clinic(house)}
    nobody = Caller("nobody", "none", house.clinic)

    def others(row: Operation) -> Iterable[str]:
        return once_an_address(row, [each for each in METHODS if each in READING or each not in taken(row)])

    hold(
        [
            *walk([people[Role.ADMINISTRATOR]], about, others),
            *walk(
                [people[Role.AUDITOR], nobody], about, lambda row: once_an_address(row, ("HEAD", "DELETE"))
            ),
        ]
    )


def test_only_json_is_taken_and_only_with_the_page_s_secret(house: House, about: About) -> None:
    """What another site's form can send without asking first never gets as far as being read."""
    caller = of_the_clinic(house)[0]
    for row in WRITING:
        for type_ in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            answer = ask_operation(row, caller, about, row.method, type_=type_)
            assert (answer.code, answer.wrote) == (415, frozenset()), (row.name, type_)
    caller.check_forms()
    for row in WRITING:
        answer = ask_operation(row, caller, about, row.method)
        assert (answer.code, answer.wrote) == (403, frozenset()), row.name
