"""The work list: the groups of the pure function, worked out in the database; nobody left out, nobody foreign."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.audit import recording
from clinic.domain.catalogue import Hazard
from clinic.domain.entries import DrugEntry
from clinic.models import Implant
from clinic.services.closures import add_closure
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from clinic.together import ask_together
from scheduling.domain.case import ClinicRules
from scheduling.domain.findings import LimitKind
from scheduling.domain.urgency import Deadlines, review_by, urgency_key, work_group
from scheduling.domain.visits import next_open_day
from scheduling.models import Forecast, Visit, VisitFollowUp
from scheduling.selectors.worklist import (
    MISSING,
    ORDER,
    Sorting,
    Wanted,
    WorkList,
    days_until,
    group_questions,
    group_values,
    groups_from,
    work_list,
)
from tests.calendar_rows import make_visit
from tests.factories import (
    House,
    make_clinic,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_running_pump,
)

pytestmark = pytest.mark.django_db


def listed(house: House, **wanted: Any) -> WorkList:
    return work_list(clinic_id=house.clinic.id, wanted=Wanted(**wanted), now=house.now)


def names(house: House, **wanted: Any) -> list[str]:
    return [row.last_name for row in listed(house, **wanted).rows]


# --- The groups and their order ---------------------------------------------------------------------------

NEAR = st.one_of(st.none(), st.integers(-4, 20))
"""Days from today, around every boundary."""


@st.composite
def forecasts(draw: st.DrawFn) -> dict[str, Any]:
    """A stored forecast as days from today; only what the constraints of the table allow."""
    is_ok = draw(st.booleans())
    must = draw(st.integers(-4, 40)) if is_ok else None
    latest = None if must is None else must - draw(st.integers(0, 6))
    target = None if latest is None else latest - draw(st.integers(0, 8))
    return {
        "must": must,
        "latest": latest,
        "target": target,
        "empty": draw(NEAR),
        "certain": None if is_ok else draw(NEAR),
        "hazard": draw(st.sampled_from(Hazard)),
        "visits": draw(st.lists(st.tuples(st.integers(-4, 40), st.sampled_from(STATUSES)), max_size=3)),
    }


STATUSES = ["booked", "booked", "arrived", "checked-in", "pending", "cancelled", "noshow", "fulfilled"]


def lay_visits(house: House, implants: list[Implant], drawn: list[dict[str, Any]]) -> None:
    """The refill visits of each pump as drawn, in place of those before."""
    with recording(actor_id=house.nurse.id, reason="made by a test"):
        VisitFollowUp.objects.all().delete()
        Visit.objects.all().delete()
    for implant, row in zip(implants, drawn, strict=True):
        for number, (days, status) in enumerate(row["visits"]):
            make_visit(
                house,
                implant,
                on=house.today + timedelta(days=days),
                at=time(9 + number),
                status=status,
                nurse=None,
                room=None,
            )


def visit_on(house: House, drawn: dict[str, Any]) -> date | None:
    """The day of the first refill visit that stands at its time from today on."""
    days = [
        number
        for number, status in drawn["visits"]
        if number >= 0 and status in ("booked", "arrived", "checked-in")
    ]
    return house.today + timedelta(days=min(days)) if days else None


def store(house: House, implant: Implant, drawn: dict[str, Any]) -> None:
    def day(name: str) -> date | None:
        return None if drawn[name] is None else house.today + timedelta(days=drawn[name])

    empty_on = day("empty")
    zone = ZoneInfo(house.clinic.time_zone)
    Forecast.objects.filter(implant=implant).update(
        status="review" if drawn["must"] is None else "ok",
        must_refill_by=day("must"),
        limited_by="" if drawn["must"] is None else "low_reservoir",
        latest_visit_on=day("latest"),
        target_visit_on=day("target"),
        low_reservoir_on=None,
        empty_on=empty_on,
        empty_at=datetime.combine(empty_on, time(), zone) if empty_on else None,
        review_by=day("certain"),
        hazard=int(drawn["hazard"]),
        findings=[],
    )


def deadlines(house: House, drawn: dict[str, Any]) -> Deadlines:
    def day(name: str) -> date | None:
        return None if drawn[name] is None else house.today + timedelta(days=drawn[name])

    return Deadlines(
        is_in_review=drawn["must"] is None,
        empty_on=day("empty"),
        must_refill_by=day("must"),
        latest_visit_on=day("latest"),
        target_visit_on=day("target"),
        certain_by=day("certain"),
    )


def test_the_database_sorts_pumps_into_the_groups_of_the_pure_function(house: House) -> None:
    implants = [make_implant(house) for _ in range(6)]

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(forecasts(), min_size=6, max_size=6))
    def check(drawn: list[dict[str, Any]]) -> None:
        for implant, row in zip(implants, drawn, strict=True):
            store(house, implant, row)
        lay_visits(house, implants, drawn)
        asked = {"implant_ids": [implant.id for implant in implants], **group_values(house.today)}
        found = groups_from(ask_together(group_questions, clinic_id=house.clinic.id, **asked))
        expected = [
            work_group(deadlines(house, row), today=house.today, visit_on=visit_on(house, row)).name.lower()
            for row in drawn
        ]
        assert [found[implant.id] for implant in implants] == expected

    check()


def test_rows_stand_in_the_order_of_the_pure_key(house: House) -> None:
    implants = [make_implant(house) for _ in range(6)]
    rules = ClinicRules()

    def key(row: dict[str, Any]) -> tuple[int, Fraction, int, date]:
        found = deadlines(house, row)
        certain = {} if found.certain_by is None else {LimitKind.STABILITY: found.certain_by}
        return urgency_key(
            work_group(found, today=house.today, visit_on=visit_on(house, row)),
            days_to_empty=None if row["empty"] is None else Fraction(row["empty"]),
            hazard=row["hazard"],
            acts_by=found.must_refill_by or review_by(certain, today=house.today, rules=rules),
        )

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(forecasts(), min_size=6, max_size=6))
    def check(drawn: list[dict[str, Any]]) -> None:
        keys = {}
        lay_visits(house, implants, drawn)
        for implant, row in zip(implants, drawn, strict=True):
            store(house, implant, row)
            keys[implant.id] = key(row)
        shown = [keys[row.implant_id] for row in listed(house).rows]
        assert shown == sorted(shown)

    check()


def test_a_review_without_a_certain_date_is_due_on_the_next_working_day(house: House) -> None:
    implant = make_implant(house)
    rules = ClinicRules()
    expected = next_open_day(house.today, rules)
    assert [row.review_on for row in listed(house).rows] == [expected]
    add_closure(clinic=house.clinic, closed_on=expected, reason="", actor_id=house.administrator.id)
    later = next_open_day(expected, rules)
    assert [(row.implant_id, row.review_on) for row in listed(house).rows] == [(implant.id, later)]


def test_a_pump_for_which_nothing_was_worked_out_is_the_loudest(house: House) -> None:
    make_running_pump(
        house, make_patient(house, last_name="Dry"), filled_on=house.today - timedelta(days=700)
    )
    lost = make_running_pump(house, make_patient(house, last_name="Lost"))
    Forecast.objects.filter(implant=lost).delete()
    found = listed(house)
    assert [(row.last_name, row.group) for row in found.rows] == [("Lost", MISSING), ("Dry", "emergency")]
    assert found.counts[MISSING] == 1


# --- Who is on it -----------------------------------------------------------------------------------------


def test_only_living_patients_with_the_pump_in_place_in_this_clinic_are_listed(house: House) -> None:
    make_running_pump(house, make_patient(house, last_name="Here"))
    taken_out = make_running_pump(house, make_patient(house, last_name="Out"))
    record_explant(
        clinic=house.clinic,
        implant_ref=taken_out.ref,
        explanted_on=house.today,
        why="",
        actor_id=house.nurse.id,
        now=house.now,
    )
    dead = make_patient(house, last_name="Dead")
    make_running_pump(house, dead)
    record_death(
        clinic=house.clinic, patient_ref=dead.ref, died_on=house.today, actor_id=house.nurse.id, now=house.now
    )
    foreign = make_clinic()
    make_running_pump(foreign, make_patient(foreign, last_name="Foreign"))
    assert names(house) == ["Here"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"Bac", "Mor", "Mix", "Rev"}),
        ({"drug_key": "baclofen"}, {"Bac", "Rev"}),
        ({"drug_key": "morphine"}, {"Mor", "Mix"}),
        ({"drug_key": "bupivacaine"}, {"Mix"}),
        ({"drug_key": "nothing"}, set()),
        ({"pump_model_key": "prometra-ii-20"}, {"Rev"}),
        ({"hazard": 2}, {"Bac", "Rev"}),
        ({"hazard": 1}, {"Mor", "Mix"}),
        ({"limited_by": "stability"}, {"Bac", "Mor", "Mix"}),
        ({"limited_by": "low_reservoir"}, set()),
        ({"groups": frozenset({"review"})}, {"Rev"}),
        ({"groups": frozenset({"review", "later"})}, {"Bac", "Mor", "Mix", "Rev"}),
        ({"groups": frozenset({"overdue"})}, set()),
        ({"within_weeks": 9}, {"Mor", "Mix", "Rev"}),
        ({"within_weeks": 52}, {"Bac", "Mor", "Mix", "Rev"}),
        ({"text": "mor"}, {"Mor"}),
        ({"text": "MIX ursula"}, {"Mix"}),
        ({"text": "SN-REV"}, {"Rev"}),
        ({"text": "m-bac"}, {"Bac"}),
        ({"text": "%"}, set()),
        ({"text": "mor", "drug_key": "baclofen"}, set()),
    ],
)
def test_filters_and_search_find_what_they_say(house: House, wanted: dict[str, Any], found: set[str]) -> None:
    def mix(*drugs: tuple[str, int]) -> tuple[DrugEntry, ...]:
        return tuple(
            DrugEntry(drug_key=key, concentration=Decimal(amount), concentration_unit="mg/mL")
            for key, amount in drugs
        )

    make_running_pump(house, make_patient(house, last_name="Bac", mrn="M-BAC"))
    for name, drugs in (
        ("Mor", mix(("morphine", 25))),
        ("Mix", mix(("morphine", 25), ("bupivacaine", 10))),
    ):
        implant = make_implant(house, make_patient(house, last_name=name))
        fill = make_fill(house, implant, drugs=drugs)
        make_program(house, implant, starts_on=fill.filled_on, dose="5", unit="mg/day")
    void = make_implant(
        house, make_patient(house, last_name="Rev"), pump_model_key="prometra-ii-20", serial="SN-REV"
    )
    # An earlier fill held morphine: only what is in the pump now counts for the filter.
    make_fill(
        house,
        void,
        filled_on=house.today - timedelta(days=90),
        volume_ml="20",
        drugs=mix(("morphine", 25)),
    )
    fill = make_fill(house, void, volume_ml="20")
    make_program(house, void, starts_on=fill.filled_on)
    make_event(house, void, kind="mri")
    assert set(names(house, **wanted)) == found


def test_counts_follow_the_filters_but_not_the_chosen_group(house: House) -> None:
    make_running_pump(house)
    make_implant(house)
    found = listed(house, groups=frozenset({"review"}))
    assert (found.selected, found.counts["review"], found.counts["later"]) == (1, 1, 1)
    assert sum(found.counts.values()) == 2
    assert set(found.counts) == set(ORDER)


def test_pages_hold_every_pump_once_and_a_page_beyond_the_last_is_the_last(house: House) -> None:
    for number in range(7):
        make_implant(house, make_patient(house, last_name=f"P{number}"))
    seen: list[str] = []
    for page in (1, 2, 3):
        found = work_list(
            clinic_id=house.clinic.id,
            wanted=Wanted(sorting=Sorting.NAME),
            now=house.now,
            page=page,
            page_size=3,
        )
        assert found.pages == 3
        seen += [row.last_name for row in found.rows]
    assert seen == [f"P{number}" for number in range(7)]
    beyond = work_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now, page=99, page_size=3)
    assert (beyond.page, len(beyond.rows)) == (3, 1)


def test_the_list_costs_the_same_number_of_queries_however_many_pumps_there_are(house: House) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            listed(house)
        return len(queries)

    make_running_pump(house)
    few = cost()
    for _ in range(12):
        make_running_pump(house)
    assert cost() == few <= 10


@pytest.mark.parametrize(
    ("hours", "days"), [(24, "1.0"), (23, "0.9"), (0, "0.0"), (-1, "-0.1"), (36, "1.5"), (2, "0.0")]
)
def test_days_to_empty_are_rounded_down(hours: int, days: str) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("UTC"))
    assert str(days_until(now + timedelta(hours=hours), now)) == days
