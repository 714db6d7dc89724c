"""The tab of details: how to reach a patient, what the patient agreed to, who helps."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.patients import consents, contact_points, proxies
from clinic.selectors.rows import Channel, Consent, ContactPoint, Patient, Topic
from clinic.services.patients import (
    add_contact_point,
    record_consent,
    restore_contact_point,
    retire_contact_point,
)
from notifications.selectors.inbound import stops_of
from notifications.services.stops import lift_stop
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.forms.people import ConsentForm, ContactForm, LiftForm
from web.nurse.frame import about_patient, clinic_reverse, patient_frame, patient_or_404
from web.nurse.pages import act_and_return, form_page
from web.nurse.proxies import proxy_or_404


@dataclass(frozen=True, slots=True)
class ChannelConsent:
    """Where one channel and topic stand: the newest word of the patient counts; None when never asked."""

    channel: str
    label: str | Promise
    newest: Consent | None
    topic: str
    about: str | Promise


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient_details(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Who the patient is, how to reach them, what they agreed to, who helps."""
    patient = patient_or_404(request, ref)
    said = consents(clinic_id=request.clinic.id, patient_id=patient.id)
    channels = [
        ChannelConsent(
            value,
            label,
            next((row for row in said if (row.channel, row.topic) == (value, topic)), None),
            topic,
            about,
        )
        for topic, about in Topic.choices
        for value, label in Channel.choices
    ]
    own = contact_points(clinic_id=request.clinic.id, patient_id=patient.id)
    helpers = proxies(clinic_id=request.clinic.id, patient_id=patient.id)
    everywhere = [*own, *(point for helper in helpers for point in helper.contact_points.all())]
    stops = stops_of(clinic_id=request.clinic.id, addresses={point.dialable for point in everywhere})
    for point in everywhere:
        point.stop = stops.get(point.dialable)  # type: ignore[attr-defined]
    context = patient_frame(request, patient, tab="patient_details") | {
        "contacts": own,
        "proxies": helpers,
        "channels": channels,
        "consents": said,
    }
    return render(request, "nurse/people/details.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def contact_new(request: ClinicRequest, ref: UUID, proxy_id: int | None = None) -> HttpResponse:
    """Add a number or address of the patient, or of a helper."""
    patient = patient_or_404(request, ref)
    proxy = proxy_or_404(request, patient, proxy_id) if proxy_id is not None else None
    form = ContactForm(request.POST or None, initial={"kind": "phone"}, clinic_zone=request.clinic.time_zone)
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: add_contact_point(
            clinic=request.clinic,
            patient_ref=ref,
            proxy_id=proxy_id,
            actor_id=request.user.id,
            now=request.now,
            **form.cleaned_data,
        ),
        then=lambda point: _back_with_word(request, point, details),
        done=_("The number or address is added."),
        context={
            **about_patient(request, patient, (_("Add a number or address"), "")),
            "heading": _("Add a number or address of %(name)s") % {"name": proxy.name}
            if proxy
            else _("Add a number or address"),
            "submit_label": _("Add"),
            "cancel_url": details,
        },
    )


@require_POST
@clinic_page(Permission.EDIT_PATIENTS)
def contact_retire(request: ClinicRequest, ref: UUID, contact_id: int) -> HttpResponse:
    """Stop using a number or address; it stays listed and can be used again."""
    point = _contact_or_404(request, patient_or_404(request, ref), contact_id)
    return act_and_return(
        request,
        lambda: retire_contact_point(
            clinic=request.clinic, contact_id=point.id, actor_id=request.user.id, now=request.now
        ),
        done=_("The number or address is no longer used. “Use again” undoes this."),
        then=clinic_reverse(request, "patient_details", ref=ref),
    )


@require_POST
@clinic_page(Permission.EDIT_PATIENTS)
def contact_restore(request: ClinicRequest, ref: UUID, contact_id: int) -> HttpResponse:
    """Use a retired number or address again."""
    point = _contact_or_404(request, patient_or_404(request, ref), contact_id)
    return act_and_return(
        request,
        lambda: restore_contact_point(
            clinic=request.clinic, contact_id=point.id, actor_id=request.user.id, now=request.now
        ),
        done=_("The number or address is used again."),
        then=back_to(request, clinic_reverse(request, "patient_details", ref=ref)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def stop_lift(request: ClinicRequest, ref: UUID, contact_id: int) -> HttpResponse:
    """Let messages go to a number or address again that had said stop."""
    patient = patient_or_404(request, ref)
    point = _contact_or_404(request, patient, contact_id)
    form = LiftForm(request.POST or None)
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: lift_stop(
            clinic=request.clinic,
            channel=_channel_of(point),
            address=point.dialable,
            actor_id=request.user.id,
            actor_name=str(request.user),
            now=request.now,
            **form.cleaned_data,
        ),
        then=details,
        done=_("Messages may go there again. Record the agreement too, if it was taken back."),
        context={
            **about_patient(request, patient, (_("Lift the stop"), "")),
            "heading": _("Let messages go to %(address)s again") % {"address": point.value},
            "lead": _("Only when the patient, or whoever has this number now, says so."),
            "submit_label": _("Lift the stop"),
            "cancel_url": details,
        },
    )


def _channel_of(point: ContactPoint) -> Channel:
    return Channel.SMS if point.kind == "phone" else Channel.EMAIL


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def consent_new(request: ClinicRequest, ref: UUID, channel: str) -> HttpResponse:
    """Record what the patient said about a channel, in which words."""
    patient = patient_or_404(request, ref)
    if channel not in Channel.values:
        raise Http404
    topic = request.GET.get("topic", "")
    topic = topic if topic in Topic.values else Topic.REMINDERS
    form = ConsentForm(
        request.POST or None,
        initial={
            "channel": channel,
            "topic": topic,
            "is_granted": "yes",
            "wording": _asked(request, patient, channel, topic),
        },
    )
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: record_consent(
            clinic=request.clinic,
            patient_ref=ref,
            actor_id=request.user.id,
            now=request.now,
            **form.cleaned_data,
        ),
        then=details,
        done=_("What the patient said is recorded."),
        context={
            **about_patient(request, patient, (_("Consent"), "")),
            "heading": _("Consent"),
            "lead": _("Change the words below to those that were used."),
            "submit_label": _("Record the answer"),
            "cancel_url": details,
        },
    )


def _asked(request: ClinicRequest, patient: Patient, channel: str, topic: str) -> str:
    """The usual question, in the patient's language."""
    with override(patient.language):
        if topic == Topic.CHECK_INS:
            if channel == Channel.SMS:
                words = _("May %(clinic)s ask you by text message how you are after an operation?")
            else:
                words = _("May %(clinic)s ask you by e-mail how you are after an operation?")
            return words % {"clinic": request.clinic.name}
        if channel == Channel.SMS:
            return _("May %(clinic)s remind you of appointments by text message?") % {
                "clinic": request.clinic.name
            }
        return _("May %(clinic)s remind you of appointments by e-mail?") % {"clinic": request.clinic.name}


def _back_with_word(request: ClinicRequest, point: ContactPoint, details: str) -> str:
    """Say at once that a number takes calls only, while somebody can still ask for another."""
    if not point.dialable:
        messages.warning(request, _("No text can be sent to this number; it is kept for calls."))
    return details


def _contact_or_404(request: ClinicRequest, patient: Patient, contact_id: int) -> ContactPoint:
    own = contact_points(clinic_id=request.clinic.id, patient_id=patient.id)
    helpers = proxies(clinic_id=request.clinic.id, patient_id=patient.id)
    for point in [*own, *(point for proxy in helpers for point in proxy.contact_points.all())]:
        if point.id == contact_id:
            return point
    raise Http404


PATIENT = "patients/<uuid:ref>/"
urlpatterns = [
    path(PATIENT + "details/", patient_details, name="patient_details"),
    path(PATIENT + "contacts/new/", contact_new, name="contact_new"),
    path(PATIENT + "contacts/<int:contact_id>/retire/", contact_retire, name="contact_retire"),
    path(PATIENT + "contacts/<int:contact_id>/restore/", contact_restore, name="contact_restore"),
    path(PATIENT + "contacts/<int:contact_id>/lift-stop/", stop_lift, name="stop_lift"),
    path(PATIENT + "proxies/<int:proxy_id>/contacts/new/", contact_new, name="proxy_contact_new"),
    path(PATIENT + "consents/<slug:channel>/", consent_new, name="consent_new"),
]
