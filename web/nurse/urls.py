"""Addresses of a clinic's pages, below /c/<slug of the clinic>/.

Each module of this package lists its own in ``urlpatterns``; objects are addressed by their random reference.

Names that pages of other modules lead to: ``worklist`` (where a person lands), ``patient`` (the overview),
``fill_new`` and ``program_new`` (of an implant; ``?setup=1`` while a patient is being added).
"""

from django.urls import URLPattern, URLResolver

from web.nurse import (
    audit,
    booking,
    calendar,
    calls,
    care_plan,
    emergencies,
    escalations,
    fills,
    filters,
    follow_ups,
    history,
    implants,
    lots,
    members,
    messages,
    observations,
    overview,
    patient_messages,
    patient_timeline,
    patients,
    people,
    program,
    proxies,
    refill,
    register,
    reports,
    settings,
    surgeries,
    texts,
    watch,
    worklist,
)

app_name = "nurse"
urlpatterns: list[URLPattern | URLResolver] = [
    *worklist.urlpatterns,
    *follow_ups.urlpatterns,
    *filters.urlpatterns,
    *calls.urlpatterns,
    *escalations.urlpatterns,
    *calendar.urlpatterns,
    *booking.urlpatterns,
    *patients.urlpatterns,
    *people.urlpatterns,
    *proxies.urlpatterns,
    *overview.urlpatterns,
    *care_plan.urlpatterns,
    *patient_messages.urlpatterns,
    *patient_timeline.urlpatterns,
    *implants.urlpatterns,
    *refill.urlpatterns,
    *fills.urlpatterns,
    *program.urlpatterns,
    *observations.urlpatterns,
    *history.urlpatterns,
    *audit.urlpatterns,
    *lots.urlpatterns,
    *register.urlpatterns,
    *reports.urlpatterns,
    *members.urlpatterns,
    *emergencies.urlpatterns,
    *messages.urlpatterns,
    *texts.urlpatterns,
    *settings.urlpatterns,
    *surgeries.urlpatterns,
    *watch.urlpatterns,
]
