"""The pages with the application's own wall taken away: the database alone must let nothing through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.domain.roles import PERMISSIONS, Role
from clinic.models import Patient, User
from clinic.scope import ScopedQuerySet
from clinic.together import put_together
from tests.factories import House, make_patient, make_running_pump
from tests.web.matrix.asking import visit
from tests.web.matrix.clinic_pages import EVERYBODYS, PAGES
from tests.web.matrix.conftest import about  # noqa: F401 - a fixture

CANARY = "Zzyzxcanary"


@pytest.fixture
def filters_off(
    house: House,
    about: dict[str, dict[str, object]],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """``for_clinic`` gives everybody's rows, as a query would that forgot its clinic. One of them has a name to find."""
    make_running_pump(house, make_patient(house, last_name=CANARY))

    def everybodys(rows: ScopedQuerySet[Any], clinic_id: int) -> ScopedQuerySet[Any]:
        return rows.all()

    monkeypatch.setattr(ScopedQuerySet, "for_clinic", everybodys)
    put_together.cache_clear()  # statements with the filter, and afterwards those without
    yield
    put_together.cache_clear()


def test_the_filter_is_really_off(house: House, filters_off: None) -> None:
    assert Patient.objects.for_clinic(house.elsewhere.pk).exists()


def test_another_clinics_rows_are_not_found_without_a_filter_either(
    house: House,
    signed_in: Callable[[User], Client],
    about: dict[str, dict[str, object]],  # noqa: F811
    filters_off: None,
) -> None:
    tried = 0
    for person in (house.outsider, house.elsewhere_administrator):
        client = signed_in(person)
        permissions = PERMISSIONS[Role.NURSE if person == house.outsider else Role.ADMINISTRATOR]
        for row in PAGES:
            if row.about in ("", *EVERYBODYS) or row.needs not in permissions:
                continue
            address = reverse(
                f"nurse:{row.name}", kwargs={"clinic_slug": house.elsewhere.slug, **about[row.about]}
            )
            assert visit(client, row, address) == 404, row.name
            tried += 1
    assert tried > 80


def test_no_page_shows_a_name_of_another_clinic_without_a_filter_either(
    house: House,
    signed_in: Callable[[User], Client],
    about: dict[str, dict[str, object]],  # noqa: F811
    filters_off: None,
) -> None:
    owner, stranger = signed_in(house.administrator), signed_in(house.elsewhere_administrator)
    shown = 0
    for row in PAGES:
        if not row.is_looked_at or (row.about and row.about not in EVERYBODYS):
            continue
        values = about[row.about]
        theirs = stranger.get(
            reverse(f"nurse:{row.name}", kwargs={"clinic_slug": house.elsewhere.slug, **values})
        )
        assert CANARY not in _text(theirs), row.name
        own = owner.get(reverse(f"nurse:{row.name}", kwargs={"clinic_slug": house.clinic.slug, **values}))
        shown += CANARY in _text(own)
    assert shown >= 3


def _text(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace")
