"""What stands beside a pump on the work list: its booked visit, whose work it is, what else is due."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from scheduling.models import FollowUp, Forecast
from scheduling.selectors.worklist import Booking, Wanted, WorkList, work_list
from tests.calendar_rows import make_follow_up, make_visit, nurse_of, open_day
from tests.factories import House, make_patient, make_running_pump

pytestmark = pytest.mark.django_db


def listed(house: House, **wanted: Any) -> WorkList:
    return work_list(clinic_id=house.clinic.id, wanted=Wanted(**wanted), now=house.now)


def names(house: House, **wanted: Any) -> list[str]:
    return [row.last_name for row in listed(house, **wanted).rows]


def test_a_visit_after_the_latest_day_puts_its_pump_at_risk(house: House) -> None:
    implant = make_running_pump(house)
    latest = Forecast.objects.get(implant=implant).latest_visit_on
    assert latest is not None
    (before,) = listed(house).rows
    assert (before.group, before.visit, before.booking) == ("later", None, Booking.NOT_BOOKED)
    visit = make_visit(house, implant, on=latest + timedelta(days=1))
    (row,) = listed(house).rows
    assert (row.group, row.booking) == ("at_risk", Booking.TOO_LATE)
    assert row.visit is not None
    assert (row.visit.ref, row.visit.nurse) == (visit.ref, nurse_of(house).name)
    assert (row.visit.starts_at, row.visit.local_on) == (visit.starts_at, visit.local_on)
    earlier = make_visit(house, implant, on=open_day(house))
    (row,) = listed(house).rows
    assert (row.group, row.booking) == ("later", Booking.BOOKED)
    assert row.visit is not None
    assert row.visit.ref == earlier.ref


def test_rows_say_whose_work_they_are_and_what_else_is_due(house: House) -> None:
    implant = make_running_pump(house)
    FollowUp.objects.exclude(row_key="refill").update(state="done", closed_at=house.now)
    (row,) = listed(house).rows
    assert (row.owner_id, row.owner) == (house.nurse.id, str(house.nurse))
    assert (row.postponed_until, row.due_follow_ups) == (None, 0)
    make_follow_up(house, implant, target=-1, latest=3)
    make_follow_up(house, implant, target=0, latest=3, row_key="call", implant=None)
    make_follow_up(house, implant, target=1, latest=3, row_key="tomorrow")
    make_follow_up(
        house, implant, target=-9, latest=3, row_key="put-off", state="postponed",
        postponed_until=house.today + timedelta(days=2), closing_reason="away",
    )  # fmt: skip
    until = house.today + timedelta(days=5)
    FollowUp.objects.filter(row_key="refill", state="open").update(
        owner=house.administrator, state="postponed", postponed_until=until, closing_reason="on holiday"
    )
    (row,) = listed(house).rows
    assert (row.owner_id, row.postponed_until, row.due_follow_ups) == (house.administrator.id, until, 2)
    assert row.item_ref == FollowUp.objects.get(row_key="refill", state="postponed").ref


def test_the_list_can_be_asked_by_owner_and_by_booking(house: House) -> None:
    pumps = {name: make_running_pump(house, make_patient(house, last_name=name)) for name in ("A", "B", "C")}
    FollowUp.objects.filter(implant=pumps["A"], row_key="refill").update(owner=house.administrator)
    make_visit(house, pumps["A"], on=open_day(house))
    make_visit(house, pumps["B"], on=house.today + timedelta(days=360), nurse=None, room=None)
    make_visit(house, pumps["C"], on=open_day(house), status="cancelled")
    make_visit(house, pumps["C"], on=open_day(house), kind="check_up", at=time(15))
    assert names(house, owner_id=house.administrator.id) == ["A"]
    assert sorted(names(house, owner_id=house.nurse.id)) == ["B", "C"]
    assert names(house, booking=Booking.BOOKED) == ["A"]
    assert names(house, booking=Booking.TOO_LATE) == ["B"]
    assert names(house, booking=Booking.NOT_BOOKED) == ["C"]
