"""What a patient sees behind a link, and what pressing a button does."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client

from clinic.models import Patient
from clinic.services.patients import (
    add_contact_point,
    record_consent,
    record_death,
    retire_contact_point,
)
from notifications.domain.escalation.keys import visit_key
from notifications.models import Escalation, Message, PatientAnswer, StoppedAddress
from scheduling.models import Visit, VisitStatus
from scheduling.services import booking
from tests import ical
from tests.factories import House, make_patient
from tests.patient_links import BORN_DAY, SentLink, address_of, send_link
from tests.visits import Desk

pytestmark = pytest.mark.django_db


def confirm(browser: Client, sent: SentLink, **values: object) -> object:
    return browser.post(sent.page("confirm"), {"sequence": 0, "born_day": BORN_DAY, **values})


def said(visit: Visit) -> list[str]:
    return list(PatientAnswer.objects.filter(visit=visit).order_by("id").values_list("answer", flat=True))


def test_the_page_says_when_and_where_and_no_more(house: House, sent: SentLink, visit: Visit) -> None:
    text = sent.open().get(sent.page()).content.decode()
    assert "Hello Ursula," in text
    assert f"{visit.local_on:%A}, {visit.local_on:%B} {visit.local_on.day}" in text
    assert "10:00 am" in text
    assert "Chicago time" in text
    assert house.clinic.name in text
    assert 'href="tel:+13125550100"' in text
    for word in ("Ode", visit.patient.mrn, "Check-up", "check_up", sent.token):
        assert word not in text


@pytest.mark.parametrize("name", ["page", "cannot_come", "ask", "not_me"])
def test_what_is_wrong_is_said_by_the_page_in_the_language_of_the_page(sent: SentLink, name: str) -> None:
    """Never by the browser, which speaks its own."""
    forms = re.findall(r"<form[^>]*>", sent.open().get(sent.page(name)).content.decode())
    assert forms
    assert all(" novalidate" in form for form in forms)


def test_a_confirmation_is_kept_once(sent: SentLink, visit: Visit) -> None:
    browser = sent.open()
    for _again in range(2):
        assert confirm(browser, sent).status_code == 302
    assert said(visit) == ["confirmed"]
    text = browser.get(sent.page()).content.decode()
    assert "Thank you. We expect you." in text
    assert "born_day" not in text
    link = sent.fresh()
    assert link.used_at is not None
    assert Visit.objects.get(pk=visit.pk).status == "booked"


@pytest.mark.parametrize("given", ["", "0", "32", "four", "5", "４"])
def test_a_wrong_day_of_birth_confirms_nothing(sent: SentLink, visit: Visit, given: str) -> None:
    answer = confirm(sent.open(), sent, born_day=given)
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content
    assert said(visit) == []


def test_after_five_wrong_days_only_the_telephone_helps(sent: SentLink, visit: Visit) -> None:
    browser = sent.open()
    for _try in range(5):
        assert confirm(browser, sent, born_day=5).status_code == 422
    answer = confirm(browser, sent)
    assert answer.status_code == 403
    assert b"Please phone us" in answer.content
    assert said(visit) == []


def test_who_cannot_come_keeps_the_visit_and_a_nurse_hears_of_it(
    sent: SentLink, visit: Visit, patient: Patient
) -> None:
    browser = sent.open()
    assert browser.get(sent.page("cannot_come")).status_code == 200
    values = {"sequence": 0, "born_day": BORN_DAY, "note": "In hospital"}
    for _again in range(2):
        assert browser.post(sent.page("cannot_come"), values).status_code == 302
    assert said(visit) == ["cannot_come"]
    assert Visit.objects.get(pk=visit.pk).status == "booked"
    matter = Escalation.objects.get()
    assert (matter.cause, matter.key, matter.visit, matter.patient) == (
        "cannot_come",
        visit_key(visit.pk, visit.starts_at),
        visit,
        patient,
    )
    assert PatientAnswer.objects.get().note == "In hospital"
    assert b"We will call you" in browser.get(sent.page()).content
    assert browser.post(sent.page("confirm"), {"sequence": 0}).status_code == 302
    assert said(visit) == ["cannot_come", "confirmed"]
    assert Escalation.objects.get().acknowledged_at is None


def test_a_time_that_is_chosen_moves_the_visit(sent: SentLink, visit: Visit, desk: Desk) -> None:
    browser = sent.open()
    offered = browser.get(sent.page("times"))
    at = offered.context["days"][0].times[0].at
    look = browser.get(sent.page("take", at=at))
    assert b"Take this time?" in look.content
    before = visit.starts_at
    assert browser.post(sent.page("take", at=at), {"sequence": 0, "born_day": BORN_DAY}).status_code == 302
    moved = Visit.objects.get(pk=visit.pk)
    assert int(moved.starts_at.timestamp()) == at
    assert moved.sequence == 1
    assert said(visit) == ["moved"]
    row = VisitStatus.objects.filter(visit=visit).latest("id")
    assert (row.by, row.reason, row.moved_from) == (None, "the patient, by link", before)
    text = browser.get(sent.page()).content.decode()
    assert "Thank you. We expect you." in text
    assert sent.fresh().expires_at >= moved.ends_at


def test_a_time_that_is_gone_is_refused_with_the_next_ones(
    sent: SentLink, visit: Visit, desk: Desk, house: House
) -> None:
    browser = sent.open()
    at = browser.get(sent.page("times")).context["days"][0].times[0].at
    wanted = datetime.fromtimestamp(at, desk.zone)
    desk.book(make_patient(house), at=f"{wanted:%H:%M}", day=wanted.date())
    answer = browser.post(sent.page("take", at=at), {"sequence": 0, "born_day": BORN_DAY})
    assert answer.status_code == 409
    assert b"That time is no longer free." in answer.content
    assert answer.context["days"]
    assert said(visit) == []


def test_a_visit_that_moved_meanwhile_is_shown_as_it_stands(sent: SentLink, visit: Visit, desk: Desk) -> None:
    browser = sent.open()
    desk.move(visit, at="14:00")
    answer = confirm(browser, sent)
    assert answer.headers["Location"].endswith("?now=changed")
    assert said(visit) == []
    text = browser.get(sent.page()).content.decode()
    assert "Your visit has moved since our message" in text
    assert "2:00 pm" in text


def test_a_cancelled_visit_says_so(sent: SentLink, visit: Visit, desk: Desk) -> None:
    browser = sent.open()
    desk.step(booking.cancel_visit, visit, reason="ill", now=desk.house.now)
    text = browser.get(sent.page()).content.decode()
    assert "This visit is cancelled" in text
    assert "Are you coming?" not in text
    assert confirm(browser, sent).status_code == 302
    assert said(visit) == []


def test_who_is_somebody_else_ends_it(house: House, sent: SentLink, visit: Visit, patient: Patient) -> None:
    other = send_link(house, visit, step="d1")
    browser = sent.open()
    form = browser.get(sent.page("not_me"))
    assert browser.post(sent.page("not_me"), {"number": "1"}).status_code == 422
    assert StoppedAddress.objects.count() == 0
    answer = browser.post(sent.page("not_me"), {"number": form.context["number"]})
    assert b"This link is closed" in answer.content
    stop = StoppedAddress.objects.get()
    assert (stop.channel, stop.address) == ("email", address_of(house, patient).value)
    assert Escalation.objects.get().cause == "not_me"
    for link in (sent, other):
        assert Client().get(link.address).status_code == 404
    assert browser.get(sent.page()).status_code == 404


def test_whoever_shares_an_address_that_somebody_else_reads_is_called_too(
    house: House, sent: SentLink, patient: Patient, desk: Desk
) -> None:
    sister = make_patient(house)
    by = {"clinic": house.clinic, "patient_ref": sister.ref, "actor_id": house.nurse.id, "now": house.now}
    record_consent(channel="email", is_granted=True, wording="May we write to you? Yes.", **by)
    add_contact_point(kind="email", value=address_of(house, patient).value, **by)
    desk.book(sister, at="14:00")
    waiting = Message.objects.filter(patient=sister, user=None, state="queued")
    assert waiting.exists()
    browser = sent.open()
    number = browser.get(sent.page("not_me")).context["number"]
    assert browser.post(sent.page("not_me"), {"number": number}).status_code == 200
    assert not waiting.exists(), "in the same transaction"
    matters = Escalation.objects.filter(cause="not_me").order_by("patient_id")
    assert [matter.patient for matter in matters] == [patient, sister]


def test_the_record_closes_a_link(house: House, sent: SentLink, visit: Visit, patient: Patient) -> None:
    browser = sent.open()
    contact = address_of(house, patient)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    retire_contact_point(contact_id=contact.pk, **by)
    assert browser.get(sent.page()).status_code == 404
    assert confirm(browser, sent).status_code == 404
    assert said(visit) == []


def test_death_meanwhile_closes_a_link(house: House, sent: SentLink, visit: Visit, patient: Patient) -> None:
    browser = sent.open()
    record_death(
        clinic=house.clinic,
        patient_ref=patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert confirm(browser, sent).status_code == 404
    assert said(visit) == []


def test_the_calendar_file_names_nobody(house: House, sent: SentLink, visit: Visit) -> None:
    answer = sent.open().get(sent.page("calendar"))
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = ical.read(answer.content).events
    assert (event.sequence, event.start) == (0, visit.starts_at)
    assert event.summary == f"Visit: {house.clinic.name}"
    for word in ("Ursula", "Ode", "Check", sent.token, "/l/"):
        assert word not in text
    assert sent.open().get(sent.page("calendar")).content == answer.content
