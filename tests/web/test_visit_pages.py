"""The page of a visit: what it says, what may be done, moving by form and by drag, what each step leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Implant
from scheduling.models import FollowUp, Visit
from tests.bookings import add_nurse, book, hold, nurse_of, open_day, room_of
from tests.factories import House, make_clinic, make_fill, make_patient, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(
        house,
        make_patient(house, last_name="Ode"),
        filled_on=house.today - timedelta(days=20),
        concentration="300",
    )


@pytest.fixture
def visit(house: House) -> Visit:
    return book(house, make_patient(house, last_name="Sato"), on=open_day(house), at=time(10), note="by taxi")


def put_on(visit: Visit, days_ago: int, house: House) -> None:
    """As if it had been booked for that day: time passes for nobody in a test."""
    shift = house.today - timedelta(days=days_ago) - visit.local_on
    with recording(actor_id=None, reason="time passes"):
        visit.local_on += shift
        visit.starts_at, visit.ends_at = visit.starts_at + shift, visit.ends_at + shift
        visit.save()


def page_of(client: Client, url: Url, visit: Visit) -> str:
    return client.get(url("visit", ref=visit.ref)).content.decode()


def move(client: Client, url: Url, visit: Visit, **values: object) -> Any:
    said = {
        "local_on": visit.local_on,
        "local_at": f"{visit.local_at:%H:%M}",
        "sequence": visit.sequence,
    } | values
    return client.post(
        url("visit_move_json", ref=visit.ref), {name: str(value) for name, value in said.items()}
    )


def test_the_page_says_what_when_where_with_whom_and_what_for(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    visit = book(
        house, implant, on=open_day(house), at=time(13, 30), follow_up_refs=(refill.ref,), note="by taxi"
    )
    page = page_of(nurse, url, visit)
    for said in (
        "Ode, Ursula",
        implant.patient.mrn,
        f"{visit.local_on:%a} {visit.local_on.day} {visit.local_on:%b %Y}, 13:30–14:30",
        "clinic time (America/Chicago)",
        "Nora Nurse",
        "Room 1",
        "by taxi",
        "booked",
        url("fill_new", ref=implant.ref),
    ):
        assert said in page, said


def test_only_what_the_table_of_states_allows_is_offered(
    house: House, nurse: Client, signed_in: SignIn, url: Url, visit: Visit
) -> None:
    def offered(client: Client) -> set[str]:
        return set(client.get(url("visit", ref=visit.ref)).context["can"])

    assert offered(nurse) == {"move", "cancel", "enter_in_error"}
    assert offered(signed_in(house.person(Role.AUDITOR))) == set()
    put_on(visit, 1, house)
    assert offered(nurse) == {"move", "cancel", "enter_in_error", "arrive", "check_in", "fulfil", "miss"}
    nurse.post(url("visit_arrive", ref=visit.ref))
    assert offered(nurse) == {"cancel", "enter_in_error", "check_in", "fulfil", "undo"}


def test_each_step_stands_in_the_history_with_its_person_and_reason(
    house: House, nurse: Client, url: Url, visit: Visit
) -> None:
    nurse.post(url("visit_cancel", ref=visit.ref), {"reason": "moved to Boston"})
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    page = page_of(nurse, url, visit)
    assert "moved to Boston" in page
    assert "Nora Nurse" in page
    nurse.post(url("visit_undo", ref=visit.ref), {"reason": "stays after all"})
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert [row.status for row in visit.statuses.order_by("id")] == ["booked", "cancelled", "booked"]


@pytest.mark.parametrize("step", ["visit_cancel", "visit_entered_in_error", "visit_undo"])
def test_a_step_that_needs_a_reason_is_refused_without_one_at_its_field(
    nurse: Client, url: Url, visit: Visit, step: str
) -> None:
    response = nurse.post(url(step, ref=visit.ref), {"reason": " "})
    assert response.status_code == 422
    assert "reason" in response.context["form"].errors
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_step_out_of_turn_says_why(nurse: Client, url: Url, visit: Visit) -> None:
    page = nurse.post(url("visit_no_show", ref=visit.ref), follow=True).content.decode()
    assert "The visit has not begun" in page
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_patient_who_did_not_come_is_due_again_and_can_be_booked_again(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    visit = book(house, implant, on=open_day(house), follow_up_refs=(refill.ref,))
    put_on(visit, 1, house)
    page = nurse.post(url("visit_no_show", ref=visit.ref), follow=True)
    said = page.content.decode()
    assert "The patient did not come." in said
    assert "This is due again:" in said
    again = nurse.get(page.context["book_again"])
    assert refill.ref in again.context["ask"].ticked


def test_what_was_done_at_a_visit_is_ticked_and_a_refill_needs_its_fill(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    review = FollowUp.objects.filter(implant=implant, mode="visit", state="open").exclude(pk=refill.pk)[0]
    visit = book(house, implant, on=open_day(house), follow_up_refs=(refill.ref, review.ref))
    put_on(visit, 1, house)
    nurse.post(url("visit_arrive", ref=visit.ref))
    refused = nurse.post(url("visit_done", ref=visit.ref), {"follow_ups": [str(review.ref)]})
    assert refused.status_code == 422
    assert "is_without_fill" in refused.context["form"].errors
    nurse.post(
        url("visit_done", ref=visit.ref),
        {"follow_ups": [str(review.ref)], "is_without_fill": "on", "reason": "vein of lead"},
    )
    for row in (visit, refill, review):
        row.refresh_from_db()
    assert (visit.status, refill.state, review.state) == ("fulfilled", "open", "done")


def test_recording_the_refill_closes_the_visit(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    visit = book(house, implant, on=open_day(house))
    put_on(visit, 0, house)
    make_fill(house, implant, filled_on=house.today)
    visit.refresh_from_db()
    assert visit.status == "fulfilled"
    assert "done" in page_of(nurse, url, visit)


def test_a_drag_moves_answers_in_words_and_can_be_taken_back(nurse: Client, url: Url, visit: Visit) -> None:
    answer = move(nurse, url, visit, local_at="14:00")
    assert answer.status_code == 200
    assert "14:00" in answer.json()["said"]
    visit.refresh_from_db()
    assert visit.local_at == time(14)
    back = nurse.post(url("visit_move_json", ref=visit.ref), answer.json()["undo"])
    assert back.status_code == 200
    visit.refresh_from_db()
    assert visit.local_at == time(10)


def test_a_drag_onto_another_visit_changes_nothing_says_why_and_offers_times(
    house: House, nurse: Client, url: Url, visit: Visit
) -> None:
    book(house, make_patient(house, last_name="Other"), on=visit.local_on, at=time(14))
    answer = move(nurse, url, visit, local_at="14:00")
    assert answer.status_code == 409
    assert answer.json()["said"] == "Nora Nurse has another visit at this time."
    assert "Other" not in answer.content.decode()
    visit.refresh_from_db()
    assert (visit.local_at, visit.sequence) == (time(10), 0)
    offered = answer.json()["alternatives"]
    assert len(offered) == 5
    assert nurse.post(url("visit_move_json", ref=visit.ref), offered[0]["fields"]).status_code == 200


def test_a_drag_of_what_somebody_else_moved_meanwhile_is_refused(
    nurse: Client, url: Url, visit: Visit
) -> None:
    assert move(nurse, url, visit, local_at="14:00").status_code == 200
    late = move(nurse, url, visit, local_at="15:00")
    assert late.status_code == 409
    assert "Somebody else has changed this visit" in late.json()["said"]


@pytest.mark.parametrize(
    "values", [{"local_on": "x"}, {"local_at": "25:00"}, {"sequence": "x"}, {"room": "x"}]
)
def test_a_drag_that_cannot_be_read_is_refused(
    nurse: Client, url: Url, visit: Visit, values: dict[str, str]
) -> None:
    answer = move(nurse, url, visit, **values)
    assert answer.status_code == 422
    assert answer.json()["said"]


def test_a_drag_past_the_last_safe_day_moves_and_warns(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    visit = book(house, implant, on=open_day(house, 5))
    answer = move(nurse, url, visit, local_on=open_day(house, 40)).json()
    assert answer["warning"].startswith("Too late for the refill")
    page = nurse.post(
        url("visit_move", ref=visit.ref),
        {"local_on": str(open_day(house, 42)), "local_at": "10:00"},
        follow=True,
    ).content.decode()
    assert page.count("Too late for the refill") >= 2
    assert move(nurse, url, visit, local_on=open_day(house, 5), sequence=2).json()["warning"] == ""


def test_a_drag_onto_a_time_that_comes_twice_asks_which_is_meant(db: None, signed_in: SignIn) -> None:
    house = make_clinic(now=datetime(2027, 10, 1, 15, tzinfo=UTC))
    with recording(actor_id=house.administrator.id, reason="open every day"):
        house.clinic.open_weekdays = list(range(7))
        house.clinic.save()
    nurse_of(house).hours.create(clinic=house.clinic, weekday=6, starts_at=time(0), ends_at=time(23))
    room_of(house).hours.all().delete()
    visit = book(house, make_patient(house), on=date(2027, 11, 7), at=time(9))
    client = signed_in(house.nurse)
    address = f"/c/{house.clinic.slug}/visits/{visit.ref}/move.json"
    answer = client.post(address, {"local_on": "2027-11-07", "local_at": "01:30"})
    assert answer.status_code == 422
    first, second = answer.json()["alternatives"]
    assert client.post(address, second["fields"]).status_code == 200
    visit.refresh_from_db()
    assert visit.starts_at == datetime(2027, 11, 7, 7, 30, tzinfo=UTC)
    assert client.post(address, first["fields"]).status_code == 200
    visit.refresh_from_db()
    assert visit.starts_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    skipped = client.post(address, {"local_on": "2028-03-12", "local_at": "02:30"})
    assert "the next one is 03:00" in skipped.json()["said"]


def test_a_drag_needs_the_token_of_the_page(house: House, url: Url, visit: Visit) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.nurse, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert move(client, url, visit, local_at="14:00").status_code == 403
    visit.refresh_from_db()
    assert visit.local_at == time(10)


def test_the_form_moves_to_an_offered_time_or_one_by_hand_with_another_nurse(
    house: House, nurse: Client, url: Url, visit: Visit
) -> None:
    other = add_nurse(house, "Otto Other")
    offered = nurse.get(url("visit_move", ref=visit.ref)).context["groups"][0].days[0].times[0]
    assert nurse.post(url("visit_move", ref=visit.ref), {"slot": offered.pick.value}).status_code == 302
    visit.refresh_from_db()
    assert (visit.local_on, visit.local_at) == (offered.pick.local_on, offered.pick.local_at)
    day = open_day(house, 10)
    said = nurse.post(
        url("visit_move", ref=visit.ref),
        {"local_on": str(day), "local_at": "12:15", "nurse": str(other.ref), "reason": "the bus"},
        follow=True,
    ).content.decode()
    visit.refresh_from_db()
    assert (visit.local_on, visit.local_at, visit.nurse) == (day, time(12, 15), other)
    assert "Move it back" in said
    assert "the bus" in said


def test_whoever_moves_a_visit_from_a_list_goes_back_to_it(nurse: Client, url: Url, visit: Visit) -> None:
    address = f"{url('visit_move', ref=visit.ref)}?next={url('worklist')}"
    page = nurse.get(address)
    assert page.context["cancel_url"] == url("worklist")
    slot = page.context["groups"][0].days[0].times[0].pick.value
    assert nurse.post(address, {"slot": slot}).headers["Location"] == url("worklist")


def test_a_move_by_hand_is_refused_at_its_field_with_free_times(
    house: House, nurse: Client, url: Url, visit: Visit
) -> None:
    response = nurse.post(
        url("visit_move", ref=visit.ref), {"local_on": str(visit.local_on), "local_at": "04:00"}
    )
    assert response.status_code == 422
    assert "Nora Nurse is not at work at this time" in response.context["form"].errors["local_at"][0]
    assert response.context["alternatives"]


def test_a_move_over_the_hours_needs_a_reason_by_name(
    house: House, nurse: Client, signed_in: SignIn, url: Url, visit: Visit
) -> None:
    data = {"local_on": str(visit.local_on), "local_at": "07:00", "override_reason": "the only bus"}
    scheduler = signed_in(house.person(Role.SCHEDULER))
    assert scheduler.post(url("visit_move", ref=visit.ref), data).status_code == 422
    assert nurse.post(url("visit_move", ref=visit.ref), data).status_code == 302
    visit.refresh_from_db()
    assert (visit.local_at, visit.override_by) == (time(7), house.nurse)


def test_a_visit_that_has_become_too_late_says_so_at_the_top(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    visit = book(house, implant, on=open_day(house, 40))
    page = page_of(nurse, url, visit)
    assert "Too late for the refill (the latest day is" in page
    assert "Move the visit." in page


def test_a_visit_of_another_clinic_is_not_found(house: House, signed_in: SignIn, visit: Visit) -> None:
    outsider = signed_in(house.outsider)
    for name in ("visit", "visit_move", "visit_cancel", "visit_done"):
        address = reverse(f"nurse:{name}", kwargs={"clinic_slug": house.elsewhere.slug, "ref": visit.ref})
        assert outsider.get(address).status_code == 404, name


def test_a_held_slot_leads_to_its_confirmation(house: House, nurse: Client, url: Url) -> None:
    held = hold(house, make_patient(house), on=open_day(house))
    assert nurse.get(url("visit", ref=held.ref)).url == url("visit_held", ref=held.ref)


def test_a_time_held_against_what_stands_in_its_way_is_booked_only_by_who_may_overbook(
    house: House, signed_in: SignIn, url: Url, visit: Visit
) -> None:
    held = hold(
        house,
        make_patient(house),
        on=visit.local_on,
        at=visit.local_at,
        override_reason="withdrawal threatens",
    )
    page = url("visit_held", ref=held.ref)

    assert signed_in(house.person(Role.SCHEDULER)).post(page, {"note": ""}).status_code == 403

    assert Visit.objects.get(pk=held.pk).status == "proposed"
    assert signed_in(house.nurse).post(page, {"note": ""}).status_code == 302
    assert Visit.objects.get(pk=held.pk).override_by == house.nurse
