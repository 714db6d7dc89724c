"""Booking: what is offered, what is held, what is refused and why; who may overrule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Implant
from clinic.services.closures import add_closure
from clinic.services.patients import record_death
from scheduling.models import FollowUp, Visit
from tests.bookings import add_nurse, book, hold, kind_of, nurse_of, open_day, room_of
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]


@pytest.fixture
def implant(house: House) -> Implant:
    """A pump that is due in a week or so."""
    return make_running_pump(
        house,
        make_patient(house, last_name="Ode"),
        filled_on=house.today - timedelta(days=20),
        concentration="300",
    )


@pytest.fixture
def refill(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="refill", state="open")


def asked(client: Client, url: Url, implant: Implant, **query: object) -> HttpResponse:
    said = {"patient": implant.patient.ref, **query}
    return client.get(url("visit_new"), {name: str(value) for name, value in said.items()})


def times(response: Any) -> list[tuple[date, time]]:
    return [
        (offered.pick.local_on, offered.pick.local_at)
        for group in response.context["groups"]
        for day in group.days
        for offered in day.times
    ]


def first_slot(response: Any) -> str:
    return str(response.context["groups"][0].days[0].times[0].pick.value)


def by_hand(implant: Implant, refill: FollowUp, on: date, at: str, **more: object) -> dict[str, str]:
    said = {
        "patient": implant.patient.ref,
        "chosen": 1,
        "follow_up": refill.ref,
        "local_on": on,
        "local_at": at,
        **more,
    }
    return {name: str(value) for name, value in said.items()}


def test_what_is_due_is_ticked_with_what_is_near_it(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    response = asked(nurse, url, implant)
    ask = response.context["ask"]
    assert refill.ref in ask.ticked
    assert ask.plan.kinds[0].key == "refill"
    assert ask.plan.minutes == sum(kind.duration_minutes for kind in ask.plan.kinds)
    alone = asked(nurse, url, implant, chosen=1, follow_up=refill.ref)
    assert alone.context["ask"].ticked == (refill.ref,)
    assert alone.context["ask"].plan.minutes == kind_of(house, "refill").duration_minutes


def test_what_makes_a_visit_too_long_to_be_had_is_not_ticked(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    near = {"target_on": refill.target_on, "latest_on": refill.latest_on}
    other = FollowUp.objects.filter(implant=implant, mode="visit").exclude(pk=refill.pk)[:1].get()
    FollowUp.objects.filter(pk=other.pk).update(visit_kind_key="annual_review", **near)
    both = asked(nurse, url, implant, follow_up=refill.ref)
    assert {refill.ref, other.ref} <= set(both.context["ask"].ticked)
    FollowUp.objects.filter(pk=other.pk).update(visit_kind_key="trial")  # with the refill five hours on end
    alone = asked(nurse, url, implant, follow_up=refill.ref)
    assert other.ref not in alone.context["ask"].ticked
    assert times(alone)
    assert "Left out what would make the visit later" in alone.content.decode()
    chosen = asked(nurse, url, implant, chosen=1, follow_up=other.ref)
    assert chosen.context["ask"].ticked == (other.ref,)


def test_times_in_the_window_come_first_and_late_ones_say_so(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    response = asked(nurse, url, implant, chosen=1, follow_up=refill.ref)
    first = response.context["groups"][0]
    assert not first.is_at_risk
    assert refill.target_on is not None
    assert refill.latest_on is not None
    assert all(refill.target_on <= day.day <= refill.latest_on for day in first.days)
    with recording(actor_id=None, reason="nobody is there until then"):
        for resource in (nurse_of(house), room_of(house)):
            resource.exceptions.create(
                clinic=house.clinic, first_on=house.today, last_on=refill.latest_on, reason="Flood"
            )
    late = asked(nurse, url, implant, chosen=1, follow_up=refill.ref)
    assert late.context["groups"][0].is_at_risk
    assert "At risk: after the last safe day" in late.content.decode()


def test_a_days_times_are_spread_over_it_and_all_are_shown_when_asked_for(
    nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    few = asked(nurse, url, implant, chosen=1, follow_up=refill.ref)
    day = few.context["groups"][0].days[0]
    assert len(day.times) <= 6
    assert day.times[0].pick.local_at < time(12) < day.times[-1].pick.local_at
    many = asked(nurse, url, implant, chosen=1, follow_up=refill.ref, more=1)
    assert set(times(few)) < set(times(many))


def test_a_chosen_time_is_held_and_then_booked(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    slot = first_slot(asked(nurse, url, implant))
    held = nurse.post(
        url("visit_hold"),
        {"patient": implant.patient.ref, "chosen": 1, "follow_up": refill.ref, "slot": slot},
    )
    assert held.status_code == 302
    visit = Visit.objects.get(patient=implant.patient)
    assert visit.status == "proposed"
    page = nurse.get(held.url).content.decode()
    assert "Book this visit?" in page
    assert "Held for you until" in page
    booked = nurse.post(url("visit_held", ref=visit.ref), {"note": "wheelchair"}, follow=True)
    visit.refresh_from_db()
    assert (visit.status, visit.note) == ("booked", "wheelchair")
    assert visit.purposes.get().follow_up == refill
    assert "Booked: Refill on" in booked.content.decode()
    again = nurse.post(url("visit_held", ref=visit.ref), {"note": "wheelchair"})
    assert again.url == url("visit", ref=visit.ref)
    assert Visit.objects.count() == 1


def test_whoever_comes_from_a_list_goes_back_to_it(
    nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    back = url("worklist") + "?group=due"
    data = {"patient": implant.patient.ref, "chosen": 1, "follow_up": refill.ref}
    slot = first_slot(asked(nurse, url, implant, next=back))
    held = nurse.post(url("visit_hold"), data | {"slot": slot, "next": back})
    page = nurse.get(held.url)
    assert page.context["next"] == back
    visit = Visit.objects.get()
    assert nurse.post(url("visit_held", ref=visit.ref), {"note": "", "next": back}).url == back
    elsewhere = nurse.post(url("visit_hold"), data | {"slot": slot, "next": "https://example.org/"})
    assert "example.org" not in elsewhere.get("Location", "")


def test_a_hold_that_ran_out_can_still_be_booked_while_the_time_is_free(
    house: House, nurse: Client, url: Url
) -> None:
    """Also when somebody swept it away: then the page says that nothing is booked."""
    held = hold(house, make_patient(house), on=open_day(house))
    with recording(actor_id=None, reason="ten minutes pass"):
        Visit.objects.update(hold_expires_at=house.now - timedelta(minutes=1))
    assert nurse.get(url("visit_held", ref=held.ref)).context["seconds_left"] == 0
    nurse.post(url("visit_held", ref=held.ref), {"note": ""})
    assert Visit.objects.get().status == "booked"
    other = hold(house, make_patient(house), on=open_day(house), at=time(14))
    with recording(actor_id=None, reason="swept"):
        Visit.objects.filter(pk=other.pk).delete()
    gone = nurse.post(url("visit_held", ref=other.ref), {"note": ""}, follow=True)
    assert "no longer held and nothing was booked" in gone.content.decode()


def test_a_day_that_was_closed_while_somebody_decided_is_refused_with_free_times(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    held = hold(house, make_patient(house), on=day)
    add_closure(clinic=house.clinic, closed_on=day, reason="Flood", actor_id=house.nurse.id)
    response = nurse.post(url("visit_held", ref=held.ref), {"note": "by taxi"})
    assert response.status_code == 422
    assert "The clinic is closed on this day" in response.content.decode()
    other = response.context["alternatives"][0]
    assert other.pick.local_on > day
    data = {"patient": held.patient.ref, "chosen": 1, "kind": "check_up", "slot": other.pick.value}
    again = nurse.post(url("visit_hold"), data)
    assert again.status_code == 302
    assert Visit.objects.get().local_on == other.pick.local_on


def test_a_time_held_by_one_is_refused_to_another_with_the_reason_and_free_times(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    slot = first_slot(asked(nurse, url, implant, chosen=1, follow_up=refill.ref))
    on, at = date.fromisoformat(slot[:10]), time.fromisoformat(slot[11:16])
    hold(house, make_patient(house, last_name="Quicker"), on=on, at=at)
    response = nurse.post(
        url("visit_hold"),
        {"patient": implant.patient.ref, "chosen": 1, "follow_up": refill.ref, "slot": slot},
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "Nora Nurse has another visit at this time" in page
    assert "Quicker" not in page
    free = response.context["alternatives"]
    assert free
    assert (
        nurse.post(
            url("visit_hold"),
            {
                "patient": implant.patient.ref,
                "chosen": 1,
                "follow_up": refill.ref,
                "slot": free[0].pick.value,
            },
        ).status_code
        == 302
    )


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"local_on": "2026-13-01"}, "local_on", "valid date"),
        ({"local_at": ""}, "local_at", "required"),
        ({"local_at": "03:00"}, "local_at", "is not at work at this time"),
        ({"local_on": "2020-01-06"}, "local_at", "This time has passed"),
    ],
)
def test_a_time_by_hand_is_refused_at_its_field(
    house: House,
    nurse: Client,
    url: Url,
    implant: Implant,
    refill: FollowUp,
    values: dict[str, str],
    field: str,
    said: str,
) -> None:
    data = by_hand(implant, refill, open_day(house), "10:00", nurse=nurse_of(house).ref) | values
    response = nurse.post(url("visit_hold"), data)
    assert response.status_code == 422
    assert said in " ".join(response.context["form"].errors[field])
    assert not Visit.objects.exists()


def test_who_may_overbook_gives_a_reason_and_who_may_not_is_not_asked(
    house: House, signed_in: SignIn, url: Url, implant: Implant, refill: FollowUp
) -> None:
    day = open_day(house)
    book(house, make_patient(house), on=day, at=time(10))
    data = by_hand(implant, refill, day, "10:00", override_reason="withdrawal threatens")
    scheduler = signed_in(house.person(Role.SCHEDULER))
    assert scheduler.post(url("visit_hold"), data).status_code == 422
    assert (
        "override_reason"
        not in scheduler.get(url("visit_new"), {"patient": implant.patient.ref}).context["form"].fields
    )
    nurse = signed_in(house.nurse)
    held = nurse.post(url("visit_hold"), data)
    assert held.status_code == 302
    visit = Visit.objects.get(patient=implant.patient)
    nurse.post(url("visit_held", ref=visit.ref), {"note": ""})
    visit.refresh_from_db()
    assert (visit.status, visit.override_reason) == ("booked", "withdrawal threatens")
    assert "by Nora Nurse: withdrawal threatens" in nurse.get(url("visit", ref=visit.ref)).content.decode()


def test_a_time_the_clocks_skip_is_refused_with_the_next_one_and_one_that_comes_twice_is_asked_about(
    db: None, signed_in: SignIn
) -> None:
    house = make_clinic(now=datetime(2027, 3, 1, 15, tzinfo=UTC))
    with recording(actor_id=house.administrator.id, reason="open every day"):
        house.clinic.open_weekdays = list(range(7))
        house.clinic.save()
    nurse_of(house).hours.create(clinic=house.clinic, weekday=6, starts_at=time(0), ends_at=time(23))
    room_of(house).hours.all().delete()
    patient = make_patient(house)
    client = signed_in(house.nurse)
    address = f"/c/{house.clinic.slug}/visits/hold/"
    data = {"patient": str(patient.ref), "chosen": "1", "kind": "check_up"}
    skipped = client.post(address, data | {"local_on": "2027-03-14", "local_at": "02:30"})
    assert skipped.status_code == 422
    assert "the next one is 03:00" in skipped.context["form"].errors["local_at"][0].lower()
    twice = data | {"local_on": "2027-11-07", "local_at": "01:30"}
    which = client.post(address, twice)
    assert which.status_code == 422
    assert "say which one is meant" in which.context["form"].errors["which"][0]
    for answer, hour in (("first", 6), ("later", 7)):
        assert client.post(address, twice | {"which": answer}).status_code == 302
        held = Visit.objects.get()
        assert held.starts_at == datetime(2027, 11, 7, hour, 30, tzinfo=UTC)
        page = client.get(f"/c/{house.clinic.slug}/visits/{held.ref}/held/").content.decode()
        assert ("after the clocks go back" in page) == (answer == "later")
    client.post(f"/c/{house.clinic.slug}/visits/{held.ref}/held/", {"note": ""})
    assert Visit.objects.get().starts_at == datetime(2027, 11, 7, 7, 30, tzinfo=UTC)


def test_what_is_booked_already_is_not_offered_again(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    visit = book(house, implant, on=open_day(house), follow_up_refs=(refill.ref,))
    response = asked(nurse, url, implant)
    assert refill.ref not in response.context["ask"].ticked
    assert url("visit", ref=visit.ref) in response.content.decode()


def test_a_patient_is_searched_by_words_that_stand_in_no_address(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house, last_name="Quirk")
    dead = make_patient(house, last_name="Quirk", first_name="Late")
    record_death(
        clinic=house.clinic,
        patient_ref=dead.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    day = open_day(house)
    page = nurse.post(url("visit_new") + f"?on={day}&at=10:30", {"text": "quirk"}).content.decode()
    assert f"?patient={patient.ref}&amp;on={day}&amp;at=10%3A30" in page
    assert str(dead.ref) not in page
    assert "text=" not in page
    chosen = nurse.get(url("visit_new") + f"?patient={patient.ref}&on={day}&at=10:30")
    assert chosen.context["form"].initial["local_at"] == "10:30"


def test_a_patient_of_another_clinic_is_not_found(house: House, signed_in: SignIn, url: Url) -> None:
    patient = make_patient(house)
    outsider = signed_in(house.outsider)
    address = f"/c/{house.elsewhere.slug}/visits/"
    assert outsider.get(f"{address}new/?patient={patient.ref}").status_code == 404
    assert outsider.post(f"{address}hold/", {"patient": patient.ref}).status_code == 404
    assert outsider.get(f"{address}new/?patient=nonsense").status_code == 200


def test_looking_for_times_costs_the_same_whatever_is_booked(
    house: House, nurse: Client, url: Url, implant: Implant, refill: FollowUp
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert asked(nurse, url, implant).status_code == 200
        return len(captured)

    queries()
    before = queries()
    day = open_day(house)
    for hour in (9, 10, 11, 13, 14, 15):
        book(house, make_patient(house), on=day, at=time(hour))
    add_nurse(house, "Otto Other")
    assert queries() == before
