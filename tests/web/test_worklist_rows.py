"""What stands above the work list and beside each pump: wrong visits, bookings, rungs, owners, calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import Implant
from scheduling.domain.call_entries import CallEntry
from scheduling.domain.care.rungs import NAMES
from scheduling.models import FollowUp
from scheduling.selectors.late_refills import refill_standings
from scheduling.services.calls import log_call
from scheduling.services.follow_ups import assign_follow_ups, postpone_follow_ups
from tests.bookings import open_day
from tests.care_rows import make_visit
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.matters import days_left
from tests.web.conftest import SignIn

Url = Callable[..., str]


def pump(house: House, name: str, days: int) -> Implant:
    """A 40 mL pump at 1 mL a day, filled so many days ago: low after 38 days, empty after 40."""
    return make_running_pump(
        house,
        make_patient(house, last_name=name),
        filled_on=house.today - timedelta(days=days),
        concentration="300",
    )


def item_of(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="refill", state__in=["open", "postponed"])


def entries(client: Client, address: str) -> dict[str, dict[str, object]]:
    sections = client.get(address).context["sections"]
    return {entry["row"].last_name: entry for section in sections for entry in section["rows"]}


def test_an_unbooked_refill_that_is_due_leads_to_booking_it(house: House, nurse: Client, url: Url) -> None:
    due, later = pump(house, "Due", 20), pump(house, "Later", 1)
    shown = entries(nurse, url("worklist"))
    assert shown["Due"]["act"] == "book"
    assert shown["Later"]["act"] == "refill"
    page = nurse.get(url("worklist")).content.decode()
    assert f"{url('visit_new')}?patient={due.patient.ref}&amp;follow_up={item_of(due).ref}" in page
    assert url("fill_new", ref=later.ref) in page


def test_a_booked_refill_says_when_and_with_whom(house: House, nurse: Client, url: Url) -> None:
    implant = pump(house, "Ode", 20)
    visit = make_visit(
        house, implant.patient, on=house.today + timedelta(days=3), kind="refill", implant=implant
    )
    shown = entries(nurse, url("worklist"))["Ode"]
    assert shown["act"] == "refill"
    page = nurse.get(url("worklist")).content.decode()
    assert url("visit", ref=visit.ref) in page
    assert "10:00" in page


def test_a_visit_that_is_too_late_stands_at_the_top_with_why_and_the_move(
    house: House, nurse: Client, url: Url
) -> None:
    implant = pump(house, "Ode", 20)
    visit = make_visit(
        house, implant.patient, on=house.today + timedelta(days=30), kind="refill", implant=implant
    )
    response = nurse.get(url("worklist"))
    (conflict,) = response.context["conflicts"]
    assert "Too late for the refill" in conflict["words"]
    page = response.content.decode()
    assert page.index("1 visit that is wrong now") < page.index("work-table")
    assert url("visit_move", ref=visit.ref) in page
    assert entries(nurse, url("worklist"))["Ode"]["act"] == "move"
    part = nurse.get(url("worklist"), headers={"HX-Request": "true"}).content.decode()
    assert "that is wrong now" not in part


def test_a_visit_booked_as_soon_as_could_be_for_an_overdue_pump_is_folded_away(
    house: House, nurse: Client, url: Url
) -> None:
    implant = pump(house, "Ode", 200)
    now = (("booked", house.now, ""),)
    make_visit(house, implant.patient, on=open_day(house, 1), kind="refill", implant=implant, statuses=now)
    response = nurse.get(url("worklist"))
    assert response.context["conflicts"] == []
    assert [each["row"].visit_id for each in response.context["late_from_the_start"]]
    page = response.content.decode()
    assert "that is wrong now" not in page
    assert "1 visit was booked after its last safe day had passed" in page


def test_nothing_stands_above_the_list_when_nothing_is_wrong(house: House, nurse: Client, url: Url) -> None:
    pump(house, "Ode", 20)
    page = nurse.get(url("worklist")).content.decode()
    assert "that is wrong now" not in page
    assert "nobody watches" not in page


def test_a_pump_that_nobody_watches_is_red_at_the_top(house: House, nurse: Client, url: Url) -> None:
    implant = pump(house, "Ode", 20)
    # No service leaves a pump so: the guard is there for what nobody thought of.
    FollowUp.objects.filter(pk=item_of(implant).pk).update(
        state="not_needed", closed_at=house.now, closing_reason="by hand"
    )
    page = nurse.get(url("worklist")).content.decode()
    assert "1 pump that nobody watches" in page
    assert "on nobody&#x27;s list" in page


def test_another_clinics_alarms_stay_there(house: House, signed_in: SignIn, url: Url) -> None:
    other = make_clinic(name="Other")
    implant = pump(other, "Foreign", 20)
    FollowUp.objects.filter(pk=item_of(implant).pk).update(
        state="not_needed", closed_at=house.now, closing_reason="by hand"
    )
    make_visit(other, implant.patient, on=house.today + timedelta(days=30), kind="refill", implant=implant)
    assert "Foreign" not in signed_in(house.nurse).get(url("worklist")).content.decode()
    theirs = signed_in(other.nurse).get(f"/c/{other.clinic.slug}/worklist/").content.decode()
    assert "nobody watches" in theirs


def test_the_rung_is_said_wherever_the_board_has_one(house: House, nurse: Client, url: Url) -> None:
    pumps = {
        name: pump(house, name, days)
        for name, days in (
            ("Later", 1),
            ("Soon", 10),
            ("Due", 30),
            ("Risk", 36),
            ("Empty", 45),
            ("Booked", 30),
        )
    }
    make_visit(house, pumps["Booked"].patient, on=open_day(house, 1), kind="refill", implant=pumps["Booked"])
    standings = refill_standings(
        clinic_id=house.clinic.id, now=house.now, implant_ids=[implant.pk for implant in pumps.values()]
    )
    of_board = {
        name: NAMES[reached] for name, implant in pumps.items() if (reached := standings[implant.pk].rung)
    }
    shown = entries(nurse, url("worklist"))
    assert {name: entry["rung"] for name, entry in shown.items() if "rung" in entry} == of_board
    assert shown["Due"]["look"].key == "due"
    assert of_board == {"Due": "nurse calls daily", "Risk": "physician calls", "Empty": "emergency"}


@pytest.mark.parametrize(
    ("days", "rung"), [(0, "nurse calls daily"), (5, "physician calls"), (400, "emergency")]
)
def test_in_review_the_rung_is_the_one_of_the_board(
    house: House, nurse: Client, url: Url, days: int, rung: str
) -> None:
    implant = pump(house, "Ended", 1)
    certain_by = house.today - timedelta(days=days)
    days_left(
        house,
        implant,
        90,
        status="review",
        must_refill_by=None,
        target_visit_on=None,
        latest_visit_on=None,
        limited_by="",
        review_by=certain_by,
    )
    standing = refill_standings(clinic_id=house.clinic.id, now=house.now)[implant.pk]
    shown = entries(nurse, url("worklist"))["Ended"]
    assert shown["rung"] == rung
    assert standing.rung is not None
    assert shown["rung"] == NAMES[standing.rung]


def test_a_row_says_whose_it_is_the_last_call_and_what_was_postponed(
    house: House, nurse: Client, url: Url
) -> None:
    implant = pump(house, "Ode", 20)
    who = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    assign_follow_ups(refs=[item_of(implant).ref], owner_id=house.nurse.id, **who)
    log_call(patient_ref=implant.patient.ref, entry=CallEntry(outcome="left_message"), **who)
    item = item_of(implant)
    assert item.latest_on is not None
    postpone_follow_ups(refs=[item.ref], until=item.latest_on, reason="away", **who)
    shown = entries(nurse, url("worklist"))["Ode"]
    assert shown["is_mine"] is True
    page = nurse.get(url("worklist")).content.decode()
    assert "left a message" in page
    assert "postponed until" in page


def test_mine_and_what_is_not_booked_are_filters(house: House, nurse: Client, url: Url) -> None:
    mine, booked = pump(house, "Mine", 20), pump(house, "Booked", 20)
    for implant, owner in ((mine, house.nurse), (booked, house.administrator)):
        assign_follow_ups(
            clinic=house.clinic,
            refs=[item_of(implant).ref],
            owner_id=owner.id,
            actor_id=house.nurse.id,
            now=house.now,
        )
    make_visit(house, booked.patient, on=house.today + timedelta(days=3), kind="refill", implant=booked)
    assert set(entries(nurse, url("worklist"))) == {"Mine", "Booked"}
    assert set(entries(nurse, url("worklist") + "?owner=mine")) == {"Mine"}
    assert set(entries(nurse, url("worklist") + "?visit=not_booked")) == {"Mine"}
    assert set(entries(nurse, url("worklist") + "?visit=booked")) == {"Booked"}


def test_both_lists_say_how_much_cannot_wait(house: House, nurse: Client, url: Url) -> None:
    pump(house, "Due", 20)
    pump(house, "Later", 1)
    for query in ("", "?sort=name", "?group=later", "?owner=mine"):  # whatever part of them is shown below
        tabs = nurse.get(url("worklist") + query).context["work_tabs"]
        assert (tabs[0].count, tabs[0].is_here) == (1, True), query
    assert tabs[1].count == len(
        [
            line
            for line in nurse.get(url("follow_ups")).context["listed"].lines
            if line.part in ("overdue", "today")
        ]
    )


def test_an_auditor_presses_nothing(house: House, signed_in: SignIn, url: Url) -> None:
    pump(house, "Ode", 20)
    page = signed_in(house.person(Role.AUDITOR)).get(url("worklist")).content.decode()
    assert "Ode" in page
    for word in ('name="tick"', url("visit_new"), "Log a call", "Postpone"):
        assert word not in page


def test_the_number_of_queries_is_the_same_for_3_and_15_pumps(house: House, nurse: Client, url: Url) -> None:
    def grow(pumps: int) -> int:
        for _ in range(pumps):
            implant = pump(house, "Ode", 20)
            make_visit(
                house, implant.patient, on=house.today + timedelta(days=20 + implant.id), kind="refill",
                implant=implant,
            )  # fmt: skip
        nurse.get(url("worklist"))
        with CaptureQueriesContext(connection) as captured:
            nurse.get(url("worklist"))
        return len(captured)

    assert grow(3) == grow(12)
