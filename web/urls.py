"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from web import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("clinics/", home.clinics, name="clinics"),
    path("api/v1/", include("web.api.urls")),
    path("c/<slug:clinic_slug>/", include("web.nurse.urls")),
]
