"""What the server plans, and what it believes of the size of tables then."""

import re
from contextlib import closing
from itertools import count

from django.db import connection, connections


def forget_sizes(*tables: str) -> None:
    """Let the server believe what it does of tables it has not looked at yet: that they may hold as much as their files.

    Its upkeep comes when it likes. After rows that a test took back it takes a table for empty, and rather reads it whole.
    """
    # A connection of its own: what a test's own transaction says of sizes nobody else would see.
    with closing(connections["owner"].copy()) as apart, apart.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT pg_clear_relation_stats(current_schema(), %s)", [table])
            cursor.execute(
                "SELECT pg_clear_attribute_stats(current_schema(), %s, attname, false) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table, table],
            )


def plan_for_any(statement: str) -> str:
    """How a statement of ``clinic.together`` is planned for whatever values."""
    number = count(1)
    text = re.sub("%s", lambda _: f"${next(number)}", statement).replace("%%", "%")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {text}")
        return "\n".join(line for (line,) in cursor.fetchall())
