"""What the record refuses whatever the projection would make of it: each refusal names the field and why."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clinic.domain.entries import DrugEntry, EventEntry, FillEntry, ImplantEntry, ProgramEntry, ReadingEntry
from clinic.domain.register.reasons import Reason, gettext_noop

EARLIEST_DAY = date(1900, 1, 1)
LARGEST_WHOLE_DIGITS = 12
LARGEST_DECIMALS = 12
LONGEST_KEY = 80


class RecordError(ValueError):
    """An entry the record cannot take: ``field`` is at fault, ``reason`` says why. Nothing was written."""

    def __init__(self, field: str, message: str, **values: object) -> None:
        self.field = field
        self.reason = Reason(message, {name: str(value) for name, value in values.items()})
        super().__init__(f"{field}: {self.reason}")


def check_day(field: str, day: date, *, today: date, earliest: date = EARLIEST_DAY) -> None:
    """Refuse a day before ``earliest`` or after ``today``: the record holds what has happened."""
    if day < earliest:
        raise RecordError(field, gettext_noop("%(day)s is before %(earliest)s"), day=day, earliest=earliest)
    if day > today:
        raise RecordError(field, gettext_noop("%(day)s is in the future"), day=day)


def check_coming_day(field: str, day: date | None, *, earliest: date) -> None:
    """Refuse a deadline before ``earliest`` or absurdly far ahead; None passes."""
    if day is not None and not earliest <= day <= date(earliest.year + 100, 1, 1):
        raise RecordError(
            field,
            gettext_noop("%(day)s is not between %(earliest)s and a century later"),
            day=day,
            earliest=earliest,
        )


def check_key(key: str | None) -> None:
    """Refuse a key of a request that is empty, too long or not printable."""
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise RecordError(
            "idempotency_key", gettext_noop("1 to %(most)s printable ASCII characters"), most=LONGEST_KEY
        )


def check_zone(field: str, zone: str) -> None:
    """Refuse what is not the IANA name of a time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RecordError(field, gettext_noop("%(zone)s is not a time zone"), zone=zone) from None


def check_instant(field: str, instant: datetime | None, *, day: date, zone: ZoneInfo, now: datetime) -> None:
    """Refuse an instant without an offset, in the future, or on another local day than ``day``."""
    if instant is None:
        return
    if instant.utcoffset() is None:
        raise RecordError(field, gettext_noop("the time has no time zone"))
    if instant > now:
        raise RecordError(field, gettext_noop("the time is in the future"))
    is_near = abs(instant.date() - day) <= timedelta(days=2)  # the first year of all has no other zone's hour
    if not is_near or instant.astimezone(zone).date() != day:
        raise RecordError(field, gettext_noop("the time is not on %(day)s in the clinic's zone"), day=day)


def check_quantity(
    field: str, value: Decimal | None, *, may_be_zero: bool = False, below: int = 1_000_000
) -> None:
    """Refuse what is not a finite number above zero (or at it) and below a sane ceiling; None passes."""
    if value is None:
        return
    if not value.is_finite():
        raise RecordError(field, gettext_noop("%(value)s is not a number"), value=value)
    if value < 0 or (value == 0 and not may_be_zero):
        raise RecordError(field, gettext_noop("must be more than zero"))
    if value >= below:
        raise RecordError(field, gettext_noop("%(value)s is too large"), value=value)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > LARGEST_DECIMALS:
        raise RecordError(field, gettext_noop("has more than %(most)s decimals"), most=LARGEST_DECIMALS)


def check_implant(entry: ImplantEntry, *, today: date) -> None:
    check_day("implanted_on", entry.implanted_on, today=today)
    check_quantity("threshold_ml", entry.threshold_ml, may_be_zero=True, below=100)
    check_quantity("constant_flow_ml_per_day", entry.constant_flow_ml_per_day, below=100)
    check_coming_day("end_of_service_on", entry.end_of_service_on, earliest=entry.implanted_on)
    if not entry.serial.strip():
        raise RecordError("serial", gettext_noop("a pump has a serial number"))


def check_mixture(drugs: Sequence[DrugEntry]) -> None:
    """Refuse an empty mixture, a drug twice, and quantities that cannot be."""
    if not drugs:
        raise RecordError("drugs", gettext_noop("a fill holds at least one drug"))
    if len({drug.drug_key for drug in drugs}) < len(drugs):
        raise RecordError("drugs", gettext_noop("the same drug is listed twice"))
    for number, drug in enumerate(drugs, start=1):
        check_quantity(f"drugs.{number}.concentration", drug.concentration)
        if drug.stability_days is not None and not 0 < drug.stability_days <= 3660:
            raise RecordError(
                f"drugs.{number}.stability_days", gettext_noop("must be between 1 and 3660 days")
            )


def check_known_drugs(drugs: Sequence[DrugEntry], known: Container[str]) -> None:
    """Refuse a drug whose key the catalogue does not hold."""
    for number, drug in enumerate(drugs, start=1):
        if drug.drug_key not in known:
            raise RecordError(
                f"drugs.{number}.drug", gettext_noop("%(key)s is not in the catalogue"), key=drug.drug_key
            )


def check_fill(
    entry: FillEntry, *, implanted_on: date, reservoir_ml: Decimal | None, zone: ZoneInfo, now: datetime
) -> None:
    """Refuse a fill outside the implant's life, above the reservoir, or with quantities that cannot be."""
    today = now.astimezone(zone).date()
    check_day("filled_on", entry.filled_on, today=today, earliest=implanted_on)
    check_instant("filled_at", entry.filled_at, day=entry.filled_on, zone=zone, now=now)
    check_quantity("fill_volume_ml", entry.fill_volume_ml, below=1000)
    if reservoir_ml is not None and entry.fill_volume_ml > reservoir_ml:
        raise RecordError(
            "fill_volume_ml",
            gettext_noop("the reservoir holds %(reservoir)s mL"),
            reservoir=f"{reservoir_ml.normalize():f}",
        )
    check_quantity("residual_ml", entry.residual_ml, may_be_zero=True, below=1000)
    check_mixture(entry.drugs)
    check_coming_day("printed_refill_on", entry.printed_refill_on, earliest=entry.filled_on)
    if entry.bridge is not None:
        check_quantity("bridge_old_volume_ml", entry.bridge.old_volume_ml, below=1000)
        check_quantity("bridge_old_concentration", entry.bridge.old_concentration)


def check_program(entry: ProgramEntry, *, implanted_on: date, zone: ZoneInfo, now: datetime) -> None:
    """Refuse a program before the implant, in the future, or without the values of its kind."""
    today = now.astimezone(zone).date()
    check_day("starts_on", entry.starts_on, today=today, earliest=implanted_on)
    check_instant("starts_at", entry.starts_at, day=entry.starts_on, zone=zone, now=now)
    check_quantity("dose", entry.dose)
    check_quantity("flow_ml_per_day", entry.flow_ml_per_day, below=1000)
    if entry.kind == "continuous" and (entry.dose is None) == (entry.flow_ml_per_day is None):
        raise RecordError("dose", gettext_noop("give the dose or the flow, one of the two"))
    if entry.dose is not None and not entry.dose_unit:
        raise RecordError("dose_unit", gettext_noop("a dose has a unit"))
    if entry.kind == "flex" and not entry.pattern:
        raise RecordError("pattern", gettext_noop("a flex program has steps"))
    if entry.kind != "flex" and entry.pattern:
        raise RecordError("pattern", gettext_noop("only a flex program has steps"))
    if entry.kind != "continuous" and (entry.dose is not None or entry.flow_ml_per_day is not None):
        raise RecordError("dose", gettext_noop("only a continuous program has one dose or flow"))
    _check_bolus(entry)


def _check_bolus(entry: ProgramEntry) -> None:
    if entry.bolus is None:
        return
    check_quantity("bolus_dose", entry.bolus.dose, may_be_zero=True)
    check_quantity("bolus_mean_per_day", entry.bolus.mean_per_day, may_be_zero=True, below=1000)
    if not 0 <= entry.bolus.max_per_day <= 999:
        raise RecordError("bolus_max_per_day", gettext_noop("must be between 0 and 999"))


def check_reading(entry: ReadingEntry, *, implanted_on: date, zone: ZoneInfo, now: datetime) -> None:
    """Refuse a reading that says nothing, or outside the implant's life."""
    check_day("read_on", entry.read_on, today=now.astimezone(zone).date(), earliest=implanted_on)
    check_instant("read_at", entry.read_at, day=entry.read_on, zone=zone, now=now)
    check_quantity("reservoir_ml", entry.reservoir_ml, may_be_zero=True, below=1000)
    check_coming_day("printed_refill_on", entry.printed_refill_on, earliest=implanted_on)
    if entry.reservoir_ml is None and entry.printed_refill_on is None:
        raise RecordError("reservoir_ml", gettext_noop("enter the volume shown or the refill date shown"))


def check_event(entry: EventEntry, *, implanted_on: date, zone: ZoneInfo, now: datetime) -> None:
    """Refuse an event outside the implant's life, and an outcome score without its scale."""
    check_day("occurred_on", entry.occurred_on, today=now.astimezone(zone).date(), earliest=implanted_on)
    check_instant("occurred_at", entry.occurred_at, day=entry.occurred_on, zone=zone, now=now)
    check_quantity("score", entry.score, may_be_zero=True)
    if entry.kind == "outcome_score" and (entry.score is None or not entry.scale):
        raise RecordError("score", gettext_noop("an outcome score names its scale and its value"))
