"""What addresses can be about: one of everything in a clinic, for the authorisation matrix."""

from __future__ import annotations

from datetime import time, timedelta

from clinic.audit import recording
from clinic.domain.api_tokens import TokenEntry
from clinic.domain.entries import ProxyEntry, SurgeryEntry
from clinic.domain.roles import Permission, Role
from clinic.models import ApiToken, Closure, EmergencyAccess, Implant, Patient, Surgery
from clinic.selectors.accounts import members
from clinic.services.accounts import invite_member
from clinic.services.api_tokens import make_token
from clinic.services.closures import add_closure
from clinic.services.emergencies import take_emergency_access
from clinic.services.patients import add_contact_point, add_proxy
from clinic.services.surgeries import plan_surgery
from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import DEFAULT_RULES, Grade, Rule, answer
from notifications.models import InboundMessage, Message
from notifications.services.check_in_rules import save_check_in_rules
from scheduling.domain.care.protocol_entry import RowEntry
from scheduling.domain.hours import ExceptionEntry
from scheduling.models import CalendarFeed, FollowUp
from scheduling.services.calendar_feeds import create_patients_feed
from scheduling.services.closing_days import propose_closing
from scheduling.services.forecasts import reproject
from scheduling.services.protocols import save_protocol
from scheduling.services.register_import import upload_register
from scheduling.services.resources import ResourceEntry, add_exception, add_resource
from scheduling.services.sweeps import start_recalculation
from scheduling.services.visit_kinds import VisitKindEntry, add_visit_kind
from tests.bookings import book, hold, kind_of, nurse_of, open_day, room_of
from tests.factories import (
    House,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_reading,
    make_running_pump,
)
from tests.imports import imported, shown
from tests.matters import open_matter
from tests.register_files import register
from tests.second_checks import waiting_check

CANARY = "Zwetschgenholz"
"""The patient's last name: where it appears, something of the patient was shown."""


def everything(house: House) -> dict[str, dict[str, object]]:
    """One of everything that an address can be about, in the house's clinic."""
    who = {"clinic": house.clinic, "actor_id": house.nurse.id}
    patient = make_patient(house, last_name=CANARY)
    implant = make_implant(house, patient)
    contact = add_contact_point(
        patient_ref=patient.ref, kind="email", value="p@example.org", now=house.now, **who
    )
    proxy = add_proxy(patient_ref=patient.ref, entry=ProxyEntry(name="Per Ode"), now=house.now, **who)
    invitation, _ = invite_member(
        clinic=house.clinic,
        email="x@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now,
    )
    closure = add_closure(clinic=house.clinic, closed_on=house.today, reason="", actor_id=house.nurse.id)
    uploaded = upload_register(
        clinic=house.clinic,
        content=register({}),
        file_name="register.csv",
        uploaded_by_id=house.administrator.id,
        now=house.now,
    )
    run = start_recalculation(clinic_id=house.clinic.id, now=house.now)
    make_running_pump(house, patient)
    program = make_program(house, implant)
    reading, event = make_reading(house, implant), make_event(house, implant)
    reproject(house.clinic.id, [pump.id for pump in Implant.objects.filter(clinic=house.clinic)], house.now)
    return {
        "": {},
        "booking": booking_of(house, patient),
        "patient": {"ref": patient.ref},
        "implant": {"ref": implant.ref},
        "contact": {"ref": patient.ref, "contact_id": contact.id},
        "channel": {"ref": patient.ref, "channel": "email"},
        "proxy": {"ref": patient.ref, "proxy_id": proxy.id},
        "fill": {"ref": make_fill(house, implant).ref},
        "program": {"program_id": program.id},
        "version": {"number": program.id},
        "import": {"ref": uploaded.ref},
        "reading": {"ref": implant.ref, "reading_id": reading.id},
        "reading number": {"number": reading.id},
        "event": {"ref": implant.ref, "event_id": event.id},
        "event number": {"number": event.id},
        "contact point": {"ref": patient.ref, "number": contact.id},
        "helper": {"ref": patient.ref, "number": proxy.id},
        "follow-up": {"ref": put_off_later(patient).ref},
        "work": {"owner": house.administrator.id},
        "closure": {"closure_id": closure.id},
        "surgery": {"ref": plan_operation(house, patient).ref},
        **about_settings(house),
        **about_visits(house),
        "calendar link": {"ref": link_of_patient(house, patient).ref},
        "api token": {"ref": token_of(house).ref},
        "text": {"ref": text_that_came(house).ref},
        "matter": {"ref": open_matter(house).ref},
        "run": {"run_id": run.id},
        "second check": {"ref": waiting_check(house).ref},
        **about_imports(house),
        "reminder kind": {"kind": "refill"},
        "words": {"purpose": "visit", "channel": "sms", "language": "en"},
        "message": {"ref": message_to(house, contact.id, patient.id).ref},
        "patient message": {"ref": patient.ref, "message_ref": planned_message(house, patient).ref},
        "emergency": {"ref": emergency_of(house).ref},
        "membership": {"membership_id": members(clinic_id=house.clinic.id).get(user=house.nurse).id},
        "invitation": {"ref": invitation.ref},
    }


def about_imports(house: House) -> dict[str, dict[str, object]]:
    """A file that was brought in, with the patient's name in it, and a pump of it."""
    check = imported(house, last_name=CANARY)
    shown(house, check)
    return {
        "import check": {"ref": check.ref},
        "imported pump": {"ref": check.ref, "pump_ref": check.pumps.get().ref},
    }


def booking_of(house: House, patient: Patient) -> dict[str, object]:
    """What the REST interface is sent to book a visit."""
    return {
        "patient": str(patient.ref),
        "kind": str(kind_of(house, "check_up").ref),
        "nurse": str(nurse_of(house).ref),
        "room": str(room_of(house).ref),
        "local_on": open_day(house, 21).isoformat(),
        "local_at": "10:00",
    }


def put_off_later(patient: Patient) -> FollowUp:
    """What the patient is due for last, besides refills."""
    rows = FollowUp.objects.filter(patient=patient, state="open", latest_on__isnull=False)
    return rows.exclude(row_key="refill").order_by("-latest_on")[0]


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
        "visit": {"ref": book(house, make_patient(house, last_name=CANARY), on=open_day(house)).ref},
        "held visit": {"ref": hold(house, make_patient(house, last_name=CANARY), on=open_day(house, 14)).ref},
    }


def link_of_patient(house: House, patient: Patient) -> CalendarFeed:
    """A patient's own link to a calendar."""
    return create_patients_feed(clinic=house.clinic, patient=patient, label="Mine", now=house.now)[0]


def token_of(house: House) -> ApiToken:
    """A token of the clinic's administrator."""
    entry = TokenEntry(name="Hospital record", permissions=(Permission.VIEW_PATIENTS,))
    return make_token(clinic=house.clinic, entry=entry, user_id=house.administrator.id, now=house.now)[0]


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
