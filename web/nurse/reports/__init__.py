"""Reports: the paper list, refills due, the pharmacy's list, discrepancies, outcomes. Each as chart, table and file."""

from django.urls import URLPattern

from web.nurse.reports import discrepancy, outcomes, paper, preparation, refills

urlpatterns: list[URLPattern] = [
    *paper.urlpatterns,
    *refills.urlpatterns,
    *preparation.urlpatterns,
    *discrepancy.urlpatterns,
    *outcomes.urlpatterns,
]
