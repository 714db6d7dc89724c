"""Entering and taking back: what is saved, what is refused, and where the refusal stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from clinic.models import Consent, ContactPoint, Implant, Patient, Proxy, PumpEvent, Reading
from tests.factories import House, make_event, make_fill, make_implant, make_patient, make_reading

Url = Callable[..., str]

PATIENT = {
    "last_name": "Ode",
    "first_name": "Ursula",
    "mrn": "M-1",
    "birth_date": "1961-05-04",
    "language": "en",
    "notes": "",
}


def implant_form(house: House, **changed: str) -> dict[str, str]:
    return {
        "pump_model_key": "synchromed-ii-40",
        "serial": "NGV-1",
        "implanted_on": str(house.today - timedelta(days=400)),
    } | changed


def test_adding_a_patient_leads_on_to_the_pump_and_then_to_the_last_fill(
    house: House, nurse: Client, url: Url
) -> None:
    first = nurse.post(url("patient_new"), PATIENT)
    patient = Patient.objects.get(mrn="M-1")
    assert first.url == url("implant_new", ref=patient.ref) + "?setup=1"
    assert url("surgery_new", ref=patient.ref) in nurse.get(first.url).content.decode()
    second = nurse.post(first.url, implant_form(house))
    implant = Implant.objects.get(patient=patient)
    assert second.url == url("fill_new", ref=implant.ref) + "?setup=1"


def test_somebody_of_the_same_name_and_birth_date_is_shown_before_a_second_entry(
    house: House, nurse: Client, url: Url
) -> None:
    there = make_patient(house, last_name="ODE", first_name="Ulla", birth_date=date(1961, 5, 4))
    response = nurse.post(url("patient_new"), PATIENT)
    assert response.status_code == 422
    assert url("patient", ref=there.ref) in response.content.decode()
    assert Patient.objects.count() == 1
    assert nurse.post(url("patient_new"), PATIENT | {"is_another_person": "yes"}).status_code == 302
    assert Patient.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"last_name": ""}, "last_name", "required"),
        ({"mrn": "TAKEN"}, "mrn", "Another patient already has this MRN"),
        ({"birth_date": "1799-01-01"}, "birth_date", "before"),
        ({"birth_date": "2999-01-01"}, "birth_date", "in the future"),
        ({"birth_date": "tomorrow"}, "birth_date", "valid date"),
        ({"last_name": "x" * 81}, "last_name", "at most 80"),
        ({"notes": "nul\x00"}, "notes", "Null characters"),
    ],
)
def test_a_refused_patient_is_told_at_the_field_and_not_kept(
    house: House, nurse: Client, url: Url, changed: dict[str, str], field: str, words: str
) -> None:
    make_patient(house, mrn="TAKEN", last_name="Other")
    response = nurse.post(url("patient_new"), PATIENT | changed)
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"serial": "ngv-taken"}, "serial", "another implant"),
        ({"pump_model_key": "unheard-of"}, "pump_model_key", "valid choice"),
        ({"implanted_on": "1960-01-01"}, "implanted_on", "birth"),
        ({"implanted_on": "2999-01-01"}, "implanted_on", "future"),
        ({"threshold_ml": "NaN"}, "threshold_ml", "finite"),
        ({"threshold_ml": "1,234"}, "threshold_ml", "thousands"),
        ({"threshold_ml": "1e300"}, "threshold_ml", "power of ten"),
        ({"threshold_ml": "-1"}, "threshold_ml", "more than zero"),
        ({"threshold_ml": "100"}, "threshold_ml", "too large"),
        ({"max_interval_days": "0"}, "max_interval_days", "greater than or equal to 1"),
        ({"end_of_service_on": "9999-12-31"}, "end_of_service_on", "century"),
    ],
)
def test_a_refused_pump_is_told_at_the_field_and_not_kept(
    house: House, nurse: Client, url: Url, changed: dict[str, str], field: str, words: str
) -> None:
    make_implant(house, serial="NGV-TAKEN")
    patient = make_patient(house)
    response = nurse.post(url("implant_new", ref=patient.ref), implant_form(house, **changed))
    assert response.status_code == 422
    assert words.lower() in response.context["form"].errors[field][0].lower()
    assert not Implant.objects.filter(patient=patient).exists()


def test_a_decimal_comma_is_read_where_it_cannot_mean_thousands(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    nurse.post(url("implant_new", ref=patient.ref), implant_form(house, threshold_ml="2,5"))
    assert Implant.objects.get(patient=patient).threshold_ml == Decimal("2.5")


def test_changing_a_pump_starts_from_what_is_recorded(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house, threshold_ml=Decimal("4.00"), threshold_reason="early symptoms")
    page = nurse.get(url("implant_edit", ref=implant.ref)).content.decode()
    assert 'value="4"' in page
    nurse.post(url("implant_edit", ref=implant.ref), implant_form(house, serial="NGV-2", threshold_ml="3"))
    implant.refresh_from_db()
    assert (implant.serial, implant.threshold_ml) == ("NGV-2", Decimal("3"))


def test_a_pump_is_not_implanted_after_its_first_fill(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    make_fill(house, implant)
    changed = implant_form(house, serial=implant.serial, implanted_on=str(house.today))
    response = nurse.post(url("implant_edit", ref=implant.ref), changed)
    assert "implanted_on" in response.context["form"].errors


def test_an_explant_is_recorded_and_taken_back(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    address = url("implant_explant", ref=implant.ref)
    assert nurse.post(address, {"explanted_on": "2999-01-01"}).status_code == 422
    nurse.post(address, {"explanted_on": str(house.today), "why": "infection"})
    implant.refresh_from_db()
    assert implant.explanted_on == house.today
    take_back = url("implant_explant_withdraw", ref=implant.ref)
    assert nurse.post(take_back, {"reason": ""}).status_code == 422
    nurse.post(take_back, {"reason": "wrong patient"})
    implant.refresh_from_db()
    assert implant.explanted_on is None


def test_a_death_is_recorded_and_taken_back(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    nurse.post(url("patient_death", ref=patient.ref), {"died_on": str(house.today)})
    patient.refresh_from_db()
    assert patient.died_on == house.today
    nurse.post(url("patient_death_withdraw", ref=patient.ref), {"reason": "wrong patient"})
    patient.refresh_from_db()
    assert patient.died_on is None


@pytest.mark.parametrize(
    ("kind", "value", "is_kept"),
    [
        ("phone", "+1 312 555 0142", True),
        ("email", "u.ode@example.org", True),
        ("phone", "u.ode@example.org", False),
        ("email", "+1 312 555 0142", False),
        ("phone", "12", False),
        ("fax", "+1 312 555 0142", False),
        ("phone", "", False),
    ],
)
def test_a_number_or_address_is_what_its_kind_says(
    house: House, nurse: Client, url: Url, kind: str, value: str, is_kept: bool
) -> None:
    patient = make_patient(house)
    response = nurse.post(url("contact_new", ref=patient.ref), {"kind": kind, "value": value})
    assert response.status_code == (302 if is_kept else 422)
    assert ContactPoint.objects.filter(patient=patient).exists() is is_kept


def test_a_number_that_takes_no_texts_is_kept_for_calls_and_that_is_said(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    form = {"kind": "phone", "value": "312 555 0142", "time_zone": "Pacific/Honolulu"}
    page = nurse.post(url("contact_new", ref=patient.ref), form, follow=True).content.decode()
    assert "No text can be sent to this number" in page
    assert "calls only, no texts" in page
    assert "Pacific/Honolulu" in page
    page = nurse.post(
        url("contact_new", ref=patient.ref), {"kind": "phone", "value": "+1 312 555 0142"}, follow=True
    ).content.decode()
    assert "No text can be sent" not in page


def test_a_number_is_listed_once(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    form = {"kind": "phone", "value": "+1 312 555 0142"}
    nurse.post(url("contact_new", ref=patient.ref), form)
    response = nurse.post(url("contact_new", ref=patient.ref), form)
    assert "already listed" in response.context["form"].errors["value"][0]


def test_the_newest_word_of_the_patient_counts_and_the_others_stay_listed(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    for granted, wording in (("yes", "By e-mail, yes"), ("no", "Not any more")):
        form = {"channel": "email", "is_granted": granted, "wording": wording}
        assert nurse.post(url("consent_new", ref=patient.ref, channel="email"), form).status_code == 302
    assert Consent.objects.filter(patient=patient).count() == 2
    page = nurse.get(url("patient_details", ref=patient.ref))
    assert page.context["channels"][0].newest.wording == "Not any more"
    assert "By e-mail, yes" in page.content.decode()


def test_what_a_patient_says_about_check_ins_is_another_matter_than_reminders(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    address = url("consent_new", ref=patient.ref, channel="sms")
    asked = nurse.get(f"{address}?topic=check_ins").context["form"]["wording"].value()
    assert "after an operation" in asked
    form = {"channel": "sms", "topic": "check_ins", "is_granted": "yes", "wording": asked}
    assert nurse.post(address, form).status_code == 302
    rows = nurse.get(url("patient_details", ref=patient.ref)).context["channels"]
    agreed = {(row.channel, row.topic) for row in rows if row.newest is not None}
    assert agreed == {("sms", "check_ins")}


def test_a_consent_without_words_is_refused(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    form = {"channel": "email", "is_granted": "yes", "wording": "  "}
    response = nurse.post(url("consent_new", ref=patient.ref, channel="email"), form)
    assert "wording" in response.context["form"].errors
    assert nurse.get(url("consent_new", ref=patient.ref, channel="smoke")).status_code == 404


def test_a_helper_is_added_changed_ended_and_resumed(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    response = nurse.post(url("proxy_new", ref=patient.ref), {"name": "Per", "is_emergency_contact": "on"})
    proxy = Proxy.objects.get(patient=patient)
    assert response.url == url("proxy_contact_new", ref=patient.ref, proxy_id=proxy.id)
    nurse.post(response.url, {"kind": "phone", "value": "+1 312 555 0143"})
    nurse.post(url("proxy_edit", ref=patient.ref, proxy_id=proxy.id), {"name": "Per Ode"})
    nurse.post(url("proxy_end", ref=patient.ref, proxy_id=proxy.id))
    proxy.refresh_from_db()
    assert (proxy.name, proxy.is_active, proxy.contact_points.count()) == ("Per Ode", False, 1)
    nurse.post(url("proxy_resume", ref=patient.ref, proxy_id=proxy.id))
    proxy.refresh_from_db()
    assert proxy.is_active


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reservoir_ml": "", "printed_refill_on": ""}, "reservoir_ml"),
        ({"reservoir_ml": "-3"}, "reservoir_ml"),
        ({"reservoir_ml": "∞"}, "reservoir_ml"),
        ({"read_on": "2999-01-01"}, "read_on"),
        ({"read_on": "1990-01-01"}, "read_on"),
        ({"read_time": "25:00"}, "read_time"),
    ],
)
def test_a_refused_reading_is_told_at_the_field(
    house: House, nurse: Client, url: Url, changed: dict[str, str], field: str
) -> None:
    implant = make_implant(house)
    form = {"read_on": str(house.today - timedelta(days=1)), "reservoir_ml": "30"}
    response = nurse.post(url("reading_new", ref=implant.ref), form | changed)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Reading.objects.exists()


def test_a_reading_keeps_its_hour_on_the_clinics_clock(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    form = {"read_on": "2026-01-15", "read_time": "14:30", "reservoir_ml": "30"}
    nurse.post(url("reading_new", ref=implant.ref), form)
    assert Reading.objects.get().read_at.isoformat() == "2026-01-15T20:30:00+00:00"  # Chicago, winter


def test_an_hour_that_the_clock_skipped_is_refused(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    form = {"read_on": "2026-03-08", "read_time": "02:30", "reservoir_ml": "30"}
    response = nurse.post(url("reading_new", ref=implant.ref), form)
    assert "skipped" in response.context["form"].errors["read_time"][0]


def test_a_reading_is_withdrawn_once_with_its_reason(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    reading = make_reading(house, implant)
    address = url("reading_withdraw", ref=implant.ref, reading_id=reading.id)
    assert nurse.post(address, {"reason": " "}).status_code == 422
    assert nurse.post(address, {"reason": "typed 3 for 30"}).status_code == 302
    again = nurse.post(address, {"reason": "once more"})
    assert "withdrawn in the meantime" in again.context["form"].errors["reason"][0]
    page = nurse.get(url("patient_record", ref=implant.patient.ref)).content.decode()
    assert "typed 3 for 30" in page


def test_an_event_is_entered_and_withdrawn(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    address = url("event_new", ref=implant.ref)
    score = {"kind": "outcome_score", "occurred_on": str(house.today)}
    assert "score" in nurse.post(address, score).context["form"].errors
    assert nurse.post(address, score | {"scale": "pain 0–10", "score": "4"}).status_code == 302
    event = PumpEvent.objects.get()
    withdraw = url("event_withdraw", ref=implant.ref, event_id=event.id)
    nurse.post(withdraw, {"reason": "other patient"})
    assert PumpEvent.objects.get(supersedes=event).is_void


def test_an_event_is_never_preselected(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    response = nurse.post(url("event_new", ref=implant.ref), {"kind": "", "occurred_on": str(house.today)})
    assert "kind" in response.context["form"].errors


def test_a_reading_of_another_pump_is_not_withdrawn_through_this_one(
    house: House, nurse: Client, url: Url
) -> None:
    reading = make_reading(house, make_implant(house))
    other = make_implant(house)
    address = url("reading_withdraw", ref=other.ref, reading_id=reading.id)
    assert nurse.post(address, {"reason": "?"}).status_code == 404


def test_the_history_says_who_when_why_and_what(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    patient = make_patient(house, last_name="Ode")
    form = PATIENT | {"last_name": "Oder", "mrn": patient.mrn}
    nurse.post(url("patient_edit", ref=patient.ref), form)
    implant = make_implant(house, patient)
    event = make_event(house, implant, kind="fall")
    nurse.post(url("event_withdraw", ref=implant.ref, event_id=event.id), {"reason": "it was a stumble"})
    response = administrator.get(url("patient_history", ref=patient.ref))
    changes = response.context["changes"]
    told = {change.reason: change for change in changes}  # one transaction here, so in no order
    assert set(told) == {"it was a stumble", "event recorded", "added", "changed"}
    assert {change.actor for change in changes} == {"Nora Nurse"}
    (renamed,) = told["changed"].rows
    assert [(str(field.label), field.before, field.after) for field in renamed.fields] == [
        ("last name", "Ode", "Oder")
    ]
    assert [row.action for row in told["it was a stumble"].rows] == ["withdraw"]


def test_the_history_of_another_patient_is_not_mixed_in(
    house: House, administrator: Client, url: Url
) -> None:
    make_implant(house, make_patient(house, last_name="Other"))
    patient = make_patient(house)
    changes = administrator.get(url("patient_history", ref=patient.ref)).context["changes"]
    assert len(changes) == 1


def test_birthdays_make_a_patient_older_on_the_day(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house, birth_date=date(house.today.year - 40, house.today.month, house.today.day))
    assert "(40 y)" in nurse.get(url("patient_details", ref=patient.ref)).content.decode()


def test_what_a_colleague_changed_meanwhile_is_not_overwritten_unseen(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    patient = make_patient(house, mrn="M-1")
    address = url("patient_edit", ref=patient.ref)
    seen = nurse.get(address).context["form"].initial["seen"]
    administrator.post(address, PATIENT | {"notes": "allergic to chlorhexidine"})
    response = nurse.post(address, PATIENT | {"first_name": "Ulla", "seen": seen})
    assert response.status_code == 422
    assert "Somebody else has changed this" in response.content.decode()
    patient.refresh_from_db()
    assert (patient.first_name, patient.notes) == ("Ursula", "allergic to chlorhexidine")
    sent_again = response.context["form"].data["seen"]
    assert nurse.post(address, PATIENT | {"first_name": "Ulla", "seen": sent_again}).status_code == 302


def test_a_part_of_a_page_asked_for_after_the_session_ended_loads_the_page_again(
    house: House, url: Url
) -> None:
    response = Client().post(url("patients"), {"text": "ode"}, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Refresh"]) == (401, "true")


def test_somebody_at_work_keeps_the_session(nurse: Client) -> None:
    assert nurse.post("/still-here/").status_code == 204
    assert Client().post("/still-here/").status_code == 401
    assert nurse.get("/still-here/").status_code == 405
