"""How long each report and the paper list take for a large clinic, through the real views on the real database."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench import data
from bench.screen import step, table
from clinic.models import Clinic, User
from scheduling.models import Forecast, ResidualTrend
from scheduling.services.paper_lists import write_list_now
from scheduling.services.residual_trends import renew_stale_trends
from scheduling.services.sweeps import run_everything

PAGES = ("reports", "report_refills", "report_preparation", "report_discrepancy", "report_outcomes")
FILES = ("report_refills_csv", "report_preparation_csv", "report_discrepancy_csv", "report_outcomes_csv")


def run(*, implants: int) -> None:
    """Fill the database, work everything out, and time what a nurse asks for."""
    now = datetime.now(UTC)
    with step(f"Filling a clinic with {implants:,} pumps"):
        clinic_id = data.make_clinic(implants=implants, now=now)
    with step("Working out every date"):
        run_everything(now=now)
    with step("Judging every residual"):
        renew_stale_trends(now=now, seconds=3_600)
    assert Forecast.objects.count() == ResidualTrend.objects.count() == implants
    slug = Clinic.objects.get(pk=clinic_id).slug
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
    rows = [
        _measured(
            name, lambda name=name: client.get(reverse(f"nurse:{name}", kwargs={"clinic_slug": slug})).content
        )  # type: ignore[misc]
        for name in (*PAGES, *FILES)
    ]
    with tempfile.TemporaryDirectory() as folder:
        rows.append(_measured("paper list", lambda: _list(clinic_id, Path(folder), now)))
    table(
        f"Reports of a clinic with {implants:,} pumps",
        ["report", "seconds", "queries", "kilobytes"],
        rows,
    )


def _list(clinic_id: int, folder: Path, now: datetime) -> bytes:
    write_list_now(clinic_id=clinic_id, folder=folder, now=now)
    return (folder / "latest.html").read_bytes()


def _measured(name: str, ask: Callable[[], bytes]) -> list[str]:
    """The best of three, the first of which also warms up."""
    taken: list[float] = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as seen:
            began = time.perf_counter()
            content = ask()
            taken.append(time.perf_counter() - began)
    return [name, f"{min(taken):.2f}", str(len(seen)), f"{len(content) // 1024:,}"]
