"""Addresses of the REST interface."""

from django.urls import path

from web.api.catalogue import CatalogueView, Clinics, Kinds, Resources
from web.api.description import Description
from web.api.fills import FillCorrection, Fills, FillWithdrawal, OneFill, WhatIf
from web.api.forecasts import ClinicForecasts, OneForecast, ProjectPumps
from web.api.implants import ImplantExplant, Implants, ImplantsOfPatient, OneImplant
from web.api.patients import OnePatient, Patients, PatientSearch
from web.api.programs import ProgramCorrection, Programs, ProgramWithdrawal
from web.api.slots import Slots
from web.api.visits import OneVisit, VisitCancel, VisitMove, Visits

_C = "clinics/<slug:clinic_slug>/"

app_name = "api"
urlpatterns = [
    path("openapi", Description.as_view(), name="openapi"),
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
    path(f"{_C}visits/<uuid:ref>/cancel", VisitCancel.as_view(), name="visit-cancel"),
]
