"""What the pages of the settings and of visits can be about, for the table of who gets in."""

from __future__ import annotations

from datetime import time, timedelta

from clinic.audit import recording
from clinic.domain.entries import SurgeryEntry
from clinic.models import Closure, EmergencyAccess, Patient, Surgery
from clinic.services.emergencies import take_emergency_access
from clinic.services.surgeries import plan_surgery
from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import DEFAULT_RULES, Grade, Rule, answer
from notifications.models import InboundMessage, Message
from notifications.services.check_in_rules import save_check_in_rules
from scheduling.domain.care.protocol_entry import RowEntry
from scheduling.domain.hours import ExceptionEntry
from scheduling.models import CalendarFeed
from scheduling.services.calendar_feeds import create_patients_feed
from scheduling.services.closing_days import propose_closing
from scheduling.services.protocols import save_protocol
from scheduling.services.resources import ResourceEntry, add_exception, add_resource
from scheduling.services.visit_kinds import VisitKindEntry, add_visit_kind
from tests.bookings import book, hold, open_day
from tests.factories import House, make_patient


def plan_operation(house: House, patient: Patient) -> Surgery:
    return plan_surgery(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=SurgeryEntry(planned_on=house.today + timedelta(days=20), purpose="replacement"),
        actor_id=house.nurse.id,
        now=house.now,
    )


def planned_message(house: House, patient: Patient) -> Message:
    """One that is planned, or held back, for the patient."""
    book(house, patient, on=open_day(house, 40), at=time(15))
    return Message.objects.filter(patient=patient)[0]


def about_settings(house: House) -> dict[str, dict[str, object]]:
    """What the pages of the settings can be about."""
    resource = add_resource(
        clinic=house.clinic, kind="room", entry=ResourceEntry(name="Room of the table"), week={}
    )
    exception = add_exception(
        clinic=house.clinic,
        resource_ref=resource.ref,
        entry=ExceptionEntry(first_on=house.today, last_on=house.today),
        now=house.now,
    )
    kind = add_visit_kind(
        clinic=house.clinic, entry=VisitKindEntry(name="Kind of the table", duration_minutes=30)
    )
    with recording(actor_id=house.nurse.id, reason="set up"):
        holiday = Closure.objects.create(
            clinic=house.clinic, closed_on=house.today + timedelta(days=1), source="holiday", is_lifted=True
        )
    protocol = save_protocol(
        clinic_id=house.clinic.id,
        entries=[RowEntry(key="own", title="Own", anchor="mri", mode="call", target="0 d", latest="+1 d")],
        note="for the table",
        expected_version=1,
        actor_id=house.administrator.id,
        now=house.now,
    )
    closing = propose_closing(
        clinic=house.clinic,
        first_on=house.today + timedelta(days=30),
        last_on=house.today + timedelta(days=31),
        reason="for the table",
        actor_id=house.administrator.id,
        now=house.now,
    )
    own = Rule(key="own", title="Own", grade=Grade.SAME_DAY, conditions=(answer(Question.NECK, "yes"),))
    save_check_in_rules(
        clinic=house.clinic,
        rules=[*DEFAULT_RULES, own],
        note="for the table",
        expected_version=0,
        actor_id=house.administrator.id,
        now=house.now,
    )
    return {
        "check-in version": {"version": 1},
        "check-in row": {"key": "own"},
        "closing": {"ref": closing.ref},
        "protocol row": {"key": "own"},
        "protocol version": {"version": protocol.version},
        "resource": {"ref": resource.ref},
        "exception": {"ref": exception.ref},
        "visit kind": {"ref": kind.ref},
        "holiday": {"closure_id": holiday.id},
    }


def about_visits(house: House) -> dict[str, dict[str, object]]:
    """A visit that is booked, and one that is held."""
    return {
        "visit": {"ref": book(house, make_patient(house), on=open_day(house)).ref},
        "held visit": {"ref": hold(house, make_patient(house), on=open_day(house, 14)).ref},
    }


def link_of_patient(house: House, patient: Patient) -> CalendarFeed:
    """A patient's own link to a calendar."""
    return create_patients_feed(clinic=house.clinic, patient=patient, label="Mine", now=house.now)[0]


def text_that_came(house: House) -> InboundMessage:
    """A text that came in, of nobody's number."""
    return InboundMessage.objects.create(
        clinic=house.clinic, channel="sms", from_address="+13125550142", body="Hello", received_at=house.now
    )


def message_to(house: House, contact_id: int, patient_id: int) -> Message:
    """A message that waits."""
    return Message.objects.create(
        clinic=house.clinic,
        patient_id=patient_id,
        recipient_id=contact_id,
        kind="book_visit",
        occurrence="fill:1",
        step="book_visit",
        channel="email",
        planned_version="1",
        due_at=house.now,
        not_after=house.now + timedelta(days=1),
        planned_at=house.now,
    )


def emergency_of(house: House) -> EmergencyAccess:
    """One that the nurse took, and nobody reviewed."""
    return take_emergency_access(
        user_id=house.nurse.id,
        clinic_slug=house.clinic.slug,
        reason="alarm sounds, nobody here",
        is_one_organisation=False,
        now=house.now,
    )
