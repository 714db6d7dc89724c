"""The settings of a clinic, a tab each: the clinic itself, who and what visits need, closed days, the protocol."""

from django.urls import URLPattern

from web.nurse.settings import (
    clinic,
    closed_days,
    closings,
    on_call,
    protocol,
    protocol_versions,
    reminders,
    resources,
    visit_kinds,
    words,
)

urlpatterns: list[URLPattern] = [
    *clinic.urlpatterns,
    *resources.urlpatterns,
    *visit_kinds.urlpatterns,
    *closed_days.urlpatterns,
    *closings.urlpatterns,
    *on_call.urlpatterns,
    *protocol.urlpatterns,
    *protocol_versions.urlpatterns,
    *reminders.urlpatterns,
    *words.urlpatterns,
]
