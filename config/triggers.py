"""What every trigger of django-pgtrigger asks first, in a form that costs nothing more the longer a transaction is.

The library's own function tries to read a setting that nobody has made, and catches the error: a savepoint taken back
for each row, for which PostgreSQL walks through every foreign key that is still to be checked at the transaction's end.
Each migration of a trigger brings that function again, so `migrate` replaces it once all of them have run.
See docs/adr/0048-no-trigger-takes-back-a-savepoint.md.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import connections

_ASKED: Final = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT coalesce(trigger_name = ANY (nullif(current_setting('pgtrigger.ignore', true), '')::text[]), false)
$$
"""


def ask_without_savepoint(*, using: str, **_: Any) -> None:
    """Replace the library's function by one that gives the same answers; runs after each migration as the owner."""
    if using != "owner":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(_ASKED)
