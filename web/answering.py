"""Within what an answer is made: one clinic's rows, and one transaction where it only shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.http import HttpRequest

from clinic.scope import in_clinic


@contextmanager
def answering(request: HttpRequest, clinic_id: int) -> Iterator[None]:
    """Let the block see and write this clinic's rows, in one transaction where the request only asks to be shown some.

    Every entrance that knows whose rows a request may see makes its answer in here: pages, the REST interface,
    patients' links and calendars.
    """
    with in_clinic(clinic_id), one_reading(request):
        yield


@contextmanager
def one_reading(request: HttpRequest) -> Iterator[None]:
    """What only shows is one transaction, which is told once whose rows it may see."""
    if request.method in ("GET", "HEAD") and not connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield
