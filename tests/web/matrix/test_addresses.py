"""Every address there is stands in a table of the matrix."""

from __future__ import annotations

from tests.web.matrix.addresses import all_addresses
from tests.web.matrix.clinic_pages import PAGES
from tests.web.matrix.doors import DOORS, HISTORIES
from tests.web.matrix.operations import OPERATIONS
from web.nurse import urls

IN_TABLES = {
    *(f"nurse:{row.name}" for row in PAGES),
    *(f"api:{row.name}" for row in OPERATIONS),
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


def test_no_name_stands_in_two_rows() -> None:
    for rows in (PAGES, OPERATIONS, DOORS):
        names = [row.name for row in rows]  # type: ignore[attr-defined]
        assert len(names) == len(set(names))


def test_every_page_of_a_clinic_names_a_permission() -> None:
    """The walks show which; a view may ask for more than its decorator does."""
    assert [path.name for path in urls.urlpatterns if not hasattr(path.callback, "permission")] == []
