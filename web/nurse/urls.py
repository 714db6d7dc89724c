"""Addresses of a clinic's pages, below /c/<slug of the clinic>/.

Each module of this package lists its own in ``urlpatterns``; objects are addressed by their random reference.
"""

from django.urls import URLPattern, URLResolver

from web.nurse import implants, overview, patients

app_name = "nurse"
urlpatterns: list[URLPattern | URLResolver] = [
    *patients.urlpatterns,
    *overview.urlpatterns,
    *implants.urlpatterns,
]
