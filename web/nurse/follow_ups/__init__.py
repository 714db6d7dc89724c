"""Follow-ups: the list of what is due, what is decided about each, booking for many at once."""

from django.urls import path

from web.nurse.follow_ups.acts import (
    follow_ups_done,
    follow_ups_done_with_note,
    follow_ups_give,
    follow_ups_give_back,
    follow_ups_not_needed,
    follow_ups_postpone,
    follow_ups_reopen,
    follow_ups_ticked,
)
from web.nurse.follow_ups.bulk_booking import follow_ups_book
from web.nurse.follow_ups.page import follow_ups

urlpatterns = [
    path("followups/", follow_ups, name="follow_ups"),
    path("followups/ticked/", follow_ups_ticked, name="follow_ups_ticked"),
    path("followups/book/", follow_ups_book, name="follow_ups_book"),
    path("followups/done/", follow_ups_done, name="follow_ups_done"),
    path("followups/done-with-note/", follow_ups_done_with_note, name="follow_ups_done_with_note"),
    path("followups/not-needed/", follow_ups_not_needed, name="follow_ups_not_needed"),
    path("followups/give/", follow_ups_give, name="follow_ups_give"),
    path("followups/give-back/", follow_ups_give_back, name="follow_ups_give_back"),
    path("followups/reopen/", follow_ups_reopen, name="follow_ups_reopen"),
    path("followups/postpone/", follow_ups_postpone, name="follow_ups_postpone"),
]
