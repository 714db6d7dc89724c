"""What the audit costs: a saved fill and the work list with and without it, and how long all its rows take to verify."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections
from django.test import override_settings
from django.urls import reverse

from bench import fill
from bench.national.build import Country, staff_of
from bench.places import Browser, addresses, near
from bench.screen import step
from bench.table import Row, by_turns, seconds_of
from clinic.models import AccessRecord
from clinic.selectors.audit_chain import verify
from clinic.services.sealing import seal_everything

PUMPS, ROUNDS = 2_000, 20
_HISTORY_TRIGGERS = (
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname ~ '^pgtrigger_(insert_insert|update_update"
    "|delete_delete)_' ORDER BY 1, 2"
)


def run(country: Country) -> list[Row]:
    return [_fill(country), _worklist(), *_verifying()]


def _fill(country: Country) -> Row:
    clinic = near(PUMPS).clinic
    user_id = staff_of(clinic.pk, "nurse").pk
    pumps = iter(fill.pumps_to_fill(clinic, country, 2 * ROUNDS))
    on, off = [], []
    with step("Saving fills with and without histories"):
        for _ in range(ROUNDS):
            on.append(seconds_of(fill.act_of(clinic, next(pumps), user_id, country)))
            act = fill.act_of(clinic, next(pumps), user_id, country)
            with _histories_off():
                off.append(seconds_of(act))
    return Row(
        what="a saved fill, audited",
        ours=statistics.median(on[1:]),
        floor=statistics.median(off[1:]),
        floor_is="not audited",
    )


@contextmanager
def _histories_off() -> Iterator[None]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_HISTORY_TRIGGERS)
        triggers = cursor.fetchall()
        for name, trigger in triggers:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER {trigger}")
        try:
            yield
        finally:
            for name, trigger in triggers:
                cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER {trigger}")


def _worklist() -> Row:
    clinic = near(PUMPS).clinic
    path = reverse("nurse:worklist", kwargs={"clinic_slug": clinic.slug})
    without = [name for name in settings.MIDDLEWARE if "AccessMiddleware" not in name]
    with addresses():
        logged = Browser(clinic).page(path)
        with override_settings(MIDDLEWARE=without):
            unlogged = Browser(clinic).page(path)
            unlogged()  # loads its middleware
        before = AccessRecord.objects.count()
        turns = by_turns(logged, unlogged, rounds=ROUNDS, warm=0)
        assert AccessRecord.objects.count() - before == ROUNDS + 1, "the one is recorded and the other is not"
    return Row(what="the work list, audited", ours=turns.ours, floor=turns.floor, floor_is="not audited")


def _verifying() -> Iterator[Row]:
    """The whole trail of the country sealed anew, and verified."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE clinic_sealpart, clinic_seal RESTART IDENTITY CASCADE")
    numbers: list[int] = []

    def sealed() -> None:
        numbers.append(seal_everything(now=datetime.now(UTC)))

    def verified() -> None:
        verdict = verify()
        assert not verdict.broken, verdict.broken
        assert sum(verdict.rows.values()) == numbers[0]

    acts: dict[str, Callable[[], None]] = {"sealed": sealed, "verified": verified}
    for what, act in acts.items():
        with step(f"The audit trail is {what}"):
            seconds = seconds_of(act)
        number = numbers[0]
        yield Row(what=f"rows of the audit trail {what}", ours=number / seconds, is_rate=True, size=number)
