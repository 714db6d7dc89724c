"""The follow-up list: where each thing stands, what repeats is one line, and the cost follows what is shown."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.services.patients import record_death
from scheduling.models import FollowUp, FollowUpState, Mode, VisitFollowUp
from scheduling.selectors.due_list import PARTS, DueList, Wanted, due_lines, due_list, row_choices
from tests.care_rows import make_follow_up, make_visit
from tests.factories import House, make_clinic, make_implant, make_patient


def listed(house: House, **wanted: object) -> list[tuple[str, str, int]]:
    found = due_list(clinic_id=house.clinic.id, wanted=Wanted(**wanted), now=house.now)  # type: ignore[arg-type]
    return [(line.part, line.first.title, line.number) for line in found.lines]


@pytest.mark.parametrize(
    ("target_in", "latest_in", "part"),
    [
        (-9, -1, "overdue"),
        (-9, 0, "today"),
        (0, 5, "today"),
        (1, 5, "week"),
        (6, 9, "week"),
        (7, 9, "later"),
    ],
)
def test_where_a_follow_up_stands(house: House, target_in: int, latest_in: int, part: str) -> None:
    make_follow_up(house, make_patient(house), target_in=target_in, latest_in=latest_in)
    assert listed(house) == [(part, "Wound check", 1)]


def test_what_is_postponed_stands_where_it_was_put_until_that_day_comes(house: House) -> None:
    until = {"state": FollowUpState.POSTPONED, "closing_reason": "away"}
    make_follow_up(
        house, make_patient(house), "In time", postponed_until=house.today + timedelta(days=2), **until
    )
    make_follow_up(
        house, make_patient(house), "Too late", latest_in=-1, target_in=-3,
        postponed_until=house.today - timedelta(days=1), **until,
    )  # fmt: skip
    assert listed(house) == [("overdue", "Too late", 1), ("week", "In time", 1)]


def test_what_is_booked_stands_at_its_visit_unless_that_is_too_late(house: House) -> None:
    patient = make_patient(house)
    in_time, late = make_follow_up(house, patient, "In time"), make_follow_up(house, patient, "Late")
    for follow_up, days in ((in_time, 2), (late, 8)):
        visit = make_visit(house, patient, on=house.today + timedelta(days=days))
        VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=follow_up)
    found = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now).lines
    assert [(line.part, line.first.title) for line in found] == [("today", "Late"), ("week", "In time")]
    assert all(line.visit for line in found)


def test_a_cancelled_visit_books_nothing(house: House) -> None:
    patient = make_patient(house)
    visit = make_visit(house, patient, on=house.today + timedelta(days=1), status="cancelled")
    VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=make_follow_up(house, patient))
    found = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now).lines
    assert [(line.part, line.visit) for line in found] == [("today", None)]


def test_check_ins_of_one_row_are_one_line_a_part(house: House) -> None:
    patient = make_patient(house)
    for number in range(-3, 12):
        make_follow_up(
            house, patient, "Infection check-in", mode=Mode.CHECK_IN, row_key="infection", occurrence=number + 3,
            target_in=number, latest_in=number,
        )  # fmt: skip
    make_follow_up(house, make_patient(house), "Infection check-in", mode=Mode.CHECK_IN, row_key="infection")
    found = listed(house)
    assert sorted(found) == sorted(
        [
            ("overdue", "Infection check-in", 3),
            ("today", "Infection check-in", 1),
            ("today", "Infection check-in", 1),
            ("week", "Infection check-in", 6),
            ("later", "Infection check-in", 5),
        ]
    )
    counts = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now).counts
    assert counts == {"overdue": 1, "today": 2, "week": 1, "later": 1}
    assert due_lines(house.clinic.id, house.today).count() == 3


def test_filters_narrow_lines_and_counts_alike(house: House) -> None:
    patient = make_patient(house, last_name="Muñoz")
    make_follow_up(house, patient, "Call", mode=Mode.CALL, row_key="call", owner=house.administrator)
    make_follow_up(house, make_patient(house), "Visit", target_in=40, latest_in=60, row_key="visit")
    assert listed(house, owner_id=house.nurse.id) == [("later", "Visit", 1)]
    assert listed(house, mode="call") == [("today", "Call", 1)]
    assert listed(house, row_key="visit") == [("later", "Visit", 1)]
    assert listed(house, within_weeks=4) == [("today", "Call", 1)]
    assert listed(house, text="munoz") == [("today", "Call", 1)]
    assert listed(house, parts=frozenset({"later"})) == [("later", "Visit", 1)]


def test_what_is_closed_of_the_dead_of_others_and_refills_stay_away(house: House) -> None:
    gone, patient = make_patient(house), make_patient(house)
    make_follow_up(house, gone)
    record_death(
        clinic=house.clinic, patient_ref=gone.ref, died_on=house.today, actor_id=house.nurse.id, now=house.now
    )
    make_follow_up(house, patient, state=FollowUpState.DONE, closed_at=house.now, closed_by=house.nurse)
    make_implant(house, patient, implanted_on=house.today - timedelta(days=2 * 365 - 60))
    assert FollowUp.objects.filter(row_key="refill", state="open").exists()
    assert listed(house, within_weeks=4) == []
    assert listed(make_clinic(name="Other")) == []


def test_the_list_can_be_narrowed_to_the_rows_of_the_protocol(house: House) -> None:
    choices = dict(row_choices(clinic_id=house.clinic.id))
    assert choices["wound_check"] == "Wound check"
    assert list(choices.values()) == sorted(choices.values())


def test_what_is_booked_early_for_today_counts_as_of_today(house: House) -> None:
    patient = make_patient(house)
    early = make_follow_up(house, patient, target_in=10, latest_in=20)
    visit = make_visit(house, patient, on=house.today, at=time(23, 30))
    VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=early)
    assert listed(house) == [("today", "Wound check", 1)]
    assert due_lines(house.clinic.id, house.today).count() == 1


def test_pages_and_queries_do_not_grow_with_what_is_stored(house: House) -> None:
    def grow(patients: int) -> int:
        for _ in range(patients):
            patient = make_patient(house)
            made = make_follow_up(house, patient)
            visit = make_visit(house, patient, on=house.today + timedelta(days=400 + patient.id))
            VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=made)
        with CaptureQueriesContext(connection) as queries:
            due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now)
        return len(queries)

    assert grow(10) == grow(50)
    last = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now, page=99)
    assert (last.page, last.pages, len(last.lines), last.selected) == (2, 2, 10, 60)
    assert set(last.counts) == set(PARTS)


def test_what_is_counted_as_due_is_what_the_list_shows_as_overdue_and_of_today(house: House) -> None:
    """Over every way in which a last day, a postponement and a visit can stand to today."""
    ways = itertools.product(
        (-5, 0, 2), (-1, 0, 4), (None, -1, 0, 2), (None, 0, 3, 9), (Mode.VISIT, Mode.CHECK_IN)
    )
    for target_in, latest_in, until_in, visit_in, mode in ways:
        if target_in > latest_in:
            continue
        patient = make_patient(house)
        until = {} if until_in is None else {
            "state": FollowUpState.POSTPONED, "closing_reason": "away",
            "postponed_until": house.today + timedelta(days=until_in),
        }  # fmt: skip
        made = make_follow_up(house, patient, target_in=target_in, latest_in=latest_in, mode=mode, **until)
        if visit_in is not None:
            visit = make_visit(house, patient, on=house.today + timedelta(days=visit_in))
            VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=made)
        counts = due_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now).counts
        due = due_lines(house.clinic.id, house.today).count()
        assert due == counts["overdue"] + counts["today"], (target_in, latest_in, until_in, visit_in, mode)


NEAR = st.integers(-4, 4)


@st.composite
def follow_ups(draw: st.DrawFn) -> dict[str, Any]:
    """One of a few patients and rows, so that some share a line; days from today."""
    target = draw(NEAR)
    return {
        "patient": draw(st.integers(0, 1)),
        "row_key": draw(st.sampled_from(["wound", "pain"])),
        "mode": draw(st.sampled_from([Mode.CHECK_IN, Mode.WATCH, Mode.VISIT])),
        "target": target,
        "latest": target + draw(st.integers(0, 5)),
        "until": draw(st.none() | NEAR),
        "visit": draw(st.none() | st.integers(0, 4)),
    }


@pytest.mark.django_db
def test_lines_are_counted_as_they_are_listed_and_pages_hold_them_all_in_order(house: House) -> None:
    patients = [make_patient(house) for _ in range(2)]

    def page_of(parts: frozenset[str] = frozenset(), **page: int) -> DueList:
        return due_list(clinic_id=house.clinic.id, wanted=Wanted(parts=parts), now=house.now, **page)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(follow_ups(), max_size=7), st.sets(st.sampled_from(PARTS)))
    def check(drawn: list[dict[str, Any]], drawn_parts: set[str]) -> None:
        sid = transaction.savepoint()
        for number, each in enumerate(drawn):
            until = {} if each["until"] is None else {
                "state": FollowUpState.POSTPONED, "closing_reason": "away",
                "postponed_until": house.today + timedelta(days=each["until"]),
            }  # fmt: skip
            made = make_follow_up(
                house, patients[each["patient"]], mode=each["mode"], row_key=each["row_key"],
                occurrence=number, target_in=each["target"], latest_in=each["latest"], **until,
            )  # fmt: skip
            if each["visit"] is not None:
                on = house.today + timedelta(days=each["visit"])
                visit = make_visit(house, patients[each["patient"]], on=on, at=time(8 + number))
                VisitFollowUp.objects.create(clinic=house.clinic, visit=visit, follow_up=made)
        whole = page_of()
        assert due_lines(house.clinic.id, house.today).count() == (
            whole.counts["overdue"] + whole.counts["today"]
        )
        for parts in (frozenset(), frozenset(drawn_parts)):
            on_pages = [
                line
                for number in range(1, page_of(parts=parts, page_size=2).pages + 1)
                for line in page_of(parts=parts, page_size=2, page=number).lines
            ]
            assert [line.refs for line in on_pages] == [
                line.refs for line in whole.lines if not parts or line.part in parts
            ]
        transaction.savepoint_rollback(sid)

    check()


def test_the_count_starts_at_what_is_open_and_not_at_every_patient(house: House) -> None:
    for _ in range(30):
        make_follow_up(house, make_patient(house))
    with CaptureQueriesContext(connection) as queries:
        assert due_lines(house.clinic.id, house.today).count() == 30
    [counted] = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {counted}")
        read = set(tables_read(cursor.fetchone()[0][0]["Plan"]))
    assert "scheduling_followup" in read
    assert not any(table.startswith("clinic_") for table in read)


def tables_read(plan: dict[str, Any]) -> Iterator[str]:
    """Of a plan, what is asked once or for few rows apart."""
    if "Relation Name" in plan:
        yield plan["Relation Name"]
    for each in plan.get("Plans", []):
        if not each.get("Subplan Name"):
            yield from tables_read(each)
