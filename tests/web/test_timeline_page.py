"""A patient's timeline: everything, newest first, what was corrected visible as such, at a constant cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import SurgeryEntry
from clinic.domain.roles import Role
from clinic.models import Patient
from clinic.services.fills import void_fill
from clinic.services.patients import add_contact_point, record_consent
from clinic.services.surgeries import cancel_surgery, plan_surgery
from notifications.domain.states import State
from notifications.models import Message
from scheduling.domain.call_entries import CallEntry
from scheduling.models import FollowUpAct, VisitStatus
from scheduling.services.calls import log_call
from tests.care_rows import make_follow_up, make_visit
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
from tests.web.conftest import SignIn

Url = Callable[..., str]


def busy_patient(house: House, days: int = 1) -> Patient:
    """One of everything, ``days`` times."""
    patient = make_patient(house)
    implant = make_implant(house, patient)
    for number in range(days):
        on = house.today - timedelta(days=40 * (number + 1))
        make_fill(house, implant, filled_on=on, lot=f"B{number}")
        make_program(house, implant, starts_on=on)
        make_reading(house, implant, read_on=on)
        make_event(house, implant, kind="mri", occurred_on=on)
        make_follow_up(house, patient, f"Wound check {number}")
        made = make_visit(house, patient, on=on)
        VisitStatus.objects.create(
            clinic=house.clinic,
            visit=made,
            status="noshow",
            since=house.now,
            by=house.nurse,
            reason="no word",
        )
        log_call(
            clinic=house.clinic,
            patient_ref=patient.ref,
            entry=CallEntry(outcome="left_message", note="On the machine."),
            actor_id=house.nurse.id,
            now=house.now,
        )
    return patient


def titles(client: Client, address: str) -> list[str]:
    return [line.title for line in client.get(address).context["page"].object_list]


def test_it_holds_everything(house: House, nurse: Client, url: Url) -> None:
    patient = busy_patient(house)
    surgery = plan_surgery(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=SurgeryEntry(planned_on=house.today + timedelta(days=30), purpose="replacement"),
        actor_id=house.nurse.id,
        now=house.now,
    )
    cancel_surgery(
        clinic=house.clinic,
        surgery_ref=surgery.ref,
        reason="infection",
        actor_id=house.nurse.id,
        now=house.now,
    )
    page = nurse.get(url("patient_timeline", ref=patient.ref)).content.decode()
    for words in (
        "40 mL",
        "300 mcg/day",
        "30 mL",
        "MRI scan",
        "Wound check 0",
        "Check-up booked",
        "Check-up did not come",
        "no word",
        "Call: left a message",
        "On the machine.",
        "Pump implanted",
        "Operation planned for",
        "called off: infection",
    ):
        assert words in page, words


def test_newest_stands_first(house: House, nurse: Client, url: Url) -> None:
    patient = busy_patient(house, days=2)
    lines = nurse.get(url("patient_timeline", ref=patient.ref)).context["page"].object_list
    days = [line.on for line in lines]
    assert days == sorted(days, reverse=True)
    assert lines[-1].title == "Pump implanted"


def test_what_was_withdrawn_is_shown_as_such_with_why_and_by_whom(
    house: House, nurse: Client, url: Url
) -> None:
    implant = make_implant(house)
    fill = make_fill(house, implant)
    void_fill(
        clinic=house.clinic, fill_ref=fill.ref, reason="wrong patient", actor_id=house.nurse.id, now=house.now
    )
    page = nurse.get(url("patient_timeline", ref=implant.patient.ref)).content.decode()
    assert "time-replaced" in page
    assert "withdrawn: wrong patient" in page
    assert page.count("40 mL") == 1


def test_one_kind_alone_is_in_the_address_and_nonsense_shows_everything(
    house: House, nurse: Client, url: Url
) -> None:
    patient = busy_patient(house)
    here = url("patient_timeline", ref=patient.ref)
    for kind in ("fill", "program", "reading", "event", "visit", "follow_up", "call", "operation"):
        kinds = {line.kind for line in nurse.get(f"{here}?kind={kind}").context["page"].object_list}
        assert kinds == {kind}
    assert titles(nurse, f"{here}?kind=x&page=99") == titles(nurse, here)
    assert "Nothing of this kind yet" in nurse.get(f"{here}?kind=message").content.decode()


def test_a_move_says_from_where_to_where(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    made = make_visit(house, patient, on=house.today + timedelta(days=3))
    before = made.starts_at - timedelta(days=1)
    VisitStatus.objects.create(
        clinic=house.clinic,
        visit=made,
        status="booked",
        since=house.now + timedelta(minutes=1),
        by=house.nurse,
        moved_from=before,
    )
    found = titles(nurse, url("patient_timeline", ref=patient.ref))
    assert found[0].startswith("Check-up moved: ")
    assert f"{made.starts_at.day} " in found[0]
    assert found[1].startswith("Check-up booked: ")
    assert f"{before.astimezone(made.starts_at.tzinfo).day} " in found[1]


def test_what_came_due_together_is_one_line(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    for number in range(14):
        make_follow_up(house, patient, "Infection check-in", occurrence=number, row_key="infection")
    first = make_follow_up(house, patient, "Wound check")
    FollowUpAct.objects.create(
        clinic=house.clinic,
        follow_up=first,
        act="postponed",
        at=house.now + timedelta(minutes=1),
        by=house.nurse,
        reason="on holiday",
        until=house.today + timedelta(days=2),
    )
    lines = nurse.get(url("patient_timeline", ref=patient.ref)).context["page"].object_list
    assert [line.title for line in lines] == [
        "Postponed: Wound check",
        "Due: Infection check-in ×14, Wound check",
    ]
    assert "on holiday" in lines[0].detail
    assert lines[1].who == "worked out from the record"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (9, "latest day Sat 21 Nov 2026, before Tue 10 Nov 2026"),
        (20, "latest day Sat 21 Nov 2026, as before"),
        (None, "latest day Sat 21 Nov 2026"),
    ],
)
def test_days_that_were_worked_out_anew_say_what_they_were(
    house: House, nurse: Client, url: Url, before: int | None, said: str
) -> None:
    """Where only the day to begin moved, the last day is as before."""
    first = date(2026, 11, 1)
    wound = make_follow_up(house, make_patient(house), "Wound check")
    FollowUpAct.objects.create(
        clinic=house.clinic,
        follow_up=wound,
        act="re_anchored",
        at=house.now + timedelta(minutes=1),
        latest_before=None if before is None else first + timedelta(days=before),
        latest_after=first + timedelta(days=20),
    )
    line = nurse.get(url("patient_timeline", ref=wound.patient.ref)).context["page"].object_list[0]
    assert line.detail.split(" · ")[0] == said


def test_what_was_sent_is_there_and_what_still_waits_is_not(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now, "patient_ref": patient.ref}
    add_contact_point(kind="email", value="ursula@example.org", **by)
    record_consent(channel="email", is_granted=True, wording="May we? Yes.", **by)
    implant = make_running_pump(house, patient)
    here = url("patient_timeline", ref=patient.ref) + "?kind=message"
    assert titles(nurse, here) == []
    Message.objects.filter(implant=implant).update(state=State.ACCEPTED, first_sent_at=house.now)
    assert titles(nurse, here) == ["Message “Time to book a visit”: Sent"]
    assert "ursula@example.org" in nurse.get(here).content.decode()


def test_an_auditor_sees_no_messages(house: House, signed_in: SignIn, url: Url) -> None:
    patient = busy_patient(house)
    page = signed_in(house.person(Role.AUDITOR)).get(url("patient_timeline", ref=patient.ref))
    assert "message" not in [kind for kind, _, _ in page.context["kinds"]]
    assert "Log a call" not in page.content.decode()


def test_it_is_paged_and_whole_for_paper_with_the_same_number_of_queries(
    house: House, nurse: Client, url: Url
) -> None:
    one, many = busy_patient(house), busy_patient(house, days=10)
    with CaptureQueriesContext(connection) as few:
        nurse.get(url("patient_timeline", ref=one.ref))
    with CaptureQueriesContext(connection) as more:
        page = nurse.get(url("patient_timeline", ref=many.ref)).context["page"]
    assert len(more) == len(few)
    assert page.paginator.num_pages == 2
    whole = nurse.get(url("patient_timeline", ref=many.ref) + "?all=1").context["page"]
    assert len(whole.object_list) == page.paginator.count


def test_a_patient_without_anything_is_told_so(house: House, nurse: Client, url: Url) -> None:
    page = nurse.get(url("patient_timeline", ref=make_patient(house).ref)).content.decode()
    assert "Nothing has happened yet" in page
