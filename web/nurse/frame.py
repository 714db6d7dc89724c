"""What the pages about one patient share: finding the patient, the head of the page, its tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.domain.roles import Permission
from clinic.seeing import saw
from clinic.selectors.implants import get_implant
from clinic.selectors.patients import get_patient
from clinic.selectors.rows import Implant, Patient
from web.access import ClinicRequest
from web.navigation import clinic_address, clinic_path

Trail = list[tuple[str | Promise, str]]


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str | Promise
    permission: Permission = Permission.VIEW_PATIENTS


TABS = (
    Tab("patient", _("Overview")),
    Tab("patient_care", _("Care plan")),
    Tab("patient_check_ins", _("Check-ins")),
    Tab("patient_timeline", _("Timeline")),
    Tab("patient_messages", _("Messages"), Permission.VIEW_MESSAGES),
    Tab("patient_record", _("Record")),
    Tab("patient_details", _("Contacts")),
    Tab("patient_history", _("History"), Permission.VIEW_AUDIT),
)


def patient_or_404(request: ClinicRequest, ref: UUID) -> Patient:
    """The patient of this clinic; a patient of another clinic does not exist here."""
    patient = get_patient(clinic_id=request.clinic.id, patient_ref=ref)
    if patient is None:
        raise Http404
    saw(request.clinic.id, [patient.id])  # also where a part of a page does not say the name again
    return patient


def implant_or_404(request: ClinicRequest, ref: UUID) -> Implant:
    """The implant of this clinic, with its patient and pump model."""
    implant = get_implant(clinic_id=request.clinic.id, implant_ref=ref)
    if implant is None:
        raise Http404
    saw(request.clinic.id, [implant.patient_id])
    return implant


def clinic_reverse(request: ClinicRequest, name: str, **kwargs: Any) -> str:
    """The address of a page of this clinic."""
    return clinic_address(name, request.clinic.slug, **kwargs)


def full_name(patient: Patient) -> str:
    return f"{patient.last_name}, {patient.first_name}"


def patient_trail(request: ClinicRequest, patient: Patient, *more: tuple[str | Promise, str]) -> Trail:
    """The breadcrumb from the list of patients to a page about one; the last entry is the page itself."""
    here = "" if not more else clinic_reverse(request, "patient", ref=patient.ref)
    return [(_("Patients"), clinic_reverse(request, "patients")), (full_name(patient), here), *more]


def about_patient(
    request: ClinicRequest, patient: Patient, *more: tuple[str | Promise, str]
) -> dict[str, Any]:
    """What a form about a patient needs of its page: whose it is, shown above it, and the breadcrumb."""
    return {"place": "patients", "patient": patient, "trail": patient_trail(request, patient, *more)}


def patient_frame(request: ClinicRequest, patient: Patient, *, tab: str) -> dict[str, Any]:
    """What ``nurse/patients/frame.html`` shows around a tab: the head, the breadcrumb and the tabs."""
    return {
        "place": "patients",
        "patient": patient,
        "heading": full_name(patient),
        "trail": patient_trail(request, patient),
        "tabs": [
            (entry.label, url, entry.name == tab)
            for entry in TABS
            if entry.permission in request.permissions
            and (url := clinic_path(entry.name, request.clinic.slug, ref=patient.ref))
        ],
    }
