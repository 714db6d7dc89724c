"""The list of emergency accesses, and reviewing one."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.emergencies import emergencies as emergencies_of
from clinic.services.emergencies import review_emergency_access
from web.access import ClinicRequest, clinic_page
from web.forms import RecordForm
from web.nurse.frame import clinic_reverse
from web.nurse.pages import form_page

SHOWN = 200


class ReviewForm(RecordForm):
    """What the review found."""

    comment = forms.CharField(
        label=gettext_lazy("What you found"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Was it an emergency, and was only what was needed opened?"),
    )


@require_safe
@clinic_page(Permission.MANAGE_MEMBERS)
def emergencies(request: ClinicRequest) -> HttpResponse:
    """Every emergency access, those without a review first."""
    context = {
        "place": "emergencies",
        "trail": [(_("Members"), clinic_reverse(request, "members")), (_("Emergency access"), "")],
        "rows": emergencies_of(clinic_id=request.clinic.id)[:SHOWN],
        "me": request.user.id,
        "now": request.now,
    }
    return render(request, "nurse/members/emergencies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_MEMBERS)
def emergency_review(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Mark one as reviewed, with a comment."""
    found = emergencies_of(clinic_id=request.clinic.id).filter(ref=ref).first()
    if found is None:
        raise Http404
    form = ReviewForm(request.POST or None)
    page = clinic_reverse(request, "emergencies")
    return form_page(
        request,
        form,
        save=lambda: review_emergency_access(
            clinic=request.clinic,
            ref=ref,
            comment=form.cleaned_data["comment"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=page,
        done=_("The review is saved."),
        context={
            "place": "emergencies",
            "heading": _("Review of the emergency access of %(name)s") % {"name": found.user},
            "lead": found.reason,
            "trail": [(_("Emergency access"), page), (_("Review"), "")],
            "submit_label": _("Save the review"),
            "cancel_url": page,
        },
    )


urlpatterns = [
    path("emergencies/", emergencies, name="emergencies"),
    path("emergencies/<uuid:ref>/", emergency_review, name="emergency_review"),
]
