"""The calendar: the grid and the list of a day, what they are filled with, the day on paper."""

from django.urls import path

from web.nurse.calendar.export import calendar_export, calendar_export_file
from web.nurse.calendar.feed import calendar_feed
from web.nurse.calendar.links import (
    calendar_link_restore,
    calendar_link_revoke,
    calendar_links,
    calendar_policy,
)
from web.nurse.calendar.page import calendar
from web.nurse.calendar.printed import calendar_print
from web.nurse.calendar.refill_dates import refill_dates

urlpatterns = [
    path("refill-dates.ics", refill_dates, name="refill_dates_ics"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/visits.json", calendar_feed, name="calendar_feed"),
    path("calendar/export/", calendar_export, name="calendar_export"),
    path("calendar/export/file/", calendar_export_file, name="calendar_export_file"),
    path("calendar/links/", calendar_links, name="calendar_links"),
    path("calendar/links/policy/", calendar_policy, name="calendar_policy"),
    path("calendar/links/<uuid:ref>/revoke/", calendar_link_revoke, name="calendar_link_revoke"),
    path("calendar/links/<uuid:ref>/restore/", calendar_link_restore, name="calendar_link_restore"),
    path("calendar/print/", calendar_print, name="calendar_print"),
]
