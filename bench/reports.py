"""How long each report and the paper list take for a large clinic, through the real views on the real database."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.urls import reverse

from bench.national.build import Country
from bench.places import Browser, Sized, addresses, near
from bench.table import Row, by_turns
from scheduling.services.paper_lists import write_list_now

PAGES = ("reports", "report_refills", "report_preparation", "report_discrepancy", "report_outcomes")
FILES = ("report_refills_csv", "report_preparation_csv", "report_discrepancy_csv", "report_outcomes_csv")
PUMPS, ROUNDS = 10_000, 3


def run(country: Country) -> list[Row]:
    place = near(PUMPS)
    with addresses():
        browser = Browser(place.clinic)
        rows = [_asked(browser, place, name) for name in (*PAGES, *FILES)]
        rows.append(_paper_list(browser, place, country))
    return rows


def _asked(browser: Browser, place: Sized, name: str) -> Row:
    act = browser.page(reverse(f"nurse:{name}", kwargs={"clinic_slug": place.clinic.slug}))
    turns = by_turns(act, browser.page("/nothing/"), rounds=ROUNDS, warm=1)
    words = name.removeprefix("report_").replace("_csv", ", the file").replace("reports", "overview")
    return Row(
        what=f"report, {words}, {place.pumps:,} pumps",
        ours=turns.ours,
        floor=turns.floor,
        floor_is="an empty view",
        queries=turns.queries,
        peak_bytes=turns.peak_bytes,
        size=place.pumps,
    )


def _paper_list(browser: Browser, place: Sized, country: Country) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        turns = by_turns(
            lambda: write_list_now(clinic_id=place.clinic.pk, folder=Path(folder), now=country.now),
            browser.page("/nothing/"),
            rounds=ROUNDS,
            warm=1,
        )
    return Row(
        what=f"paper list, {place.pumps:,} pumps",
        ours=turns.ours,
        queries=turns.queries,
        peak_bytes=turns.peak_bytes,
        size=place.pumps,
    )
