"""Which follow-ups a press was meant for: those of one line, or those that were ticked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from scheduling.selectors.follow_ups import follow_ups_by_refs
from scheduling.selectors.rows import FollowUp
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse

MOST = 500
"""More than a page of lines can hold; an address with more was not made here."""


def chosen_refs(data: QueryDict) -> list[UUID]:
    """The references in ``only`` (a line's own button) or else in ``tick``; what is no reference is left out.

    A line of several carries them with commas between.
    """
    texts = data.getlist("only") or data.getlist("tick")
    found: dict[UUID, None] = {}
    for text in ",".join(texts).split(",")[:MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


def chosen(request: ClinicRequest) -> list[FollowUp]:
    """The clinic's follow-ups that the address names; those of another clinic are as unknown as none."""
    return follow_ups_by_refs(clinic_id=request.clinic.id, refs=chosen_refs(request.GET))


def address(request: ClinicRequest, name: str, refs: Iterable[UUID], **more: str) -> str:
    """The address of a page about these follow-ups."""
    pairs: list[tuple[str, Any]] = [("only", ",".join(str(ref) for ref in refs)), *more.items()]
    return f"{clinic_reverse(request, name)}?{urlencode(pairs)}"
