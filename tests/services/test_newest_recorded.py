"""What a page reads of a pump's history: only as far as it shows, and yet what it would show of all of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import DrugEntry, FillEntry
from clinic.models import Fill
from clinic.selectors.implants import NEWEST, Recorded, newest_recorded, recorded
from clinic.services.fills import correct_fill
from tests.factories import DRUG, House, make_event, make_fill, make_program, make_reading, make_running_pump
from web.nurse.timeline import TimeLine, timeline

pytestmark = pytest.mark.django_db


def lines(found: Recorded) -> list[TimeLine]:
    return [line for line in timeline(found) if line.kind in ("fill", "program", "reading", "event")]


def correct(house: House, fill: Fill, times: int) -> None:
    """The newest rows are then all wrong ones but the last."""
    for number in range(times):
        fill = correct_fill(
            clinic=house.clinic,
            fill_ref=fill.ref,
            entry=FillEntry(
                filled_on=fill.filled_on,
                fill_volume_ml=Decimal(20 + number),
                drugs=(DrugEntry(drug_key=DRUG, concentration=Decimal(2000), concentration_unit="mcg/mL"),),
            ),
            reason="typed wrongly",
            actor_id=house.nurse.id,
            now=house.now + timedelta(minutes=number),
        )


def test_the_newest_lines_are_those_of_the_whole_history(house: House) -> None:
    pump = make_running_pump(house)
    make_running_pump(house)
    for number in range(3):
        day = house.today - timedelta(days=number)
        make_reading(house, pump, read_on=day)
        make_event(house, pump, occurred_on=day)
        make_program(house, pump, starts_on=day)
    correct(house, pump.fills.get(), NEWEST + 2)
    old = make_fill(house, pump, filled_on=house.today - timedelta(days=400))
    whole = recorded(clinic_id=house.clinic.pk, implant_ids=[pump.pk])
    with CaptureQueriesContext(connection) as found:
        part = newest_recorded(clinic_id=house.clinic.pk, implant_id=pump.pk, fill_ref=old.ref)
        shown = [(line, str(line.row.recorded_by)) for line in lines(part)[:NEWEST]]
    assert len(found) == 1
    assert [line for line, _ in shown] == lines(whole)[:NEWEST]
    assert len(part.fills) < len(whole.fills)

    def stands(found: Recorded) -> list[Fill]:
        return [line.row for line in lines(found) if line.kind == "fill" and not line.is_replaced]

    assert stands(part)[0] == stands(whole)[0]
    assert old in part.fills
    assert part.mixtures[stands(part)[0].pk] == whole.mixtures[stands(whole)[0].pk] != []


def test_of_a_history_of_wrong_fills_the_one_that_counts_is_known(house: House) -> None:
    """Recorded first, and on an earlier day than everything that was withdrawn or corrected since."""
    pump = make_running_pump(house)
    first = pump.fills.get()
    later = make_fill(house, pump, filled_on=first.filled_on + timedelta(days=1))
    correct(house, later, NEWEST + 2)
    counts = Fill.objects.filter(implant=pump, superseded_by__isnull=True, is_void=False)
    part = newest_recorded(clinic_id=house.clinic.pk, implant_id=pump.pk)
    assert {fill.pk for fill in part.fills} >= set(
        counts.order_by("-filled_on").values_list("pk", flat=True)[:1]
    )
