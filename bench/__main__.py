"""`make bench`: every figure that the documentation quotes, from this machine, now.

ARGS="--implants 20000" for a smaller clinic; ARGS="--only projections" for one part.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")  # a first sweep finds every forecast missing and says so
if "DATABASE_URL" not in os.environ:
    os.environ["REFILLWISE_VAR"] = str(SOURCE / "var" / "bench")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--implants", type=int, default=100_000, help="size of the clinic that is swept")
    parser.add_argument(
        "--rounds", type=int, default=2, help="how often each sweep and its floor are measured"
    )
    parser.add_argument(
        "--only",
        choices=[
            *("projections", "closing", "calendar", "feeds", "dispatch", "sweep", "reports", "audit"),
            *("walls", "backups"),
        ],
    )
    parser.add_argument(
        "--size", type=int, default=1_000_000, help="how many rows of the audit trail are verified"
    )
    chosen = parser.parse_args()

    import django

    django.setup()
    from bench import (
        audit,
        backups,
        calendar_views,
        closing,
        dispatch,
        feeds,
        projections,
        reports,
        sweep,
        walls,
    )
    from bench.screen import heading, refuse_foreign_database
    from clinic.scope import EVERY, Ambient

    refuse_foreign_database()
    Ambient.scope = EVERY
    heading()
    sweep.prepare()
    if chosen.only in (None, "projections"):
        projections.run()
    if chosen.only in (None, "closing"):
        closing.run()
    if chosen.only in (None, "calendar"):
        calendar_views.run()
    if chosen.only in (None, "feeds"):
        feeds.run()
    if chosen.only in (None, "dispatch"):
        dispatch.run()
    if chosen.only in (None, "sweep"):
        sweep.run(implants=chosen.implants, rounds=chosen.rounds)
    if chosen.only in (None, "reports"):
        reports.run(implants=min(chosen.implants, 10_000))
    if chosen.only in (None, "audit"):
        audit.run(rows=chosen.size)
    if chosen.only in (None, "walls"):
        walls.run()
    if chosen.only in (None, "backups"):
        backups.run(implants=chosen.implants, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
