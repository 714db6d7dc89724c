"""Back to the list one came from, with its filters: the address travels as ``next``."""

from __future__ import annotations

from urllib.parse import quote

from django.utils.http import url_has_allowed_host_and_scheme

from web.access import ClinicRequest


def back_to(request: ClinicRequest, otherwise: str) -> str:
    """The page of this clinic named in ``next``, else ``otherwise``; an address of anywhere else is not followed."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = wanted.startswith(f"/c/{request.clinic.slug}/") and "/../" not in wanted
    if is_ours and len(wanted) < 1000 and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise


def with_next(url: str, back: str) -> str:
    """The address, with the way back in it."""
    return f"{url}{'&' if '?' in url else '?'}next={quote(back, safe='')}"
