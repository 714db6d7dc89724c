"""Parameters of addresses that say more than a page asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Role
from clinic.models import User
from tests.attacks.pages import SCREENS, About, Url, addresses, body_of
from tests.factories import House, make_patient
from tests.servers import SOURCE

pytestmark = pytest.mark.django_db

READ = sorted(
    {
        name
        for path in (SOURCE / "web").rglob("*.py")
        for name in re.findall(r"""GET\.get(?:list)?\(\s*["'](\w+)""", path.read_text())
    }
)
"""What the pages read of an address; forms add the names of their fields."""
FIELDS = sorted(
    {
        name
        for path in (SOURCE / "web" / "nurse").rglob("*.py")
        for name in re.findall(r"^    (\w+) = [\w.]*(?:Field|Choice)\w*\(", path.read_text(), re.MULTILINE)
    }
)
GUESSED = ("sort", "_sort", "order", "ordering", "order_by", "o", "fields", "q", "limit", "offset", "search")
MARK = "sqlmark"
STATEMENTS = (
    f"last_name;DROP TABLE {MARK}--",
    f"' OR 1=1 UNION SELECT '{MARK}' --",
    f"-pk,(CASE WHEN 1=1 THEN {MARK} END)",
    f"user__password__{MARK}",
    f"{MARK}\x00",
    "9" * 30,
    "-1",
    "%s%(x)s{0}",
)


@contextmanager
def no_statement_says(mark: str) -> Iterator[None]:
    """Values travel apart from statements: what somebody sent is never part of one."""

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        assert mark not in str(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield


def test_a01_nothing_in_an_address_becomes_part_of_a_statement(
    house: House, administrator: Client, about: About, url: Url
) -> None:
    """OpenEMR CVE-2026-24908: `_sort` went into ORDER BY."""
    assert {"group", "page", "show"} <= set(READ), "the search for names finds some"
    names = [*READ, *FIELDS, *GUESSED]
    api = f"/api/v1/clinics/{house.clinic.slug}"
    pages = [address for _, address in addresses(SCREENS, about, url)]
    pages += [f"{api}/forecasts", f"{api}/slots", "/admin/", "/clinics/", "/join/", "/accounts/login/"]
    with no_statement_says(MARK):
        for number, address in enumerate(pages):
            # All names at once; each page meets some of the payloads and the whole set meets all of them.
            for payload in (STATEMENTS[number % len(STATEMENTS)], STATEMENTS[(number + 3) % len(STATEMENTS)]):
                answer = administrator.get(address, dict.fromkeys(names, payload))
                assert answer.status_code in {200, 302, 400, 403, 404, 422}, (address, payload)


def test_a01_each_parameter_alone_meets_every_payload(house: House, administrator: Client, url: Url) -> None:
    """The same by one name at a time, where an early refusal could hide a later one."""
    make_patient(house)
    with no_statement_says(MARK):
        for page in ("worklist", "patients"):
            for number, name in enumerate((*READ[::2], *GUESSED)):
                payload = STATEMENTS[number % 4]
                assert administrator.get(url(page), {name: payload}).status_code < 500


FOREIGN = "Canaryfield"
SWITCHES = (
    *(
        "show_all",
        "all",
        "include_all",
        "include_inactive",
        "everyone",
        "unscoped",
        "is_admin",
        "is_superuser",
    ),
    *("debug", "raw", "full", "names", "admin", "staff"),
)


def test_a04_a05_no_switch_or_number_in_an_address_shows_another_clinics_patient(
    house: House, about: About, url: Url, signed_in: Callable[[User], Client]
) -> None:
    """OpenEMR CVE-2026-25147 believed `pid`, CVE-2026-25220 `show_all=1`: here both are not heard."""
    there = House(**{**vars(house), "clinic": house.elsewhere, "nurse": house.outsider})
    patient = make_patient(there, last_name=FOREIGN)
    more: dict[str, Any] = dict.fromkeys(SWITCHES, "1")
    more |= dict.fromkeys(("patient_id", "pid", "id", "pk"), str(patient.pk))
    more |= dict.fromkeys(("patient_ref", "uuid"), str(patient.ref))
    more |= {"clinic": house.elsewhere.slug, "clinic_id": str(house.elsewhere.pk), "scope": "all"}
    more |= {"clinic_slug": house.elsewhere.slug, "tenant": "*", "user": "0", "role": "administrator"}
    clients = {role: signed_in(house.person(role)) for role in Role}
    for row, address in addresses(SCREENS, about, url):
        without = [role for role in Role if row.needs not in PERMISSIONS[role]]
        for role in [Role.ADMINISTRATOR, *without[:1]]:
            answer = clients[role].get(address, more)
            expected = {403} if role in without else {200, 302, 404, 422}
            assert answer.status_code in expected, (row.name, role)
            assert FOREIGN not in body_of(answer), row.name


def test_a04_another_clinics_patient_named_where_one_is_asked_for_is_not_there(
    house: House, administrator: Client, url: Url
) -> None:
    """The names by which pages do take a patient."""
    there = House(**{**vars(house), "clinic": house.elsewhere, "nurse": house.outsider})
    patient = make_patient(there, last_name=FOREIGN)
    for page in ("visit_new", "calendar", "messages"):
        for names in (("patient",), (*READ, *FIELDS)):
            answer = administrator.get(url(page), dict.fromkeys(names, str(patient.ref)))
            assert FOREIGN not in body_of(answer), (page, names)
