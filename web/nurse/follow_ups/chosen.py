"""Which follow-ups a press was meant for: those of one line, or those that were ticked.

A few stand in the address. Many would not fit into one: they wait in the session under a token.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from scheduling.selectors.follow_ups import follow_ups_by_refs
from scheduling.selectors.rows import FollowUp
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse

MOST = 5000
"""More than a page of lines can hold; a request with more was not made here."""
MOST_IN_ADDRESS = 40
_SESSION_KEY = "chosen_follow_ups"
_KEPT_AT_ONCE = 5


def refs_in(texts: Iterable[str]) -> list[UUID]:
    """The references in these texts, each once; a text may hold several with commas between. The rest is left out."""
    found: dict[UUID, None] = {}
    for text in ",".join(texts).split(",")[:MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


def pressed_refs(request: ClinicRequest) -> list[UUID]:
    """What was posted: ``only`` is a line's own button and leaves the ticks of other lines alone."""
    return refs_in(request.POST.getlist("only") or request.POST.getlist("tick"))


def addressed_refs(request: ClinicRequest) -> list[UUID]:
    """What the address names, in itself or by a token of this session."""
    token = request.GET.get("kept", "")
    kept = request.session.get(_SESSION_KEY, {}).get(token, []) if token else []
    return refs_in([*request.GET.getlist("only"), *kept])


def chosen(request: ClinicRequest) -> list[FollowUp]:
    """The clinic's follow-ups that the address names; those of another clinic are as unknown as none."""
    return follow_ups_by_refs(clinic_id=request.clinic.id, refs=addressed_refs(request))


def address(request: ClinicRequest, name: str, refs: Iterable[UUID], **more: str) -> str:
    """The address of a page about these follow-ups."""
    texts = [str(ref) for ref in refs]
    is_short = len(texts) <= MOST_IN_ADDRESS
    named = ("only", ",".join(texts)) if is_short else ("kept", _keep(request, texts))
    pairs: list[tuple[str, Any]] = [named, *more.items()]
    return f"{clinic_reverse(request, name)}?{urlencode(pairs)}"


def _keep(request: ClinicRequest, texts: list[str]) -> str:
    token = secrets.token_urlsafe(9)
    before = list(request.session.get(_SESSION_KEY, {}).items())[1 - _KEPT_AT_ONCE :]
    request.session[_SESSION_KEY] = {**dict(before), token: texts}
    return token
