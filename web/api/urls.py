"""Addresses of the REST interface."""

from django.urls import path

from web.api.forecasts import ClinicForecasts, ProjectPumps
from web.api.slots import Slots
from web.api.visits import OneVisit, VisitCancel, VisitMove, Visits

app_name = "api"
urlpatterns = [
    path("forecast", ProjectPumps.as_view(), name="forecast"),
    path("clinics/<slug:clinic_slug>/forecasts", ClinicForecasts.as_view(), name="clinic-forecasts"),
    path("clinics/<slug:clinic_slug>/slots", Slots.as_view(), name="slots"),
    path("clinics/<slug:clinic_slug>/visits", Visits.as_view(), name="visits"),
    path("clinics/<slug:clinic_slug>/visits/<uuid:ref>", OneVisit.as_view(), name="visit"),
    path("clinics/<slug:clinic_slug>/visits/<uuid:ref>/move", VisitMove.as_view(), name="visit-move"),
    path("clinics/<slug:clinic_slug>/visits/<uuid:ref>/cancel", VisitCancel.as_view(), name="visit-cancel"),
]
