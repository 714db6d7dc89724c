"""Who gets in: every clinic page names one permission, and a foreign clinic looks like one that never was."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.middleware import HtmxDetails

from clinic.domain.roles import EMERGENCY, PERMISSIONS, Permission, Role
from clinic.seeing import because
from clinic.selectors.accounts import active_membership
from clinic.selectors.rows import Clinic, EmergencyAccess, User
from web.answering import answering
from web.emergency import emergency_of
from web.language import in_clinics_language


class ClinicRequest(HttpRequest):
    """A request for a page of one clinic by one of its members.

    ``now`` is read once, ``today`` is the calendar day in the clinic's zone. The attributes are set by
    ``clinic_page``; the class itself only names them.
    """

    clinic: Clinic
    emergency: EmergencyAccess | None
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
    same as one that does not exist; a member without the permission gets the 403 page. Emergency
    access (``web.emergency``) adds to what a person may, while it lasts. The view runs in the
    clinic's time zone, and no browser or proxy keeps what it answers.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Page:
        @_back_after_sign_in
        @login_required
        @wraps(view)
        def page(request: ClinicRequest, clinic_slug: str, **kwargs: Any) -> HttpResponse:
            request.now = timezone.now()
            _find_out(request, clinic_slug)
            zone = ZoneInfo(request.clinic.time_zone)
            request.may = request.permissions.__contains__
            request.today = request.now.astimezone(zone).date()
            if permission not in request.permissions:
                raise PermissionDenied
            with timezone.override(zone), answering(request, request.clinic.pk):
                response = view(request, **kwargs)
            add_never_cache_headers(response)
            return response

        page.permission = permission  # type: ignore[attr-defined]
        return page

    return decorate


def _find_out(request: ClinicRequest, clinic_slug: str) -> None:
    """Which clinic, and what the person may do there: by role, by emergency access, or by both."""
    membership = active_membership(user_id=request.user.id, clinic_slug=clinic_slug)
    request.emergency = emergency_of(request, clinic_slug, request.now)
    permissions = EMERGENCY if request.emergency else frozenset()
    if membership is not None:
        permissions |= PERMISSIONS[Role(membership.role)]
        request.clinic = membership.clinic
    elif request.emergency is not None:
        request.clinic = request.emergency.clinic
    else:
        raise Http404
    in_clinics_language(request, request.clinic)
    request.permissions = permissions
    if request.emergency is not None:
        because(request.emergency.reason)  # stands beside everything that is seen


def recently_authenticated(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask the person for password, code or passkey once more, unless given in the last five minutes; then the view runs.

    Stands below ``clinic_page``, on the page of a sensitive act as well as on what it posts to. A form that was sent
    too late comes back filled (``drafts.js``) and is sent again: its contents are not kept on the server.
    """

    @wraps(view)
    def page(request: ClinicRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_freshly_authenticated(request):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("home")
        door = confirm_address(back)
        if request.htmx:
            return HttpResponse(status=403, headers={"HX-Redirect": door})
        return redirect(door)

    return page


def is_freshly_authenticated(request: HttpRequest) -> bool:
    """Whether the person at this session proved to be its person in the last five minutes."""
    records = get_authentication_records(request, request.user)
    return any(time.time() - each["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for each in records)


def confirm_address(back: str) -> str:
    """Where one proves to be who is signed in, and comes back from."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"
