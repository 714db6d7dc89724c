"""A pump of which something waits for a second person."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clinic.audit import recording
from clinic.domain.entries import ProgramEntry
from clinic.domain.roles import Role
from clinic.models import Implant, ProgramVersion
from clinic.services.programs import record_program
from scheduling.models import Forecast, SecondCheck
from scheduling.services.second_check_acts.acting import sign
from scheduling.services.second_check_acts.reentry import Reentered
from tests.factories import House, make_fill, make_implant, make_program


def waiting_pump(house: House, *, dose: str = "400") -> Implant:
    """Baclofen 2000 mcg/mL, 40 mL, filled 20 days ago at 450 mcg/day; the nurse has lowered the dose today."""
    implant = make_implant(house)
    filled_on = house.today - timedelta(days=20)
    make_program(house, implant, starts_on=filled_on, dose="450")
    make_fill(house, implant, filled_on=filled_on)
    record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(dose), dose_unit="mcg/day"),
        actor_id=house.nurse.id,
        now=house.now,
    )
    return implant


def waiting_check(house: House) -> SecondCheck:
    """What waits of such a pump."""
    return SecondCheck.objects.get(implant=waiting_pump(house), state="open")


def plain_pump(house: House) -> Implant:
    """Baclofen 2000 mcg/mL, 40 mL, 450 mcg/day for 20 days: 0.225 mL/day, low after 168 days, before 180."""
    implant = make_implant(house)
    filled_on = house.today - timedelta(days=20)
    make_program(house, implant, starts_on=filled_on, dose="450")
    make_fill(house, implant, filled_on=filled_on)
    return implant


def must_of(implant: Implant) -> date:
    found = Forecast.objects.get(implant=implant).must_refill_by
    assert found is not None
    return found


def running(implant: Implant) -> SecondCheck | None:
    return SecondCheck.objects.filter(implant=implant, state__in=("open", "emergency")).first()


def change_dose(house: House, implant: Implant, dose: str, *, at: datetime | None = None) -> ProgramVersion:
    return record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(dose), dose_unit="mcg/day"),
        actor_id=house.nurse.id,
        now=at or house.now,
    )


def given(dose: str = "400", *, concentration: str = "2000", volume: str = "40", **values: Any) -> Reentered:
    return Reentered(
        drugs=[("baclofen", Decimal(concentration))],
        values={
            "fill_volume_ml": Decimal(volume),
            "is_stopped": "no",
            "dose": Decimal(dose),
            **values,
        },
    )


def signed_by(house: House, implant: Implant, reentered: Reentered, person: Any = None) -> list[str]:
    check = running(implant)
    assert check is not None
    person = person or house.person(Role.PRESCRIBER)
    return sign(clinic=house.clinic, check_ref=check.ref, given=reentered, signer_id=person.id, now=house.now)


def by_hand(house: House) -> AbstractContextManager[None]:
    return recording(actor_id=house.nurse.id, reason="by hand")
