"""A clinic with its people, patients and pumps, made the way the product makes them: through the services.

    house = make_clinic()
    patient = make_patient(house, last_name="Ode")
    implant = make_implant(house, patient)
    make_program(house, implant, dose="300")
    make_fill(house, implant, filled_on=house.today - timedelta(days=30))

Every helper takes what a test cares about and fills in the rest; days default to the recent past.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from clinic.changes import announcing_once
from clinic.domain.entries import (
    ClinicEntry,
    DrugEntry,
    EventEntry,
    FillEntry,
    ImplantEntry,
    PatientEntry,
    ProgramEntry,
    ReadingEntry,
)
from clinic.domain.roles import Role
from clinic.models import Clinic, Fill, Implant, Patient, ProgramVersion, PumpEvent, Reading, User
from clinic.services.accounts import accept_invitation, found_clinic, invite_member, join_with_account
from clinic.services.fills import record_fill
from clinic.services.implants import add_implant
from clinic.services.observations import record_event, record_reading
from clinic.services.patients import add_patient
from clinic.services.programs import record_program
from tests import ready_made

PASSWORD = "correct-horse-battery"
PUMP_MODEL = "synchromed-ii-40"
DRUG = "baclofen"

_numbers = count(1)


@dataclass
class House:
    """A clinic and the three people every test knows: its administrator, its nurse, and an outsider.

    The outsider is a nurse of ``elsewhere``, another clinic, and may see nothing here.
    """

    clinic: Clinic
    administrator: User
    nurse: User
    elsewhere: Clinic
    elsewhere_administrator: User
    outsider: User
    now: datetime
    people: dict[Role, User] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.clinic.time_zone)).date()

    def person(self, role: Role) -> User:
        """The clinic's member in this role, who joins by invitation when first asked for."""
        if role not in self.people:
            self.people[role] = join(self.clinic, role, invited_by=self.administrator, now=self.now)
        return self.people[role]

    def join_also(self, person: User, clinic: Clinic, role: Role = Role.NURSE) -> None:
        """Let somebody who has an account join another clinic too."""
        join(clinic, role, invited_by=self.elsewhere_administrator, now=self.now, email=person.email)


def make_clinic(
    *, name: str = "Riverside Pump Clinic", time_zone: str = "America/Chicago", now: datetime | None = None
) -> House:
    """A clinic with an administrator and a nurse, and another clinic with the outsider."""
    return ready_made.clinic(found_house, name, time_zone, now or datetime.now(UTC))


def found_house(name: str, time_zone: str, now: datetime) -> House:
    """What ``make_clinic`` gives, through the services."""
    clinic, administrator = found(name, time_zone, now)
    elsewhere, their_administrator = found("Hillside Clinic", "Europe/Madrid", now)
    house = House(
        clinic=clinic,
        administrator=administrator,
        nurse=join(clinic, Role.NURSE, invited_by=administrator, now=now),
        elsewhere=elsewhere,
        elsewhere_administrator=their_administrator,
        outsider=join(elsewhere, Role.NURSE, invited_by=their_administrator, now=now),
        now=now,
    )
    house.people = {Role.ADMINISTRATOR: administrator, Role.NURSE: house.nurse}
    return house


def found(name: str, time_zone: str, now: datetime) -> tuple[Clinic, User]:
    number = next(_numbers)
    return found_clinic(
        entry=ClinicEntry(name=name, time_zone=time_zone, phone="+1 312 555 0100"),
        admin_email=f"administrator{number}@example.org",
        admin_password=PASSWORD,
        admin_name="Ada Administrator",
        now=now,
    )


def join(clinic: Clinic, role: Role, *, invited_by: User, now: datetime, email: str = "") -> User:
    """Invite somebody and accept: the account that results."""
    email = email or f"{role.value}{next(_numbers)}@example.org"
    _, token = invite_member(clinic=clinic, email=email, role=role, actor_id=invited_by.id, now=now)
    if account := User.objects.filter(email=email).first():
        return join_with_account(token=token, user_id=account.id, now=now)
    return accept_invitation(
        token=token, display_name=f"Nora {role.value.capitalize()}", password=PASSWORD, now=now
    )


def make_patient(house: House, **values: Any) -> Patient:
    """A patient; ``values`` are fields of PatientEntry."""
    entry = {
        "mrn": f"M{next(_numbers):06}",
        "last_name": "Ode",
        "first_name": "Ursula",
        "birth_date": date(1961, 5, 4),
    }
    return add_patient(
        clinic=house.clinic, entry=PatientEntry(**(entry | values)), actor_id=house.nurse.id, now=house.now
    )


def make_implant(house: House, patient: Patient | None = None, **values: Any) -> Implant:
    """A 40 mL pump put in two years ago; ``values`` are fields of ImplantEntry."""
    entry = {
        "pump_model_key": PUMP_MODEL,
        "serial": f"NGV{next(_numbers):06}H",
        "implanted_on": house.today - timedelta(days=730),
    }
    return add_implant(
        clinic=house.clinic,
        patient_ref=(patient or make_patient(house)).ref,
        entry=ImplantEntry(**(entry | values)),
        actor_id=house.nurse.id,
        now=house.now,
    )


def make_fill(
    house: House,
    implant: Implant,
    *,
    filled_on: date | None = None,
    volume_ml: str = "40",
    concentration: str = "2000",
    unit: str = "mcg/mL",
    drug: str = DRUG,
    lot: str = "",
    drugs: tuple[DrugEntry, ...] = (),
    program: ProgramEntry | None = None,
    **values: Any,
) -> Fill:
    """A refill 30 days ago with one drug, or with ``drugs``; ``values`` are further fields of FillEntry."""
    one = DrugEntry(drug_key=drug, concentration=Decimal(concentration), concentration_unit=unit, lot=lot)
    return record_fill(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=FillEntry(
            filled_on=filled_on or house.today - timedelta(days=30),
            fill_volume_ml=Decimal(volume_ml),
            drugs=drugs or (one,),
            **values,
        ),
        actor_id=house.nurse.id,
        now=house.now,
        program=program,
    )


def make_program(
    house: House,
    implant: Implant,
    *,
    starts_on: date | None = None,
    dose: str = "300",
    unit: str = "mcg/day",
    **values: Any,
) -> ProgramVersion:
    """A continuous program since 30 days ago; ``values`` are further fields of ProgramEntry."""
    entry = {
        "starts_on": starts_on or house.today - timedelta(days=30),
        "kind": "continuous",
        "dose": Decimal(dose),
        "dose_unit": unit,
    }
    return record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(**(entry | values)),
        actor_id=house.nurse.id,
        now=house.now,
    )


def make_running_pump(house: House, patient: Patient | None = None, **fill: Any) -> Implant:
    """An implant that was filled and programmed on the same day: one whose date can be worked out.

    As a register brings it: everything is recorded before anything is worked out.
    """
    with announcing_once(now=house.now):
        implant = make_implant(house, patient)
        filled = make_fill(house, implant, **fill)
        make_program(house, implant, starts_on=filled.filled_on)
    return implant


def make_reading(house: House, implant: Implant, *, reservoir_ml: str = "30", **values: Any) -> Reading:
    entry = ReadingEntry(
        read_on=values.pop("read_on", house.today), reservoir_ml=Decimal(reservoir_ml), **values
    )
    return record_reading(
        clinic=house.clinic, implant_ref=implant.ref, entry=entry, actor_id=house.nurse.id, now=house.now
    )


def make_event(house: House, implant: Implant, *, kind: str = "mri", **values: Any) -> PumpEvent:
    entry = EventEntry(kind=kind, occurred_on=values.pop("occurred_on", house.today), **values)
    return record_event(
        clinic=house.clinic, implant_ref=implant.ref, entry=entry, actor_id=house.nurse.id, now=house.now
    )
