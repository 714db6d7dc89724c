"""The application works with rows; only the owner changes tables; the audit trail only grows."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from clinic.audit import recording

HISTORY_TABLES = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if issubclass(model, pghistory.models.Event) and model._meta.managed and not model._meta.proxy
)


@pytest.mark.django_db
def test_the_application_is_neither_superuser_nor_above_row_security_nor_an_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id int)",
        "ALTER TABLE clinic_user ADD COLUMN extra int",
        "DROP TABLE clinic_user",
        "TRUNCATE clinic_user",
        "ALTER TABLE clinic_user DISABLE TRIGGER ALL",
        "DELETE FROM django_migrations",
    ],
)
def test_the_application_cannot_change_tables(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_the_application_only_adds_to_the_audit_trail(tables_of_the_trail: Callable[[], set[str]]) -> None:
    """By the catalogue, so that a new table cannot be forgotten: what it may, and what happens when it tries."""
    tables = tables_of_the_trail()
    assert set(HISTORY_TABLES) < tables
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(
                "SELECT has_any_column_privilege(%s::text, 'UPDATE'), has_table_privilege(%s::text, 'DELETE, TRUNCATE'),"
                " has_table_privilege(%s::text, 'SELECT') AND has_table_privilege(%s::text, 'INSERT')",
                [table] * 4,
            )
            assert cursor.fetchone() == (False, False, True), table
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::text::regclass AND attnum > 0 LIMIT 1",
                [table],
            )
            column = cursor.fetchone()[0]
            for statement in ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"):
                words = sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(column))
                with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                    connection.cursor().execute(words)


@pytest.mark.django_db
def test_what_is_learned_about_a_change_later_leaves_what_was_known_before() -> None:
    with transaction.atomic(), pghistory.context(actor=7):
        user = make_user()
        with pghistory.context(reason="by hand"):
            get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    said = user.history.order_by("pgh_id").values_list("pgh_context__metadata", flat=True)
    assert list(said) == [{"actor": 7}, {"actor": 7, "reason": "by hand"}]


def make_user(**values: object) -> Any:
    return get_user_model().objects.create(**{"email": "nurse@example.org", **values})


@pytest.mark.django_db
def test_a_change_in_a_transaction_says_who_and_why() -> None:
    with transaction.atomic(), pghistory.context(actor=7, reason="a reason, with 'quotes' and 100 %"):
        user = make_user()
    assert user.history.get().pgh_context.metadata["reason"] == "a reason, with 'quotes' and 100 %"


@pytest.mark.django_db(transaction=True)
def test_a_change_outside_a_transaction_says_it_too() -> None:
    with pghistory.context(actor=7, reason="by hand"):
        user = make_user()
        get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    assert [row.pgh_context.metadata["actor"] for row in user.history.all()] == [7, 7]


@pytest.mark.django_db(transaction=True)
def test_a_context_ends_with_its_block() -> None:
    with pghistory.context(actor=7, reason="first"):
        user = make_user()
    with pghistory.context(actor=8, reason="second"):
        get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    said = user.history.order_by("pgh_id").values_list("pgh_context__metadata", flat=True)
    assert [metadata["actor"] for metadata in said] == [7, 8]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_metadata', true)")
        assert cursor.fetchone()[0] in (None, "")


@pytest.mark.django_db
def test_what_is_written_one_after_the_other_is_signed_by_one_statement() -> None:
    signed: list[str] = []

    def hear(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        found = execute(statement, params, many, context)
        signed.append(str(context["connection"].signed_by))
        return found

    with transaction.atomic(), pghistory.context(actor=7), connection.execute_wrapper(hear):
        first, second = make_user(), make_user(email="other@example.org")
    assert len(set(signed)) == 1
    assert [user.history.get().pgh_context.metadata["actor"] for user in (first, second)] == [7, 7]


@pytest.mark.django_db
@pytest.mark.parametrize("ends_by_failing", [False, True])
def test_a_context_goes_on_signing_after_a_block_within_it(ends_by_failing: bool) -> None:
    with transaction.atomic(), pghistory.context(actor=7, reason="outer"):
        make_user(email="first@example.org")
        with suppress(ZeroDivisionError), recording(actor_id=7, reason="outer"):
            make_user(email="second@example.org")
            if ends_by_failing:
                raise ZeroDivisionError
        user = make_user(email="third@example.org")
    assert user.history.get().pgh_context.metadata["actor"] == 7


@pytest.mark.django_db
def test_values_travel_apart_from_statements() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND %s <> ''", ["Canary"]
        )
        assert "Canary" not in cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_a_test_are_rolled_back(turn: int) -> None:
    assert not get_user_model().objects.filter(email="nurse@example.org").exists()
    with pghistory.context(actor=None, reason="test"):
        make_user()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_a_real_process_test_are_emptied_with_the_numbering(turn: int) -> None:
    with pghistory.context(actor=None, reason="test"):
        user = make_user()
    assert user.pk == 1
