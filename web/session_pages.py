"""Where a person is signed in, and ending it there."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clinic.services.accounts import end_sessions
from web.browsers import browser_words
from web.session_ends import end_all_but_this
from web.signed_in import person_id


@require_safe
@never_cache
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """Every browser in which the person is signed in."""
    found = UserSession.objects.purge_and_list(request.user)
    here = request.session.session_key
    rows = [
        {"session": each, "browser": browser_words(each.user_agent), "is_this": each.session_key == here}
        for each in sorted(found, key=lambda each: each.created_at, reverse=True)
    ]
    return render(request, "account/sessions.html", {"rows": rows})


@require_POST
@login_required
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the person's own sessions; somebody else's does not exist here."""
    session = UserSession.objects.filter(user_id=person_id(request), pk=session_id).first()
    if session is None:
        raise Http404
    session.end()
    messages.success(request, _("Signed out there."))
    return redirect("sessions")


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else, or here too."""
    if request.POST.get("here"):
        end_sessions(user_id=person_id(request), actor_id=person_id(request), reason="signed out everywhere")
        logout(request)
        return redirect("account_login")
    end_all_but_this(request, reason="signed out everywhere else")
    messages.success(request, _("Signed out everywhere else."))
    return redirect("sessions")
