"""The projection as Python values: for the sweep, the chart, the refill form."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.catalogue import Hazard
from clinic.domain.seed import SEED
from scheduling.domain.case import (
    CaseError,
    ClinicRules,
    ContinuousDose,
    DrugInFill,
    Fill,
    Program,
    Pump,
    PumpCase,
)
from scheduling.domain.chart import remaining_at, remaining_points
from scheduling.domain.engine import project
from scheduling.domain.figures import plain, rounded
from scheduling.domain.findings import MESSAGES, RESTS_ON_DOUBT, FindingCode, LimitKind
from scheduling.domain.fingerprint import fingerprint
from scheduling.domain.projection import Status
from scheduling.domain.reason_texts import TEMPLATES, ReasonCode
from scheduling.domain.record import Defaults, parse_record
from scheduling.domain.residual import residual_check
from tests.domain.pumps import a_record, baclofen


def case_of(**changes: Any) -> PumpCase:
    return parse_record(a_record(**changes), Defaults(SEED, ZoneInfo("UTC"), lambda zone: date(2026, 1, 10)))


def test_the_projection_is_exact_and_names_its_engine() -> None:
    projection = project(case_of(program=[{"from": "2026-01-05", "flow_ml_per_day": "0.3"}]))

    assert projection.flow_ml_per_day == Fraction(3, 10)
    assert projection.remaining_ml == Fraction(385, 10)
    assert projection.days_to_empty == Fraction(40 * 10, 3) - 5
    assert (projection.status, projection.limited_by) == (Status.OK, LimitKind.LOW_RESERVOIR)
    assert projection.engine_version


@pytest.mark.parametrize(
    ("drugs", "hazard"),
    [
        (["ziconotide"], Hazard.NO_WITHDRAWAL),
        (["morphine", "bupivacaine"], Hazard.URGENT),
        (["morphine", "clonidine"], Hazard.EMERGENCY),
        (["bupivacaine", "baclofen"], Hazard.EMERGENCY),
        (["nobody knows this one"], Hazard.EMERGENCY),
    ],
)
def test_a_mixture_is_as_hazardous_as_its_gravest_member(drugs: list[str], hazard: Hazard) -> None:
    entries = [{"drug": name, "concentration": "2000", "unit": "mcg/mL"} for name in drugs]

    assert project(case_of(fill={"drugs": entries})).hazard is hazard


def test_a_clinic_may_let_the_high_flow_date_bind() -> None:
    case = case_of(fill={"drugs": [baclofen(stability_days=300)]})
    strict = replace(case, rules=ClinicRules(high_flow_binds=True))

    assert project(case).must_refill_by == date(2026, 9, 15)
    assert project(strict).must_refill_by == date(2026, 8, 14)
    assert project(strict).low_reservoir_on == date(2026, 9, 15)


# --- values that cannot be built wrong --------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1), Decimal("1e16")]
)
def test_no_case_can_hold_an_amount_that_cannot_be(value: Decimal) -> None:
    drug = DrugInFill(SEED.drugs["baclofen"], Decimal(2000))

    with pytest.raises(CaseError, match=r"^fill\.volume_ml "):
        Fill(date(2026, 1, 5), value, (drug,))
    with pytest.raises(CaseError, match=r"^program\.dose "):
        ContinuousDose(value)
    with pytest.raises(CaseError, match=r"^pump\.reservoir_ml "):
        Pump(reservoir_ml=value)


def test_no_binary_float_gets_in() -> None:
    with pytest.raises(CaseError):
        ContinuousDose(300.0)  # type: ignore[arg-type]


def test_a_naive_date_time_is_refused() -> None:
    with pytest.raises(CaseError, match=r"^program\.from .*offset"):
        Program(datetime(2026, 1, 5, 10), ContinuousDose(Decimal(300)))  # noqa: DTZ001


# --- fingerprint ------------------------------------------------------------------------------------


def test_the_fingerprint_does_not_depend_on_the_day_or_on_how_a_number_is_written() -> None:
    marks = {
        fingerprint(case_of()),
        fingerprint(case_of(as_of="2026-03-01")),
        fingerprint(case_of(fill={"volume_ml": "40.000"})),
        fingerprint(case_of(program=[{"from": "2026-01-05", "dose": "0.300", "unit": "mg/day"}])),
    }

    assert len(marks) == 1


def test_the_fingerprint_does_not_depend_on_the_order_of_programs_events_and_readings() -> None:
    programs = [{"from": f"2026-01-0{day}", "dose": "300", "unit": "mcg/day"} for day in (5, 6)]
    events = [{"kind": "mri", "on": f"2026-01-0{day}"} for day in (6, 7)]
    readings = [{"at": f"2026-01-0{day}", "reservoir_ml": "39"} for day in (6, 7)]

    there = fingerprint(case_of(program=programs, events=events, readings=readings))
    back = fingerprint(case_of(program=programs[::-1], events=events[::-1], readings=readings[::-1]))

    assert there == back


@pytest.mark.parametrize(
    "changes",
    [
        {"timezone": "America/Chicago"},
        {"pump": {"threshold_ml": "3"}},
        {"pump": {"implanted_on": "2024-01-01"}},
        {"pump": {"model": "prometra-ii-40"}},
        {"fill": {"volume_ml": "39"}},
        {"fill": {"at": "2026-01-05T00:00:00Z"}},
        {"fill": {"drugs": [baclofen("500")]}},
        {"fill": {"drugs": [baclofen(stability_days=90)]}},
        {"program": [{"from": "2026-01-05", "dose": "301", "unit": "mcg/day"}]},
        {"program": [{"from": "2026-01-05", "flow_ml_per_day": "0.15"}]},
        {"bridge": {"old_volume_ml": "0.3", "old_concentration": "500", "unit": "mcg/mL"}},
        {"events": [{"kind": "mri", "on": "2026-01-06"}]},
        {"readings": [{"at": "2026-01-06", "reservoir_ml": "39"}]},
        {"limits": {"max_interval_days": 90}},
        {"clinic": {"latest_margin_days": 2}},
        {"clinic": {"closed_on": ["2026-07-03"]}},
    ],
    ids=str,
)
def test_the_fingerprint_changes_with_every_other_input(changes: dict[str, Any]) -> None:
    assert fingerprint(case_of(**changes)) != fingerprint(case_of())


def test_the_fingerprint_changes_with_the_catalogue() -> None:
    baclofen_entry = SEED.drugs["baclofen"]
    edited = replace(baclofen_entry, stabilities=(replace(baclofen_entry.stabilities[0], days=150),))
    case = case_of()
    member = replace(case.fill.drugs[0], drug=edited)

    assert fingerprint(replace(case, fill=replace(case.fill, drugs=(member,)))) != fingerprint(case)


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint(case_of()) == fingerprint(case_of())
    assert len(fingerprint(case_of())) == 32


# --- chart ------------------------------------------------------------------------------------------


def test_the_chart_has_the_exact_corners_of_both_walks() -> None:
    case = case_of(
        pump={"accuracy_percent": "100"},
        program=[
            {"from": "2026-01-05", "flow_ml_per_day": "1"},
            {"from": "2026-01-15T00:00:00Z", "flow_ml_per_day": "2"},
        ],
    )

    points = remaining_points(case)

    assert [(point.at.date(), point.volume_ml) for point in points.nominal] == [
        (date(2026, 1, 5), 40),
        (date(2026, 1, 15), 30),
        (date(2026, 1, 30), 0),
    ]
    assert [(point.at.date(), point.volume_ml) for point in points.high_flow] == [
        (date(2026, 1, 5), 40),
        (date(2026, 1, 15), 20),
        (date(2026, 1, 20), 0),
    ]


def test_a_reading_shows_as_a_step_in_the_chart() -> None:
    case = case_of(
        readings=[{"at": "2026-01-07", "reservoir_ml": "30"}],
        program=[{"from": "2026-01-05", "flow_ml_per_day": "1"}],
    )

    nominal = remaining_points(case).nominal

    assert [(point.at.day, point.volume_ml) for point in nominal] == [(5, 40), (7, 38), (7, 30), (6, 0)]


def test_a_bridge_shows_as_a_corner_in_the_chart() -> None:
    bridge = {"old_volume_ml": "0.3", "old_concentration": "500", "unit": "mcg/mL"}

    first, second, last = remaining_points(case_of(bridge=bridge)).nominal

    assert (first.volume_ml, second.volume_ml, last.volume_ml) == (40, Fraction(397, 10), 0)
    assert second.at == datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("program", [[], [{"from": "2026-01-05", "stopped": True}]], ids=["none", "stopped"])
def test_the_chart_of_a_pump_without_flow_ends_where_it_is_known(program: list[Any]) -> None:
    volumes = [point.volume_ml for point in remaining_points(case_of(program=program)).nominal]

    assert volumes in ([], [40])


def test_the_volume_to_expect_at_a_moment_is_that_of_the_walk() -> None:
    assert remaining_at(case_of(), date(2026, 1, 15)) == Fraction(385, 10)
    assert remaining_at(case_of(), datetime(2026, 1, 5, 12, tzinfo=UTC)) == Fraction(39925, 1000)
    assert remaining_at(case_of(), date(2027, 1, 15)) == 0
    assert remaining_at(case_of(program=[]), date(2026, 1, 15)) is None


def test_a_residual_can_be_judged_while_it_is_typed() -> None:
    check = residual_check(
        fill_volume_ml=Decimal(20),
        programmed_ml=Decimal(6),
        residual_ml=Decimal("15.5"),
        reservoir_ml=Decimal(20),
    )

    assert (check.expected_ml, check.difference_ml, check.rate_error) == (14, Fraction(3, 2), Fraction(-1, 4))
    assert (check.is_volume_off, check.is_rate_off, check.is_possible_pocket_fill) == (False, True, False)
    assert not check.is_fine


# --- texts ------------------------------------------------------------------------------------------


def test_every_code_has_its_text_and_every_stop_says_what_rests_on_it() -> None:
    assert set(MESSAGES) == set(FindingCode)
    assert set(TEMPLATES) == set(ReasonCode)
    assert len(RESTS_ON_DOUBT) == 12


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(1, 3), 4, "0.3333"),
        (Fraction(2, 3), 1, "0.7"),
        (Fraction(1, 4), 1, "0.2"),
        (Fraction(3, 4), 1, "0.8"),
        (Fraction(100), 4, "100"),
        (Fraction(0), 4, "0"),
        (Fraction(-1, 2), 4, "-0.5"),
        (Fraction(-1, 100000), 4, "0"),
        (Fraction(10**30), 4, "1" + "0" * 30),
        (Fraction(10**30, 3), 1, "3" * 30 + ".3"),
    ],
)
def test_numbers_are_printed_plainly(value: Fraction, places: int, text: str) -> None:
    assert plain(value, places=places) == text
    assert rounded(value, places) == Decimal(text)
