"""The database's refusals, told at the field that caused them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from psycopg import errors

from clinic.domain.checks import RecordError


@contextmanager
def refusing(constraint: str, *, field: str, message: str) -> Iterator[None]:
    """Turn a violation of ``constraint`` inside the block into a RecordError at ``field``.

    Only the constraint's name is looked at: the database's own text holds the values.
    """
    try:
        yield
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, errors.IntegrityError) and cause.diag.constraint_name == constraint:
            raise RecordError(field, message) from None
        raise
