"""The administrator's import pages: upload, report, confirm, throw away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinic.models import Implant
from scheduling.models import RegisterImport
from scheduling.services.register_import import check_slice, import_slice
from tests.factories import House
from tests.register_files import register
from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db
Url = Callable[..., str]
BAD = {"mrn": "M2", "pump_serial": "S2", "dose": "NaN"}


def upload(client: Client, url: Url, content: bytes, **more: str):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile("register.csv", content, content_type="text/csv")
    return client.post(url("register"), {"file": file, **more})


def checked(house: House, client: Client, url: Url, content: bytes) -> RegisterImport:
    assert upload(client, url, content).status_code == 302
    run = RegisterImport.objects.latest("pk")
    check_slice(import_id=run.pk, now=house.now, seconds=60)
    return run


def test_only_administrators_get_in(house: House, nurse: Client, administrator: Client, url: Url) -> None:
    assert nurse.get(url("register")).status_code == 403
    assert upload(nurse, url, register({})).status_code == 403
    assert administrator.get(url("register")).status_code == 200
    assert not RegisterImport.objects.exists()


def test_another_clinics_import_is_not_there(
    house: House, administrator: Client, url: Url, signed_in: SignIn
) -> None:
    run = checked(house, administrator, url, register({}))
    outsider = signed_in(house.outsider)
    for name in ("register_import", "register_report"):
        assert outsider.get(url(name, ref=run.ref)).status_code == 404
    for name in ("register_confirm", "register_discard"):
        assert outsider.post(url(name, ref=run.ref)).status_code == 404


def test_an_upload_is_checked_shown_confirmed_and_done(house: House, administrator: Client, url: Url) -> None:
    response = upload(administrator, url, register({}, BAD), consent_email="on")
    run = RegisterImport.objects.get()
    assert response["Location"] == url("register_import", ref=run.ref)
    running = administrator.get(response["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' in running
    check_slice(import_id=run.pk, now=house.now, seconds=60)
    shown = administrator.get(response["Location"]).content.decode()
    assert "Import 1 row" in shown
    assert "“NaN” is not a finite number" in shown
    assert ">dose</code>" in shown
    assert not Implant.objects.exists()
    administrator.post(url("register_confirm", ref=run.ref))
    import_slice(import_id=run.pk, now=house.now, seconds=60)
    done = administrator.get(response["Location"]).content.decode()
    assert "1 created, 0 updated, 0 unchanged, 1 refused" in done
    assert "Berg, Ana" in done


def test_the_report_is_filtered_by_its_address(house: House, administrator: Client, url: Url) -> None:
    run = checked(house, administrator, url, register({}, BAD))
    page = url("register_import", ref=run.ref)
    refused = administrator.get(page + "?result=refused")
    assert [line.line for line in refused.context["lines"]] == [3]
    assert [line.line for line in administrator.get(page).context["lines"]] == [3, 2]
    assert "No such rows" in administrator.get(page + "?result=updated").content.decode()
    assert administrator.get(page + "?result=nonsense&page=99").status_code == 200


def test_the_report_downloads_without_running_anything(house: House, administrator: Client, url: Url) -> None:
    run = checked(house, administrator, url, register({}, {**BAD, "dose": "300", "mrn": "=1+1"}))
    response = administrator.get(url("register_report", ref=run.ref))
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "line,result,column,reason,needs review"
    assert lines[1].startswith("3,refused,mrn,")
    assert all(not cell.startswith("=") for line in lines for cell in line.split(","))


def test_a_file_that_is_no_register_is_refused_at_its_field(
    house: House, administrator: Client, url: Url
) -> None:
    for content, reason in ((b"PK\x03\x04", "workbook"), (b"", "The file is empty"), (b"a,b\n", "header")):
        response = upload(administrator, url, content)
        assert response.status_code == 422
        assert reason in response.content.decode()
    assert not RegisterImport.objects.exists()


def test_two_hundred_megabytes_are_refused_without_being_kept(
    house: House, administrator: Client, url: Url
) -> None:
    class Body:
        """200 MB that are made as they are read; more than a piece at a time would be a fault."""

        left = 200 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            assert 0 <= size <= 1024 * 1024
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

        def readline(self, size: int = -1) -> bytes:
            raise AssertionError("nobody looks into it")

    body = Body()
    response = administrator.generic(
        "POST",
        url("register"),
        content_type="multipart/form-data; boundary=b",
        **{"CONTENT_LENGTH": str(body.left), "wsgi.input": body},
    )
    assert response.status_code == 413
    assert "larger than 10" in response.content.decode()
    assert body.left == 0


def test_the_upload_is_protected_against_forged_requests(house: House, url: Url) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(house.administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert upload(strict, url, register({})).status_code == 403
    assert not RegisterImport.objects.exists()


def test_a_file_thrown_away_imports_nothing(house: House, administrator: Client, url: Url) -> None:
    run = checked(house, administrator, url, register({}))
    administrator.post(url("register_discard", ref=run.ref))
    administrator.post(url("register_confirm", ref=run.ref))
    import_slice(import_id=run.pk, now=house.now, seconds=60)
    assert not Implant.objects.exists()
    assert "thrown away" in administrator.get(url("register_import", ref=run.ref)).content.decode()


def test_reports_cost_the_same_number_of_queries_whatever_their_length(
    house: House,
    administrator: Client,
    url: Url,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    run = checked(
        house, administrator, url, register(*[{"mrn": f"M{n}", "pump_serial": f"S{n}"} for n in range(9)])
    )
    administrator.post(url("register_confirm", ref=run.ref))
    import_slice(import_id=run.pk, now=house.now, seconds=60)
    with django_assert_max_num_queries(18):  # of the frame 3; 2 ask for the second person
        administrator.get(url("register_import", ref=run.ref))


def test_an_empty_register_can_be_had_and_is_taken(house: House, administrator: Client, url: Url) -> None:
    empty = administrator.get(url("register_template")).content
    run = checked(house, administrator, url, empty)
    shown = administrator.get(url("register_import", ref=run.ref)).content.decode()
    assert "0 rows can come in" in shown
    assert 'action="' + url("register_confirm", ref=run.ref) not in shown
