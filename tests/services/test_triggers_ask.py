"""A trigger costs the same in a short transaction and in a long one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from pgtrigger.compiler import UpsertTriggerSql

from config.triggers import ask_without_savepoint

_TAKES_BACK_SAVEPOINTS = (
    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    r" AND prosrc ~* '\mexception\s+when\M' ORDER BY 1"
)
_ASKS = "SELECT _pgtrigger_should_ignore('pgtrigger_insert_insert_1')"


@contextmanager
def owner() -> Iterator[Any]:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        yield cursor
        transaction.set_rollback(True, using="owner")


@pytest.mark.django_db
def test_no_function_of_the_database_opens_a_savepoint() -> None:
    """Taking one back goes through all that the transaction has yet to check: for each row, that is quadratic."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKES_BACK_SAVEPOINTS)
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'")
        assert cursor.fetchone()[0] > 100


@pytest.mark.django_db(databases=["default", "owner"])
def test_what_a_migration_of_a_trigger_brings_again_is_replaced() -> None:
    of_the_library = UpsertTriggerSql(
        pgid="brought_again", func="RETURN NEW;", table="clinic_user", when="AFTER", operation="INSERT"
    )
    with owner() as cursor:
        cursor.execute(str(of_the_library))
        cursor.execute(_TAKES_BACK_SAVEPOINTS)
        assert cursor.fetchall() == [("_pgtrigger_should_ignore",)]
        ask_without_savepoint(using="owner")
        cursor.execute(_TAKES_BACK_SAVEPOINTS)
        assert cursor.fetchall() == []


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("is_library", [True, False])
def test_it_answers_as_the_function_of_the_library(is_library: bool) -> None:
    of_the_library = UpsertTriggerSql(
        pgid="brought_again", func="RETURN NEW;", table="clinic_user", when="AFTER", operation="INSERT"
    )
    with owner() as cursor:
        cursor.execute(str(of_the_library))
        if not is_library:
            ask_without_savepoint(using="owner")
        answers = []
        for setting in (None, "", "{}", "{another}", "{another,pgtrigger_insert_insert_1}"):
            if setting is not None:
                cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])
            cursor.execute(_ASKS)
            answers.append(cursor.fetchone()[0])
    assert answers == [False, False, False, False, True]
