"""A patient's relatives and helpers: adding one, changing one, ending and resuming the role."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.roles import Permission
from clinic.selectors.patients import proxies
from clinic.selectors.rows import Patient, Proxy
from clinic.services.patients import add_proxy, update_proxy
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.people import ProxyForm, proxy_entry, proxy_values
from web.nurse.frame import about_patient, clinic_reverse, patient_or_404
from web.nurse.pages import act_and_return, form_page


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def proxy_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Add a relative or helper."""
    patient = patient_or_404(request, ref)
    form = ProxyForm(request.POST or None)
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: add_proxy(
            clinic=request.clinic,
            patient_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=lambda proxy: clinic_reverse(request, "proxy_contact_new", ref=ref, proxy_id=proxy.id),
        done=_("The helper is added. How can they be reached?"),
        context={
            **about_patient(request, patient, (_("Add a relative or helper"), "")),
            "heading": _("Add a relative or helper"),
            "lead": _("Somebody with whom the patient allows the clinic to speak."),
            "submit_label": _("Save and add a number"),
            "cancel_url": details,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def proxy_edit(request: ClinicRequest, ref: UUID, proxy_id: int) -> HttpResponse:
    """Change what is known about a helper."""
    patient = patient_or_404(request, ref)
    proxy = proxy_or_404(request, patient, proxy_id)
    form = ProxyForm(request.POST or None, initial=proxy_values(proxy))
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: update_proxy(
            clinic=request.clinic,
            proxy_id=proxy_id,
            entry=form.entry(),
            is_active=proxy.is_active,
            actor_id=request.user.id,
            now=request.now,
        ),
        then=details,
        done=_("The helper's details are saved."),
        context={
            **about_patient(request, patient, (_("Change a helper"), "")),
            "heading": _("Change a relative or helper"),
            "submit_label": _("Save"),
            "cancel_url": details,
        },
    )


@require_POST
@clinic_page(Permission.EDIT_PATIENTS)
def proxy_end(request: ClinicRequest, ref: UUID, proxy_id: int) -> HttpResponse:
    """End a helper's role; it stays listed and can be resumed."""
    return _set_proxy(request, ref, proxy_id, is_active=False)


@require_POST
@clinic_page(Permission.EDIT_PATIENTS)
def proxy_resume(request: ClinicRequest, ref: UUID, proxy_id: int) -> HttpResponse:
    """Let somebody be the patient's helper again."""
    return _set_proxy(request, ref, proxy_id, is_active=True)


def _set_proxy(request: ClinicRequest, ref: UUID, proxy_id: int, *, is_active: bool) -> HttpResponse:
    proxy = proxy_or_404(request, patient_or_404(request, ref), proxy_id)
    return act_and_return(
        request,
        lambda: update_proxy(
            clinic=request.clinic,
            proxy_id=proxy.id,
            entry=proxy_entry(proxy),
            is_active=is_active,
            actor_id=request.user.id,
            now=request.now,
        ),
        done=_("The helper is active again.")
        if is_active
        else _("The helper's role has ended. “Resume” undoes this."),
        then=clinic_reverse(request, "patient_details", ref=ref),
    )


def proxy_or_404(request: ClinicRequest, patient: Patient, proxy_id: int) -> Proxy:
    """The patient's helper with this number."""
    for proxy in proxies(clinic_id=request.clinic.id, patient_id=patient.id):
        if proxy.id == proxy_id:
            return proxy
    raise Http404


PROXY = "patients/<uuid:ref>/proxies/"
urlpatterns = [
    path(PROXY + "new/", proxy_new, name="proxy_new"),
    path(PROXY + "<int:proxy_id>/edit/", proxy_edit, name="proxy_edit"),
    path(PROXY + "<int:proxy_id>/end/", proxy_end, name="proxy_end"),
    path(PROXY + "<int:proxy_id>/resume/", proxy_resume, name="proxy_resume"),
]
