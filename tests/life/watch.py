"""What must hold after everything that happens. Slow and plain on purpose: one row at a time, no query of ours."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import changes as record
from clinic.domain.roles import Permission, Role, may
from clinic.models import Clinic, Closure, Fill, Implant, Membership, Patient
from clinic.together import ask_together
from notifications.models import Message
from scheduling.domain.urgency import Deadlines, work_group
from scheduling.models import (
    BLOCKING,
    FollowUp,
    FollowUpAct,
    Forecast,
    HoursException,
    ResourceHours,
    Visit,
    VisitSeat,
    VisitStatus,
)
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.selectors.lapse import lapsed, lapsed_counts
from scheduling.selectors.worklist import group_questions, group_values, groups_from
from tests.life.play import Life

STANDING = ("booked", "arrived", "checked-in")
OPEN = ("open", "postponed")


def check(life: Life) -> None:
    """All of it."""
    nobody_has_lapsed(life)
    every_pump_has_one_refill_item(life)
    nobody_is_in_two_places(life)
    groups_are_those_of_the_pure_function(life)
    conflicts_are_those_found_by_hand(life)
    no_letter_waits_in_vain(life)


def active(life: Life) -> list[Implant]:
    rows = Implant.objects.filter(clinic=life.clinic, explanted_on=None, patient__died_on=None)
    return list(rows.select_related("patient", "forecast").order_by("id"))


def nobody_has_lapsed(life: Life) -> None:
    """By the guard, and by hand."""
    assert [(row.implant_id, row.why) for row in lapsed(life.clinic.id, life.now)] == []
    assert set(lapsed_counts(life.now).values()) == {0}
    for implant in active(life):
        forecast = Forecast.objects.get(implant=implant)
        if forecast.status == "review" or _visit_in_time(life, implant, forecast):
            continue
        item = FollowUp.objects.get(implant=implant, row_key="refill", state__in=OPEN)
        assert item.latest_on == forecast.latest_visit_on
        assert item.postponed_until is None or item.postponed_until <= forecast.latest_visit_on
        owner = Membership.objects.get(clinic=life.clinic, user=item.owner)
        assert owner.is_active
        assert may(Role(owner.role), Permission.WORK_FOLLOW_UPS)


def every_pump_has_one_refill_item(life: Life) -> None:
    items = Counter(
        FollowUp.objects.filter(clinic=life.clinic, row_key="refill", state__in=OPEN).values_list(
            "implant_id", flat=True
        )
    )
    assert dict(items) == {implant.pk: 1 for implant in active(life)}


def nobody_is_in_two_places(life: Life) -> None:
    """No patient at two visits at once, no seat taken twice, no more seats than there are but by an override."""
    visits = [
        visit
        for visit in Visit.objects.filter(clinic=life.clinic, status__in=BLOCKING)
        if visit.hold_expires_at is None or visit.hold_expires_at > life.now
    ]
    of_patient: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for visit in visits:
        of_patient[visit.patient_id].append((visit.starts_at, visit.ends_at))
    for spans in of_patient.values():
        _are_apart(spans)
    of_seat: defaultdict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
    for seat in VisitSeat.objects.filter(visit__in=visits, is_blocking=True).select_related(
        "visit", "resource"
    ):
        of_seat[seat.resource_id, seat.seat].append((seat.visit.starts_at, seat.visit.ends_at))
        assert (seat.during.lower, seat.during.upper) == (seat.visit.starts_at, seat.visit.ends_at)
        assert seat.seat <= seat.resource.seats or seat.visit.override_reason
    for spans in of_seat.values():
        _are_apart(spans)
    for visit in visits:
        if visit.status != "pending":
            seated = {seat.resource_id for seat in visit.seats.all() if seat.is_blocking}
            assert {visit.nurse_id, visit.room_id} - {None} <= seated


def _are_apart(spans: list[tuple[datetime, datetime]]) -> None:
    ordered = sorted(spans)
    for (_, end), (start, _) in pairwise(ordered):
        assert end <= start


def groups_are_those_of_the_pure_function(life: Life) -> None:
    implants = active(life)
    asked = {"implant_ids": [implant.pk for implant in implants], **group_values(life.today)}
    found = groups_from(ask_together(group_questions, clinic_id=life.clinic.pk, **asked))
    for implant in implants:
        forecast = Forecast.objects.get(implant=implant)
        visit = _next_refill(life, implant)
        deadlines = Deadlines(
            is_in_review=forecast.status == "review",
            empty_on=forecast.empty_on,
            must_refill_by=forecast.must_refill_by,
            latest_visit_on=forecast.latest_visit_on,
            target_visit_on=forecast.target_visit_on,
            certain_by=forecast.review_by,
        )
        group = work_group(deadlines, today=life.today, visit_on=visit.local_on if visit else None)
        assert found[implant.pk] == group.name.lower()


def _refills_ahead(life: Life, implant: Implant) -> list[Visit]:
    return [
        visit
        for visit in Visit.objects.filter(implant=implant, is_refill=True).order_by("starts_at", "id")
        if visit.status in STANDING and visit.local_on >= life.today
    ]


def _next_refill(life: Life, implant: Implant) -> Visit | None:
    return next(iter(_refills_ahead(life, implant)), None)


def _visit_in_time(life: Life, implant: Implant, forecast: Forecast) -> bool:
    latest = forecast.latest_visit_on
    return latest is not None and any(visit.local_on <= latest for visit in _refills_ahead(life, implant))


# --- Conflicts, by hand -------------------------------------------------------------------------------------


def conflicts_are_those_found_by_hand(life: Life) -> None:
    shown = {
        row.visit_id: {str(reason) for reason in row.reasons}
        for row in visit_conflicts(life.clinic.id, life.now)
    }
    by_hand = {}
    for visit in Visit.objects.filter(clinic=life.clinic).select_related("patient", "implant"):
        if reasons := _wrong(life, visit):
            by_hand[visit.pk] = reasons
    assert shown == by_hand


def _wrong(life: Life, visit: Visit) -> set[str]:
    if visit.status not in (*STANDING, "pending"):
        return set()
    if visit.status in ("pending", "booked"):
        if visit.patient.died_on is not None:
            return {"patient_died"}
        if visit.implant is not None and visit.implant.explanted_on is not None and _is_for_its_pump(visit):
            return {"pump_out"}
    if visit.status == "pending":
        return {"to_be_placed"}
    if visit.local_on < life.today:
        return {"not_closed"}
    if visit.status != "booked":
        return set()
    return {*_wrong_day(life, visit), *_wrong_place(life, visit)}


def _is_for_its_pump(visit: Visit) -> bool:
    states = [purpose.follow_up.state for purpose in visit.purposes.select_related("follow_up")]
    return visit.is_refill or (bool(states) and not set(states) & set(OPEN))


def _wrong_day(life: Life, visit: Visit) -> set[str]:
    found = set()
    forecast = Forecast.objects.filter(implant=visit.implant).first() if visit.implant else None
    if visit.is_refill and visit.implant is not None:
        following = _next_refill(life, visit.implant)
        if following is not None and following.pk == visit.pk:
            if forecast is None or forecast.latest_visit_on is None:
                found.add("no_certain_date")
            elif visit.local_on > forecast.latest_visit_on:
                found.add("too_late")
        target = forecast.target_visit_on if forecast else None
        newer = Fill.objects.current().filter(
            implant=visit.implant, recorded_at__gt=visit.booked_at, filled_on__gte=visit.booked_at.date()
        )
        if target is not None and visit.local_on < target - timedelta(days=14) and newer.exists():
            found.add("older_refill")
    for purpose in visit.purposes.select_related("follow_up"):
        item = purpose.follow_up
        if item.row_key == "refill" or item.state not in OPEN or item.latest_on >= visit.local_on:
            continue
        others = [other.visit for other in item.visits.select_related("visit")]
        if not any(
            other.status in STANDING and life.today <= other.local_on and other.starts_at < visit.starts_at
            for other in others
        ):
            found.add("follow_up_too_late")
    return found


def _wrong_place(life: Life, visit: Visit) -> set[str]:
    found = set()
    clinic = Clinic.objects.get(pk=life.clinic.pk)
    is_closed = (
        Closure.objects.filter(clinic=clinic, closed_on=visit.local_on, is_lifted=False).exists()
        or visit.local_on.weekday() not in clinic.open_weekdays
    )
    if is_closed:
        found.add("clinic_closed")
    for name, resource in (("nurse", visit.nurse), ("room", visit.room)):
        if resource is None:
            continue
        if not resource.is_active:
            found.add(f"{name}_gone")
        elif not is_closed and not _is_there(visit, resource, life.zone):
            found.add(f"{name}_away")
    return found


def _is_there(visit: Visit, resource: Any, zone: ZoneInfo) -> bool:
    """Minute by minute."""
    hours = list(ResourceHours.objects.filter(resource=resource))
    changes = list(HoursException.objects.filter(resource=resource))
    is_any_time = bool(visit.override_reason) or (resource.kind == "room" and not hours)
    minute = visit.starts_at
    while minute < visit.ends_at:
        wall = minute.astimezone(zone)
        at, day = wall.time(), wall.date()
        weekly = any(each.weekday == day.weekday() and each.starts_at <= at < each.ends_at for each in hours)
        touching = [
            each
            for each in changes
            if each.first_on <= day <= each.last_on
            and (each.starts_at is None or each.starts_at <= at < each.ends_at)
        ]
        if any(not each.is_available for each in touching) or not (weekly or is_any_time or touching):
            return False
        minute += timedelta(minutes=1)
    return True


# --- Words, and computing again -------------------------------------------------------------------------------


def no_letter_waits_in_vain(life: Life) -> None:
    """No request to book waits for a pump that is out, for the dead, in doubt, or for who has a visit in time."""
    watched = {implant.pk: implant for implant in active(life)}
    to_book = Message.objects.filter(clinic=life.clinic, kind="book_visit")
    for message in to_book.filter(state__in=["queued", "claimed"]):
        assert message.implant_id in watched
        forecast = Forecast.objects.get(implant_id=message.implant_id)
        assert forecast.status == "ok"
        visit = _next_refill(life, watched[message.implant_id])
        assert visit is None or forecast.latest_visit_on is None or visit.local_on > forecast.latest_visit_on


def closed_by_people(life: Life) -> dict[int, dict[str, Any]]:
    """What people have closed: no computation may touch it. A refill is closed by a refill."""
    rows = FollowUp.objects.filter(
        clinic=life.clinic, state__in=["done", "not_needed"], closed_by__isnull=False
    ).exclude(row_key="refill")
    return {row["id"]: row for row in rows.values()}


def computing_again_changes_nothing(life: Life) -> None:
    """Whatever is worked out, worked out again from everything, is what it was.

    Letters alone may have waited for the night, where only hours have passed.
    """
    before = _worked_out(life)
    with transaction.atomic():
        implants = list(Implant.objects.filter(clinic=life.clinic).values_list("id", flat=True))
        patients = list(Patient.objects.filter(clinic=life.clinic).values_list("id", flat=True))
        record.announce(clinic_id=life.clinic.id, implant_ids=implants, now=life.now)
        record.announce_patients(clinic_id=life.clinic.id, patient_ids=patients, now=life.now)
        record.announce_members(clinic_id=life.clinic.id, now=life.now)
    after = _worked_out(life)
    for name, rows in before.items():
        assert after[name] == rows or (name == "messages" and not life.is_settled), name
    life.is_settled = True


def _worked_out(life: Life) -> dict[str, Any]:
    def rows(model: Any) -> list[dict[str, Any]]:
        return list(model.objects.filter(clinic=life.clinic).order_by("pk").values())

    return {
        "forecasts": rows(Forecast),
        "follow-ups": rows(FollowUp),
        "acts": FollowUpAct.objects.filter(clinic=life.clinic).count(),
        "visits": rows(Visit),
        "statuses": VisitStatus.objects.filter(clinic=life.clinic).count(),
        "messages": rows(Message),
    }
