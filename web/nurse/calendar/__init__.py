"""The calendar: the grid and the list of a day, what they are filled with, the day on paper."""

from django.urls import path

from web.nurse.calendar.feed import calendar_feed
from web.nurse.calendar.page import calendar
from web.nurse.calendar.printed import calendar_print
from web.nurse.calendar.refill_dates import refill_dates

urlpatterns = [
    path("refill-dates.ics", refill_dates, name="refill_dates_ics"),
    path("calendar/", calendar, name="calendar"),
    path("calendar/visits.json", calendar_feed, name="calendar_feed"),
    path("calendar/print/", calendar_print, name="calendar_print"),
]
