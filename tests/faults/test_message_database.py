"""PostgreSQL killed while messages leave, in an installation of its own: the same end, only later."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from clinic.scope import EVERY, SETTING
from config.embedded.installation import OWNER_ROLE, Installation
from tests import databases
from tests.faults.conftest import User, product_environment, wait_until
from tests.faults.mail_room import PROMISES, gateway, say
from tests.faults.test_embedded import postmaster
from tests.servers import SOURCE, dispatcher

IN_FULL = bool(os.environ.get("SOAK"))
MESSAGES = 3_000 if IN_FULL else 150
RESTARTS = 5 if IN_FULL else 1
LONGEST_SECONDS = 1_800 if IN_FULL else 240


def manage(var: Path, *command: str) -> None:
    subprocess.run(
        [sys.executable, *command],
        cwd=SOURCE,
        env=product_environment(var, DJANGO_SETTINGS_MODULE="config.settings"),
        check=True,
        capture_output=True,
    )


def states(var: Path) -> dict[str, int]:
    """How many messages stand in each state; empty while the database does not answer."""
    try:
        with psycopg.connect(
            Installation.load_or_create(var).database_url(OWNER_ROLE),
            connect_timeout=5,
            options=f"-c {SETTING}={EVERY}",
        ) as connection:
            rows = connection.execute("SELECT state, count(*) FROM notifications_message GROUP BY state")
            return dict(rows.fetchall())
    except psycopg.Error:
        return {}


@pytest.mark.django_db  # for its tables, which are copied
def test_postgresql_killed_in_mid_run(var: Path, start_user: Callable[..., User], tmp_path: Path) -> None:
    start_user()
    if settings.EMBEDDED:
        databases.copy_to(var)
    else:
        manage(var, "manage.py", "migrate")
    manage(var, "-m", "tests.message_rows", str(MESSAGES))
    arguments, promised = PROMISES["idempotent"]
    chance, restarts, began = random.Random(1), 0, time.monotonic()
    with gateway(tmp_path / "gateway", "--faults", *arguments, **promised) as place:
        process = dispatcher(product_environment(var, **place.settings), tmp_path)
        try:
            while (found := states(var)).get("accepted", 0) < MESSAGES:
                if restarts < RESTARTS and found.get("accepted", 0) > MESSAGES * (restarts + 1) // (
                    RESTARTS + 1
                ):
                    time.sleep(chance.random())
                    dead = postmaster(var)
                    dead.kill()
                    wait_until(lambda: bool(states(var)))
                    restarts += 1
                assert time.monotonic() - began < LONGEST_SECONDS, f"{found}\n{process.output()[-3000:]}"
                time.sleep(0.2)
        finally:
            process.kill()
        taken = place.taken()
    say(f"PostgreSQL killed {restarts} times: {MESSAGES} messages, {time.monotonic() - began:.0f} s")
    assert restarts == RESTARTS
    assert (len(taken), max(taken.values())) == (MESSAGES, 1), "none is lost, none is doubled"
