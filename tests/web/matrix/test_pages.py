"""The authorisation matrix: every address × who asks × whose objects × method, held to one table.

A new address without a row fails here. A fault names the address, the caller, what was expected and what came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.urls import reverse
from pytest_django import Settings

from clinic.domain.roles import Permission, Role
from tests.factories import House
from tests.web.browser_rules import assert_browser_rules
from tests.web.matrix.asking import OVERRIDE, Answer, Caller, ask, hold
from tests.web.matrix.clinic_pages import EVERYBODYS, PAGES
from tests.web.matrix.people import (
    in_an_emergency,
    of_another_clinic,
    of_no_clinic,
    of_the_clinic,
    of_two_clinics,
)
from tests.web.matrix.rows import METHODS, READING, About, Row, keys_of
from tests.web.table_rows import CANARY

NAMING = [row for row in PAGES if row.about not in EVERYBODYS]
"""Whose address names something of one clinic."""
FORM_TYPE = "application/x-www-form-urlencoded"


def address_of(row: Row, caller: Caller, about: About) -> str:
    return reverse(f"nurse:{row.name}", kwargs={"clinic_slug": caller.clinic.slug, **about[row.about]})


def expected(row: Row, caller: Caller, method: str) -> tuple[int, ...]:
    """What the table says."""
    if method not in row.takes:
        return (405,)
    if is_let_in(row, caller, method):
        if method not in READING:
            return row.acted
        return (row.shown_empty if caller.are_objects_foreign and row.shown_empty else row.shown,)
    if caller.person is None:
        return (302,)  # to sign in
    if caller.permissions is None or (row.is_found_first and caller.are_objects_foreign):
        return (404,)
    if row.needs not in caller.permissions:
        return (403,)
    return (404 if method in READING else row.gone,)


def is_let_in(row: Row, caller: Caller, method: str) -> bool:
    is_there = row.about in EVERYBODYS or not caller.are_objects_foreign
    return method in row.takes and row.needs in (caller.permissions or ()) and is_there


def faults_of(row: Row, caller: Caller, about: About, methods: Iterable[str]) -> Iterator[str]:
    for method in methods:
        answer = ask_page(row, caller, about, method)
        codes = expected(row, caller, method)
        where = f"{method} {row.name} by {caller}"
        if answer.code not in codes:
            yield f"{where}: {answer.code}, not {codes}"
        yield from (f"{where}: {what}" for what in _shown_or_written(row, caller, method, answer, codes))


def ask_page(row: Row, caller: Caller, about: About, method: str) -> Answer:
    address = address_of(row, caller, about)
    if method in READING:
        if method not in row.takes:
            return ask(caller, row.name, method, f"{address}?_method=POST", headers=OVERRIDE)
        return ask(caller, row.name, method, address)
    return ask(
        caller, row.name, method, address, data="_method=DELETE", content_type=FORM_TYPE, headers=OVERRIDE
    )


def _shown_or_written(
    row: Row, caller: Caller, method: str, answer: Answer, codes: tuple[int, ...]
) -> Iterator[str]:
    is_allowed = is_let_in(row, caller, method)
    if answer.wrote and not (is_allowed and method == "POST"):
        yield f"wrote {sorted(answer.wrote)}"
    is_ours = is_allowed and not caller.are_objects_foreign
    if CANARY.encode() in answer.body and not is_ours:
        yield "shows the patient"
    if caller.person is not None and method in row.takes:
        yield from _against_the_browser(row, answer)
    if answer.is_json and (unknown := keys_of(answer.json()) - row.keys):
        yield f"names {sorted(unknown)}"
    if (
        caller.person is None
        and codes == (302,)
        and not answer.headers.get("Location", "").startswith("/accounts/login/")
    ):
        yield f"leads to {answer.headers.get('Location')}"


def _against_the_browser(row: Row, answer: Answer) -> Iterator[str]:
    try:
        assert_browser_rules(answer.response, row.name)
    except AssertionError as broken:
        yield f"tells browsers wrongly: {broken}"


def the_administrator(house: House) -> Caller:
    return next(each for each in of_the_clinic(house) if each.role == Role.ADMINISTRATOR)


def walk(
    callers: Iterable[Caller],
    about: About,
    methods: Callable[[Row], Iterable[str]],
    rows: Iterable[Row] = PAGES,
) -> list[str]:
    return [
        fault for caller in callers for row in rows for fault in faults_of(row, caller, about, methods(row))
    ]


def test_every_role_in_its_own_clinic(house: House, about: About) -> None:
    hold(walk(of_the_clinic(house), about, Row.own_methods))


def test_a_member_of_two_clinics_finds_each_ones_objects_there_only(house: House, about: About) -> None:
    """Every address as that clinic's administrator; as others those that name something of the first clinic."""
    administrator, *others = of_two_clinics(house)
    assert administrator.role == Role.ADMINISTRATOR
    faults = walk([administrator], about, Row.own_methods)
    for other in others:
        let_in = [row for row in NAMING if row.needs in (other.permissions or ())]
        faults += walk([other], about, Row.first_method, let_in)
    hold(faults)


def test_members_of_another_clinic(house: House, about: About) -> None:
    below_ours, below_theirs = of_another_clinic(house)
    hold(walk([below_ours], about, Row.own_methods) + walk([below_theirs], about, Row.first_method, NAMING))


def test_in_an_emergency(house: House, about: About, settings: Settings) -> None:
    auditor, nurse = in_an_emergency(house, settings)
    care = [row for row in PAGES if row.needs == Permission.RECORD_CARE]
    hold(walk([auditor], about, Row.own_methods, care) + walk([nurse], about, Row.first_method))


def test_those_of_no_clinic(house: House, about: About) -> None:
    *gone, nobody = of_no_clinic(house)
    hold(walk(gone, about, Row.first_method) + walk([nobody], about, Row.own_methods))


def test_what_an_address_does_not_take(house: House, about: About) -> None:
    """By somebody who may do everything; by nobody two of them, since all that is not taken is the same."""
    administrator, nobody = the_administrator(house), Caller("nobody", "none", house.clinic)
    hold(
        walk([administrator], about, lambda row: [each for each in METHODS if each not in row.own_methods()])
        + walk([nobody], about, lambda row: ("HEAD", "PUT"))
    )


def test_no_form_is_taken_without_its_page_s_secret(house: House, about: About) -> None:
    """Another site's form, sent by the browser of somebody who may."""
    caller = the_administrator(house)
    caller.check_forms()
    for row in PAGES:
        if "POST" in row.takes:
            answer = ask_page(row, caller, about, "POST")
            assert (answer.code, answer.wrote) == (403, frozenset()), row.name
