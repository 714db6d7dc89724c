"""Closing days on the pages: who is affected is shown first, one press closes, one press takes it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Closure
from scheduling.models import DayClosing, Forecast, HoursException, SweepRun, Visit
from scheduling.services.booking import cancel_visit
from tests.bookings import add_nurse, book, nurse_of, open_day
from tests.factories import House, make_patient, make_running_pump

Url = Callable[..., str]


@pytest.fixture
def day(house: House) -> date:
    return open_day(house, 14)


@pytest.fixture
def visit(house: House, day: date) -> Visit:
    return book(house, make_patient(house, last_name="Moved"), on=day)


def propose(client: Client, url: Url, day: date, **values: object) -> DayClosing:
    posted = {"resource": "", "first_on": str(day), "last_on": "", "reason": "Painters"} | values
    response = client.post(url("closing_new"), posted)
    closing = DayClosing.objects.latest("id")
    assert response.url == url("closing", ref=closing.ref)
    return closing


def sections(client: Client, url: Url, closing: DayClosing) -> dict[str, list[str]]:
    """The last names under each heading of the page."""
    context = client.get(url("closing", ref=closing.ref)).context
    return {
        section.key: [line.move.visit.patient.last_name for line in section.lines]
        for section in context["sections"]
    }


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_proposal_shows_who_is_affected_and_closes_nothing(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    closing = propose(administrator, url, day)
    page = text(administrator, url("closing", ref=closing.ref))
    assert "nothing is closed yet" in page
    assert "1 visit is affected." in page
    assert "Close the days and move 1 visit" in page
    assert sections(administrator, url, closing) == {"moved": ["Moved"]}
    assert not Closure.objects.exists()
    assert "not confirmed" in text(administrator, url("closed_days"))


def test_one_press_closes_and_moves_and_one_takes_it_back(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    closing = propose(administrator, url, day)
    response = administrator.post(url("closing_confirm", ref=closing.ref))
    run = SweepRun.objects.get(clinic=house.clinic, kind="recalculation")
    assert response.url == url("closing", ref=closing.ref) + f"?run={run.id}"
    page = text(administrator, response.url)
    assert 'id="progress"' in page
    assert "Undo: open the days" in page
    before = visit.starts_at
    visit.refresh_from_db()
    assert visit.starts_at != before
    assert Closure.objects.get(clinic=house.clinic).closed_on == day
    administrator.post(url("closing_undo", ref=closing.ref))
    visit.refresh_from_db()
    assert visit.starts_at == before
    assert sections(administrator, url, closing) == {"back": ["Moved"]}
    assert not Closure.objects.exists()


def test_a_nurse_closes_a_day_from_the_calendar_and_takes_it_back(
    house: House, nurse: Client, url: Url, day: date, visit: Visit
) -> None:
    assert url("closing_new") in text(nurse, url("calendar"))
    closing = propose(nurse, url, day)
    page = url("closing", ref=closing.ref)
    confirmed = nurse.post(url("closing_confirm", ref=closing.ref), follow=True)
    assert f'href="{url("settings")}"' not in confirmed.content.decode()
    assert confirmed.context["progress"] is not None
    visit.refresh_from_db()
    assert visit.local_on != day
    nurse.post(url("closing_undo", ref=closing.ref))
    visit.refresh_from_db()
    assert visit.local_on == day
    assert url("calendar") in text(nurse, page)


def test_a_visit_that_cannot_go_back_is_named_with_the_reason(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    other = book(house, make_patient(house, last_name="Cancelled"), on=day, at=time(14))
    closing = propose(administrator, url, day)
    administrator.post(url("closing_confirm", ref=closing.ref))
    cancel_visit(
        clinic=house.clinic, visit_ref=other.ref, reason="moves away", actor_id=house.nurse.id, now=house.now
    )
    administrator.post(url("closing_undo", ref=closing.ref))
    assert sections(administrator, url, closing) == {"left": ["Cancelled"], "back": ["Moved"]}
    assert "somebody has changed this visit since" in text(administrator, url("closing", ref=closing.ref))


def test_a_stale_proposal_is_made_anew_and_said_so(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    closing = propose(administrator, url, day)
    book(house, make_patient(house, last_name="Newcomer"), on=day, at=time(15))
    response = administrator.post(url("closing_confirm", ref=closing.ref))
    page = text(administrator, response.url)
    assert "The calendar has changed since" in page
    assert "nothing is closed yet" in page
    assert sections(administrator, url, closing) == {"moved": ["Moved", "Newcomer"]}
    assert not Closure.objects.exists()
    administrator.post(url("closing_confirm", ref=closing.ref))
    assert Closure.objects.exists()


def test_what_cannot_be_placed_stands_on_top_and_what_comes_too_late_next(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    """The closing takes every day up to the last safe one; of the one pump the reserve ends in it."""
    for name, at, days in (("Late", time(9), 15), ("Empty", time(11), 10)):
        implant = make_running_pump(house, make_patient(house, last_name=name))
        book(house, implant, on=day, at=at)
        must_by = day + timedelta(days=days)
        Forecast.objects.filter(implant=implant).update(
            must_refill_by=must_by,
            latest_visit_on=must_by - timedelta(days=3),
            target_visit_on=must_by - timedelta(days=10),
        )
    closing = propose(administrator, url, house.today, last_on=str(day + timedelta(days=13)))
    page = administrator.get(url("closing", ref=closing.ref))
    assert [section.key for section in page.context["sections"]] == ["none", "late", "moved"]
    assert sections(administrator, url, closing) == {"none": ["Empty"], "late": ["Late"], "moved": ["Moved"]}
    assert page.context["said"][:2] == [
        "3 visits are affected.",
        "For 1 there is no free time: it stays at the top of the work list.",
    ]
    assert "1 would come after its last safe day." in page.context["said"]
    (late,) = page.context["sections"][1].lines
    assert late.days_late > 0
    assert f"{late.days_late} days too late" in page.content.decode()


def test_a_nurse_who_is_away_leaves_the_clinic_open(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    add_nurse(house, "Second")
    nurse = nurse_of(house)
    assert str(nurse.ref) in text(administrator, url("closing_new") + f"?resource={nurse.ref}")
    closing = propose(administrator, url, day, resource=str(nurse.ref), reason="course")
    response = administrator.post(url("closing_confirm", ref=closing.ref))
    assert response.url == url("closing", ref=closing.ref)
    assert not Closure.objects.exists()
    assert HoursException.objects.get().closing == closing
    page = text(administrator, url("resource", ref=nurse.ref))
    assert "See the closing" in page
    assert f"{nurse} away" in text(administrator, url("closed_days"))


def test_one_day_is_not_closed_over_booked_visits_by_accident(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    page = administrator.post(url("closure_new"), {"closed_on": str(day), "reason": ""}, follow=True)
    assert "look at their new times first" in page.content.decode()
    assert sections(administrator, url, DayClosing.objects.get()) == {"moved": ["Moved"]}
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    ("times", "is_proposed"), [({}, True), ({"starts_at": "09:00", "ends_at": "12:00"}, False)]
)
def test_whole_days_away_with_visits_become_a_proposal(
    house: House,
    administrator: Client,
    url: Url,
    day: date,
    visit: Visit,
    times: dict[str, str],
    is_proposed: bool,
) -> None:
    form = {"what": "away", "first_on": str(day), "last_on": "", "reason": "course"} | times
    administrator.post(url("exception_new", ref=nurse_of(house).ref), form)
    assert DayClosing.objects.exists() == is_proposed
    assert HoursException.objects.exists() != is_proposed


def test_a_proposal_is_withdrawn(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    closing = propose(administrator, url, day)
    administrator.post(url("closing_withdraw", ref=closing.ref))
    assert not DayClosing.objects.exists()
    assert administrator.get(url("closing", ref=closing.ref)).status_code == 404


def test_a_closing_that_was_never_confirmed_is_not_undone(
    house: House, administrator: Client, url: Url, day: date
) -> None:
    closing = propose(administrator, url, day)
    page = administrator.post(url("closing_undo", ref=closing.ref), follow=True).content.decode()
    assert "was never confirmed" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"first_on": ""}, "first_on"),
        ({"first_on": "2020-01-01"}, "first_on"),
        ({"last_on": "2020-01-01"}, "last_on"),
        ({"last_on": "2090-01-01"}, "last_on"),
        ({"reason": " "}, "reason"),
        ({"resource": "nobody"}, "resource"),
    ],
)
def test_what_cannot_be_closed_is_told_at_the_field(
    house: House, administrator: Client, url: Url, day: date, changed: dict[str, Any], field: str
) -> None:
    posted = {"resource": "", "first_on": str(day), "last_on": "", "reason": "Painters"} | changed
    response = administrator.post(url("closing_new"), posted)
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_a_run_of_another_clinic_is_not_shown(
    house: House, administrator: Client, url: Url, day: date
) -> None:
    closing = propose(administrator, url, day)
    for run in ("1", "x", "9" * 30, "²"):
        assert administrator.get(url("closing", ref=closing.ref) + f"?run={run}").context["progress"] is None


def test_the_page_costs_the_same_however_many_visits(
    house: House, administrator: Client, url: Url, day: date, visit: Visit
) -> None:
    def cost() -> int:
        closing = propose(administrator, url, day)
        with CaptureQueriesContext(connection) as queries:
            administrator.get(url("closing", ref=closing.ref))
            administrator.get(url("closed_days"))
        return len(queries)

    before = cost()
    for hour in (9, 11, 14, 15):
        book(house, make_patient(house), on=day, at=time(hour))
    assert cost() == before
