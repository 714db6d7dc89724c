"""Entries of calendars that are behind, made anew in the background, part by part.

Every change writes its own entries (``calendar_entries``); this is for what no change could: visits from before there
were entries, names of kinds and rooms that stand in thousands of them, and whatever failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from clinic.selectors.rows import Clinic
from scheduling.models import CalendarEntry
from scheduling.selectors.calendar_entries import STALE, clinics_behind
from scheduling.services.booking.locks import lock_patients
from scheduling.services.calendar_entries import write_entries

log = logging.getLogger(__name__)

PART = 200
"""Patients of one transaction: their visits and pumps are locked for a fraction of a second."""


def forget_kind(*, clinic_id: int, kind_id: int) -> None:
    """Have the entries of this kind of visit made anew, because it has another name; in the caller's transaction."""
    _forget(clinic_id, Q(kind_id=kind_id))


def forget_room(*, clinic_id: int, room_id: int) -> None:
    """The same for a room."""
    _forget(clinic_id, Q(room_id=room_id))


def _forget(clinic_id: int, named: Q) -> None:
    """Locked in the order in which entries are locked everywhere, by id."""
    rows = CalendarEntry.objects.for_clinic(clinic_id).filter(named, is_current=True).order_by("id")
    ids = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    CalendarEntry.objects.filter(pk__any_of=ids).update(fingerprint=STALE)


def renew_entries(*, now: datetime, seconds: float) -> int:
    """Make up for what is lacking or stale, for so long at most; how many entries were written.

    Each part is its own transaction under the locks of its patients, so that no visit changes meanwhile. A patient
    whose entries cannot be written is left for the next time, and holds up nobody else.
    """
    until, written = time.monotonic() + seconds, 0
    for clinic_id, patient_ids in clinics_behind().items():
        for first in range(0, len(patient_ids), PART):
            if time.monotonic() >= until:
                return written
            written += _renew(clinic_id, patient_ids[first : first + PART], now)
    return written


def _renew(clinic_id: int, patient_ids: Sequence[int], now: datetime) -> int:
    try:
        with transaction.atomic():
            lock_patients(clinic=Clinic.objects.get(pk=clinic_id), patient_ids=patient_ids)
            return write_entries(clinic_id, patient_ids, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(patient_ids) > 1:
            return sum(_renew(clinic_id, [patient_id], now) for patient_id in patient_ids)
        log.error("calendars of clinic %s are not up to date (%s)", clinic_id, type(error).__name__)
        return 0
