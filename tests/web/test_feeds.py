"""A calendar by its link, as the programs that subscribe to it see it: over several fetches, in their odd ways."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Patient
from scheduling.models import CalendarEntry, CalendarFeed, FeedDetail, FeedHolds, FeedScope, FeedUse, Visit
from scheduling.services import booking
from scheduling.services.calendar_feeds import (
    set_most_detail,
)
from tests.domain.test_calendar_writer import HOSTILE
from tests.factories import House, make_patient, make_running_pump
from tests.feeds import Reader, link, reader
from tests.visits import Desk, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, first_name="Ursula", last_name="Ode")


def cancel(desk: Desk, visit: Visit) -> None:
    desk.step(booking.cancel_visit, visit, now=desk.house.now, reason="ill")


def test_booked_moved_cancelled_and_booked_again(desk: Desk, house: House, patient: Patient) -> None:
    mine = reader(house)
    mine.fetch()
    assert (mine.status, mine.events) == (200, {})

    visit = desk.book(patient, at="10:00")
    assert mine.again().status_code == 200
    first = mine.event
    assert (first.start, first.sequence, first.summary) == (visit.starts_at.astimezone(UTC), 0, "Busy")
    assert mine.again().status_code == 304

    desk.move(visit, at="14:00")
    mine.again()
    moved = mine.event
    assert (moved.uid, moved.sequence) == (first.uid, 1)
    assert moved.start == desk.at("14:00").astimezone(UTC)
    assert moved.stamp > first.stamp

    cancel(desk, visit)
    mine.again()
    gone = mine.event
    assert (gone.uid, gone.sequence, gone.status) == (first.uid, 2, "CANCELLED")
    assert (gone.transparency, gone.summary) == ("TRANSPARENT", "Cancelled")

    again = desk.book(patient, at="10:00")
    mine.again()
    assert {event.status for event in mine.events.values()} == {"CANCELLED", "CONFIRMED"}
    assert mine.events[str(CalendarEntry.objects.get(visit=again).uid)].sequence == 0


@pytest.mark.parametrize(
    ("detail", "summary", "says_room"),
    [
        (FeedDetail.BUSY, "Busy", False),
        (FeedDetail.WORK, "Check-up", True),
        (FeedDetail.INITIALS, "Check-up, U. O.", True),
        (FeedDetail.NAMES, "Check-up, Ursula Ode", True),
    ],
)
def test_a_calendar_says_as_much_as_was_chosen(
    desk: Desk, house: House, patient: Patient, detail: FeedDetail, summary: str, says_room: bool
) -> None:
    set_most_detail(clinic=house.clinic, most=FeedDetail.NAMES)
    desk.book(patient)
    mine = reader(house, detail=detail)
    mine.fetch()
    assert mine.event.summary == summary
    assert (mine.event.location == desk.room.name) is says_room
    assert not {"attendee", "organizer"} & set(mine.event.properties)


def test_a_clinic_that_changes_its_mind_is_obeyed_at_the_next_fetch(
    desk: Desk, house: House, patient: Patient
) -> None:
    set_most_detail(clinic=house.clinic, most=FeedDetail.NAMES)
    desk.book(patient)
    mine = reader(house, detail=FeedDetail.NAMES)
    mine.fetch()
    assert "Ode" in mine.event.summary
    set_most_detail(clinic=house.clinic, most=FeedDetail.WORK)
    assert mine.again().status_code == 200
    assert mine.event.summary == "Check-up"


def test_a_calendar_holds_what_it_is_of(desk: Desk, house: House, patient: Patient) -> None:
    other_nurse = make_resource(house, "Otto")
    other_room = make_resource(house, "Room 2", kind="room")
    make_running_pump(house, patient)
    one = desk.book(patient, at="10:00", kind="check_up")
    two = desk.book(at="10:00", kind="wound_check", nurse_ref=other_nurse.ref, room_ref=other_room.ref)
    uids = {each.pk: str(CalendarEntry.objects.get(visit=each).uid) for each in (one, two)}
    deadline = str(CalendarEntry.objects.get(implant__isnull=False).uid)
    for values, expected in (
        ({"scope": FeedScope.NURSE, "of": desk.nurse.ref}, {uids[one.pk]}),
        ({"scope": FeedScope.NURSE, "of": other_nurse.ref}, {uids[two.pk]}),
        ({"scope": FeedScope.ROOM, "of": other_room.ref}, {uids[two.pk]}),
        ({"scope": FeedScope.KIND, "of": desk.kind("check_up").ref}, {uids[one.pk]}),
        ({"scope": FeedScope.PATIENT, "of": patient.ref}, {uids[one.pk]}),
        ({"scope": FeedScope.PATIENT, "of": patient.ref, "holds": FeedHolds.DEADLINES}, {deadline}),
        ({"holds": FeedHolds.VISITS}, set(uids.values())),
        ({"holds": FeedHolds.DEADLINES}, {deadline}),
        ({"holds": FeedHolds.BOTH}, {*uids.values(), deadline}),
    ):
        mine = reader(house, **values)
        mine.fetch()
        assert set(mine.events) == expected, values


def test_a_visit_that_goes_to_another_nurse_leaves_the_calendar(
    desk: Desk, house: House, patient: Patient
) -> None:
    other = make_resource(house, "Otto")
    visit = desk.book(patient)
    mine = reader(house, scope=FeedScope.NURSE, of=desk.nurse.ref)
    mine.fetch()
    assert len(mine.events) == 1
    desk.move(visit, at="10:00", nurse_ref=other.ref)
    assert mine.again().status_code == 200
    assert mine.events == {}


def test_what_is_long_past_or_far_ahead_is_left_out(desk: Desk, house: House, patient: Patient) -> None:
    visit = desk.book(patient)
    mine = reader(house)
    for days, is_there in ((-31, False), (-30, True), (365, True), (366, False)):
        at = desk.at("10:00", day=house.today + timedelta(days=days))
        CalendarEntry.objects.filter(visit=visit).update(starts_at=at, ends_at=at + timedelta(hours=1))
        mine.fetch()
        assert bool(mine.events) is is_there, days


def test_a_cancelled_visit_is_dropped_after_a_month(desk: Desk, house: House, patient: Patient) -> None:
    visit = desk.book(patient)
    cancel(desk, visit)
    mine = reader(house)
    mine.fetch()
    assert len(mine.events) == 1
    CalendarEntry.objects.update(cancelled_at=house.now - timedelta(days=32))
    mine.fetch()
    assert mine.events == {}


def test_the_nearest_events_are_kept_where_there_are_too_many(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.domain.calendars.access.MOST_EVENTS", 2)
    visits = [desk.book(at=at) for at in ("09:00", "09:30", "10:00")]
    CalendarEntry.objects.filter(visit=visits[0]).update(
        starts_at=house.now - timedelta(days=2), ends_at=house.now - timedelta(days=1)
    )
    mine = reader(house)
    mine.fetch()
    assert {event.start for event in mine.events.values()} == {
        visit.starts_at.astimezone(UTC) for visit in visits[1:]
    }


# --- How programs ask ---------------------------------------------------------------------------------


def test_every_answer_has_the_headers_of_a_calendar(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    for response in (mine.fetch(), mine.again()):
        assert response["Cache-Control"] == "private, no-cache"
        assert response["Vary"] == "Accept-Encoding"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["ETag"].startswith('"')
        assert response["Last-Modified"]
        assert not response.cookies
        assert "Set-Cookie" not in response
        assert "Content-Language" not in response
    response = mine.fetch()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'inline; filename="calendar.ics"'
    assert int(response["Content-Length"]) == len(response.content)


def test_the_same_calendar_is_the_same_bytes(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    mine.fetch()
    body = mine.body
    for accept in ("", "text/html", "text/calendar", "*/*", "application/json;q=0.1", "\x7fodd;;"):
        mine.fetch(**({"Accept": accept} if accept else {}), **{"Accept-Language": "fr"})
        assert (mine.status, mine.body) == (200, body)


def test_head_answers_like_get_without_the_body(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    got = mine.fetch()
    head = mine.client.head(mine.path)
    assert head.content == b""
    names = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control")
    assert [head[name] for name in names] == [got[name] for name in names]
    assert mine.client.head(mine.path, headers={"If-None-Match": mine.etag}).status_code == 304


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_else_may_be_asked(house: House, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    response = getattr(client, method)(reader(house).path)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_a_browser_that_is_signed_in_is_given_no_cookie(desk: Desk, house: House) -> None:
    """A session is made longer by every page; a calendar is none, and says the same to everybody."""
    desk.book()
    mine = reader(house)
    mine.fetch()
    body = mine.body
    mine.client.force_login(house.administrator)
    response = mine.fetch(**{"Accept-Language": "es"})
    assert "Set-Cookie" not in response
    assert not response.cookies
    assert (response["Vary"], mine.body) == ("Accept-Encoding", body)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_calendar_breaks_out_of_its_head(desk: Desk, house: House, name: str) -> None:
    desk.book()
    plain, hostile = reader(house), Reader(link(house)[1])
    with recording(actor_id=house.nurse.id, reason="a name that somebody thought up"):
        newest = CalendarFeed.objects.order_by("-pk").values_list("pk", flat=True)[0]
        CalendarFeed.objects.filter(pk=newest).update(label=storable(name)[:60] or "x")
    plain.fetch()
    response = hostile.fetch()
    assert plain.calendar is not None
    assert hostile.calendar is not None
    assert hostile.calendar.components == plain.calendar.components
    assert set(hostile.calendar.properties) <= set(plain.calendar.properties)
    assert len(hostile.events) == 1
    assert {header for header, _ in response.items()} == {header for header, _ in plain.fetch().items()}


def storable(name: str) -> str:
    """What the database takes of it."""
    return name.replace("\x00", "").encode("utf-8", "ignore").decode()


def test_google_asks_without_accept_and_knows_the_tag_of_a_packed_copy(desk: Desk, house: House) -> None:
    desk.book()
    google = Reader(
        link(house)[1], **{"User-Agent": "Google-Calendar-Importer", "Accept-Encoding": "gzip, deflate"}
    )
    google.fetch()
    assert google.fetch(**{"If-None-Match": f"W/{google.etag}"}).status_code == 304
    assert FeedUse.objects.get().fetched_by == "Google Calendar"


def test_apple_knows_only_dates(desk: Desk, house: House, patient: Patient) -> None:
    visit = desk.book(patient, at="10:00")
    apple = Reader(link(house)[1], **{"User-Agent": "macOS/15.0 (24A335) CalendarAgent/1092"})
    apple.fetch()
    assert apple.fetch(**{"If-Modified-Since": apple.modified}).status_code == 304
    desk.move(visit, at="14:00")
    before = apple.modified
    assert apple.fetch(**{"If-Modified-Since": before}).status_code == 200
    assert apple.modified != before
    assert apple.event.start == desk.at("14:00").astimezone(UTC)
    for odd in ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "", "Mon, 99 Foo 2026"):
        assert apple.fetch(**{"If-Modified-Since": odd}).status_code == 200


def test_a_change_within_the_second_is_told_to_who_knows_only_dates(
    desk: Desk, house: House, patient: Patient
) -> None:
    visit = desk.book(patient, at="10:00")
    apple = reader(house)
    for at in ("14:00", "14:30", "15:00"):
        apple.fetch()
        desk.move(visit, at=at)
        assert apple.fetch(**{"If-Modified-Since": apple.modified}).status_code == 200
        assert apple.event.start == desk.at(at).astimezone(UTC)


def test_thunderbird_sends_both_and_the_tag_weighs_more(desk: Desk, house: House) -> None:
    desk.book()
    bird = Reader(link(house)[1], **{"User-Agent": "Mozilla/5.0 Gecko/20100101 Thunderbird/140.0"})
    bird.fetch()
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    assert bird.fetch(**{"If-None-Match": '"other"', "If-Modified-Since": later}).status_code == 200
    assert bird.fetch(**{"If-None-Match": f'"other", {bird.etag}'}).status_code == 304
    assert bird.fetch(**{"If-None-Match": "*"}).status_code == 304


def test_nothing_changed_takes_one_query_over_the_entries(desk: Desk, house: House) -> None:
    desk.book()
    mine = reader(house)
    mine.fetch()
    with CaptureQueriesContext(connection) as seen:
        assert mine.again().status_code == 304
    asked = [query["sql"].strip() for query in seen]
    assert len(asked) == 2  # the link with its rights, and the version of what it shows
    assert sum("calendarentry" in each for each in asked) == 1
    # Around anything else the history of changes puts a transaction and its context, which are not in `seen`.
    assert all(each.startswith("SELECT") for each in asked)


@pytest.mark.parametrize("scope", ["clinic", "nurse"])
def test_the_server_keeps_its_plans_of_what_every_fetch_asks(desk: Desk, house: House, scope: str) -> None:
    desk.book()
    mine = reader(house, scope=FeedScope(scope), of=desk.nurse.ref if scope == "nurse" else None)
    mine.fetch()
    for _ in range(12):
        assert mine.again().status_code == 304
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements")
        kept = dict(cursor.fetchall())
    for signs in (("token_hmac",), ("bit_xor", f"WHERE {scope}_id =")):
        (generic,) = [times for statement, times in kept.items() if all(sign in statement for sign in signs)]
        assert generic > 0, signs
    assert connection.connection.prepare_threshold is None  # what others ask is planned with its values
