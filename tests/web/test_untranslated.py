"""Nothing that a nurse or an administrator reads goes past the translation, and nothing that a program reads goes through it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import pytest
from django.conf import settings
from django.template import base
from django.test import Client
from django.urls import reverse

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Clinic, Drug, EmergencyAccess, Implant, Patient, PumpModel, User
from clinic.services.accounts import choose_language
from notifications.models import InboundMessage
from scheduling.models import CalendarFeed, Resource
from tests.factories import House
from tests.marked import READ, left_over, marked, pieces_of, unmarked
from tests.second_factors import sign_in
from tests.web.matrix.clinic_pages import PAGES
from tests.web.matrix.doors import ACCOUNTS, WAYS_IN
from tests.web.matrix.rows import About
from tests.web.table_rows import everything
from tests.web.test_api_tokens_page import confirmed
from web.language import OWN_NAMES

UNITS: Final = ("mL", "mcg", "mg", "mL/day", "mcg/day", "mcg/mL", "mg/mL", "mcg/h", "mg/h", "UTC", "SHA-256")
TYPED: Final = (
    "for the table",
    "Per Ode",
    "Hospital record",
    "Room 1",
    "register.csv",
    "(invite.ics)",
    "Dr. Ng",
)
"""By a person, in these tests."""
OUTGOING: Final = ("message", "words_edit")
"""Pages that show what a patient was or will be sent, in the patient's language."""
SHOWN: Final = (200, 403, 404, 422)
_WORDS_OF_SCRIPTS: Final = re.compile(r"data-(words?|over|label|confirm|said|begun|done|failed|copied|empty)")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_OTHERS: Final = frozenset({"lang", "content", "aria-current", "data-seconds", "hx-headers", "text-anchor"})
"""Of a page's language, of the moment, or secrets that are new each time."""


def known() -> list[str]:
    """What is data: names of people, places, pumps and drugs, and units."""
    names: list[str] = [*UNITS, *TYPED, *OWN_NAMES.values(), *available_timezones(), "Refillwise"]
    for model, fields in (
        (User, ("display_name", "email")),
        (Clinic, ("name", "phone")),
        (Patient, ("last_name", "first_name", "mrn")),
        (PumpModel, ("manufacturer", "name")),
        (Drug, ("name",)),
        (Implant, ("serial",)),
        (Resource, ("name",)),
        (EmergencyAccess, ("reason",)),
        (CalendarFeed, ("label",)),
        (InboundMessage, ("body",)),
    ):
        rows: Any = model._default_manager.values_list(*fields)  # type: ignore[attr-defined]
        names += [str(value) for row in rows for value in row]
    return [*names, "p@example.org", "x@example.org"]


@pytest.fixture
def about(house: House) -> About:
    return everything(house)


@pytest.fixture
def administrator(house: House) -> Client:
    """Who may see every page, and has just proved to be who she is."""
    return confirmed(sign_in(house.administrator))


def pages(house: House, about: About, client: Client, methods: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every page of the clinic, as it is looked at and as it comes back for an empty form."""
    for row in PAGES:
        address = reverse(f"nurse:{row.name}", kwargs={"clinic_slug": house.clinic.slug, **about[row.about]})
        for method in set(row.own_methods()) & set(methods):
            yield row.name, client.generic(method, address)


def doors(client: Client) -> Iterator[tuple[str, Any]]:
    """The pages of no clinic."""
    for door in (*ACCOUNTS, *WAYS_IN):
        if not door.about and door.name != "account_logout":
            for method in ("GET", "POST"):
                yield door.name, client.generic(method, reverse(door.name))


def test_every_word_that_a_person_reads_is_translated(
    house: House, about: About, administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[object] = []
    localize = base.localize  # type: ignore[attr-defined]

    def noting(value: object, **more: Any) -> object:
        if type(value).__name__ in ("float", "Decimal", "Fraction"):
            numbers.append(value)
        return localize(value, **more)

    monkeypatch.setattr(base, "localize", noting)
    data, found, count = known(), [], 0
    with marked():
        answers = [
            *pages(house, about, administrator, ("GET", "POST")),
            *doors(administrator),
            *doors(Client()),
        ]
        answers.append(("not found", administrator.get("/c/nowhere/")))
        auditor = sign_in(house.person(Role.AUDITOR))
        answers.append(("refused", auditor.get(reverse("nurse:members", args=[house.clinic.slug]))))
        data = known()
        for name, answer in answers:
            is_page = answer.status_code in SHOWN and answer.headers.get("Content-Type", "").startswith(
                "text/html"
            )
            if is_page and name not in OUTGOING:
                count += 1
                found += [f"{name}: {piece}" for piece in unmarked(answer.content.decode(), data)]
    assert not found, "\n".join(sorted(set(found)))
    assert numbers == [], "a template wrote these in Django's manner, not in the clinic's country's"
    assert count > 200


def test_every_word_of_a_template_is_translated() -> None:
    """Also in what no test happens to show."""
    found = []
    folders = [
        Path(settings.BASE_DIR) / "web" / "templates",
        Path(settings.BASE_DIR) / "scheduling" / "templates",
    ]
    for path in sorted(each for folder in folders for each in folder.rglob("*.*")):
        if path.parent.name in ("patient", "api") or path.suffix not in (".html", ".txt"):
            continue
        text = _without_tags(path.read_text())
        found += [
            f"{path.name}: {piece}" for piece in left_over(pieces_of(text), [*UNITS, *TYPED, "Refillwise"])
        ]
    assert found == []


def _without_tags(text: str) -> str:
    text = re.sub(
        r"\{% blocktranslate.*?endblocktranslate %\}|\{% comment.*?endcomment %\}", "", text, flags=re.S
    )
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)


# --- What programs read ---------------------------------------------------------------------------------

DRAWN_OR_TYPED: Final = (
    *("patient", "patient_record", "patient_timeline", "patient_care", "worklist", "follow_ups", "calendar"),
    *("calendar_print", "fill", "fill_new", "fill_edit", "program_new", "program_edit", "second_check"),
    *("report_refills", "report_preparation", "report_discrepancy", "report_outcomes", "settings"),
    *("reminders_kind", "protocol_row", "resource", "check_in_rules", "watch", "implant_edit", "visit_held"),
    *("visit_new", "visit_move", "import_check", "closing_new", "on_call"),
)


class _Attributes(HTMLParser):
    """What a page tells programs: its browser, its scripts, its drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str, str]] = Counter()
        self._is_switch = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_switch = "languages" in given.get("class", "")
        if self._is_switch or given.get("name") == "csrfmiddlewaretoken":
            return
        if tag in ("line", "text"):  # where a word stands in a drawing depends on how long it is
            given = {name: "0" if _NUMBER.fullmatch(value) else value for name, value in given.items()}
        if tag == "input" and given.get("name", "").endswith("ref"):
            return  # made for this page alone
        for name, value in given.items():
            is_read = name in READ or name.startswith("aria-") or _WORDS_OF_SCRIPTS.match(name)
            if not is_read and name not in _OTHERS:
                self.found[tag, name, value] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_switch = False


def test_what_programs_read_is_the_same_in_every_language(
    house: House, about: About, administrator: Client
) -> None:
    """Places in drawings, values of fields, references, addresses: a comma there would break them, or change a dose."""
    with recording(actor_id=None, reason="test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(holiday_country="FR")
    seen: dict[str, dict[str, Counter[tuple[str, str, str]]]] = {}
    texts: dict[str, str] = {}
    for language in OWN_NAMES:
        choose_language(user_id=house.administrator.pk, language=language)
        for row in PAGES:
            if row.name in DRAWN_OR_TYPED:
                page = administrator.get(
                    reverse(
                        f"nurse:{row.name}", kwargs={"clinic_slug": house.clinic.slug, **about[row.about]}
                    )
                )
                if page.status_code == 200:
                    reader = _Attributes()
                    reader.feed(page.content.decode())
                    seen.setdefault(row.name, {})[language] = reader.found
                    texts[f"{row.name} {language}"] = page.content.decode()
    differ = {
        f"{name} {language}": sorted(
            (each[language] - each["en"]).keys() | (each["en"] - each[language]).keys()
        )
        for name, each in seen.items()
        for language in OWN_NAMES
        if each[language] != each["en"]
    }
    assert not differ, "\n".join(f"{name}: {what}" for name, what in differ.items())
    assert len(seen) > 25
    assert re.search(r"\d,\d+ mL", texts["patient fr"]), "the texts are written with a comma"
    assert re.search(r"\d\.\d+ mL", texts["patient en"])
