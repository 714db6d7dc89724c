"""Every address there is stands in a table of the matrix."""

from __future__ import annotations

from django.views import View

from tests.web.matrix.addresses import all_addresses
from tests.web.matrix.clinic_pages import PAGES
from tests.web.matrix.doors import DOORS, HISTORIES
from tests.web.matrix.fhir import RESOURCES
from tests.web.matrix.operations import OPERATIONS
from web.api import urls as interface
from web.api.access import ClinicAPIView
from web.nurse import urls

IN_TABLES = {
    *(f"nurse:{row.name}" for row in PAGES),
    *(f"api:{row.name}" for row in OPERATIONS),
    *(f"api:{row.name}" for row in RESOURCES),
    *(door.name for door in DOORS),
}
OTHER_NAMES = {
    f"admin:admin/clinic/{model}/<path:object_id>/"
    for model in ("pumpmodel", "drug", *(f"{model}history" for model in HISTORIES))
}
"""The admin site's addresses of before Django 1.9, which lead to ``change``."""


def test_no_address_is_missing_from_the_tables() -> None:
    missing = sorted(set(all_addresses()) - IN_TABLES - OTHER_NAMES)
    assert missing == [], (
        f"{missing} have no row: add one to tests/web/matrix/clinic_pages.py (nurse:), operations.py (api:)"
        " or doors.py (all others) that says what it needs, what it is about and which methods it takes"
    )


def test_no_row_is_about_an_address_that_is_gone() -> None:
    assert sorted((IN_TABLES | OTHER_NAMES) - set(all_addresses())) == []


def test_nothing_stands_in_two_rows() -> None:
    for rows in (
        [row.name for row in PAGES],
        [row.name for row in DOORS],
        [(row.name, row.method) for row in OPERATIONS],
    ):
        assert len(rows) == len(set(rows))


def test_every_method_of_the_interface_has_a_row() -> None:
    """And each names what it needs: a method without a permission is everybody's of the clinic."""
    taken = {
        (pattern.name, method.upper()): getattr(pattern.callback, "cls", None)
        for pattern in interface.urlpatterns
        for method in getattr(pattern.callback, "cls", View).http_method_names
        if method != "options" and hasattr(getattr(pattern.callback, "cls", None), method)
    }
    assert set(taken) == {(row.name, row.method) for row in OPERATIONS}
    without = [
        where
        for where, view in taken.items()
        if issubclass(view, ClinicAPIView) and where[1].lower() not in view.permissions
    ]
    assert without == []


def test_every_page_of_a_clinic_names_a_permission() -> None:
    """The walks show which; a view may ask for more than its decorator does."""
    assert [path.name for path in urls.urlpatterns if not hasattr(path.callback, "permission")] == []
