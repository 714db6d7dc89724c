"""Emergency access (break-glass): asked for with a reason, for one hour, in this browser; and ended again.

45 CFR 164.312(a)(2)(ii). The grant belongs to the session in which it was asked for, so what is left open elsewhere
gains nothing by it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.selectors.emergencies import clinics_for_emergency, running_emergency
from clinic.selectors.rows import EmergencyAccess
from clinic.services.emergencies import end_emergency_access, take_emergency_access
from web.forms import RecordForm
from web.navigation import first_page
from web.signed_in import person_id

IN_SESSION = "emergency_access"


class EmergencyForm(RecordForm):
    """Where, and what happened."""

    clinic = forms.ChoiceField(label=_("Clinic"))
    reason = forms.CharField(
        label=_("What happened?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("An administrator of the clinic reads it and judges it. Name no patient."),
    )
    rows = ("clinic", "reason")


def emergency_of(request: HttpRequest, clinic_slug: str, now: datetime) -> EmergencyAccess | None:
    """What was asked for in this session for this clinic, while it lasts; costs nothing where nothing was."""
    ref = request.session.get(IN_SESSION)
    if not ref or not request.user.is_authenticated:
        return None
    return running_emergency(ref=UUID(ref), user_id=person_id(request), clinic_slug=clinic_slug, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def emergency(request: HttpRequest) -> HttpResponse:
    """Ask for emergency access; whoever works nowhere may not."""
    user_id = person_id(request)
    places = clinics_for_emergency(user_id=user_id, is_one_organisation=settings.ONE_ORGANISATION)
    form = EmergencyForm(request.POST or None, initial={"clinic": request.GET.get("clinic", "")})
    form.fields["clinic"].choices = [(each.slug, each.name) for each in places]  # type: ignore[attr-defined]
    if form.is_valid():
        try:
            taken = take_emergency_access(
                user_id=user_id,
                clinic_slug=form.cleaned_data["clinic"],
                reason=form.cleaned_data["reason"],
                is_one_organisation=settings.ONE_ORGANISATION,
                now=timezone.now(),
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            request.session[IN_SESSION] = str(taken.ref)
            return redirect(first_page(taken.clinic.slug))
    context = {"form": form, "places": places}
    return render(request, "emergency.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def emergency_end(request: HttpRequest) -> HttpResponse:
    """End it before its time."""
    ref = request.session.pop(IN_SESSION, None)
    if ref:
        end_emergency_access(ref=UUID(ref), user_id=person_id(request), now=timezone.now())
        messages.success(request, gettext("Emergency access has ended."))
    return redirect("home")
