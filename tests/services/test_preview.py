"""A preview shows what saving stores, whatever is entered, and writes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.domain.checks import RecordError
from clinic.domain.entries import BolusEntry, BridgeEntry, DrugEntry, FillEntry, ProgramEntry
from clinic.models import Fill, Implant, ProgramVersion
from clinic.services.fills import correct_fill, record_fill, void_fill
from clinic.services.programs import correct_program, record_program, void_program
from scheduling.models import Forecast
from scheduling.services.forecasts import waiting_finding
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.preview import (
    Preview,
    preview_fill,
    preview_program,
    preview_without_fill,
    preview_without_program,
)
from scheduling.services.residuals import expectation_of, residual_trend
from tests.factories import (
    House,
    make_clinic,
    make_event,
    make_fill,
    make_implant,
    make_program,
    make_reading,
)

pytestmark = pytest.mark.django_db
THOROUGHLY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
DATES = ("must_refill_by", "low_reservoir_on", "empty_on", "target_visit_on", "latest_visit_on")


class _Undo(Exception):
    """Ends a trial: what it wrote is rolled back."""


@pytest.fixture
def implant(house: House) -> Implant:
    """A pump with three fills, two programs, a reading and an event."""
    implant = make_implant(house)
    for days, residual in ((200, None), (120, "27"), (60, "30.5")):
        make_fill(
            house,
            implant,
            filled_on=house.today - timedelta(days=days),
            residual_ml=Decimal(residual) if residual else None,
        )
    make_program(house, implant, starts_on=house.today - timedelta(days=200), dose="300")
    make_program(house, implant, starts_on=house.today - timedelta(days=40), dose="350")
    make_reading(house, implant, reservoir_ml="31", read_on=house.today - timedelta(days=20))
    make_event(house, implant, kind="mri", occurred_on=house.today - timedelta(days=10))
    return implant


# --- What people enter ------------------------------------------------------------------------------------

amounts = st.sampled_from(["0.3", "2", "50", "175", "300", "500", "1000", "2000", "40000"]).map(Decimal)
volumes = st.sampled_from(["0", "0.5", "2", "17.25", "20", "40", "41"]).map(Decimal)
days_ago = st.sampled_from([0, 1, 20, 40, 59, 60, 61, 119, 120, 121, 150, 199, 200, 201, 800, -1])


@st.composite
def fill_entries(draw: st.DrawFn, today: Any, zone: ZoneInfo) -> FillEntry:
    filled_on = today - timedelta(days=draw(days_ago))
    unit = st.sampled_from(["mcg/mL", "mg/mL"])
    keys = draw(
        st.lists(st.sampled_from(["baclofen", "morphine", "ziconotide", "clonidine"]), min_size=1, max_size=2)
    )
    hour = draw(st.one_of(st.none(), st.integers(0, 23)))
    old_volume = draw(st.one_of(st.none(), volumes))
    return FillEntry(
        filled_on=filled_on,
        filled_at=None if hour is None else datetime.combine(filled_on, time(hour), zone),
        fill_volume_ml=draw(volumes),
        residual_ml=draw(st.one_of(st.none(), volumes)),
        drugs=tuple(
            DrugEntry(
                drug_key=key,
                concentration=draw(amounts),
                concentration_unit=draw(unit),
                stability_days=draw(st.sampled_from([None, None, 30])),
                is_diluted=draw(st.sampled_from([None, True, False])),
                beyond_use_on=draw(st.sampled_from([None, filled_on - timedelta(days=1), filled_on])),
            )
            for key in keys
        ),
        is_first_fill=draw(st.sampled_from([None, True, False])),
        bridge=None
        if old_volume is None
        else BridgeEntry(old_volume_ml=old_volume, old_concentration=draw(amounts), old_unit=draw(unit)),
        printed_refill_on=draw(st.sampled_from([None, None, today + timedelta(days=30)])),
    )


@st.composite
def program_entries(draw: st.DrawFn, today: Any, zone: ZoneInfo) -> ProgramEntry:
    starts_on = today - timedelta(days=draw(st.sampled_from([0, 1, 39, 40, 41, 60, 100, 200, 800])))
    hour = draw(st.one_of(st.none(), st.integers(0, 23)))
    kind = draw(st.sampled_from(["dose", "flow", "flex", "stopped"]))
    bolus = BolusEntry(
        dose=draw(amounts), unit="mcg", max_per_day=draw(st.integers(0, 6)), mean_per_day=Decimal("0.5")
    )
    pattern = [
        {
            "on": ["mon", "tue", "wed", "thu", "fri"],
            "steps": [
                {"hours": "20", "dose_per_hour": "10", "unit": "mcg/h"},
                {"hours": "4", "dose_per_hour": str(draw(amounts)), "unit": "mcg/h"},
            ],
        },
        {"on": ["sat", "sun"], "steps": [{"hours": "24", "dose_per_hour": "12.5", "unit": "mcg/h"}]},
    ]
    return ProgramEntry(
        starts_on=starts_on,
        starts_at=None if hour is None else datetime.combine(starts_on, time(hour), zone),
        kind={"flex": "flex", "stopped": "stopped"}.get(kind, "continuous"),
        dose=draw(amounts) if kind == "dose" else None,
        dose_unit=draw(st.sampled_from(["mcg/day", "mg/day"])) if kind == "dose" else "",
        flow_ml_per_day=Decimal("0.17") if kind == "flow" else None,
        pattern=pattern if kind == "flex" else None,
        bolus=None if kind == "stopped" else draw(st.one_of(st.none(), st.just(bolus))),
    )


def assert_stored(after: Outlook, implant: Implant) -> None:
    """The stored forecast is the outlook's, field by field."""
    row = Forecast.objects.get(implant=implant)
    assert (row.status == "review") == after.needs_review
    if after.projection is None:
        assert [finding["code"] for finding in row.findings] == [after.trouble]
        return
    for name in DATES:
        assert getattr(row, name) == getattr(after.projection, name), name
    assert row.limited_by == (after.projection.limited_by or "")
    assert row.limits == {kind.value: day.isoformat() for kind, day in after.projection.limits.items()}
    assert after.judgement is not None
    assert [(finding["code"], finding["values"]) for finding in row.findings] == [
        *((finding.code.value, dict(finding.values)) for finding in after.projection.findings),
        *((finding["code"], finding["values"]) for finding in waiting_finding(after.judgement)),
    ]


def assert_preview_is_what_saving_stores(
    implant: Implant, preview: Callable[[], Preview], save: Callable[[], object]
) -> None:
    """Either both refuse, at the same field, or the preview's dates are the stored ones."""
    before = Forecast.objects.get(implant=implant)
    shown = _result_or_refused_field(preview)
    untouched = Forecast.objects.get(implant=implant)
    assert (untouched.fingerprint, untouched.findings) == (before.fingerprint, before.findings)

    def trial() -> None:
        with transaction.atomic():
            saved = _result_or_refused_field(save)
            if isinstance(shown, Preview):
                assert_stored(shown.after, implant)
            else:
                assert saved == shown
            raise _Undo

    with pytest.raises(_Undo):
        trial()


def _result_or_refused_field(act: Callable[[], object]) -> object:
    try:
        return act()
    except RecordError as refused:
        return refused.field


def test_the_preview_of_a_refill_is_what_saving_it_stores(house: House, implant: Implant) -> None:
    zone = ZoneInfo(house.clinic.time_zone)
    where = {"clinic_id": house.clinic.id, "implant_id": implant.id, "now": house.now}

    @THOROUGHLY
    @given(fill_entries(house.today, zone), st.booleans(), st.data())
    def check(entry: FillEntry, is_reprogrammed: bool, data: st.DataObject) -> None:
        program = None
        if is_reprogrammed:
            drawn = data.draw(program_entries(house.today, zone))
            program = dataclasses.replace(drawn, starts_on=entry.filled_on, starts_at=entry.filled_at)
        assert_preview_is_what_saving_stores(
            implant,
            lambda: preview_fill(entry=entry, program=program, **where),  # type: ignore[arg-type]
            lambda: record_fill(
                clinic=house.clinic,
                implant_ref=implant.ref,
                entry=entry,
                program=program,
                actor_id=house.nurse.id,
                now=house.now,
            ),
        )

    check()


def test_the_preview_of_a_corrected_fill_is_what_saving_it_stores(house: House, implant: Implant) -> None:
    zone = ZoneInfo(house.clinic.time_zone)
    fills = list(Fill.objects.filter(implant=implant))

    @THOROUGHLY
    @given(fill_entries(house.today, zone), st.sampled_from(fills))
    def check(entry: FillEntry, fill: Fill) -> None:
        assert_preview_is_what_saving_stores(
            implant,
            lambda: preview_fill(
                clinic_id=house.clinic.id,
                implant_id=implant.id,
                entry=entry,
                now=house.now,
                replaces=fill.id,
            ),
            lambda: correct_fill(
                clinic=house.clinic,
                fill_ref=fill.ref,
                entry=entry,
                reason="a slip",
                actor_id=house.nurse.id,
                now=house.now,
            ),
        )

    check()


@pytest.mark.parametrize("is_with_program", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_preview_of_a_withdrawn_fill_is_what_withdrawing_stores(
    house: House, implant: Implant, number: int, is_with_program: bool
) -> None:
    fill = Fill.objects.filter(implant=implant).order_by("filled_on")[number]
    assert_preview_is_what_saving_stores(
        implant,
        lambda: preview_without_fill(
            clinic_id=house.clinic.id,
            implant_id=implant.id,
            fill_id=fill.id,
            now=house.now,
            is_with_program=is_with_program,
        ),
        lambda: void_fill(
            clinic=house.clinic,
            fill_ref=fill.ref,
            reason="never",
            actor_id=house.nurse.id,
            now=house.now,
            is_with_program=is_with_program,
        ),
    )


def test_the_preview_of_a_program_is_what_saving_it_stores(house: House, implant: Implant) -> None:
    zone = ZoneInfo(house.clinic.time_zone)
    versions = [None, *ProgramVersion.objects.filter(implant=implant)]

    @THOROUGHLY
    @given(program_entries(house.today, zone), st.sampled_from(versions))
    def check(entry: ProgramEntry, corrects: ProgramVersion | None) -> None:
        actor: dict[str, Any] = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
        assert_preview_is_what_saving_stores(
            implant,
            lambda: preview_program(
                clinic_id=house.clinic.id,
                implant_id=implant.id,
                entry=entry,
                now=house.now,
                replaces=(corrects.starts_on, corrects.starts_at) if corrects else None,
            ),
            lambda: (
                correct_program(program_id=corrects.id, entry=entry, reason="a slip", **actor)
                if corrects
                else record_program(implant_ref=implant.ref, entry=entry, **actor)
            ),
        )

    check()


@pytest.mark.parametrize("number", [0, 1])
def test_the_preview_of_a_withdrawn_program_is_what_withdrawing_stores(
    house: House, implant: Implant, number: int
) -> None:
    version = ProgramVersion.objects.filter(implant=implant).order_by("starts_on")[number]
    assert_preview_is_what_saving_stores(
        implant,
        lambda: preview_without_program(
            clinic_id=house.clinic.id,
            implant_id=implant.id,
            start=(version.starts_on, version.starts_at),
            now=house.now,
        ),
        lambda: void_program(
            clinic=house.clinic,
            program_id=version.id,
            reason="never",
            actor_id=house.nurse.id,
            now=house.now,
        ),
    )


def test_the_outlook_of_a_pump_is_its_stored_forecast(house: House, implant: Implant) -> None:
    assert_stored(read_outlook(clinic_id=house.clinic.id, implant_id=implant.id, now=house.now), implant)


def test_a_pump_that_was_never_filled_has_an_outlook_that_says_so(house: House) -> None:
    empty = make_implant(house)
    outlook = read_outlook(clinic_id=house.clinic.id, implant_id=empty.id, now=house.now)
    assert (outlook.trouble, outlook.needs_review, outlook.stops) == ("not_filled", True, ())
    assert_stored(outlook, empty)


# --- The residual -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "days", "residual", "expected", "is_volume_off", "is_rate_off"),
    [
        ("50", 60, "15.5", "14", False, True),  # 0.1 mL/day: +1.5 mL, yet a quarter under-delivered
        ("150", 55, "3.2", "3.5", False, False),  # 0.3 mL/day: -0.3 mL, +1.8 %
        ("150", 55, "0.9", "3.5", True, True),
        ("150", 100, "0", "0", False, False),  # was due to run dry
    ],
)
def test_both_rules_judge_the_residual_found(
    dose: str, days: int, residual: str, expected: str, is_volume_off: bool, is_rate_off: bool
) -> None:
    house = make_clinic(time_zone="UTC")
    implant = make_implant(house, pump_model_key="synchromed-ii-20")
    filled_on = house.today - timedelta(days=days)
    make_fill(house, implant, filled_on=filled_on, volume_ml="20", concentration="500")
    make_program(house, implant, starts_on=filled_on, dose=dose)
    drug = DrugEntry(drug_key="baclofen", concentration=Decimal(500), concentration_unit="mcg/mL")
    preview = preview_fill(
        clinic_id=house.clinic.id,
        implant_id=implant.id,
        entry=FillEntry(
            filled_on=house.today,
            fill_volume_ml=Decimal(20),
            residual_ml=Decimal(residual),
            drugs=(drug,),
        ),
        now=house.now,
    )
    assert preview.expectation is not None
    check = preview.expectation.check
    assert check is not None
    assert preview.expectation.expected_ml == Fraction(expected)
    assert (check.is_volume_off, check.is_rate_off) == (is_volume_off, is_rate_off)


def test_the_trend_holds_every_refill_with_a_residual_and_what_was_expected(
    house: House, implant: Implant
) -> None:
    outlook = read_outlook(clinic_id=house.clinic.id, implant_id=implant.id, now=house.now)
    trend = residual_trend(outlook)
    assert [row.residual_ml for row in trend] == [Decimal(27), Decimal("30.5")]
    assert trend[-1].expectation == expectation_of(outlook)
    first = trend[0].expectation
    assert first is not None
    assert (first.fill_volume_ml, first.flow_ml_per_day) == (Decimal(40), Decimal("0.15"))
