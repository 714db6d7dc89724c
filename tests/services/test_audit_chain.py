# ruff: noqa: S608 - statements of the tests' own, without values from outside
"""What is done to the audit trail behind its back is noticed, and what happens in the ordinary course is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from clinic.audit import recording
from clinic.models import Seal, User
from clinic.selectors.audit_chain import MAY_COME_LATE, Verdict, verify
from clinic.selectors.audit_tables import audit_tables
from clinic.services.sealing import seal, seal_everything

HISTORY = "clinic_userhistory"
pytestmark = pytest.mark.django_db(transaction=True)


def write(number: int = 3) -> None:
    with recording(actor_id=None, reason="test"):
        for each in range(number):
            User.objects.create(email=f"{timezone.now().timestamp()}-{each}@example.org")


def by_owner(statement: str) -> None:
    """What somebody does who may do everything: no trigger and no right holds him up."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {HISTORY} DISABLE TRIGGER USER; ALTER TABLE clinic_seal DISABLE TRIGGER USER;"
            " ALTER TABLE clinic_sealpart DISABLE TRIGGER USER")  # fmt: skip
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {HISTORY} ENABLE TRIGGER USER; ALTER TABLE clinic_seal ENABLE TRIGGER USER;"
            " ALTER TABLE clinic_sealpart ENABLE TRIGGER USER")  # fmt: skip


def look(**more: object) -> Verdict:
    return verify(**more)  # type: ignore[arg-type]


@pytest.fixture
def sealed() -> Verdict:
    """Three seals, the middle one and the last over three rows of the history of people."""
    for _ in range(3):
        write()
        assert seal_everything(now=timezone.now())
    found = look()
    assert (found.broken, found.seals, sum(found.not_sealed_yet.values())) == ([], 3, 0)
    assert found.rows[HISTORY] == 9
    return found


NUMBER = f"(SELECT min(pgh_id) FROM {HISTORY})"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (f"UPDATE {HISTORY} SET email = 'other@example.org' WHERE pgh_id = {NUMBER} + 4", "a row was altered of the 3"),
        (f"UPDATE {HISTORY} SET pgh_created_at = pgh_created_at - interval '1 microsecond' WHERE pgh_id = {NUMBER}",
            "a row was altered of the 3"),
        (f"DELETE FROM {HISTORY} WHERE pgh_id = {NUMBER} + 4", "1 of the 3 rows are gone"),
        (f"DELETE FROM {HISTORY} WHERE pgh_id >= {NUMBER} + 6", "3 of the 3 rows are gone"),
        (f"TRUNCATE {HISTORY}", "3 of the 3 rows are gone"),
        (f"UPDATE {HISTORY} a SET email = b.email, id = b.id FROM {HISTORY} b"
            f" WHERE a.pgh_id + b.pgh_id = 2 * {NUMBER} + 7 AND a.pgh_id IN ({NUMBER} + 3, {NUMBER} + 4)",
            "a row was altered of the 3"),
        (f"UPDATE {HISTORY} SET pgh_id = pgh_id + 1000 WHERE pgh_id = {NUMBER} + 4", "1 of the 3 rows are gone"),
        ("UPDATE pghistory_context SET metadata = '{\"actor\": 1}'", "pghistory_context: a row was altered"),
        ("DELETE FROM clinic_sealpart WHERE seal_id = 2; DELETE FROM clinic_seal WHERE number = 2",
            "seals 2 to 2 are gone"),
        ("UPDATE clinic_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", "seal 2 was altered"),
        ("UPDATE clinic_sealpart SET covered = '{}', rows = 0 WHERE seal_id = 2", "seal 2 was altered"),
        ("DELETE FROM clinic_sealpart WHERE seal_id = 2 AND \"table\" = 'clinic_userhistory'", "seal 2 was altered"),
    ],
)  # fmt: skip
def test_what_the_owner_does_behind_its_back_is_noticed(sealed: Verdict, what: str, said: str) -> None:
    by_owner(what)
    assert any(said in words for words in look().broken), look().broken


def put_in(number: int) -> None:
    """A row like the first, with this number."""
    by_owner(
        f"INSERT INTO {HISTORY} SELECT (jsonb_populate_record(h, jsonb_build_object('pgh_id', {number}))).*"
        f" FROM {HISTORY} h ORDER BY pgh_id LIMIT 1"
    )


def test_a_row_put_in_behind_the_seals_is_noticed(sealed: Verdict) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT max(pgh_id) FROM {HISTORY}")
        (last,) = cursor.fetchone()
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'pgh_id'), %s::int)", [HISTORY, last + 5])
    write(1)
    seal_everything(now=timezone.now())
    put_in(last + 1)
    assert look().broken == []  # for a day it may be one that a long transaction brings
    seal_everything(now=timezone.now())
    write(1)
    seal_everything(now=timezone.now() + MAY_COME_LATE + timedelta(minutes=1))
    assert look().broken == []
    put_in(last + 2)
    for _ in range(2):
        assert look().broken == [
            f"{HISTORY}: 1 rows were put in behind the seals, the first has number {last + 2}"
        ]
        seal_everything(now=timezone.now() + 2 * MAY_COME_LATE)


def test_the_last_seals_cut_off_are_noticed_by_an_anchor(sealed: Verdict) -> None:
    anchors = list(Seal.objects.values_list("number", "sha256"))
    assert look(anchors=anchors).anchors == 3
    by_owner(
        f"DELETE FROM clinic_sealpart WHERE seal_id = 3; DELETE FROM {HISTORY} WHERE pgh_id >= {NUMBER} + 6"
    )
    by_owner("DELETE FROM clinic_seal WHERE number = 3")
    assert any("seal 3, which was anchored, is gone" in words for words in look(anchors=anchors).broken)


def test_a_chain_made_anew_is_noticed_by_an_anchor(sealed: Verdict) -> None:
    anchors = list(Seal.objects.values_list("number", "sha256"))
    by_owner("TRUNCATE clinic_seal, clinic_sealpart RESTART IDENTITY")
    by_owner(f"UPDATE {HISTORY} SET email = 'other@example.org' WHERE pgh_id = {NUMBER}")
    for _ in range(3):
        seal_everything(now=timezone.now())
        write(1)
    assert look().broken == []
    assert any("is not the one that was anchored" in words for words in look(anchors=anchors).broken)


def test_rows_that_are_committed_after_later_ones_are_sealed_when_they_come() -> None:
    write(1)
    seal_everything(now=timezone.now())
    parameters = connection.get_connection_params()
    with psycopg.connect(
        **{name: parameters[name] for name in ("host", "port", "user", "password", "dbname")}
    ) as slow:
        slow.execute("SELECT set_config('pghistory.context_id', gen_random_uuid()::text, true),"
            " set_config('pghistory.context_metadata', '{}', true)")  # fmt: skip
        slow.execute(
            "INSERT INTO clinic_user SELECT (jsonb_populate_record(u, jsonb_build_object('id', 900, 'email',"
            " 'slow@example.org'))).* FROM clinic_user u LIMIT 1"
        )
        write(2)
        seal_everything(now=timezone.now())
        assert look().broken == []
        slow.commit()
    found = look()
    assert (found.broken, found.not_sealed_yet[HISTORY]) == ([], 1)
    assert seal_everything(now=timezone.now()) == 2  # the row and its context
    found = look()
    assert (found.broken, found.not_sealed_yet, found.rows[HISTORY]) == ([], {}, 4)


def test_two_who_seal_at_once_make_one_chain(sealed: Verdict) -> None:
    write(20)

    def run() -> None:
        try:
            for _ in range(5):
                seal(now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    write(20)
    for thread in threads:
        thread.join()
    seal_everything(now=timezone.now())
    found = look()
    assert (found.broken, found.not_sealed_yet) == ([], {})
    assert found.rows[HISTORY] == 49


def test_a_column_that_is_added_later_changes_no_sum(sealed: Verdict) -> None:
    by_owner(f"ALTER TABLE {HISTORY} ADD COLUMN added text DEFAULT 'x'")
    try:
        write(1)
        seal_everything(now=timezone.now())
        write(1)
        seal_everything(now=timezone.now())
        assert look().broken == []
        by_owner(f"UPDATE {HISTORY} SET added = 'y' WHERE pgh_id = (SELECT max(pgh_id) FROM {HISTORY})")
        assert any("a row was altered" in words for words in look().broken)
    finally:
        by_owner(f"ALTER TABLE {HISTORY} DROP COLUMN added")


@pytest.mark.parametrize(
    ("table", "said"),
    [(HISTORY, "which is under seal, is gone"), ("clinic_surgeryhistory", "are all migrations run?")],
)
def test_a_table_that_is_not_there_is_told_and_stops_no_seal(sealed: Verdict, table: str, said: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            (words,) = look().broken
            assert table in words
            assert said in words
            seal_everything(now=timezone.now())
        finally:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    assert look().broken == []


def test_sums_do_not_depend_on_the_settings_of_a_connection(sealed: Verdict) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'Asia/Tokyo'")
        cursor.execute("SET DateStyle = 'German'")
    assert look().broken == []


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_saw_and_fails_when_something_is_broken(
    sealed: Verdict, tmp_path: Path, settings: object
) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors")  # type: ignore[attr-defined]
    write(2)
    seal_everything(now=timezone.now())
    write(1)
    words = told("--anchor", str(tmp_path / "anchors"))
    assert "1 seals are those that were anchored" in words
    assert "2 rows are not sealed yet" in words
    assert "Nothing is broken" in words
    assert f"{sealed.rows[HISTORY] + 2:,}  {HISTORY}" in words
    by_owner(f"DELETE FROM {HISTORY} WHERE pgh_id = {NUMBER}")
    with pytest.raises(CommandError, match="1 of the 3 rows are gone"):
        told()
    with pytest.raises(CommandError, match="neither"):
        told("--anchor", "nowhere")


def test_every_table_of_the_trail_is_sealed(tables_of_the_trail: Callable[[], set[str]]) -> None:
    assert {table.name for table in audit_tables()} == tables_of_the_trail() - {
        "clinic_seal",
        "clinic_sealpart",
    }
