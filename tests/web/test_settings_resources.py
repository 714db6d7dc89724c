"""Nurses, rooms, kinds of visit, holidays, work and booking: entered, refused at their field, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Closure
from scheduling.models import HoursException, Resource, SweepRun, VisitKind, WorkPolicy
from scheduling.selectors.resources import week_of
from scheduling.services.resources import ResourceEntry, add_resource
from tests.bookings import book, nurse_of, open_day
from tests.factories import House, make_patient
from tests.web.test_house_pages import settings_form

Url = Callable[..., str]


def nurse_form(**changed: object) -> dict[str, object]:
    days = {f"day_{weekday}": "9-12, 13-17" for weekday in range(5)}
    return {"name": "Nina Float", "seats": "1", "user": "", **days} | changed


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def posted(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    """The page that one sees after posting."""
    return client.post(address, data or {}, follow=True).content.decode()


@pytest.fixture
def day(house: House) -> date:
    return open_day(house, 14)


def test_a_nurse_is_added_with_hours_as_people_write_them(
    house: House, administrator: Client, url: Url
) -> None:
    blank = administrator.get(url("nurse_new")).context["form"]
    assert blank["day_0"].value() == "09:00–12:00, 13:00–17:00"
    assert not blank["day_6"].value()
    form = nurse_form(day_0="8.30 - 12 and 1 pm - 4 pm", day_5="10-14", day_1="")
    response = administrator.post(url("nurse_new"), form)
    nurse = Resource.objects.get(name="Nina Float")
    assert response.url == url("resource", ref=nurse.ref)
    assert [str(span) for span in week_of(nurse)[0]] == ["08:30–12:00", "13:00–16:00"]
    assert sorted(week_of(nurse)) == [0, 2, 3, 4, 5]
    page = text(administrator, url("resources"))
    assert "Nina Float" in page
    assert "Wed–Fri" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Nora Nurse"}, "name"),
        ({"seats": "0"}, "seats"),
        ({"seats": "many"}, "seats"),
        ({"user": "1234567"}, "user"),
        ({"day_3": "9-5"}, "day_3"),
        ({"day_3": "9-12, 11-14"}, "day_3"),
        ({"day_3": "mornings"}, "day_3"),
        ({"day_3": "9-10, " * 30}, "day_3"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    house: House, administrator: Client, url: Url, changed: dict[str, object], field: str
) -> None:
    administrator.post(url("nurse_new"), nurse_form())
    existing = Resource.objects.get(name="Nina Float")
    if changed.get("name"):
        changed = {"name": str(nurse_of(house))}
    for address in (url("nurse_new"), url("resource", ref=existing.ref)):
        response = administrator.post(address, nurse_form() | changed)
        assert response.status_code == 422
        assert field in response.context["form"].errors
        assert f'id="id_{field}_error"' in response.content.decode()


def test_two_people_who_change_the_same_hours_do_not_overwrite_each_other(
    house: House, administrator: Client, url: Url
) -> None:
    address = url("resource", ref=nurse_of(house).ref)
    first = administrator.get(address).context["form"]
    seen = first["seen"].value()
    name = str(nurse_of(house))
    form = nurse_form(name=name, user=str(house.nurse.id), day_4="", seen=seen)
    assert administrator.post(address, form).status_code == 302
    late = administrator.post(address, form | {"day_4": "9-10"})
    assert "Somebody else has changed this" in late.content.decode()


def test_changed_hours_say_how_many_visits_do_not_fit(
    house: House, administrator: Client, url: Url, day: date
) -> None:
    nurse = nurse_of(house)
    book(house, make_patient(house), on=day, at=time(15))
    address = url("resource", ref=nurse.ref)
    assert "does not fit" not in text(administrator, address)
    form = nurse_form(name=nurse.name, user=str(house.nurse.id)) | {
        f"day_{weekday}": "9-12" for weekday in range(5)
    }
    page = posted(administrator, address, form)
    assert "1 booked visit does not fit these hours any more" in page
    assert url("worklist") in page


def test_a_nurse_goes_out_of_use_and_comes_back(house: House, administrator: Client, url: Url) -> None:
    nurse = nurse_of(house)
    page = posted(administrator, url("resource_retire", ref=nurse.ref))
    assert "out of use" in page
    assert url("resource_restore", ref=nurse.ref) in page
    assert "1 out of use" in text(administrator, url("resources"))
    posted(administrator, url("resource_restore", ref=nurse.ref))
    nurse.refresh_from_db()
    assert nurse.is_active


def test_days_that_differ_are_entered_changed_and_taken_away_with_a_way_back(
    house: House, administrator: Client, url: Url, day: date
) -> None:
    nurse = nurse_of(house)
    form = {"what": "away", "first_on": str(day), "last_on": "", "starts_at": "09:00", "ends_at": "11:00"}
    page = posted(administrator, url("exception_new", ref=nurse.ref), form | {"reason": "course"})
    assert "09:00–11:00 (course)" in page
    exception = HoursException.objects.get()
    assert (exception.first_on, exception.last_on) == (day, day)
    initial = administrator.get(url("exception_edit", ref=exception.ref)).context["form"].initial
    assert initial["what"] == "away"
    changed = form | {"what": "extra", "starts_at": "18:00", "ends_at": "20:00"}
    assert "there " in posted(administrator, url("exception_edit", ref=exception.ref), changed)
    page = administrator.post(url("exception_remove", ref=exception.ref), follow=True)
    assert not HoursException.objects.exists()
    undo = next(message for message in page.context["messages"])
    from web.undo import undo_of

    button = undo_of(undo)
    assert button is not None
    administrator.post(button.url, dict(button.fields))
    again = HoursException.objects.get()
    assert (again.is_available, again.starts_at, again.first_on) == (True, time(18), day)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"first_on": ""}, "first_on"),
        ({"last_on": "2020-01-01"}, "last_on"),
        ({"starts_at": "09:00"}, "ends_at"),
        ({"what": "extra"}, "starts_at"),
        ({"what": "ill"}, "what"),
    ],
)
def test_days_that_cannot_be_are_told_at_their_field(
    house: House, administrator: Client, url: Url, day: date, changed: dict[str, object], field: str
) -> None:
    form = {"what": "away", "first_on": str(day), "last_on": "", "starts_at": "", "ends_at": ""}
    response = administrator.post(url("exception_new", ref=nurse_of(house).ref), form | changed)
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_a_room_has_no_account_and_may_have_no_hours(house: House, administrator: Client, url: Url) -> None:
    assert "user" not in administrator.get(url("room_new")).context["form"].fields
    administrator.post(url("room_new"), {"name": "Room 9", "seats": "2"})
    room = Resource.objects.get(name="Room 9")
    assert (room.kind, room.seats, room.hours.count()) == ("room", 2, 0)
    assert "whenever the clinic is open" in text(administrator, url("resources"))


def test_the_lists_cost_the_same_however_long(house: House, administrator: Client, url: Url) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for name in ("resources", "visit_kinds", "closed_days", "settings"):
                administrator.get(url(name))
        return len(queries)

    cost()
    before = cost()
    for number in range(5):
        entry = ResourceEntry(name=f"Extra {number}")
        add_resource(clinic=house.clinic, kind="room", entry=entry, week={})
        administrator.post(url("visit_kind_new"), kind_form(name=f"Kind {number}"))
        closed_on = str(house.today + timedelta(days=number))
        administrator.post(url("closure_new"), {"closed_on": closed_on, "reason": ""})
    administrator.get(url("settings"))  # the messages of what was saved are read here
    assert cost() == before


# --- Kinds of visit -------------------------------------------------------------------------------------


def kind_form(**changed: object) -> dict[str, object]:
    form = {"name": "Dye study", "duration_minutes": "90", "needs_nurse": "on", "needs_room": "on"}
    return form | {"capacity": ""} | changed


def test_a_kind_of_visit_is_added_changed_and_put_out_of_use(
    house: House, administrator: Client, url: Url
) -> None:
    administrator.post(url("visit_kind_new"), kind_form(capacity="2"))
    kind = VisitKind.objects.get(clinic=house.clinic, key="dye_study")
    assert kind.capacity_resource is not None
    administrator.post(url("visit_kind", ref=kind.ref), kind_form(name="Contrast study"))
    kind.refresh_from_db()
    assert (kind.name, kind.key, kind.capacity_resource) == ("Contrast study", "dye_study", None)
    page = posted(administrator, url("visit_kind_retire", ref=kind.ref))
    assert "“Contrast study” is out of use." in page
    assert "1 out of use" in page
    posted(administrator, url("visit_kind_restore", ref=kind.ref))
    kind.refresh_from_db()
    assert kind.is_active


def test_the_refill_stays_the_refill_whatever_is_posted(
    house: House, administrator: Client, url: Url
) -> None:
    refill = VisitKind.objects.get(clinic=house.clinic, key="refill")
    administrator.post(url("visit_kind", ref=refill.ref), kind_form(name="Pump refill"))
    refill.refresh_from_db()
    assert (refill.name, refill.is_refill) == ("Pump refill", True)
    page = posted(administrator, url("visit_kind_retire", ref=refill.ref))
    assert "refill dates ask for it" in page


def test_a_kind_that_the_protocol_asks_for_says_so(house: House, administrator: Client, url: Url) -> None:
    from scheduling.services.protocols import ensure_protocol

    ensure_protocol(house.clinic.id, house.now)
    kind = VisitKind.objects.get(clinic=house.clinic, key="suture_removal")
    page = posted(administrator, url("visit_kind_retire", ref=kind.ref))
    assert "change the protocol first" in page
    kind.refresh_from_db()
    assert kind.is_active


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "Refill"}, "name"),
        ({"duration_minutes": "4"}, "duration_minutes"),
        ({"needs_nurse": "", "needs_room": ""}, "needs_nurse"),
        ({"capacity": "51"}, "capacity"),
    ],
)
def test_a_kind_that_cannot_be_is_told_at_its_field(
    administrator: Client, url: Url, changed: dict[str, object], field: str
) -> None:
    response = administrator.post(url("visit_kind_new"), kind_form(**changed))
    assert response.status_code == 422
    assert field in response.context["form"].errors


# --- Holidays, work and booking -------------------------------------------------------------------------


def test_a_country_closes_its_holidays_and_the_clinic_may_work_on_one(
    house: House, administrator: Client, url: Url
) -> None:
    form = settings_form(house.clinic, holiday_country="US", holiday_region="IL")
    response = administrator.post(url("settings"), form)
    assert "recalculations" in response.url
    holidays = Closure.objects.filter(clinic=house.clinic, source="holiday")
    first = holidays.order_by("closed_on")[0]
    assert "public holiday" in text(administrator, url("closed_days"))
    page = posted(administrator, url("closure_remove", closure_id=first.id))
    first.refresh_from_db()
    assert first.is_lifted
    assert url("holiday_keep", closure_id=first.id) in page
    assert "the clinic works" in text(administrator, url("closed_days"))
    administrator.post(url("holiday_keep", closure_id=first.id))
    first.refresh_from_db()
    assert not first.is_lifted
    runs = SweepRun.objects.filter(clinic=house.clinic).count()
    assert runs == 3
    administrator.post(url("settings"), form | {"phone": "+1 312 555 0111"})
    assert SweepRun.objects.filter(clinic=house.clinic).count() == runs
    administrator.post(url("settings"), settings_form(house.clinic))
    assert not holidays.exists()


def test_another_country_drops_the_region_of_the_first(house: House, administrator: Client, url: Url) -> None:
    administrator.post(
        url("settings"), settings_form(house.clinic, holiday_country="US", holiday_region="IL")
    )
    changed = settings_form(house.clinic, holiday_country="ES", holiday_region="IL")
    assert administrator.post(url("settings"), changed).status_code == 302
    house.clinic.refresh_from_db()
    assert (house.clinic.holiday_country, house.clinic.holiday_region) == ("ES", "")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"holiday_country": "ZZ"}, "holiday_country"),
        ({"pharmacy_lead_days": "61"}, "pharmacy_lead_days"),
        ({"pharmacy_lead_days": ""}, "pharmacy_lead_days"),
    ],
)
def test_a_setting_that_cannot_be_is_told_at_its_field(
    house: House, administrator: Client, url: Url, changed: dict[str, object], field: str
) -> None:
    response = administrator.post(url("settings"), settings_form(house.clinic, **changed))
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_the_regions_follow_the_country_that_is_chosen(administrator: Client, url: Url) -> None:
    assert "Illinois" in text(administrator, url("holiday_regions") + "?holiday_country=US")
    assert "Illinois" not in text(administrator, url("holiday_regions") + "?holiday_country=<b>")


def test_a_closed_day_that_is_opened_can_be_closed_again(
    house: House, administrator: Client, url: Url, day: date
) -> None:
    administrator.post(url("closure_new"), {"closed_on": str(day), "reason": "Painters"})
    closure = Closure.objects.get()
    page = administrator.post(url("closure_remove", closure_id=closure.id), follow=True)
    from web.undo import undo_of

    button = next(found for message in page.context["messages"] if (found := undo_of(message)))
    administrator.post(button.url, dict(button.fields))
    assert Closure.objects.get().reason == "Painters"


def test_work_and_booking_are_saved_and_refused_at_their_field(
    house: House, administrator: Client, url: Url
) -> None:
    form = {"work-default_owner": str(house.nurse.id), "work-slot_minutes": "20", "work-hold_minutes": "5"}
    assert administrator.post(url("work_policy_save"), form).status_code == 302
    policy = WorkPolicy.objects.get(clinic=house.clinic)
    assert (policy.default_owner, policy.slot_minutes, policy.hold_minutes) == (house.nurse, 20, 5)
    for field, value in {"default_owner": house.outsider.id, "slot_minutes": 7, "hold_minutes": 0}.items():
        response = administrator.post(url("work_policy_save"), form | {f"work-{field}": str(value)})
        assert response.status_code == 422
        assert field in response.context["policy_form"].errors
        assert not response.context["form"].errors
