"""Booking for many at once: a time of its own for each, what could not be had is said and proposed anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import FollowUp, Visit
from scheduling.services.booking import cancel_visit
from scheduling.services.follow_ups import mark_not_needed
from tests.factories import House
from tests.web.test_followup_pages import of_row, operated

Url = Callable[..., str]


def times(page: Any) -> dict[str, str]:
    """The choice of each row and what is chosen at first."""
    return {row.field: row.chosen for row in page.context["rows"]}


@pytest.fixture
def three(house: House) -> list[FollowUp]:
    return [of_row(operated(house, last_name=name), "wound_check") for name in ("Ode", "Poe", "Roe")]


def booking(url: Url, rows: list[FollowUp]) -> str:
    return url("follow_ups_book") + "?only=" + ",".join(str(row.ref) for row in rows)


def test_each_gets_a_time_of_its_own_and_one_press_books_all(
    house: House, nurse: Client, url: Url, three: list[FollowUp]
) -> None:
    ticked = nurse.post(url("follow_ups_ticked"), {"tick": [str(row.ref) for row in three], "to": "book"})
    page = nurse.get(ticked.url)
    proposed = times(page)
    assert len(set(proposed.values())) == 3
    done = nurse.post(ticked.url, proposed | {"token": page.context["token"]}, follow=True)
    assert "3 visits are booked." in done.content.decode()
    booked = Visit.objects.filter(status="booked")
    assert booked.count() == 3
    for row in three:
        assert row.latest_on is not None
        assert booked.get(patient=row.patient).local_on <= row.latest_on


def test_sent_twice_it_books_once(house: House, nurse: Client, url: Url, three: list[FollowUp]) -> None:
    page = nurse.get(booking(url, three))
    posted = times(page) | {"token": page.context["token"]}
    nurse.post(booking(url, three), posted)
    nurse.post(booking(url, three), posted)
    assert Visit.objects.filter(status="booked").count() == 3


def test_who_is_booked_already_is_proposed_no_time(
    house: House, nurse: Client, url: Url, three: list[FollowUp]
) -> None:
    page = nurse.get(booking(url, three[:1]))
    nurse.post(booking(url, three[:1]), times(page) | {"token": "t"})
    page = nurse.get(booking(url, three))
    assert len(page.context["rows"]) == 2
    assert [row.pk for row in page.context["left_out"]] == [three[0].pk]


def test_sent_again_after_a_cancellation_it_claims_nothing(
    house: House, nurse: Client, url: Url, three: list[FollowUp]
) -> None:
    page = nurse.get(booking(url, three[:1]))
    posted = times(page) | {"token": page.context["token"]}
    nurse.post(booking(url, three[:1]), posted)
    cancel_visit(
        clinic=house.clinic,
        visit_ref=Visit.objects.get().ref,
        reason="travels",
        actor_id=house.nurse.id,
        now=house.now,
    )
    answer = nurse.post(booking(url, three[:1]), posted)
    assert answer.status_code == 422
    assert "has ended since" in answer.content.decode()


def test_what_was_closed_meanwhile_is_not_passed_over(house: House, nurse: Client, url: Url) -> None:
    patient = operated(house)
    rows = [of_row(patient, "wound_check"), of_row(patient, "suture_removal")]
    page = nurse.get(booking(url, rows))
    named = page.context["rows"][0].proposal.plan.items[0].ref
    mark_not_needed(clinic=house.clinic, refs=[named], reason="seen", actor_id=house.nurse.id, now=house.now)
    answer = nurse.post(booking(url, rows), times(page) | {"token": "t"})
    assert answer.status_code == 422
    assert "changed meanwhile" in answer.content.decode()
    assert len(answer.context["rows"]) == 1
    assert not Visit.objects.exists()


def test_one_is_left_out_and_one_is_changed(
    house: House, nurse: Client, url: Url, three: list[FollowUp]
) -> None:
    page = nurse.get(booking(url, three))
    rows = page.context["rows"]
    posted = times(page)
    posted[rows[0].field] = ""
    posted[rows[1].field] = rows[1].times[-1][0].pick.value
    nurse.post(booking(url, three), posted | {"token": "t"})
    booked = list(Visit.objects.filter(status="booked"))
    assert len(booked) == 2
    assert rows[0].proposal.patient not in [visit.patient for visit in booked]
    assert rows[1].times[-1][0].pick.local_on in [visit.local_on for visit in booked]


def test_what_could_not_be_had_is_said_and_proposed_anew(
    house: House, nurse: Client, url: Url, three: list[FollowUp]
) -> None:
    page = nurse.get(booking(url, three))
    posted = times(page)
    first, second = list(posted)[:2]
    posted[second] = posted[first]
    answer = nurse.post(booking(url, three), posted | {"token": "t"})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "2 visits are booked." in said
    assert "1 could not be" in said
    (row,) = answer.context["rows"]
    assert row.problem
    assert row.chosen not in ("", posted[first])
    nurse.post(booking(url, three), {row.field: row.chosen, "token": answer.context["token"]})
    assert Visit.objects.filter(status="booked").count() == 3


def test_what_takes_no_visit_is_left_out_and_said(house: House, nurse: Client, url: Url) -> None:
    patient = operated(house)
    rows = [of_row(patient, "wound_check"), of_row(patient, "wound_check_call")]
    page = nurse.get(booking(url, rows))
    assert len(page.context["rows"]) == 1
    assert [row.row_key for row in page.context["left_out"]] == ["wound_check_call"]
    none = nurse.get(booking(url, rows[1:])).content.decode()
    assert "Nothing to book" in none


def test_what_one_patient_is_due_for_shares_a_visit(house: House, nurse: Client, url: Url) -> None:
    patient = operated(house)
    rows = [of_row(patient, "wound_check"), of_row(patient, "suture_removal")]
    page = nurse.get(booking(url, rows))
    (row,) = page.context["rows"]
    assert len(row.proposal.plan.items) == 2
    nurse.post(booking(url, rows), times(page) | {"token": "t"})
    visit = Visit.objects.get(status="booked")
    assert visit.purposes.count() == 2
    lines = nurse.get(url("follow_ups") + "?what=wound_check").context["listed"].lines
    assert [line.visit.ref for line in lines if line.visit] == [visit.ref]


def test_proposing_for_many_takes_the_same_number_of_queries(house: House, nurse: Client, url: Url) -> None:
    rows = [of_row(operated(house), "wound_check") for _ in range(9)]

    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            nurse.get(booking(url, rows[:number]))
        return len(captured)

    queries(2)
    assert queries(2) == queries(9)
