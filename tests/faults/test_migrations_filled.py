"""A filled database goes back to how an earlier version had it, through every migration in between, and forward again.

What is there stays there, the tables end as if nothing had happened, and no table is written anew unless it is named here:
that takes as long as the table is large, and nobody reads it meanwhile.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from clinic.services.sealing import seal_everything
from config.backup.manifest import rows_now
from config.rendering import what_changes_alone
from config.walls import unwalled
from notifications.models import Message
from notifications.services.delivery import sweep
from scheduling.selectors.worklist import Wanted, work_list
from scheduling.services.sweeps import run_everything
from tests.drills import lose_database, own_database, shape
from tests.factories import House, make_clinic, make_event, make_reading, make_running_pump
from tests.message_rows import make_due_messages

pytestmark = pytest.mark.django_db(transaction=True)
OURS = ("clinic", "scheduling", "notifications")
IN_FULL = bool(os.environ.get("SOAK"))
BEFORE_AUDIT = {"scheduling": "0004_stale_calendar_entries", "clinic": "0005_session_round"}
EARLIER = BEFORE_AUDIT | {"notifications": "0004_correspondence" if IN_FULL else "0010_answers_that_join"}
"""In full also before patient pages. What is earlier still only made what was not there before."""
ONE_WAY: dict[str, str] = {}
"""Migrations that cannot be taken back, each with why."""
WRITTEN_ANEW = {"pghistory_context": "its rows were numbered once (clinic.0006_audit); seconds for a million"}


@pytest.fixture
def filled(transactional_db: None) -> Iterator[House]:
    with own_database():
        house = make_clinic(time_zone="UTC")
        for days in (150, 60, 40, 3):
            implant = make_running_pump(house, filled_on=house.today - timedelta(days=days))
            make_reading(house, implant, reservoir_ml="18")
            make_event(house, implant)
        run_everything(now=house.now)
        ids = make_due_messages(house.clinic, number=6, actor_id=house.nurse.id, now=house.now)
        Message.objects.filter(pk=ids[0]).update(not_after=house.now - timedelta(minutes=1))
        sweep(now=datetime.now(UTC))  # one is missed, with its matter
        seal_everything(now=house.now)
        yield house


def names() -> set[tuple[str, str]]:
    return {key for key in MigrationLoader(None).disk_migrations if key[0] in OURS}


def test_every_migration_can_be_taken_back_or_says_why_not() -> None:
    loader = MigrationLoader(None)
    one_way = {
        f"{app}.{name}"
        for app, name in names()
        if not all(each.reversible for each in loader.get_migration(app, name).operations)
    }
    assert one_way == set(ONE_WAY)


def test_back_and_forward_with_rows_in_the_tables(filled: House) -> None:
    before, rows = Counter(shape()), rows_now()
    listed = work_list(clinic_id=filled.clinic.id, wanted=Wanted(), now=filled.now, page_size=None).rows
    assert sum(bool(number) for name, number in rows.items() if name.startswith("public.clinic_")) > 20
    connections["default"].close()

    executor = MigrationExecutor(connections["owner"])
    with what_changes_alone():
        executor.migrate(list(EARLIER.items()))
    back = rows_now()
    assert len(back) < len(rows), "some tables were not there yet"
    assert kept(back) == {name: rows[name] for name in kept(back)}

    files = files_of_tables()
    call_command("migrate", verbosity=0)
    again = files_of_tables()
    assert {name for name, file in files.items() if again[name] != file} == set(WRITTEN_ANEW)
    assert Counter(shape()) == before
    with connections["owner"].cursor() as cursor:
        assert unwalled(cursor) == []
    forward = rows_now()
    assert {name: forward[name] for name in kept(back)} == kept(back)
    assert (
        work_list(clinic_id=filled.clinic.id, wanted=Wanted(), now=filled.now, page_size=None).rows == listed
    )


@pytest.mark.skipif(not IN_FULL, reason="a minute and a half: `make soak`")
def test_django_alone_makes_the_same_tables(transactional_db: None) -> None:
    """As it renders models itself, from the first migration to the last."""
    with own_database() as name:
        ours = Counter(shape())
        lose_database(name)
        call_command(migrate.Command(), database="owner", verbosity=0)
        assert Counter(shape()) == ours


def kept(rows: dict[str, int]) -> dict[str, int]:
    """The record's and the messages': without what Django itself counts."""
    return {
        name: number
        for name, number in rows.items()
        if not name.startswith(("public.django_", "public.auth_"))
    }


def files_of_tables() -> dict[str, int]:
    """The file of each table that holds rows: another one once the table was written anew."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return dict(cursor.fetchall())
