"""A17: what is stored runs nowhere. A polyglot in every column that takes text, every page in a real browser.

Written by the owner past the services, which refuse some of it: pages must bear what an import or an older version
left. ``new_page`` fails on what the content policy had to stop; here every page is searched for what got as far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import Error, connections, models, transaction
from django.urls import reverse
from playwright.sync_api import Page
from psycopg import sql

from notifications.services.words import as_it_would_read
from scheduling.services.paper_lists import write_list_now
from scheduling.services.register_import import check_slice, upload_register
from tests.e2e.conftest import PHONE
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump
from tests.patient_links import send_link
from tests.register_files import register
from tests.visits import Desk, make_desk
from tests.web.matrix.clinic_pages import PAGES
from tests.web.matrix.conftest import about

__all__ = ["about"]
NewPage = Callable[..., Page]

SHORT = """"'><svg/onload=alert(1)>{{7*191}}"""
LONG = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A//</stYle/</titLe/</teXtarEa/</scRipt/--!>"
    "\\x3csVg/<sVg/oNloAd=alert()//>\\x3e{{7*191}}{% now 'Y' %}%s{0}${x}<img src=x onerror=alert(1)>"
)
SHOWN = "onload=alert"
KEPT_AS_IT_IS = set(
    """
    password language time_zone slug key kind step channel planned_version state occurrence anchor anchor_key provider
    event_id purpose cause visit_kind_key drug_key mode target latest query standing gone_because limited_by scale
    token_sha256 token_hmac sha256 previous_sha256 covered table route fingerprint etag engine_version request_digest
    dialable email address from_address idempotency_key holiday_country holiday_region invite_method accepted_with
    message problem_message pgh_label ending
    """.split()  # noqa: SIM905
)
"""What the program itself writes and reads: words of its own, sums, zones, addresses, its own sentences."""


def poison() -> set[str]:
    """Put the polyglot into every column of text; the columns that took it."""
    took = set()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true)"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
        for model, column in columns():
            words = LONG if (column.max_length or 9999) > len(LONG) + 8 else SHORT
            key = sql.Identifier(model._meta.pk.column)
            try:
                with transaction.atomic(using="owner"):
                    cursor.execute(
                        sql.SQL("UPDATE {} SET {} = {}::text || %s").format(
                            sql.Identifier(model._meta.db_table), sql.Identifier(column.column), key
                        ),
                        [words],
                    )
            except Error:
                continue
            if cursor.rowcount:
                took.add(f"{model._meta.db_table}.{column.column}")
    return took


def columns() -> list[tuple[type[models.Model], Any]]:
    """The columns that people's words go into."""
    ours = ("clinic", "scheduling", "notifications")
    return [
        (model, column)
        for model in apps.get_models()
        if model._meta.app_label in ours and model._meta.managed and not model._meta.proxy
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
        and not column.choices
        and column.name not in KEPT_AS_IT_IS
        and (column.max_length or 9999) >= len(SHORT) + 6
    ]


RAN = """() => [...document.querySelectorAll('*')]
    .filter(e => [...e.attributes].some(a => a.name.toLowerCase().startsWith('on')
        || /^\\s*javascript:/i.test(a.value) && ['href', 'src', 'action', 'formaction'].includes(a.name)))
    .map(e => e.outerHTML.slice(0, 200))"""


def assert_harmless(page: Page) -> bool:
    """Nothing of it is an element, an attribute or worked out; whether it stands there as words."""
    assert page.evaluate(RAN) == [], page.url
    text = page.content()
    assert "1337" not in page.inner_text("body").replace("{{7*191}}", ""), page.url
    return SHOWN in text.replace("oNloAd", "onload")


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


@pytest.fixture
def silent(new_page: NewPage) -> Iterator[NewPage]:
    """Pages that may open no window of their own."""
    spoke: list[str] = []

    def opened(**options: Any) -> Page:
        page = new_page(**options)
        page.on("dialog", lambda dialog: (spoke.append(page.url), dialog.dismiss()))
        return page

    yield opened
    assert spoke == []


def test_a17_no_text_of_the_record_runs_in_any_page(
    house: House,
    desk: Desk,
    about: dict[str, dict[str, object]],
    silent: NewPage,
    sign_in: Callable[[Page, str, str], None],
    tmp_path: Path,
) -> None:
    patient = make_patient(house)
    make_running_pump(house, patient, lot="LOT1", note="A note")
    links = [send_link(house, desk.book(patient)), send_link(house, patient)]
    run = upload_register(
        clinic=house.clinic,
        content=register({"mrn": SHORT.replace('"', ""), "dose": "NaN"}),
        file_name="register.csv",
        uploaded_by_id=house.administrator.id,
        now=house.now,
    )
    check_slice(import_id=run.pk, now=house.now, seconds=60)
    about["import"] = {"ref": run.ref}
    page, phone = silent(), silent(viewport=PHONE)
    sign_in(page, house.administrator.email, PASSWORD)
    for link in links:
        phone.goto(link.address)
    took = poison()
    assert len(took) > 40, sorted(took)
    shown = 0
    for row in PAGES:
        if not row.is_looked_at or row.name.endswith(
            ("_csv", "_ics", "_file", "_json", "_report", "_template", "paper_list_page", "paper_list_table")
        ):
            continue
        answer = page.goto(address_of(row.name, house, about[row.about]))
        assert answer is not None
        assert answer.status == 200, row.name
        shown += assert_harmless(page)
    assert shown > 60, "the words are on the pages"
    for link in links:
        for name in ("page", "times", "cannot_come", "ask", "not_me", "calendars"):
            phone.goto(link.page(name))
            assert_harmless(phone)
    letters = [as_it_would_read(link.row.message, now=house.now) for link in links if link.row.message]
    assert any(letters)
    phone.goto("about:blank")  # neither a letter nor a file on a disk has a content policy to save its reader
    for letter in letters:
        if letter:
            phone.set_content(letter.html or letter.text)
            assert_harmless(phone)
    write_list_now(clinic_id=house.clinic.id, folder=tmp_path, now=house.now)
    phone.set_content((tmp_path / "latest.html").read_text())
    assert assert_harmless(phone), "the words are on the paper list"


def address_of(name: str, house: House, where: dict[str, object]) -> str:
    return reverse(f"nurse:{name}", kwargs={"clinic_slug": house.clinic.slug, **where})
