"""Which times a patient may choose, and what choosing one books."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from clinic.models import Patient, Surgery
from notifications.models import Escalation, PatientAnswer
from notifications.selectors.patient_pages import behind_link
from scheduling.models import Forecast, Visit, VisitFollowUp, VisitStatus
from tests.bookings import book, open_day
from tests.factories import House, make_running_pump
from tests.patient_links import BORN_DAY, SentLink, send_link
from tests.visits import Desk, item, refill_item
from tests.web.table_rows import plan_operation

pytestmark = pytest.mark.django_db
PERSON = {"born_day": BORN_DAY}


def offered(sent: SentLink, name: str = "times") -> list[int]:
    answer = sent.open().get(sent.page(name), {"more": "1"})
    return [time.at for day in answer.context["days"] for time in day.times]


def test_no_time_after_the_last_safe_day_is_offered_or_taken(house: House, desk: Desk) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=150))
    latest = Forecast.objects.get(implant=implant).latest_visit_on
    assert latest is not None
    visit = book(house, implant, on=open_day(house, days=5))
    sent = send_link(house, visit)
    days = {datetime.fromtimestamp(at, desk.zone).date() for at in offered(sent)}
    assert days
    assert max(days) <= latest
    assert min(days) > house.today
    after = latest + timedelta(days=1)
    while after.weekday() > 4:
        after += timedelta(days=1)
    late = int(desk.at("10:00", day=after).timestamp())
    answer = sent.open().post(sent.page("take", at=late), {"sequence": 0, **PERSON})
    assert answer.status_code == 409
    assert Visit.objects.get(pk=visit.pk).sequence == 0


def test_a_time_off_the_grid_or_nonsense_is_not_taken(house: House, desk: Desk) -> None:
    sent = send_link(house, desk.book())
    for at in (offered(sent)[0] + 60, 0, 10**18):
        answer = sent.open().post(sent.page("take", at=at), {"sequence": 0, **PERSON})
        assert answer.status_code == 409
    assert PatientAnswer.objects.count() == 0


def test_on_the_day_of_the_visit_a_move_is_for_the_telephone(
    house: House, desk: Desk, patient: Patient
) -> None:
    visit = desk.book(patient)
    sent = send_link(house, visit)
    morning = desk.at("07:00")
    assert "move" not in behind_link(link=sent.row, now=morning).acts
    assert "decline" in behind_link(link=sent.row, now=morning).acts
    assert behind_link(link=sent.row, now=visit.starts_at).acts == frozenset()


def test_a_link_to_book_books_what_is_due_and_then_shows_the_visit(
    house: House, desk: Desk, patient: Patient
) -> None:
    due = item(patient, target_on=desk.day, latest_on=desk.day + timedelta(days=6))
    sent = send_link(house, due)
    browser = sent.open()
    page = browser.get(sent.page())
    assert b"it is time for your next visit" in page.content
    at = page.context["days"][0].times[0].at
    assert browser.post(sent.page("take", at=at), PERSON).status_code == 302
    visit = Visit.objects.get()
    assert (visit.booked_by, int(visit.starts_at.timestamp()), visit.patient) == (None, at, patient)
    assert VisitFollowUp.objects.get().follow_up == due
    row = VisitStatus.objects.get(visit=visit)
    assert (row.by, row.reason) == (None, "the patient, by link")
    assert PatientAnswer.objects.get().answer == "booked"
    assert b"Thank you. We expect you." in browser.get(sent.page()).content
    assert browser.post(sent.page("take", at=at), PERSON).status_code in (302, 409)
    assert Visit.objects.count() == 1


def test_a_link_about_a_pump_books_its_refill_in_time(house: House, desk: Desk) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=150))
    due = refill_item(implant)
    sent = send_link(house, implant)
    times = offered(sent, "page")
    assert times
    assert sent.open().post(sent.page("take", at=times[0]), PERSON).status_code == 302
    visit = Visit.objects.get()
    assert visit.is_refill
    assert due.pk in VisitFollowUp.objects.values_list("follow_up_id", flat=True)
    assert due.latest_on is not None
    assert visit.local_on <= due.latest_on


def test_where_no_time_is_safe_a_nurse_is_asked(house: House, desk: Desk, patient: Patient) -> None:
    late = item(patient, target_on=house.today - timedelta(days=9), latest_on=house.today - timedelta(days=2))
    sent = send_link(house, late)
    browser = sent.open()
    assert b"There is no free time that we can offer here." in browser.get(sent.page()).content
    assert browser.post(sent.page("ask"), {"note": "mornings", **PERSON}).status_code == 200
    matter = Escalation.objects.get()
    assert (matter.cause, matter.patient, matter.visit) == ("wants_other_time", patient, None)
    assert PatientAnswer.objects.get().note == "mornings"


def test_who_asks_for_another_time_keeps_the_visit(house: House, desk: Desk) -> None:
    visit = desk.book()
    sent = send_link(house, visit)
    browser = sent.open()
    for _again in range(2):
        assert browser.post(sent.page("ask"), {"sequence": 0, **PERSON}).status_code == 302
    assert Visit.objects.get(pk=visit.pk).status == "booked"
    assert Escalation.objects.get().cause == "wants_other_time"
    assert b"You asked for another time." in browser.get(sent.page()).content


def test_steps_before_an_operation_are_said_without_the_clinics_own_words(
    house: House, patient: Patient
) -> None:
    plan_operation(house, patient)
    item(
        patient,
        "our_own",
        title="Baclofen pump teaching",
        anchor="surgery_planned",
        target_on=house.today,
        latest_on=house.today + timedelta(days=3),
    )
    sent = send_link(house, patient, purpose="preparation")
    text = sent.open().get(sent.page()).content.decode()
    on = Surgery.objects.get(patient=patient).planned_on
    assert f"Your operation is planned for {on:%A}, {on:%B} {on.day}." in text
    assert "Arrange who drives you home" in text
    assert "One more step" in text
    for word in ("Baclofen", "teaching", "Drug trial", "Blood-thinner"):
        assert word not in text
