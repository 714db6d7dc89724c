"""The drill: a clinic at work, a backup, more messages, the database gone, and back. Real servers throughout."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client, override_settings

from clinic.being_restored import BeingRestoredError
from clinic.models import Seal
from clinic.selectors.audit_chain import verify
from clinic.services.sealing import seal_everything
from config.walls import unwalled
from notifications.domain.kinds import ChannelName
from notifications.domain.states import State
from notifications.models import Message, Restoration
from notifications.services.delivery import Dispatcher, begin_sending, claim_due
from notifications.services.delivery.dispatch import hand_over
from scheduling.models import FeedHolds, Forecast, SweepChunk, SweepRun
from scheduling.selectors.worklist import Wanted, work_list
from scheduling.services.sweeps import run_everything
from tests.drills import drill_environment, key_pair, lose_database, manage, own_database, shape
from tests.factories import House, make_clinic, make_running_pump
from tests.faults.mail_room import PROMISES, Gateway, gateway, say
from tests.faults.waiting import wait_until
from tests.feeds import Reader, reader
from tests.message_rows import make_due_messages, zone_where_it_is_day
from tests.servers import Process, dispatcher, free_port, start_web

pytestmark = pytest.mark.django_db(transaction=True)
SMS = ChannelName.SMS
TERMINAL = ("delivered", "failed", "dead", "missed", "suppressed", "cancelled")


@pytest.fixture
def database(transactional_db: None) -> Iterator[str]:
    with own_database() as name:
        yield name


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, str]:
    return key_pair(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Gateway]:
    arguments, settings = PROMISES["can be asked"]
    with gateway(tmp_path / "gateway", *arguments, **settings) as found:
        yield found


def at_work() -> House:
    """A clinic with pumps, and messages in every state there is; none of those in doubt was handed over."""
    house = make_clinic(time_zone=zone_where_it_is_day())
    for days in (150, 40, 30, 3):
        make_running_pump(house, filled_on=house.today - timedelta(days=days))
    run_everything(now=house.now)
    ended = due(house, len(TERMINAL))
    for state, pk in zip(TERMINAL, ended, strict=True):
        reason = "no_consent" if state in ("suppressed", "cancelled") else ""
        Message.objects.filter(pk=pk).update(state=state, reason=reason, settled_at=house.now)
    return house


def due(house: House, number: int, **values: Any) -> list[int]:
    first = Message.objects.filter(channel="sms").count()
    return make_due_messages(
        house.clinic, number=number, actor_id=house.nurse.id, now=house.now, first=first, **values
    )


def send_all(place: Gateway) -> None:
    """What a dispatcher does, in this process."""
    with sending_through(place):
        while Dispatcher().deliver(SMS, clock=lambda: datetime.now(UTC)):
            pass


def sending_through(place: Gateway) -> Any:
    seconds = float(place.settings.get("GATEWAY_SETTLE_SECONDS", 0))
    return override_settings(
        SMS_PROVIDER="gateway",
        GATEWAY_URL=place.settings["GATEWAY_URL"],
        GATEWAY_SETTLE_SECONDS=seconds,
        GATEWAY_IDEMPOTENT_SECONDS=0.0,
        PUBLIC_URL="http://127.0.0.1",
    )


def back_up(folder: Path, public: str) -> Path:
    call_command("backup", str(folder), recipient=[public], stdout=StringIO())
    (found,) = folder.glob("*.age")
    return found


def put_back(path: Path, key: Path, *words: str) -> str:
    connections.close_all()
    call_command("restore", str(path), "--key", str(key), *words, stdout=(said := StringIO()))
    return said.getvalue()


def listed(house: House) -> list[Any]:
    return list(work_list(clinic_id=house.clinic.id, wanted=Wanted(), now=house.now, page_size=None).rows)


def states(ids: list[int]) -> set[str]:
    return set(Message.objects.filter(pk__in=ids).values_list("state", flat=True))


def refs(ids: list[int]) -> set[str]:
    return {str(ref) for ref in Message.objects.filter(pk__in=ids).values_list("ref", flat=True)}


def test_backup_disaster_restore(
    database: str, keys: tuple[Path, str], place: Gateway, tmp_path: Path
) -> None:
    key, public = keys
    house = at_work()
    sent_before = due(house, 5)
    send_all(place)
    assert states(sent_before) == {State.ACCEPTED}
    calendar = reader(house, holds=FeedHolds.BOTH)
    assert calendar.fetch().status_code == 200
    Client().force_login(house.nurse)
    assert Session.objects.exists()
    sent_since, unsent, in_hand = due(house, 20), due(house, 10), due(house, 3)
    hold_in_hand(place, in_hand)
    seal_everything(now=house.now)
    before, rows, listed_before = shape(), sorted(Message.objects.values_list("pk", "state")), listed(house)

    began = time.monotonic()
    backup = back_up(tmp_path, public)
    seconds_of_backup = time.monotonic() - began

    Message.objects.filter(pk__in=[*unsent, *in_hand]).update(due_at=house.now + timedelta(days=2))  # not yet
    send_all(place)
    assert set(place.taken()) == refs([*sent_before, *sent_since, in_hand[0]])
    make_running_pump(house)
    assert calendar.again().status_code == 200
    seal_everything(now=house.now)
    newest = Seal.objects.latest("number")
    anchor = (newest.number, newest.sha256)
    stopped_at = datetime.now(UTC)

    lose_database(database)
    began = time.monotonic()
    assert "No message leaves" in put_back(backup, key)
    seconds_of_restore = time.monotonic() - began

    assert shape() == before, "tables, constraints, triggers, policies and rights are what they were"
    with connection.cursor() as cursor:
        assert unwalled(cursor) == []
    assert sorted(Message.objects.values_list("pk", "state")) == rows
    assert listed(house) == listed_before
    assert not Session.objects.exists(), "everybody signs in anew"
    assert calendar.again().status_code == 200, "nobody keeps a later calendar for today's"
    by_date_only(calendar)
    assert verify().broken == []
    assert len(verify(anchors=[anchor]).broken) == 1, "a seal of later is told as gone"

    everything = dispatcher(drill_environment(**place.settings), tmp_path)
    try:
        held_back(everything, place)
        with sending_through(place):
            call_command("reconcile_messages", "--stopped-at", stopped_at.isoformat(), stdout=StringIO())
        wait_until(lambda: not on_their_way(), everything)
    finally:
        everything.kill()
    seconds = time.monotonic() - began

    assert states([*sent_since, *unsent, *in_hand]) == {State.ACCEPTED}
    all_of_them = [*sent_before, *sent_since, *unsent, *in_hand]
    assert place.taken() == dict.fromkeys(refs(all_of_them), 1), "each once, none lost"
    say(
        f"drill: backup {seconds_of_backup:.1f} s, restore {seconds_of_restore:.1f} s, until the last message was"
        f" decided {seconds:.1f} s; {len(all_of_them)} messages, none lost, none sent twice"
    )


def hold_in_hand(place: Gateway, ids: list[int]) -> None:
    """Messages over which their dispatcher died once it had said that it begins; it had handed the first one over."""
    with sending_through(place):
        Message.objects.filter(pk__in=ids).update(due_at=datetime(2020, 1, 1, tzinfo=UTC))
        letters = [
            begin_sending(claim, now=datetime.now(UTC))
            for claim in claim_due(now=datetime.now(UTC), size=len(ids), channel=SMS)
        ]
        assert letters[0] is not None
        hand_over(letters[0])
    assert all(letters)
    assert states(ids) == {State.SENDING}


def by_date_only(calendar: Reader) -> None:
    """Some programs know no tags."""
    since = (datetime.now(UTC) - timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert calendar.fetch(**{"If-Modified-Since": since}).status_code == 200


def on_their_way() -> bool:
    waiting = Message.objects.filter(channel="sms", state__in=[State.CLAIMED, State.SENDING]).exists()
    asked = Message.objects.filter(channel="sms", state=State.UNKNOWN, look_again_at__isnull=False).exists()
    now = datetime.now(UTC)
    return (
        waiting
        or asked
        or Message.objects.filter(channel="sms", state=State.QUEUED, due_at__lte=now).exists()
    )


def held_back(running: Process, place: Gateway) -> None:
    """A dispatcher runs, and sends nothing; those who run the system and nurses are told why."""
    taken = place.taken()
    running.wait_until(lambda: "Dispatching." in running.output())
    time.sleep(3)
    assert place.taken() == taken
    (restoration,) = Restoration.objects.all()
    assert restoration.decided_at is None
    with sending_through(place):
        assert Dispatcher().deliver(SMS, clock=lambda: datetime.now(UTC)) == 0
    assert "reconcile_messages" in Client().get("/readyz").json()["checks"]["dispatch"]


def test_with_the_keys_lost_the_record_stands_and_reminders_leave(
    database: str, keys: tuple[Path, str], place: Gateway, tmp_path: Path
) -> None:
    key, public = keys
    house = at_work()
    backup = back_up(tmp_path, public)
    lose_database(database)
    put_back(backup, key)
    SweepChunk.objects.all().delete()
    SweepRun.objects.all().delete()
    Forecast.objects.all().delete()  # the night is to be worked out anew
    port = free_port()
    others = {
        "SECRET_KEY": Fernet.generate_key().decode(),
        "SECOND_FACTOR_KEYS": Fernet.generate_key().decode(),
    }
    call_command("reconcile_messages", stdout=StringIO())
    fresh = due(house, 3)
    Message.objects.filter(pk__in=fresh).update(due_at=datetime.now(UTC))
    surroundings = drill_environment(PORT=str(port), MFA_REQUIRED="true", **others, **place.settings)
    web, everything = start_web(surroundings, tmp_path), dispatcher(surroundings, tmp_path)
    try:
        wait_until(lambda: states(fresh) == {State.ACCEPTED}, everything)
        wait_until(lambda: Forecast.objects.count() == 4, everything)
        wait_until(lambda: answer(port, "/accounts/login/")[0] == 200, web)
    finally:
        web.kill()
        everything.kill()


def answer(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def test_kill_9_during_a_backup_leaves_nothing_that_looks_like_one(
    database: str, keys: tuple[Path, str], tmp_path: Path
) -> None:
    _, public = keys
    make_clinic()
    folder = tmp_path / "backups"
    folder.mkdir()
    killed = manage(tmp_path, "backup", str(folder), BACKUP_RECIPIENTS=public)
    killed.wait_until(lambda: any(folder.glob("*.partial")))
    killed.kill()
    (left,) = folder.iterdir()
    assert left.suffix == ".partial"
    assert back_up(folder, public).exists()
    assert not left.exists(), "the next one clears away what it left"


@pytest.mark.parametrize("at", ["Putting it back", "Counting rows", "Bringing it"])
def test_kill_9_during_a_restore_leaves_what_nobody_can_work_on(
    at: str, database: str, keys: tuple[Path, str], tmp_path: Path
) -> None:
    key, public = keys
    house = make_clinic()
    make_running_pump(house)
    backup = back_up(tmp_path, public)
    lose_database(database)
    killed = manage(tmp_path, "restore", str(backup), "--key", str(key))
    killed.wait_until(lambda: at in killed.output())
    killed.kill()
    with pytest.raises(BeingRestoredError):
        connection.ensure_connection()
    if at == "Counting rows":
        what_processes_say(tmp_path)
    wait_until(lambda: put_back(backup, key) != "")
    assert listed(house)
    assert Restoration.objects.count() == 1


def what_processes_say(folder: Path) -> None:
    once = manage(folder, "run_dispatcher", "--once")
    assert once.process.wait(60) != 0
    assert "being restored" in once.output()
    port = free_port()
    web = start_web(drill_environment(PORT=str(port)), folder)
    try:
        web.wait_until(lambda: answer(port, "/healthz")[0] == 200)
        status, said = answer(port, "/readyz")
        assert status == 503
        assert "being restored" in said
    finally:
        web.kill()
