"""Which pumps of a chunk a night must work out, and which stand as they were left.

A pump stands where nothing that its dates, follow-ups, messages and calendars rest on has changed since a night found
nothing to write for it, and time alone changes nothing yet. Any doubt means that it is worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from clinic.selectors import versions
from clinic.selectors.rows import Implant, Patient
from clinic.selectors.versions import Source, behind, of_clinic, of_patients, of_pumps
from scheduling.models import (
    CalendarEntry,
    FollowUp,
    FollowUpAct,
    Forecast,
    ImportedPump,
    Protocol,
    ProtocolRow,
    Resource,
    SecondCheck,
    SettledPump,
    StandingDates,
    Visit,
    VisitKind,
    VisitStatus,
)
from scheduling.models.care import UNFINISHED
from scheduling.models.forecasts import ForecastStatus

TURNS = 7
"""In so many nights every pump is worked out at least once, whatever is known of it."""

_UNFINISHED = ", ".join(f"'{state}'" for state in sorted(UNFINISHED))
_ABOUT_PUMPS: list[Source] = [
    *versions.ABOUT_PUMPS,
    *(of_pumps(each) for each in (Forecast, StandingDates, SecondCheck, ImportedPump)),
    of_patients(FollowUp),
    # Of what is closed or long over, the row itself says enough: it changes with each of these.
    behind(FollowUpAct, "follow_up_id", FollowUp, f"o.mode = 'check_in' AND o.state IN ({_UNFINISHED})"),
    of_patients(Visit),
    behind(VisitStatus, "visit_id", Visit, "o.starts_at > %(recent)s"),
    of_patients(CalendarEntry, "t.is_current"),
]
_SHARED: list[Source] = [
    *versions.SHARED,
    *(of_clinic(each) for each in (Protocol, ProtocolRow, VisitKind, Resource)),
]


def rest_on(about_pumps: Sequence[Source], shared: Sequence[Source]) -> None:
    """Count these rows too: those that a teller of ``scheduling.changes`` rests on. Twice changes nothing."""
    _ABOUT_PUMPS.extend(each for each in about_pumps if each not in _ABOUT_PUMPS)
    _SHARED.extend(each for each in shared if each not in _SHARED)


@dataclass(frozen=True, slots=True)
class Pump:
    """One pump of a chunk.

    ``versions``: of everything that its night rests on, as it stood before anything else was read; None where the pump
    has come since. ``is_settled``: nothing of it has changed since there was nothing to write, and that still holds.
    """

    implant_id: int
    patient_id: int
    is_projected: bool
    is_active: bool
    versions: int | None
    is_settled: bool


def is_turn(clinic_id: int, first_id: int, night: date) -> bool:
    """Whether this is the night of the week in which the clinic's chunk that begins with this pump is worked out in any case.

    A whole chunk and not a seventh of each: that would cost each the queries of all of it.
    """
    return (clinic_id + first_id) % TURNS == night.toordinal() % TURNS


def pumps_of_chunk(*, clinic_id: int, first_id: int, last_id: int, code: int, now: datetime) -> list[Pump]:
    """The clinic's pumps between two numbers, by id (three queries). ``code`` stands for what is in no table.

    Read before anything that is worked out: a change in between then counts as one that came afterwards.
    """
    ends = {"first_id": first_id, "last_id": last_id}
    own = versions.versions_of_pumps(_ABOUT_PUMPS, clinic_id=clinic_id, now=now, **ends)
    shared = versions.version_of_shared(_SHARED, clinic_id=clinic_id)
    with connection.cursor() as cursor:
        cursor.execute(_PUMPS, {"clinic": clinic_id, "first": first_id, "last": last_id, "now": now})
        rows = cursor.fetchall()
    found = []
    for implant_id, patient_id, is_active, status, settled, holds in rows:
        pumps_own = own.get(implant_id)
        found_now = None if shared is None or pumps_own is None else pumps_own ^ shared ^ code
        found.append(
            Pump(
                implant_id=implant_id,
                patient_id=patient_id,
                is_projected=is_active and status == ForecastStatus.OK,
                is_active=is_active,
                versions=found_now,
                is_settled=bool(holds)
                and found_now is not None
                and settled == found_now
                and is_active == (status is not None),
            )
        )
    return found


_PUMPS = f"""
    SELECT i.id, i.patient_id, i.explanted_on IS NULL AND p.died_on IS NULL, f.status, s.versions,
        s.settled_at <= %(now)s AND s.holds_until > %(now)s
    FROM {Implant._meta.db_table} AS i
    JOIN {Patient._meta.db_table} AS p ON p.id = i.patient_id
    LEFT JOIN {Forecast._meta.db_table} AS f ON f.implant_id = i.id
    LEFT JOIN {SettledPump._meta.db_table} AS s ON s.implant_id = i.id
    WHERE i.clinic_id = %(clinic)s AND i.id BETWEEN %(first)s AND %(last)s
    ORDER BY i.id
"""  # noqa: S608 - names of tables; every value is a parameter
