"""The infection and leak watch: the board, one patient's check-ins, asking by telephone, the table that grades."""

from django.urls import URLPattern

from web.nurse.watch import board, patient, rules

urlpatterns: list[URLPattern] = [
    *board.urlpatterns,
    *patient.urlpatterns,
    *rules.urlpatterns,
]
