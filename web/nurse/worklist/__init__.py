"""The work list: every pump by how urgently it needs a nurse, what is wrong with booked visits, and the download."""

from django.urls import path

from web.nurse.worklist.export import worklist_csv
from web.nurse.worklist.page import worklist

urlpatterns = [
    path("worklist/", worklist, name="worklist"),
    path("worklist.csv", worklist_csv, name="worklist_csv"),
]
