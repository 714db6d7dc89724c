"""What a person enters, as plain values: the input of the services that write the record.

Quantities are decimals with the unit in the name or beside them. A day is local to the clinic; the instant
beside it is given only when the hour is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientEntry:
    mrn: str
    last_name: str
    first_name: str
    birth_date: date
    language: str = "en"
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplantEntry:
    pump_model_key: str
    serial: str
    implanted_on: date
    udi: str = ""
    constant_flow_ml_per_day: Decimal | None = None
    threshold_ml: Decimal | None = None
    threshold_reason: str = ""
    max_interval_days: int | None = None
    end_of_service_on: date | None = None
    catheter: str = ""
    pocket_site: str = ""
    implanting_physician: str = ""
    following_physician: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugEntry:
    drug_key: str
    concentration: Decimal
    concentration_unit: str
    is_diluted: bool | None = None
    stability_days: int | None = None
    lot: str = ""
    beyond_use_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEntry:
    """Old drug still in tubing and catheter after a change of concentration."""

    old_volume_ml: Decimal
    old_concentration: Decimal
    old_unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillEntry:
    """One refill. ``drugs`` lists the primary drug first; ``ref`` makes a repeated submission harmless."""

    filled_on: date
    fill_volume_ml: Decimal
    drugs: tuple[DrugEntry, ...]
    filled_at: datetime | None = None
    residual_ml: Decimal | None = None
    is_first_fill: bool | None = None
    bridge: BridgeEntry | None = None
    printed_refill_on: date | None = None
    performed_by: str = ""
    checked_by_id: int | None = None
    note: str = ""
    ref: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BolusEntry:
    """A dose the patient may trigger; the daily maximum counts for the date that binds."""

    dose: Decimal
    unit: str
    max_per_day: int
    mean_per_day: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramEntry:
    """How the pump runs from ``starts_on``. ``kind`` is continuous, flex or stopped.

    ``pattern`` has the shape of the forecast contract's ``days``, decimals as strings.
    """

    starts_on: date
    kind: str
    starts_at: datetime | None = None
    dose: Decimal | None = None
    dose_unit: str = ""
    flow_ml_per_day: Decimal | None = None
    pattern: list[dict[str, Any]] | None = None
    bolus: BolusEntry | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingEntry:
    read_on: date
    read_at: datetime | None = None
    reservoir_ml: Decimal | None = None
    printed_refill_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    kind: str
    occurred_on: date
    occurred_at: datetime | None = None
    scale: str = ""
    score: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyEntry:
    name: str
    relationship: str = ""
    may_receive_reminders: bool = False
    is_emergency_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicEntry:
    """A clinic's place in time and its refill policy."""

    name: str
    time_zone: str
    language: str = "en"
    phone: str = ""
    open_weekdays: tuple[int, ...] = field(default=(0, 1, 2, 3, 4))
    target_margin_days: int = 10
    latest_margin_days: int = 3
    max_interval_days: int | None = None
    does_high_flow_bind: bool = False
    sweep_hour: int = 2
    holiday_country: str = ""
    holiday_region: str = ""
    pharmacy_lead_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeryEntry:
    """A planned operation. ``purpose`` is implant, replacement or revision."""

    planned_on: date
    purpose: str = "implant"
    note: str = ""
