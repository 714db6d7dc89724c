"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from web import emergency, home, join, language

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("clinics/", home.clinics, name="clinics"),
    path("still-here/", home.still_here, name="still_here"),
    path("language/", language.choose, name="language"),
    path("join/", join.join, name="join"),
    path("emergency/", emergency.emergency, name="emergency"),
    path("emergency/end/", emergency.emergency_end, name="emergency_end"),
    path("l/", include("web.patient.urls")),
    path("", include("web.feeds.urls")),
    path("hooks/", include("web.hooks.urls")),
    path("api/v1/", include("web.api.urls")),
    path("c/<slug:clinic_slug>/", include("web.nurse.urls")),
]
