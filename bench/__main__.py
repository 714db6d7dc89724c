"""`make bench`: every figure that the documentation quotes, from this machine, now, in one table.

ARGS="--scale 10000" for a smaller country, ARGS="--only fill" for one part, ARGS="--growth" for three sizes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.national.build import Country
    from bench.table import Row

SOURCE = Path(__file__).resolve().parent.parent
PARTS = (
    *(
        "sweep",
        "fill",
        "worklist",
        "patient",
        "calendar",
        "search",
        "reminders",
        "dispatch",
        "feeds",
        "register",
    ),
    *("start", "projections", "closing", "reports", "audit", "walls", "backups"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--scale", type=int, default=100_000, help="implants in the country (100,000)")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given again")
    parser.add_argument("--json", type=Path, help="write the rows into this file too")
    parser.add_argument(
        "--growth",
        type=int,
        nargs="*",
        metavar="IMPLANTS",
        help="the same at several sizes (10,000, 30,000 and 100,000), and how each row grows",
    )
    chosen = parser.parse_args()
    if chosen.growth is not None:
        from bench.growth import SIZES
        from bench.growth import run as grow

        grow(sizes=chosen.growth or SIZES, parts=chosen.only or [], json_file=chosen.json)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "CRITICAL")  # outdated forecasts are found, and said to be
    if "DATABASE_URL" not in os.environ:
        os.environ["REFILLWISE_VAR"] = str(SOURCE / "var" / "bench" / str(chosen.scale))
    _measure(chosen.scale, chosen.only or list(PARTS), chosen.json)


def _measure(scale: int, parts: list[str], json_file: Path | None) -> None:
    import django

    django.setup()
    from bench import sweep
    from bench.growth import write_json
    from bench.national.build import country
    from bench.screen import heading, refuse_foreign_database
    from bench.table import print_table
    from clinic.scope import EVERY, Ambient

    refuse_foreign_database()
    Ambient.scope = EVERY
    heading()
    sweep.prepare()
    made = country(implants=scale, now=datetime.now(UTC))
    rows: list[Row] = []
    for part, act in _acts().items():
        if part in parts:
            rows += act(made)
    print_table(f"{made.implants:,} implants in {made.clinics} clinics, {made.rows:,} rows", rows)
    if json_file is not None:
        write_json(json_file, made.implants, rows)


def _acts() -> dict[str, Callable[[Country], list[Row]]]:
    from bench import (
        audit,
        backups,
        closing,
        dispatch,
        feeds,
        fill,
        pages,
        projections,
        register,
        reminders,
        reports,
        search,
        starting,
        sweep,
        walls,
    )

    return {
        "sweep": sweep.run,
        "fill": fill.run,
        "worklist": pages.worklist,
        "patient": pages.patient,
        "calendar": pages.calendar,
        "search": search.run,
        "reminders": reminders.run,
        "dispatch": dispatch.run,
        "feeds": feeds.run,
        "register": register.run,
        "start": starting.run,
        "projections": projections.run,
        "closing": closing.run,
        "reports": reports.run,
        "audit": audit.run,
        "walls": walls.run,
        "backups": backups.run,
    }


if __name__ == "__main__":
    main()
