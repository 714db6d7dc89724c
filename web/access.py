"""Who gets in: every clinic page names one permission, and a foreign clinic looks like one that never was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.middleware import HtmxDetails

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.accounts import active_membership
from clinic.selectors.rows import Clinic, Membership, User


class ClinicRequest(HttpRequest):
    """A request for a page of one clinic by one of its members.

    ``now`` is read once, ``today`` is the calendar day in the clinic's zone. The attributes are set by
    ``clinic_page``; the class itself only names them.
    """

    clinic: Clinic
    membership: Membership
    permissions: frozenset[Permission]
    now: datetime
    today: date
    htmx: HtmxDetails
    user: User
    may: Callable[[Permission], bool]


Page = Callable[..., HttpResponseBase]


def _back_after_sign_in(view: Page) -> Page:
    """Let a part of a page that is asked for after the session has ended load the page again, to sign in.

    Otherwise the form to sign in would be swapped into the middle of the page.
    """

    @wraps(view)
    def part(request: ClinicRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.htmx and not request.user.is_authenticated:
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        return view(request, *args, **kwargs)

    return part


def clinic_page(permission: Permission) -> Callable[[Callable[..., HttpResponse]], Page]:
    """Let a member with ``permission`` see the page; the view is called without the clinic's slug.

    Somebody who is not signed in is sent to sign in; a clinic the person does not belong to answers 404, the
    same as one that does not exist; a member without the permission gets the 403 page. The view runs in the
    clinic's time zone, and no browser or proxy keeps what it answers.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Page:
        @_back_after_sign_in
        @login_required
        @wraps(view)
        def page(request: ClinicRequest, clinic_slug: str, **kwargs: Any) -> HttpResponse:
            membership = active_membership(user_id=request.user.id, clinic_slug=clinic_slug)
            if membership is None:
                raise Http404
            zone = ZoneInfo(membership.clinic.time_zone)
            request.clinic, request.membership = membership.clinic, membership
            request.permissions = PERMISSIONS[Role(membership.role)]
            request.may = request.permissions.__contains__
            request.now = timezone.now()
            request.today = request.now.astimezone(zone).date()
            if permission not in request.permissions:
                raise PermissionDenied
            with timezone.override(zone):
                response = view(request, **kwargs)
            add_never_cache_headers(response)
            return response

        page.permission = permission  # type: ignore[attr-defined]
        return page

    return decorate
