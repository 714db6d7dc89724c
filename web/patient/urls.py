"""Addresses of the patient pages. Only the first holds a token; the others name a link by a reference that opens nothing.

Whatever else stands under ``/l/`` is answered as a link that was never made.
"""

from django.urls import path, re_path

from web.patient import calendar_file, calendars, disown, pages, times, visit
from web.patient.closed import closed
from web.patient.entrance import entrance

app_name = "patient"

urlpatterns = [
    path("at/<slug:ref>/", pages.page, name="page"),
    path("at/<slug:ref>/confirm", visit.confirm, name="confirm"),
    path("at/<slug:ref>/cannot-come", visit.cannot_come, name="cannot_come"),
    path("at/<slug:ref>/times", times.times, name="times"),
    path("at/<slug:ref>/times/<int:at>", times.take, name="take"),
    path("at/<slug:ref>/ask", times.ask, name="ask"),
    path("at/<slug:ref>/calendars", calendars.calendars, name="calendars"),
    path("at/<slug:ref>/visit.ics", calendar_file.calendar_file, name="calendar"),
    path("at/<slug:ref>/not-me", disown.not_me, name="not_me"),
    re_path(r"^(?P<token>[A-Za-z0-9_-]{1,100})$", entrance, name="entrance"),
    re_path(r"^.*$", closed, name="closed"),
]
