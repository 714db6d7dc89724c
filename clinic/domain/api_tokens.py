"""What a token of the REST interface may do, and for how long: never more and never longer than its person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import PERMISSIONS, Permission, Role

PREFIX: Final = "rw_"
"""Begins every token, so that programs that look for secrets in source code know one."""
USUAL_DAYS: Final = 90
LONGEST_DAYS: Final = 365
MOST_TOKENS: Final = 20
"""That count, of one person in one clinic."""

GRANTABLE: Final = (
    Permission.VIEW_PATIENTS,
    Permission.EDIT_PATIENTS,
    Permission.RECORD_CARE,
    Permission.CHANGE_PROGRAM,
    Permission.WORK_FOLLOW_UPS,
    Permission.BOOK_VISITS,
    Permission.OVERBOOK,
    Permission.VIEW_MESSAGES,
    # A calendar's link outlives the token that made it: a token that may only read makes none.
    Permission.MAKE_LINKS,
)
"""What the interface has operations for. Members, settings, imports, signatures and the audit are for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEntry:
    """A token that somebody asks for: what uses it, what it may do, how many days it lives."""

    name: str
    permissions: tuple[Permission, ...]
    days: int = USUAL_DAYS


def grantable(role: Role) -> tuple[Permission, ...]:
    """What a person in ``role`` can give to a token."""
    return tuple(each for each in GRANTABLE if each in PERMISSIONS[role])


def check_token(entry: TokenEntry, *, role: Role) -> None:
    """Refuse a token without a name, that may do nothing or more than its person, or lives too long."""
    if not entry.name.strip():
        raise RecordError("name", gettext_noop("is required"))
    if not entry.permissions:
        raise RecordError("permissions", gettext_noop("choose at least one"))
    if not set(entry.permissions) <= set(grantable(role)):
        raise RecordError("permissions", gettext_noop("a token may do no more than you"))
    if not 1 <= entry.days <= LONGEST_DAYS:
        raise RecordError("days", gettext_noop("1 to %(most)s days"), most=LONGEST_DAYS)


def in_effect(granted: Collection[str], *, role: Role) -> frozenset[Permission]:
    """What a token may do now: what it was given and its person still may. An unknown word gives nothing."""
    return frozenset(each for each in grantable(role) if each.value in granted)
