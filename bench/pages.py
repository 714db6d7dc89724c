"""Pages against an empty view behind the same middleware: the work list, the patient page, the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from django.urls import reverse

from bench.national.build import Country
from bench.places import Browser, Sized, addresses, largest, near
from bench.table import Row, by_turns
from clinic.models import Patient

FEW_PUMPS = 250
ROUNDS, BAR = 25, 4.0
NOTHING = "an empty view"


def worklist(country: Country) -> list[Row]:
    """The first page, in a clinic of some 250 pumps and in the largest: the same number of queries."""
    rows: list[Row] = []
    for place in (near(FEW_PUMPS), largest()):
        path = reverse("nurse:worklist", kwargs={"clinic_slug": place.clinic.slug})
        few = rows[0].queries if rows else None
        rows.append(_row(f"work list, {place.pumps:,} pumps", place, [path], most_queries=few))
    return rows


def patient(country: Country) -> list[Row]:
    """The overview of somebody with three years behind."""
    place = largest()
    ref = Patient.objects.for_clinic(place.clinic.pk).order_by("pk").values_list("ref", flat=True)[0]
    path = reverse("nurse:patient", kwargs={"clinic_slug": place.clinic.slug, "ref": ref})
    return [_row("patient page", place, [path])]


def calendar(country: Country) -> list[Row]:
    """Each view of the coming days: the page and what it fetches, against as many empty views."""
    rows = []
    day = country.now.date() + timedelta(days=3)
    monday = day - timedelta(days=day.weekday())
    for place in (near(FEW_PUMPS), largest()):
        for view, first_on, days in (("day", day, 1), ("week", monday, 7), ("month", day.replace(day=1), 42)):
            paths = _calendar(place, view, first_on, days)
            rows.append(_row(f"calendar, {view}, {place.pumps:,} pumps", place, paths))
    return rows


def _calendar(place: Sized, view: str, first_on: date, days: int) -> list[str]:
    where = {"clinic_slug": place.clinic.slug}
    last_on = first_on + timedelta(days=days)
    return [
        f"{reverse('nurse:calendar', kwargs=where)}?view={view}&date={first_on}",
        f"{reverse('nurse:calendar_feed', kwargs=where)}?view={view}&start={first_on}&end={last_on}",
    ]


def _row(what: str, place: Sized, paths: list[str], *, most_queries: int | None = None) -> Row:
    with addresses():
        browser = Browser(place.clinic)
        ours, floor = [browser.page(path) for path in paths], browser.page("/nothing/")
        found = by_turns(partial(_each, ours), partial(_each, [floor] * len(paths)), rounds=ROUNDS)
    return Row(
        what=what,
        ours=found.ours,
        floor=found.floor,
        floor_is=NOTHING,
        bar=BAR,
        queries=found.queries,
        most_queries=most_queries,
        peak_bytes=found.peak_bytes,
        size=place.pumps,
    )


def _each(acts: list) -> None:  # type: ignore[type-arg]
    for act in acts:
        act()
