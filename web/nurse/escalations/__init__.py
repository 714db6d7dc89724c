"""What must end in a person's acknowledgement: the board, one matter, and ending it."""

from django.urls import URLPattern

from web.nurse.escalations import board, matter

urlpatterns: list[URLPattern] = [*board.urlpatterns, *matter.urlpatterns]
