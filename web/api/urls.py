"""Addresses of the REST interface."""

from django.urls import include, path, re_path

from web.api.catalogue import CatalogueView, Clinics, Kinds, Resources
from web.api.consents import Consents
from web.api.contacts import ContactPointRestore, ContactPointRetire, ContactPoints
from web.api.docs import Description, Nowhere, docs
from web.api.escalations import EscalationAcknowledge, Escalations, EscalationTry, OneEscalation
from web.api.feeds import FeedRevoke, Feeds
from web.api.fills import FillCorrection, Fills, FillWithdrawal, OneFill, WhatIf
from web.api.follow_ups import (
    FollowUpAssign,
    FollowUpDone,
    FollowUpNotNeeded,
    FollowUpPostpone,
    FollowUpReopen,
    FollowUps,
    FollowUpsOfPatient,
    OneFollowUp,
    Owners,
)
from web.api.forecasts import ClinicForecasts, OneForecast, ProjectPumps
from web.api.implants import ImplantExplant, Implants, ImplantsOfPatient, OneImplant
from web.api.messages import MessagePlan, Messages, OneMessage
from web.api.observations import Events, EventWithdrawal, Readings, ReadingWithdrawal
from web.api.outcomes import OutcomeCourses, Outcomes
from web.api.patients import OnePatient, Patients, PatientSearch
from web.api.programs import ProgramCorrection, Programs, ProgramWithdrawal
from web.api.proxies import OneProxy, Proxies
from web.api.reports import Discrepancies, Pharmacy, RefillsDue
from web.api.second_checks import SecondChecks
from web.api.slots import Slots
from web.api.visit_steps import (
    VisitArrive,
    VisitCheckIn,
    VisitDone,
    VisitEnteredInError,
    VisitNoShow,
    VisitUndo,
)
from web.api.visits import OneVisit, VisitCancel, VisitMove, Visits
from web.api.work_list import WorkList

_C = "clinics/<slug:clinic_slug>/"
_PATIENT, _IMPLANT = f"{_C}patients/<uuid:ref>/", f"{_C}implants/<uuid:ref>/"
_FOLLOW_UP, _VISIT = f"{_C}follow-ups/<uuid:ref>", f"{_C}visits/<uuid:ref>"

app_name = "api"
urlpatterns = [
    path("openapi", Description.as_view(), name="openapi"),
    path("docs", docs, name="docs"),
    path("clinics", Clinics.as_view(), name="clinics"),
    path("catalogue", CatalogueView.as_view(), name="catalogue"),
    path("forecast", ProjectPumps.as_view(), name="forecast"),
    path(f"{_C}visit-kinds", Kinds.as_view(), name="visit-kinds"),
    path(f"{_C}resources", Resources.as_view(), name="resources"),
    path(f"{_C}patients", Patients.as_view(), name="patients"),
    path(f"{_C}patients/search", PatientSearch.as_view(), name="patient-search"),
    path(f"{_C}patients/<uuid:ref>", OnePatient.as_view(), name="patient"),
    path(f"{_C}patients/<uuid:ref>/implants", ImplantsOfPatient.as_view(), name="patient-implants"),
    path(f"{_C}implants", Implants.as_view(), name="implants"),
    path(f"{_C}implants/<uuid:ref>", OneImplant.as_view(), name="implant"),
    path(f"{_C}implants/<uuid:ref>/explant", ImplantExplant.as_view(), name="implant-explant"),
    path(f"{_C}implants/<uuid:ref>/fills", Fills.as_view(), name="fills"),
    path(f"{_C}implants/<uuid:ref>/programs", Programs.as_view(), name="programs"),
    path(f"{_C}implants/<uuid:ref>/forecast", OneForecast.as_view(), name="implant-forecast"),
    path(f"{_C}implants/<uuid:ref>/what-if", WhatIf.as_view(), name="what-if"),
    path(f"{_C}fills/<uuid:ref>", OneFill.as_view(), name="fill"),
    path(f"{_C}fills/<uuid:ref>/correct", FillCorrection.as_view(), name="fill-correct"),
    path(f"{_C}fills/<uuid:ref>/withdraw", FillWithdrawal.as_view(), name="fill-withdraw"),
    path(f"{_C}programs/<int:number>/correct", ProgramCorrection.as_view(), name="program-correct"),
    path(f"{_C}programs/<int:number>/withdraw", ProgramWithdrawal.as_view(), name="program-withdraw"),
    path(f"{_C}forecasts", ClinicForecasts.as_view(), name="clinic-forecasts"),
    path(f"{_C}slots", Slots.as_view(), name="slots"),
    path(f"{_C}visits", Visits.as_view(), name="visits"),
    path(f"{_C}visits/<uuid:ref>", OneVisit.as_view(), name="visit"),
    path(f"{_C}visits/<uuid:ref>/move", VisitMove.as_view(), name="visit-move"),
    path(f"{_C}fhir/", include("web.api.fhir.urls")),
    path(f"{_C}visits/<uuid:ref>/cancel", VisitCancel.as_view(), name="visit-cancel"),
    path(f"{_VISIT}/arrive", VisitArrive.as_view(), name="visit-arrive"),
    path(f"{_VISIT}/check-in", VisitCheckIn.as_view(), name="visit-check-in"),
    path(f"{_VISIT}/no-show", VisitNoShow.as_view(), name="visit-no-show"),
    path(f"{_VISIT}/done", VisitDone.as_view(), name="visit-done"),
    path(f"{_VISIT}/entered-in-error", VisitEnteredInError.as_view(), name="visit-entered-in-error"),
    path(f"{_VISIT}/undo", VisitUndo.as_view(), name="visit-undo"),
    path(f"{_PATIENT}contact-points", ContactPoints.as_view(), name="contact-points"),
    path(
        f"{_PATIENT}contact-points/<int:number>/retire",
        ContactPointRetire.as_view(),
        name="contact-point-retire",
    ),
    path(
        f"{_PATIENT}contact-points/<int:number>/restore",
        ContactPointRestore.as_view(),
        name="contact-point-restore",
    ),
    path(f"{_PATIENT}consents", Consents.as_view(), name="consents"),
    path(f"{_PATIENT}proxies", Proxies.as_view(), name="proxies"),
    path(f"{_PATIENT}proxies/<int:number>", OneProxy.as_view(), name="proxy"),
    path(f"{_PATIENT}follow-ups", FollowUpsOfPatient.as_view(), name="patient-follow-ups"),
    path(f"{_PATIENT}message-plan", MessagePlan.as_view(), name="message-plan"),
    path(f"{_IMPLANT}readings", Readings.as_view(), name="readings"),
    path(f"{_IMPLANT}events", Events.as_view(), name="events"),
    path(f"{_C}readings/<int:number>/withdraw", ReadingWithdrawal.as_view(), name="reading-withdraw"),
    path(f"{_C}events/<int:number>/withdraw", EventWithdrawal.as_view(), name="event-withdraw"),
    path(f"{_C}work-list", WorkList.as_view(), name="work-list"),
    path(f"{_C}owners", Owners.as_view(), name="owners"),
    path(f"{_C}follow-ups", FollowUps.as_view(), name="follow-ups"),
    path(_FOLLOW_UP, OneFollowUp.as_view(), name="follow-up"),
    path(f"{_FOLLOW_UP}/done", FollowUpDone.as_view(), name="follow-up-done"),
    path(f"{_FOLLOW_UP}/not-needed", FollowUpNotNeeded.as_view(), name="follow-up-not-needed"),
    path(f"{_FOLLOW_UP}/postpone", FollowUpPostpone.as_view(), name="follow-up-postpone"),
    path(f"{_FOLLOW_UP}/reopen", FollowUpReopen.as_view(), name="follow-up-reopen"),
    path(f"{_FOLLOW_UP}/assign", FollowUpAssign.as_view(), name="follow-up-assign"),
    path(f"{_C}messages", Messages.as_view(), name="messages"),
    path(f"{_C}messages/<uuid:ref>", OneMessage.as_view(), name="message"),
    path(f"{_C}escalations", Escalations.as_view(), name="escalations"),
    path(f"{_C}escalations/<uuid:ref>", OneEscalation.as_view(), name="escalation"),
    path(
        f"{_C}escalations/<uuid:ref>/acknowledge",
        EscalationAcknowledge.as_view(),
        name="escalation-acknowledge",
    ),
    path(f"{_C}escalations/<uuid:ref>/try", EscalationTry.as_view(), name="escalation-try"),
    path(f"{_C}feeds", Feeds.as_view(), name="feeds"),
    path(f"{_C}feeds/<uuid:ref>/revoke", FeedRevoke.as_view(), name="feed-revoke"),
    path(f"{_C}second-checks", SecondChecks.as_view(), name="second-checks"),
    path(f"{_C}reports/refills-due", RefillsDue.as_view(), name="report-refills-due"),
    path(f"{_C}reports/pharmacy", Pharmacy.as_view(), name="report-pharmacy"),
    path(f"{_C}reports/discrepancies", Discrepancies.as_view(), name="report-discrepancies"),
    path(f"{_C}reports/outcomes", Outcomes.as_view(), name="report-outcomes"),
    path(f"{_C}reports/outcomes/courses", OutcomeCourses.as_view(), name="report-outcome-courses"),
    re_path("", Nowhere.as_view(), name="nowhere"),  # the last: all that is not above
]
