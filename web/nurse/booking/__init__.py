"""Visits: booking one, its page, moving it, and what happens to it."""

from django.urls import path

from web.nurse.booking.acts import (
    visit_arrive,
    visit_cancel,
    visit_check_in,
    visit_done,
    visit_entered_in_error,
    visit_no_show,
    visit_undo,
)
from web.nurse.booking.held import visit_held, visit_release
from web.nurse.booking.move import visit_move, visit_move_json
from web.nurse.booking.new import visit_hold, visit_new
from web.nurse.booking.page import visit

urlpatterns = [
    path("visits/new/", visit_new, name="visit_new"),
    path("visits/hold/", visit_hold, name="visit_hold"),
    path("visits/<uuid:ref>/", visit, name="visit"),
    path("visits/<uuid:ref>/held/", visit_held, name="visit_held"),
    path("visits/<uuid:ref>/release/", visit_release, name="visit_release"),
    path("visits/<uuid:ref>/move/", visit_move, name="visit_move"),
    path("visits/<uuid:ref>/move.json", visit_move_json, name="visit_move_json"),
    path("visits/<uuid:ref>/arrive/", visit_arrive, name="visit_arrive"),
    path("visits/<uuid:ref>/check-in/", visit_check_in, name="visit_check_in"),
    path("visits/<uuid:ref>/done/", visit_done, name="visit_done"),
    path("visits/<uuid:ref>/no-show/", visit_no_show, name="visit_no_show"),
    path("visits/<uuid:ref>/cancel/", visit_cancel, name="visit_cancel"),
    path("visits/<uuid:ref>/entered-in-error/", visit_entered_in_error, name="visit_entered_in_error"),
    path("visits/<uuid:ref>/undo/", visit_undo, name="visit_undo"),
]
