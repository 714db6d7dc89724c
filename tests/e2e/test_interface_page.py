"""The page about the REST interface, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import DESK, PHONE


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_about_the_interface(
    new_page: Callable[..., Page], assert_accessible: Callable[[Page], None], size: dict[str, int]
) -> None:
    page = new_page(viewport=size)
    page.goto("/api/v1/docs")
    assert_accessible(page)
    page.get_by_role("link", name="Record fill", exact=True).click()
    section = page.locator("section#record_fill")
    assert section.is_visible()
    section.get_by_role("link", name="NewFillRequest").click()
    assert page.locator("section#shape-NewFillRequest").is_visible()
