"""The database's wall between clinics: what it gives and takes, whatever the application asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, connections, transaction
from psycopg import sql

from clinic.models import Implant, Patient
from clinic.scope import (
    SETTING,
    UnscopedError,
    WrongClinicError,
    across_clinics,
    each_in_clinic,
    in_clinic,
    outside,
)
from config import walls
from scheduling.models import CalendarFeed, FeedUse
from scheduling.selectors.rows import FeedScope
from scheduling.services.calendar_feeds import FeedEntry, create_feed
from tests.factories import House, make_clinic, make_fill, make_implant, make_patient, make_program

EVERYBODYS = {
    "account_emailaddress": "people's addresses, of no clinic",
    "account_emailconfirmation": "people's addresses, of no clinic",
    "auth_group": "not used",
    "auth_group_permissions": "not used",
    "auth_permission": "not used",
    "clinic_clinic": "which clinics there are",
    "clinic_clinichistory": "which clinics there are",
    "clinic_seal": "sums and counts over the audit of all",
    "clinic_sealpart": "sums and counts over the audit of all",
    "clinic_user": "people, who may work in several clinics",
    "clinic_user_groups": "not used",
    "clinic_user_user_permissions": "not used",
    "clinic_userhistory": "people, who may work in several clinics",
    "django_admin_log": "changes of the catalogue",
    "django_content_type": "names of tables",
    "django_migrations": "names of migrations",
    "django_session": "read before anybody knows whose page it is; no patient data",
    "mfa_authenticator": "people's second factors",
    "notifications_restoration": "that the database came from a backup",
    "notifications_webhookevent": "reports that came before their message is known; no number, no text",
    "notifications_webhookrefusal": "counts",
    "pghistory_context": "who and why of a change",
    "scheduling_heartbeat": "signs of life",
    "usersessions_usersession": "people's sessions",
    **{
        f"clinic_{name}{end}": "the catalogue of pumps and drugs"
        for name in ("pumpmodel", "pumpmodelvalue", "drug", "stability", "marketedstrength")
        for end in ("", "history")
    },
}
"""Tables without a wall, each with the reason."""


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


@pytest.fixture
def two_pumps(house: House) -> tuple[Implant, Implant]:
    """One in each clinic."""
    theirs = House(
        clinic=house.elsewhere,
        administrator=house.elsewhere_administrator,
        nurse=house.outsider,
        elsewhere=house.clinic,
        elsewhere_administrator=house.administrator,
        outsider=house.nurse,
        now=house.now,
    )
    return _pump(house), _pump(theirs)


def _pump(house: House) -> Implant:
    implant = make_implant(house, make_patient(house))
    make_program(house, implant)
    make_fill(house, implant)
    return implant


def _tables() -> Iterator[str]:
    with connections["owner"].cursor() as cursor:
        yield from (table.name for table in walls.tables(cursor))


def _count(table: str, of: int | None = None) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    if of is not None:
        query += sql.SQL(" WHERE clinic_id = {}").format(sql.Literal(of))
    with connection.cursor() as cursor:
        cursor.execute(query)
        (number,) = cursor.fetchone()
    return int(number)


def test_every_table_has_its_wall_or_a_reason(db: None) -> None:
    """A new table fails here until ``migrate`` has walled it or it stands in the list above."""
    with connections["owner"].cursor() as cursor:
        assert walls.unwalled(cursor) == []
        walled = {row.name for row in (*walls.tables(cursor), *walls.children(cursor))}
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        names = {name for (name,) in cursor.fetchall()}
    assert names - walled == set(EVERYBODYS)


def test_the_application_is_not_above_the_wall(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, 0)


def test_a_table_that_lost_its_wall_is_found_and_walled_again(house: House) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_patient NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DROP POLICY own_clinic ON clinic_implant")
        try:
            assert walls.unwalled(cursor) == ["clinic_implant", "clinic_patient"]
        finally:
            walls.put_up_walls(using="owner")
        assert walls.unwalled(cursor) == []


def test_no_statement_gives_a_row_of_another_clinic(two_pumps: tuple[Implant, Implant]) -> None:
    mine, theirs = two_pumps
    seen = 0
    for table in _tables():
        own, other = _count(table, mine.clinic_id), _count(table, theirs.clinic_id)
        with in_clinic(mine.clinic_id):
            assert (_count(table), _count(table, theirs.clinic_id)) == (own, 0), table
        with outside():
            assert _count(table) == 0, table
        seen += bool(own and other)
    assert seen >= 15  # tables that hold rows of both


def test_the_owner_is_behind_the_wall_too(two_pumps: tuple[Implant, Implant]) -> None:
    mine, _ = two_pumps
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT set_config('{SETTING}', %s, true)", [str(mine.clinic_id)])
        cursor.execute("SELECT array_agg(DISTINCT clinic_id) FROM clinic_patient")
        assert cursor.fetchone() == ([mine.clinic_id],)


def test_a_row_of_another_clinic_can_be_neither_written_nor_changed_nor_taken_away(
    two_pumps: tuple[Implant, Implant],
) -> None:
    mine, theirs = two_pumps
    rows = Patient.objects.filter(pk=theirs.patient_id)
    before = rows.get().last_name
    with in_clinic(mine.clinic_id):
        for write in _writes(theirs):
            assert write() == 0
            with transaction.atomic():
                assert write() == 0
        with pytest.raises(ProgrammingError, match="row-level security"), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO scheduling_calendarpolicy (clinic_id, most) VALUES (%s, 'names')",
                [theirs.clinic_id],
            )
        with pytest.raises(DatabaseError), connection.cursor() as cursor:  # giving one's own row away
            cursor.execute(
                "UPDATE clinic_implant SET clinic_id = %s WHERE id = %s", [theirs.clinic_id, mine.pk]
            )
    assert rows.get().last_name == before


def _writes(theirs: Implant) -> list[Callable[[], int]]:
    def run(statement: str) -> Callable[[], int]:
        def write() -> int:
            with connection.cursor() as cursor:
                cursor.execute(statement, [theirs.patient_id])
                return int(cursor.rowcount)

        return write

    return [
        run("UPDATE clinic_patient SET last_name = 'Changed' WHERE id = %s"),
        run(
            "DELETE FROM scheduling_forecast WHERE implant_id IN (SELECT id FROM clinic_implant WHERE patient_id = %s)"
        ),
    ]


def test_no_row_points_into_another_clinic(two_pumps: tuple[Implant, Implant]) -> None:
    """Whoever may see both, and whatever table: an own row that names another clinic's is refused."""
    mine, theirs = two_pumps
    tried = 0
    with connections["owner"].cursor() as cursor:
        found = walls.references(cursor)
    for reference in found:
        if not (_count(reference.table, mine.clinic_id) and _count(reference.to, theirs.clinic_id)):
            continue
        statement = sql.SQL(
            "UPDATE {table} SET {column} = (SELECT id FROM {to} WHERE clinic_id = {theirs} ORDER BY id LIMIT 1)"
            " WHERE id = (SELECT id FROM {table} WHERE clinic_id = {mine} ORDER BY id LIMIT 1)"
        ).format(
            table=sql.Identifier(reference.table),
            column=sql.Identifier(reference.column),
            to=sql.Identifier(reference.to),
            theirs=sql.Literal(theirs.clinic_id),
            mine=sql.Literal(mine.clinic_id),
        )
        with pytest.raises(IntegrityError):
            _as_owner(statement)
        tried += 1
    assert tried >= 10


def _as_owner(statement: sql.Composable) -> None:
    """Past what triggers say of such a change: the keys alone are asked."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true)"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
        cursor.execute(statement)


def test_what_belongs_to_a_row_is_seen_with_it(house: House) -> None:
    entry = FeedEntry(label="Mine", scope=FeedScope.CLINIC)
    feed, _ = create_feed(clinic=house.clinic, entry=entry, actor_id=house.nurse.pk, now=house.now)
    assert isinstance(feed, CalendarFeed)
    with in_clinic(house.clinic.pk):
        assert FeedUse.objects.count() == 1
    with in_clinic(house.elsewhere.pk):
        assert FeedUse.objects.count() == 0
        assert FeedUse.objects.update(fetched_by="somebody") == 0


def test_a_query_without_a_scope_is_refused_before_it_is_asked(db: None) -> None:
    with outside():
        for read in (Patient.objects.count, Patient.objects.exists, lambda: list(Patient.objects.all())):
            with pytest.raises(UnscopedError):
                read()


def test_a_query_for_another_clinic_than_the_work_is_for_is_refused(house: House) -> None:
    with in_clinic(house.clinic.pk):
        assert not Patient.objects.for_clinic(house.clinic.pk).exists()
        with pytest.raises(WrongClinicError):
            Patient.objects.for_clinic(house.elsewhere.pk)
    with across_clinics("a test"):
        assert not Patient.objects.for_clinic(house.elsewhere.pk).exists()


def test_a_scope_ends_with_its_block_whatever_becomes_of_the_transaction(
    two_pumps: tuple[Implant, Implant],
) -> None:
    mine, theirs = two_pumps

    def seen() -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT clinic_id FROM clinic_patient")
            return {number for (number,) in cursor.fetchall()}

    with outside():
        assert seen() == set()
        with in_clinic(mine.clinic_id):
            assert seen() == {mine.clinic_id}
            with transaction.atomic():
                assert seen() == {mine.clinic_id}
                with pytest.raises(DatabaseError), transaction.atomic(), in_clinic(theirs.clinic_id):
                    _fail_after(seen, {theirs.clinic_id})
                assert seen() == {mine.clinic_id}  # the savepoint took the setting back
                with outside():
                    assert seen() == set()
                assert seen() == {mine.clinic_id}
            assert seen() == {mine.clinic_id}
        assert seen() == set()
        with transaction.atomic():
            assert seen() == set()
    with connection.cursor() as cursor, outside():
        cursor.execute(f"SELECT current_setting('{SETTING}', true)")
        assert cursor.fetchone()[0] in (None, "")  # nothing is left on the connection


def _fail_after(seen: Callable[[], set[int]], expected: set[int]) -> None:
    assert seen() == expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_an_answer_that_streams_stays_in_its_clinic(two_pumps: tuple[Implant, Implant]) -> None:
    mine, theirs = two_pumps
    with outside():
        pieces = each_in_clinic(mine.clinic_id, (row.clinic_id for row in _patients()))
        assert list(pieces) == [mine.clinic_id]
        with in_clinic(theirs.clinic_id):
            pieces = each_in_clinic(mine.clinic_id, (row.clinic_id for row in _patients()))
            assert next(pieces) == mine.clinic_id
            assert Patient.objects.get().clinic_id == theirs.clinic_id


def _patients() -> Iterator[Patient]:
    yield from Patient.objects.order_by("id").iterator(chunk_size=1)
