"""The authorisation matrix of the REST interface: every operation × who asks × whose objects × method, code and keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from urllib.parse import urlencode

from django.urls import reverse

from tests.factories import House
from tests.web.matrix.asking import Answer, Caller, ask, hold
from tests.web.matrix.operations import OPERATIONS, OPTIONS, REFUSAL
from tests.web.matrix.people import of_another_clinic, of_no_clinic, of_the_clinic, of_two_clinics
from tests.web.matrix.rows import METHODS, About, Operation, keys_of
from tests.web.table_rows import CANARY

JSON = "application/json"


def ask_operation(row: Operation, caller: Caller, about: About, method: str, *, type_: str = JSON) -> Answer:
    slug = {"clinic_slug": caller.clinic.slug} if row.needs else {}
    address = reverse(f"api:{row.name}", kwargs=slug | dict(about[row.about]))
    sent = row.sends(about)
    if row.method == "GET":
        return ask(caller, f"api:{row.name}", method, f"{address}?{urlencode(sent)}", content_type=type_)
    return ask(caller, f"api:{row.name}", method, address, data=json.dumps(sent), content_type=type_)


def expected(row: Operation, caller: Caller, method: str) -> int:
    """What the table says; who may not come in learns nothing about methods."""
    if caller.person is None:
        return 403
    if row.needs is not None and caller.permissions is None:
        return 404
    if row.needs is not None and row.needs not in (caller.permissions or ()):
        return 403
    if method == "OPTIONS":
        return 200
    if method != row.method and (method, row.method) != ("HEAD", "GET"):
        return 405
    return row.foreign if caller.are_objects_foreign and row.needs else row.code


def faults_of(row: Operation, caller: Caller, about: About, methods: Iterable[str]) -> Iterator[str]:
    for method in methods:
        answer, code = ask_operation(row, caller, about, method), expected(row, caller, method)
        where = f"{method} {row.name} by {caller}"
        if answer.code != code:
            yield f"{where}: {answer.code}, not {code}: {answer.body[:200]!r}"
        if answer.wrote and not (method == row.method == "POST" and code == row.code):
            yield f"{where}: wrote {sorted(answer.wrote)}"
        if CANARY.encode() in answer.body:
            yield f"{where}: names the patient"
        yield from (f"{where}: {what}" for what in _keys(row, caller, method, answer))


def _keys(row: Operation, caller: Caller, method: str, answer: Answer) -> Iterator[str]:
    """What the answer names beyond its allow-list, or leaves out of it."""
    if not answer.body:
        return
    shown, code = keys_of(answer.json()), answer.code
    must, may = REFUSAL, REFUSAL
    if method == "OPTIONS" and code == HTTPStatus.OK:
        must = may = OPTIONS
    elif code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        must = may = row.refused_keys
    elif (
        code == row.foreign == HTTPStatus.OK and caller.are_objects_foreign and row.needs
    ):  # a list of the other clinic's own
        must, may = frozenset(), row.keys | row.at_times | {"results"}
    elif code == row.code:
        must, may = row.keys, row.keys | row.at_times
    if shown - may or must - shown:
        yield f"names {sorted(shown - may)}, lacks {sorted(must - shown)}"


def walk(callers: Iterable[Caller], about: About, methods: Iterable[str] = ()) -> Iterator[str]:
    for caller in callers:
        for row in OPERATIONS:
            yield from faults_of(row, caller, about, methods or (row.method,))


def test_every_role_and_every_method(house: House, about: About) -> None:
    hold(walk(of_the_clinic(house), about, METHODS))


def test_everybody_else(house: House, about: About) -> None:
    *gone, nobody = of_no_clinic(house)
    people = [*gone, *of_another_clinic(house), *of_two_clinics(house)]
    hold([*walk(people, about), *walk([nobody], about, METHODS)])


def test_only_json_is_taken_and_only_with_the_page_s_secret(house: House, about: About) -> None:
    """What another site's form can send without asking first never gets as far as being read."""
    caller, acts = of_the_clinic(house)[0], [row for row in OPERATIONS if row.method == "POST"]
    for row in acts:
        for type_ in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            answer = ask_operation(row, caller, about, "POST", type_=type_)
            assert (answer.code, answer.wrote) == (415, frozenset()), (row.name, type_)
    caller.check_forms()
    for row in acts:
        answer = ask_operation(row, caller, about, "POST")
        assert (answer.code, answer.wrote) == (403, frozenset()), row.name
