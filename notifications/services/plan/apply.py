"""Planning for many patients at once and writing the difference; see ``notifications.services.plan``."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from clinic.selectors.care_facts import patients_of_implants
from clinic.statements import update_together
from notifications.domain.plan import PatientFacts, Plan, next_moment, plan
from notifications.models import Message
from notifications.models.escalations import Cause
from notifications.services.escalations import open_escalation
from notifications.services.plan.difference import WRITTEN, Difference, Row, difference, hold_all
from notifications.services.plan.reading import Reading, lock_correspondence, read
from scheduling.changes import Until, never

log = logging.getLogger(__name__)


def replan(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """The same for the patients who have, or had, these pumps."""
    replan_patients(clinic_id, patients_of_implants(clinic_id=clinic_id, implant_ids=implant_ids), now)


def replan_about(
    clinic_id: int, implant_ids: Collection[int], patient_ids: Collection[int], now: datetime
) -> Until:
    """The same for these patients: a reader of both doors for changes."""
    return replan_patients(clinic_id, patient_ids, now)


def replan_patients(clinic_id: int, patient_ids: Collection[int], now: datetime) -> Until:
    """Plan, move and take back the messages about these patients, in the caller's transaction or its own.

    Whoever changes something about a patient holds the locks of that already; this takes the patients'
    ``Correspondence`` rows, then their messages, and then reads the facts: of two changes at once the later one to
    plan sees both. A constant number of queries; planning twice writes nothing the second time. What is being
    sent, or was, is left alone; what it says that holds no longer is marked. One patient whose facts cannot be
    planned with is logged by id, has everything held back, which a person is told, and keeps nobody else's messages
    from being planned. Answers from when on time alone may change the plans.
    """
    ids = sorted(set(patient_ids))
    if not ids:
        return never
    with transaction.atomic(savepoint=False):
        lock_correspondence(clinic_id, ids)
        reading = read(clinic_id, ids, now)
        found = {patient_id: _found(clinic_id, reading, patient_id, now) for patient_id in reading.contacts}
        standing = {
            patient_id: of
            for patient_id, (changes, of) in found.items()
            if of is not None and not changes.writes
        }
        _write([changes for changes, _ in found.values()], now)
    return partial(_until, reading, standing, now)


def _until(
    reading: Reading, standing: Mapping[int, tuple[PatientFacts, Plan]], now: datetime
) -> dict[int, datetime]:
    """Of those for whom there was something to write, or no plan at all: at once."""
    moments = dict.fromkeys(reading.contacts.keys() - standing.keys(), now)
    for patient_id, (facts, its_plan) in standing.items():
        planned = next_moment(facts, its_plan, reading.policy, now=now)
        known = [*reading.days_after_visits(patient_id), *([planned] if planned else [])]
        if known:
            moments[patient_id] = min(known)
    return moments


def _found(
    clinic_id: int, reading: Reading, patient_id: int, now: datetime
) -> tuple[Difference, tuple[PatientFacts, Plan] | None]:
    """What is to be written of one patient, and what of; no facts and plan where nothing could be planned.

    Never raises: a reminder that cannot be planned must not keep a fill from being recorded.
    """
    try:
        read = reading.of(patient_id)
        planned = plan(read.facts, reading.rules, reading.policy, now=now)
        return difference(clinic_id, read, planned, now), (read.facts, planned)
    except Exception as error:
        log.error("planning failed for patient %s (%s)", patient_id, type(error).__name__)
        return hold_all(reading.stored[patient_id], now), None


def _write(differences: list[Difference], now: datetime) -> None:
    """Write together; what the database refuses is narrowed down to the patient it refuses."""
    changes = [each for each in differences if each.writes]
    if not changes:
        return
    try:
        with transaction.atomic():
            _store(changes)
    except (OperationalError, InterfaceError):
        raise  # the connection, a deadlock, a time-out: not the fault of a row
    except DatabaseError as error:
        if len(changes) == 1:
            rows = [*changes[0].new, *changes[0].changed.values()]
            log.error("no plan stored for patient %s (%s)", rows[0].patient_id, type(error).__name__)
            return
        middle = len(changes) // 2
        _write(changes[:middle], now)
        _write(changes[middle:], now)
        return
    for row in (row for each in changes for row in each.missed):
        _ask_a_person(row, now)


def _store(changes: Sequence[Difference]) -> None:
    new = [row for each in changes for row in each.new]
    Message.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)
    _link(changes)
    changed = [row for each in changes for row in each.changed.values()]
    update_together(Message, changed, WRITTEN)


def _link(changes: Sequence[Difference]) -> None:
    """Name the message that carries another by its number, which a new one has only once it is stored."""
    pairs = [(row, each.by_key[key], each) for each in changes for row, key in each.carried]
    fresh = [row.ref for pair in pairs for row in pair[:2] if row.pk is None]
    numbers = dict(Message.objects.filter(ref__in=fresh).values_list("ref", "id")) if fresh else {}
    for row, carrier, each in pairs:
        number = carrier.pk or numbers.get(carrier.ref)
        if isinstance(row, Message) and row.pk is None:
            row.pk = numbers.get(row.ref)
        if row.pk is not None and row.carried_by_id != number:
            row.carried_by_id = number
            each.changed[row.pk] = row


def _ask_a_person(row: Row, now: datetime) -> None:
    open_escalation(
        clinic_id=row.clinic_id,
        cause=Cause.MISSED,
        key=f"message:{row.pk}",
        now=now,
        patient_id=row.patient_id,
        implant_id=row.implant_id,
        visit_id=row.visit_id,
        message_id=row.pk,
    )
