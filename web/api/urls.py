"""Addresses of the REST interface."""

from django.urls import path

from web.api.forecasts import ClinicForecasts, ProjectPumps

app_name = "api"
urlpatterns = [
    path("forecast", ProjectPumps.as_view(), name="forecast"),
    path("clinics/<slug:clinic_slug>/forecasts", ClinicForecasts.as_view(), name="clinic-forecasts"),
]
