"""An administrator brings a register in, on a desk's screen and on a phone's, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from clinic.models import Implant
from scheduling.models import RegisterImport
from tests.e2e.conftest import DESK, PHONE
from tests.factories import PASSWORD, make_clinic
from tests.register_files import register

SignIn = Callable[[Page, str, str], None]
NewPage = Callable[..., Page]
BAD = {"mrn": "M2", "pump_serial": "S2", "fill_volume_ml": "55"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_bytes(register({}, BAD))
    return path


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_upload_report_confirm(
    new_page: NewPage,
    sign_in: SignIn,
    at_work: None,
    assert_accessible: Callable[[Page], None],
    file: Path,
    screen: dict[str, int],
) -> None:
    house = make_clinic()
    page = new_page(viewport=screen)
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/register/")
    assert_accessible(page)
    page.get_by_role("button", name="Upload and check").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Register (CSV)")
    assert_accessible(page)
    page.get_by_label("Register (CSV)").set_input_files(file)
    page.get_by_role("button", name="Upload and check").press("Enter")
    expect(page.get_by_role("heading", name="Checked. Nothing is changed yet.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("55 mL is more than the reservoir holds (40 mL)")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="refused 1").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("button", name="Import 1 row").press("Enter")
    expect(page.get_by_text("Imported: 1 created")).to_be_visible(timeout=60_000)
    assert_accessible(page)
    page.get_by_role("link", name="Berg, Ana").click()
    expect(page.get_by_role("heading", name="Berg, Ana")).to_be_visible()
    assert Implant.objects.count() == 1


def test_two_hundred_megabytes_get_a_clear_answer_from_the_real_server(web_itself: str) -> None:
    house = make_clinic()
    client = Client()
    client.force_login(house.administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    connection = HTTPConnection(web_itself.removeprefix("http://"), timeout=60)
    with closing(connection):
        connection.putrequest("POST", f"/c/{house.clinic.slug}/register/")
        connection.putheader("X-Forwarded-Proto", "https")  # as the proxy says, where there is one
        connection.putheader("Cookie", client.cookies.output(header="", sep=";").strip())
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", str(200 * 1024 * 1024))
        connection.endheaders()
        for _ in range(200):
            connection.send(b"x" * 1024 * 1024)
        response = connection.getresponse()
        assert response.status == 413
        assert "larger than 10" in response.read().decode()
    assert not RegisterImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    new_page: NewPage, sign_in: SignIn, tmp_path: Path
) -> None:
    house = make_clinic()
    large = tmp_path / "large.csv"
    with large.open("wb") as sparse:
        sparse.truncate(40 * 1024 * 1024)
    page = new_page()
    sign_in(page, house.administrator.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/register/")
    field = page.get_by_label("Register (CSV)")
    field.set_input_files(large)
    page.get_by_role("button", name="Upload and check").click()
    assert "larger than" in field.evaluate("field => field.validationMessage")
    assert page.url.endswith("/register/")
