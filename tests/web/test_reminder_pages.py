"""The pages of reminders: what a patient will receive, and when a clinic tells people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import ProxyEntry
from clinic.models import Patient, User
from clinic.services.patients import add_contact_point, add_proxy, record_consent
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.models import Message, MessagingPolicy, ReminderRule
from notifications.services.rules import RuleEntry, set_rules
from tests.bookings import book, open_day
from tests.check_ins import make_operated
from tests.factories import House, make_patient, make_running_pump
from web.words import day_words

pytestmark = pytest.mark.django_db
Url = Callable[..., str]
STEP = {"when": "before", "at": "09:00", "first": "sms", "then": "", "is_active": "on"}


@pytest.fixture
def admin(house: House, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(house.administrator)


@pytest.fixture
def patient(house: House) -> Patient:
    patient = make_patient(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    record_consent(channel="email", is_granted=True, wording="Yes.", **by)
    add_contact_point(kind="email", value="ursula@example.org", **by)
    return patient


def test_a_nurse_sees_what_a_patient_will_receive_and_what_it_says(
    house: House, nurse: Client, url: Url, patient: Patient
) -> None:
    book(house, patient, on=open_day(house, 30))
    page = nurse.get(url("patient_messages", ref=patient.ref)).content.decode()
    assert page.count("ursula@example.org") == 3
    assert "Reminder that asks for an answer" in page
    assert "E-mail" in page
    message = Message.objects.get(patient=patient, step="d3")
    address = url("patient_message", ref=patient.ref, message_ref=message.ref)
    words = nurse.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Riverside Pump Clinic" in words
    assert "Ursula" in words
    assert nurse.get(address).url == url("message", ref=message.ref), "without a script its own page"


def test_what_is_alike_is_said_once_with_how_many_there_are(house: House, nurse: Client, url: Url) -> None:
    patient, _ = make_operated(house, days_ago=1)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    record_consent(channel="sms", topic="check_ins", is_granted=True, wording="Yes.", **by)
    add_contact_point(kind="phone", value="+1 312 555 0142", **by)
    found = nurse.get(url("patient_messages", ref=patient.ref))
    alike = [(str(line["what"]), str(line["about"]), str(line["why"])) for line in found.context["held"]]
    assert len(alike) == len(set(alike))
    capped = next(line for line in found.context["held"] if "As many texts" in str(line["why"]))
    assert capped["times"] > 1
    page = found.content.decode()
    assert f"{capped['times']} times" in page
    assert f"{day_words(capped['due'].date())} to {day_words(capped['until'].date())}" in page
    digest = next(line for line in found.context["sent"] if line["carries"])
    assert len(set(digest["carries"])) == len(digest["carries"])


def test_what_is_held_back_says_why(house: House, nurse: Client, url: Url, patient: Patient) -> None:
    book(house, patient, on=open_day(house, 1))
    record_consent(
        clinic=house.clinic, patient_ref=patient.ref, channel="email", is_granted=False,
        wording="No.", actor_id=house.nurse.id, now=house.now,
    )  # fmt: skip
    page = nurse.get(url("patient_messages", ref=patient.ref)).content.decode()
    assert "Nothing is planned" in page
    assert "Its time had passed when the visit was booked." in page


def test_a_helper_is_named_and_a_booked_refill_says_so(
    house: House, nurse: Client, url: Url, patient: Patient
) -> None:
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    helper = add_proxy(entry=ProxyEntry(name="Per Ode", may_receive_reminders=True), **by)
    add_contact_point(kind="email", value="per@example.org", proxy_id=helper.id, **by)
    book(house, make_running_pump(house, patient), on=open_day(house, 20))
    page = nurse.get(url("patient_messages", ref=patient.ref)).content.decode()
    assert "Per Ode · per@example.org" in page
    assert "Not asked to book" in page
    assert "A visit is booked." in page


def test_another_patients_message_is_not_found(
    house: House, nurse: Client, url: Url, patient: Patient
) -> None:
    book(house, patient, on=open_day(house, 30))
    message = Message.objects.filter(patient=patient)[0]
    other = make_patient(house)
    address = url("patient_message", ref=other.ref, message_ref=message.ref)
    assert nurse.get(address).status_code == 404


def test_the_tab_costs_the_same_number_of_queries_whatever_is_planned(
    house: House, nurse: Client, url: Url, patient: Patient
) -> None:
    counts = []
    for hour in (9, 10, 11, 14):
        book(house, patient, on=open_day(house, 30), at=time(hour))
        with CaptureQueriesContext(connection) as queries:
            nurse.get(url("patient_messages", ref=patient.ref))
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_an_administrator_sees_the_rules_that_every_clinic_begins_with(admin: Client, url: Url) -> None:
    page = admin.get(url("reminders")).content.decode()
    assert "14 days before the visit" in page
    assert "1 day after the day of the check-in" in page
    assert "Restore the standard" not in page


def test_hours_and_caps_are_saved_and_planned_with(house: House, admin: Client, url: Url) -> None:
    values = {
        "quiet_from": "20:00", "quiet_until": "09:00", "most_texts_a_day": "1", "most_texts_a_week": "2",
        "unanswered_days": "4", "place": "2nd floor",
    }  # fmt: skip
    answer = admin.post(url("reminders"), values)
    assert answer.status_code == 302
    assert "/recalculations/" in answer.url
    policy = MessagingPolicy.objects.get(clinic=house.clinic)
    assert (policy.quiet_from, policy.most_texts_a_week, policy.is_text_on) == (time(20), 2, False)
    assert admin.post(url("reminders"), values).url == url("reminders"), "nothing changed: no run"


def test_invitations_are_off_until_a_clinic_wants_them_and_then_stand_in_the_plan(
    house: House, admin: Client, nurse: Client, url: Url, patient: Patient
) -> None:
    book(house, patient, on=open_day(house, 30))
    values = {
        "quiet_from": "21:00", "quiet_until": "08:00", "most_texts_a_day": "1", "most_texts_a_week": "3",
        "unanswered_days": "3", "is_text_on": "on",
    }  # fmt: skip
    admin.post(url("reminders"), values)
    plan = url("patient_messages", ref=patient.ref)
    assert "Invitation to a visit" not in nurse.get(plan).content.decode()
    assert admin.post(url("reminders"), values | {"is_invitation_on": "on"}).status_code == 302
    assert "Invitation to a visit" in nurse.get(plan).content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quiet_until": "21:00"}, "quiet_until"),
        ({"most_texts_a_day": "4"}, "most_texts_a_week"),
        ({"most_texts_a_day": "0"}, "most_texts_a_day"),
    ],
)
def test_hours_that_cannot_be_are_refused_at_their_field(
    admin: Client, url: Url, changed: dict[str, str], field: str
) -> None:
    values = {
        "quiet_from": "21:00", "quiet_until": "08:00", "most_texts_a_day": "1", "most_texts_a_week": "3",
        "unanswered_days": "3",
    }  # fmt: skip
    answer = admin.post(url("reminders"), values | changed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def posted(*steps: dict[str, str], new: dict[str, str] | None = None) -> dict[str, str]:
    forms = {f"step{number}": step for number, step in enumerate(steps)}
    forms["new"] = STEP | {"days": ""} | (new or {})
    return {f"{prefix}-{name}": value for prefix, form in forms.items() for name, value in form.items()}


def as_posted(rule: ReminderRule, **changed: str) -> dict[str, str]:
    values = {"step": rule.step, "days": str(abs(rule.days)), "when": "after" if rule.days > 0 else "before"}
    return STEP | values | {"at": f"{rule.at:%H:%M}", "first": rule.channels[0]} | changed


def rules_of(house: House) -> list[ReminderRule]:
    return list(ReminderRule.objects.filter(clinic=house.clinic, kind="check_up"))


def test_a_step_is_changed_added_and_taken_out_of_use(house: House, admin: Client, url: Url) -> None:
    first, second, third = rules_of(house)
    page = url("reminders_kind", kind="check_up")
    assert admin.get(page).status_code == 200
    data = posted(
        as_posted(first, days="10", then="email"),
        as_posted(second),
        {name: value for name, value in as_posted(third).items() if name != "is_active"},
        new={"days": "0", "at": "07:30"},
    )
    assert admin.post(page, data).status_code == 302
    found = {rule.step: (rule.days, rule.channels, rule.is_active) for rule in rules_of(house)}
    assert found == {
        "d14": (-10, ["email"], True),
        "d3": (-3, ["sms"], True),
        "d1": (-1, ["sms"], False),
        "d0": (0, ["sms"], True),
    }
    assert "Restore the standard" in admin.get(url("reminders")).content.decode()
    admin.post(url("reminders_restore", kind="check_up"))
    assert {rule.step for rule in rules_of(house) if rule.is_active} == {"d14", "d3", "d1"}
    assert "Restore the standard" not in admin.get(url("reminders")).content.decode()


def test_two_steps_at_one_hour_are_refused(house: House, admin: Client, url: Url) -> None:
    first, second, third = rules_of(house)
    data = posted(as_posted(first), as_posted(second), as_posted(third, days="3"))
    answer = admin.post(url("reminders_kind", kind="check_up"), data)
    assert answer.status_code == 422
    assert "wo steps are at the same day and hour" in answer.content.decode()
    assert [rule.days for rule in rules_of(house)] == [-14, -3, -1]


def test_a_kind_without_rules_has_no_page(admin: Client, url: Url) -> None:
    assert admin.get(url("reminders_kind", kind="reply")).status_code == 404


def test_a_step_keeps_its_name_when_its_days_change(house: House) -> None:
    entry = RuleEntry(
        step="d1", days=-2, at=time(9), channels=(ChannelName.SMS,),
        wants_answer=False, is_critical=False, is_active=True,
    )  # fmt: skip
    set_rules(
        clinic_id=house.clinic.id,
        kind=MessageKind.CHECK_UP,
        entries=[entry],
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert [(rule.step, rule.days) for rule in rules_of(house) if rule.is_active] == [("d1", -2)]
