"""The tab of the record: all that was entered about a patient's pumps; readings and events, in and out."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import event_rows, implants_of, reading_rows, recorded
from clinic.services.observations import record_event, record_reading, void_event, void_reading
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm
from web.nurse.forms.observations import EventForm, ReadingForm
from web.nurse.frame import about_patient, clinic_reverse, implant_or_404, patient_frame, patient_or_404
from web.nurse.pages import form_page
from web.words import day_words


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient_record(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Everything recorded about the patient's pumps; what was corrected or withdrawn stays visible as such."""
    patient = patient_or_404(request, ref)
    implants = implants_of(clinic_id=request.clinic.id, patient_id=patient.id)
    found = recorded(clinic_id=request.clinic.id, implant_ids=[implant.id for implant in implants])
    context = patient_frame(request, patient, tab="patient_record") | {
        "implants": implants,
        "in_place": [implant for implant in implants if implant.explanted_on is None],
        "fills": [(fill, found.mixtures[fill.id]) for fill in found.fills],
        "programs": found.programs,
        "readings": found.readings,
        "events": found.events,
    }
    return render(request, "nurse/observations/record.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def reading_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Enter what the programmer showed; the dates follow at once."""
    implant = implant_or_404(request, ref)
    form = ReadingForm(request.POST or None, initial={"read_on": request.today})
    record = clinic_reverse(request, "patient_record", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: record_reading(
            clinic=request.clinic,
            implant_ref=ref,
            entry=form.entry(ZoneInfo(request.clinic.time_zone)),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=clinic_reverse(request, "patient", ref=implant.patient.ref),
        done=_("The reading is recorded and the dates worked out anew."),
        context={
            **about_patient(request, implant.patient, (_("Reading"), "")),
            "heading": _("Enter a reading"),
            "lead": f"{implant.pump_model} · {implant.serial}",
            "submit_label": _("Record the reading"),
            "cancel_url": record,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def event_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Enter something that happened; an MRI scan or a stall changes the dates at once."""
    implant = implant_or_404(request, ref)
    form = EventForm(request.POST or None, initial={"occurred_on": request.today})
    record = clinic_reverse(request, "patient_record", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: record_event(
            clinic=request.clinic,
            implant_ref=ref,
            entry=form.entry(ZoneInfo(request.clinic.time_zone)),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=clinic_reverse(request, "patient", ref=implant.patient.ref),
        done=_("The event is recorded and the dates worked out anew."),
        context={
            **about_patient(request, implant.patient, (_("Event"), "")),
            "heading": _("Enter an event"),
            "lead": f"{implant.pump_model} · {implant.serial}",
            "submit_label": _("Record the event"),
            "cancel_url": record,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def reading_withdraw(request: ClinicRequest, ref: UUID, reading_id: int) -> HttpResponse:
    """Take back a reading that was entered by mistake; it stays in the record as withdrawn."""
    implant = implant_or_404(request, ref)
    reading = reading_rows(clinic_id=request.clinic.id, implant_id=implant.id).filter(pk=reading_id).first()
    if reading is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    record = clinic_reverse(request, "patient_record", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: void_reading(
            clinic=request.clinic,
            reading_id=reading_id,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=record,
        done=_("The reading is withdrawn and the dates worked out anew."),
        context={
            **about_patient(request, implant.patient, (_("Withdraw a reading"), "")),
            "heading": _("Withdraw the reading of %(day)s") % {"day": day_words(reading.read_on)},
            "submit_label": _("Withdraw"),
            "cancel_url": record,
            "danger": True,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def event_withdraw(request: ClinicRequest, ref: UUID, event_id: int) -> HttpResponse:
    """Take back an event that was entered by mistake; it stays in the record as withdrawn."""
    implant = implant_or_404(request, ref)
    event = event_rows(clinic_id=request.clinic.id, implant_id=implant.id).filter(pk=event_id).first()
    if event is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    record = clinic_reverse(request, "patient_record", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: void_event(
            clinic=request.clinic,
            event_id=event_id,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=record,
        done=_("The event is withdrawn and the dates worked out anew."),
        context={
            **about_patient(request, implant.patient, (_("Withdraw an event"), "")),
            "heading": _("Withdraw: %(what)s, %(day)s")
            % {"what": event.get_kind_display(), "day": day_words(event.occurred_on)},
            "submit_label": _("Withdraw"),
            "cancel_url": record,
            "danger": True,
        },
    )


IMPLANT = "implants/<uuid:ref>/"
urlpatterns = [
    path("patients/<uuid:ref>/record/", patient_record, name="patient_record"),
    path(IMPLANT + "readings/new/", reading_new, name="reading_new"),
    path(IMPLANT + "readings/<int:reading_id>/withdraw/", reading_withdraw, name="reading_withdraw"),
    path(IMPLANT + "events/new/", event_new, name="event_new"),
    path(IMPLANT + "events/<int:event_id>/withdraw/", event_withdraw, name="event_withdraw"),
]
