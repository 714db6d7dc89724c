"""What the audit costs: a saved fill and the work list with and without it, and how long a million rows take to verify."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse

from bench.data import make_clinic
from bench.screen import step, table
from clinic.domain.entries import DrugEntry, FillEntry
from clinic.models import AccessRecord, Clinic, Implant, Seal, User
from clinic.selectors.audit_chain import verify
from clinic.services.fills import record_fill
from clinic.services.sealing import seal_everything
from scheduling.services.sweeps import run_everything

IMPLANTS, ROUNDS = 2_000, 40
_HISTORY_TRIGGERS = (
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname ~ '^pgtrigger_(insert_insert|update_update"
    "|delete_delete)_' ORDER BY 1, 2"
)


def run(*, rows: int) -> None:
    """Print both ratios, from pairs measured by turns, and the seconds for so many rows."""
    now = datetime.now(UTC)
    with step(f"Making a clinic of {IMPLANTS:,} pumps"):
        clinic = Clinic.objects.get(pk=make_clinic(implants=IMPLANTS, now=now))
        run_everything(now=now)
    _print_cost(clinic, User.objects.get(), now)
    _print_verifying(clinic, User.objects.get(), rows)


def _print_cost(clinic: Clinic, user: User, now: datetime) -> None:
    implants = Implant.objects.for_clinic(clinic.pk).order_by("id").iterator()

    def save() -> None:
        drug = DrugEntry(drug_key="baclofen", concentration=Decimal(2000), concentration_unit="mcg/mL")
        record_fill(
            clinic=clinic,
            implant_ref=next(implants).ref,
            entry=FillEntry(
                filled_on=now.date() - timedelta(days=1), fill_volume_ml=Decimal(40), drugs=(drug,)
            ),
            actor_id=user.pk,
            now=now,
        )

    measured = []
    with step("Saving fills"):
        measured.append(("a saved fill", *_pairs(save, lambda: _without_histories(save))))
    listed = reverse("nurse:worklist", kwargs={"clinic_slug": clinic.slug})
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        logged = _client(user)
        with override_settings(
            MIDDLEWARE=[name for name in settings.MIDDLEWARE if "AccessMiddleware" not in name]
        ):
            unlogged = _client(user)
            unlogged.get(listed)  # loads its middleware
        with step("Asking for the work list"):
            before = AccessRecord.objects.count()
            found = _pairs(lambda: _get(logged, listed), lambda: _timed(lambda: _get(unlogged, listed)))
            assert AccessRecord.objects.count() - before == ROUNDS + 1, (
                "the one is recorded and the other is not"
            )
        measured.append(("the work list", *found))
    table(
        "What the audit costs",
        ["", "with", "without", "ratio"],
        [
            [name, f"{on * 1e3:.1f} ms", f"{off * 1e3:.1f} ms", f"{on / off:.2f}"]
            for name, on, off in measured
        ],
    )


def _pairs(on: Callable[[], None], off: Callable[[], float]) -> tuple[float, float]:
    """The medians of both, measured by turns; the first of each warms up."""
    pairs = [(_timed(on), off()) for _ in range(ROUNDS + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _without_histories(act: Callable[[], None]) -> float:
    with _histories_off():
        return _timed(act)


@contextmanager
def _histories_off() -> Iterator[None]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_HISTORY_TRIGGERS)
        triggers = cursor.fetchall()
        for name, trigger in triggers:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER {trigger}")
        yield
        for name, trigger in triggers:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER {trigger}")


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _get(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _print_verifying(clinic: Clinic, user: User, rows: int) -> None:
    with (
        step(f"Making {rows:,} rows of the trail, half views and half changes"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("TRUNCATE clinic_sealpart, clinic_seal RESTART IDENTITY CASCADE")
        cursor.execute(
            "INSERT INTO clinic_accessrecord (clinic_id, user_id, kind, patient_ids, route, method, reason, address,"
            " link_ref, request_id) SELECT %s, %s, 'page', ARRAY[n %% 2000 + 1], 'nurse:patient', 'GET', '',"
            " '10.0.0.1'::inet, '', gen_random_uuid() FROM generate_series(1, %s::int) n",
            [clinic.pk, user.pk, rows // 2],
        )
        cursor.execute(
            "INSERT INTO clinic_fillhistory SELECT (jsonb_populate_record(h, jsonb_build_object('pgh_id', n + 10000000)))"
            ".* FROM clinic_fillhistory h, generate_series(1, %s::int) n"
            " WHERE h.pgh_id = (SELECT max(pgh_id) FROM clinic_fillhistory WHERE pgh_id < 10000000)",
            [rows // 2],
        )
        cursor.execute("ANALYZE clinic_accessrecord")
        cursor.execute("ANALYZE clinic_fillhistory")
    began = time.perf_counter()
    with step("Sealing them"):
        sealed = seal_everything(now=datetime.now(UTC))
    sealing = time.perf_counter() - began
    began = time.perf_counter()
    with step("Verifying them"):
        verdict = verify()
    verifying = time.perf_counter() - began
    assert not verdict.broken, verdict.broken
    verified = sum(verdict.rows.values())
    assert verified == sealed >= rows
    table(
        f"{verified:,} rows under {Seal.objects.count()} seals",
        ["", "seconds", "seconds for a million"],
        [
            ["sealed", f"{sealing:.1f}", f"{sealing * 1e6 / sealed:.1f}"],
            ["verified", f"{verifying:.1f}", f"{verifying * 1e6 / verified:.1f}"],
        ],
    )
