"""Keeping what a night found of pumps for which there was nothing to write, so that the next night need not."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.db import connection

from clinic.selectors.facts import ImplantFacts
from scheduling.domain.limits import end_of_service
from scheduling.domain.projection import Status
from scheduling.models import SettledPump
from scheduling.selectors.settled import TURNS, Pump
from scheduling.services.standing import Judgement

_PACKAGES = ("clinic", "config", "notifications", "scheduling")


def code_mark() -> int:
    """64 bits that stand for the code, and for the settings that an entry of a calendar shows."""
    own = blake2b(settings.PUBLIC_URL.encode(), key=_source(), digest_size=8)
    return int.from_bytes(own.digest(), signed=True)


@lru_cache(maxsize=1)
def _source() -> bytes:
    """Every file of the packages in which anything is worked out: another line of them, and every pump is looked at."""
    found = blake2b(sys.version.encode(), digest_size=16)
    for package in _PACKAGES:
        for path in sorted(Path(settings.BASE_DIR, package).rglob("*.py")):
            found.update(f"{path.relative_to(settings.BASE_DIR)}:{path.stat().st_size}:".encode())
            found.update(path.read_bytes())
    return found.digest()


def day_to_look_again(today: date) -> date:
    """On which every pump is worked out again at the latest, whatever is known of it."""
    return today + timedelta(days=TURNS)


def holds_by_itself(facts: ImplantFacts, judgement: Judgement, *, today: date, until: date) -> bool:
    """Whether the dates of this pump stay what they are before ``until`` as long as its facts do.

    With nothing that waits for a second person, which time ends; nothing that begins today or later; and no end of
    service in between, which a later day says has passed.
    """
    if (
        judgement.projection.status is not Status.OK
        or judgement.reasons
        or judgement.is_held
        or judgement.stands
    ):
        return False
    days = [facts.implanted_on, *(each.filled_on for each in facts.fills)]
    days += [each.starts_on for each in facts.programs]
    days += [each.read_on for each in facts.readings]
    days += [each.occurred_on for each in facts.events]
    service_ends = end_of_service(judgement.case.pump)
    is_far = service_ends is None or not today <= service_ends < until
    return is_far and max(days) < today


def settle(clinic_id: int, pumps: Iterable[Pump], holds_until: Mapping[int, datetime], now: datetime) -> None:
    """Keep, in the caller's transaction, that these pumps stand until then as long as nothing of them changes.

    With the versions read *before* the pumps were worked out: what changed meanwhile, by whomever, makes them others.
    """
    rows = [
        (pump.implant_id, pump.versions, until)
        for pump in pumps
        if pump.versions is not None
        and (until := holds_until.get(pump.implant_id)) is not None
        and until > now
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [clinic_id, now, *map(list, zip(*rows, strict=True))])


_UPSERT = f"""
    INSERT INTO {SettledPump._meta.db_table} (clinic_id, settled_at, implant_id, versions, holds_until)
    SELECT %s::bigint, %s::timestamptz, implant_id, versions, holds_until
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS settled (implant_id, versions, holds_until)
    ON CONFLICT (implant_id) DO UPDATE SET settled_at = EXCLUDED.settled_at,
        versions = EXCLUDED.versions, holds_until = EXCLUDED.holds_until
"""  # noqa: S608 - the name of a table; every value is a parameter
