"""The pages of an import that a second person checks: the file, the pumps unseen, the signature; never what came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinic.domain.roles import Role
from clinic.models import AccessRecord
from scheduling.models import ImportCheck, ImportedPump, RegisterImport
from scheduling.selectors.import_checks import asked_pumps
from tests.factories import House
from tests.imports import (
    all_re_entered,
    bring_file_in,
    implant_called,
    imported,
    rows_of,
    shown,
    signed,
    waits,
)
from tests.register_files import register
from tests.web.test_second_check_pages import confirmed

SAME = {
    "drug_1": "baclofen",
    "concentration_1": "2",
    "unit_1": "mg/mL",
    "fill_volume_ml": "40.0",
    "filled_on": "2026-10-01",
    "is_stopped": "no",
    "dose": "0.3",
    "dose_unit": "mg/day",
}
Url = Callable[..., str]


@pytest.fixture
def content() -> bytes:
    return register(*rows_of(4))


@pytest.fixture
def check(house: House) -> ImportCheck:
    return imported(house, 4)


@pytest.fixture
def colleague(house: House, signed_in: Callable[..., Client]) -> Client:
    return confirmed(signed_in(house.person(Role.PRESCRIBER)))


@pytest.fixture
def administrator(house: House, signed_in: Callable[..., Client]) -> Client:
    return confirmed(signed_in(house.administrator))


def first(check: ImportCheck) -> ImportedPump:
    return next(pump for pump in asked_pumps(waits(check)) if pump.confirmed_at is None)


def pump_url(url: Url, check: ImportCheck, pump: ImportedPump) -> str:
    return url("import_check_pump", ref=check.ref, pump_ref=pump.ref)


def file_of(content: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("copy.csv", content, content_type="text/csv")}


def test_the_list_shows_an_import_once_and_the_navigation_counts_it(
    colleague: Client, administrator: Client, check: ImportCheck, url: Url
) -> None:
    page = colleague.get(url("to_check"))
    assert [row.check for row in page.context["imports"]] == [check]
    assert page.content.decode().count("register.csv") == 2, "its name, and whom the button is about"
    assert "4 pumps" in page.content.decode()
    assert page.context["to_check"] == 1
    own = administrator.get(url("to_check"))
    assert own.context["to_check"] == 0
    assert "Imported by you" in own.content.decode()
    assert "Nothing for you to check" in own.content.decode()


def test_the_work_list_and_the_patients_page_say_that_it_is_not_checked(
    nurse: Client, check: ImportCheck, url: Url
) -> None:
    assert "Import, unchecked" in nurse.get(url("worklist")).content.decode()
    page = nurse.get(url("patient", ref=implant_called("S1").patient.ref)).content.decode()
    assert "Imported, not yet checked by a second person." in page
    assert "not later." in page
    assert url("import_check", ref=check.ref) in page


def test_the_import_page_says_what_waiting_means(
    administrator: Client, check: ImportCheck, url: Url, house: House
) -> None:
    run = RegisterImport.objects.get()
    page = administrator.get(url("register_import", ref=run.ref)).content.decode()
    assert "Waiting for a second person." in page
    assert check.sha256 in page
    all_re_entered(house, check)
    signed(house, check)
    page = administrator.get(url("register_import", ref=run.ref)).content.decode()
    assert "Pia Prescriber signed it" in page or "signed it" in page
    assert "Waiting for a second person." not in page


def test_an_import_of_unchanged_rows_says_nothing_of_a_second_person(
    administrator: Client, check: ImportCheck, url: Url, house: House
) -> None:
    all_re_entered(house, check)
    signed(house, check)
    again = bring_file_in(house, register(*rows_of(3)))
    page = administrator.get(url("register_import", ref=again.ref)).content.decode()
    assert "Second person" not in page


def test_the_page_shows_neither_hash_nor_values_before_the_file_was_shown(
    colleague: Client, check: ImportCheck, url: Url
) -> None:
    page = colleague.get(url("import_check", ref=check.ref)).content.decode()
    assert check.sha256 not in page
    assert "Show the file first." in page
    assert "Bergholt" in page
    for value in (">300", ">2000", "300 mcg", "2026-10-01"):
        assert value not in page


def test_the_same_file_is_shown_by_choosing_it(
    colleague: Client, check: ImportCheck, content: bytes, url: Url
) -> None:
    answer = colleague.post(url("import_check_file", ref=check.ref), file_of(content))
    assert answer.status_code == 302
    page = colleague.get(url("import_check", ref=check.ref)).content.decode()
    assert "It is the same file." in page
    assert check.sha256 in page


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({}, "file"),
        ({"sha256": "abc"}, "sha256"),
        ({"sha256": "0" * 64}, "sha256"),
        (file_of(b"something else"), "file"),
        (file_of(b""), "file"),
    ],
)
def test_another_file_is_refused_at_its_field(
    colleague: Client, check: ImportCheck, url: Url, posted: dict[str, Any], field: str
) -> None:
    for file in posted.values():
        if hasattr(file, "seek"):
            file.seek(0)
    answer = colleague.post(url("import_check_file", ref=check.ref), posted)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    check.refresh_from_db()
    assert check.file_shown_at is None


def test_a_file_that_is_too_large_is_refused_unread(
    colleague: Client, check: ImportCheck, url: Url, settings: Any
) -> None:
    settings.REGISTER_UPLOAD_MAX_BYTES = 1000
    for size, status in ((1500, 422), (200_000, 413)):
        answer = colleague.post(url("import_check_file", ref=check.ref), file_of(b"x" * size))
        assert answer.status_code == status
        assert list(answer.context["form"].errors) == ["file"]


def test_the_file_form_is_protected_against_other_sites(house: House, check: ImportCheck, url: Url) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.nurse)
    answer = client.post(url("import_check_file", ref=check.ref), {"sha256": check.sha256})
    assert answer.status_code == 403
    check.refresh_from_db()
    assert check.file_shown_at is None


def test_a_pump_is_re_entered_unseen_with_errors_at_their_fields(
    house: House, colleague: Client, check: ImportCheck, url: Url
) -> None:
    shown(house, check)
    pump = first(check)
    page = colleague.get(pump_url(url, check, pump))
    form = page.context["form"]
    assert not any(form[name].value() for name in form.fields)
    assert pump.implant.patient.mrn in page.content.decode()
    answer = colleague.post(pump_url(url, check, pump), SAME | {"dose": "3"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["dose"]
    assert "0.3" not in answer.content.decode()
    assert "300" not in answer.content.decode()
    listed = colleague.get(url("import_check", ref=check.ref)).content.decode()
    assert "differed once" in listed
    assert "Again" in listed
    answer = colleague.post(pump_url(url, check, pump), SAME)
    assert answer["Location"] == url("import_check", ref=check.ref)
    assert waits(check).confirmed == 1
    assert colleague.get(pump_url(url, check, pump)).status_code == 302, "not asked for twice"


def test_signed_it_leaves_the_list(house: House, colleague: Client, check: ImportCheck, url: Url) -> None:
    shown(house, check)
    assert colleague.post(url("import_check", ref=check.ref)).status_code == 422
    while not waits(check).is_re_entered:
        colleague.post(pump_url(url, check, first(check)), SAME)
    page = colleague.get(url("import_check", ref=check.ref)).content.decode()
    assert "Sign the import" in page
    answer = colleague.post(url("import_check", ref=check.ref), follow=True)
    assert "Signed: the dates of 4 pumps are in effect." in answer.content.decode()
    assert answer.context["imports"] == []
    after = colleague.get(url("import_check", ref=check.ref)).content.decode()
    assert "signed it" in after
    assert "Sign the import" not in after


def test_nobody_re_enters_or_signs_without_confirming_who_they_are(
    house: House, signed_in: Any, check: ImportCheck, url: Url
) -> None:
    client = signed_in(house.person(Role.PRESCRIBER))
    shown(house, check)
    for answer in (
        client.get(pump_url(url, check, first(check))),
        client.post(pump_url(url, check, first(check)), SAME),
    ):
        assert "reauthenticate" in answer["Location"]
    all_re_entered(house, check)
    assert "reauthenticate" in client.post(url("import_check", ref=check.ref))["Location"]
    check.refresh_from_db()
    assert check.state == "open"


def test_the_importer_can_do_none_of_it(
    administrator: Client, check: ImportCheck, content: bytes, url: Url
) -> None:
    page = administrator.get(url("import_check", ref=check.ref)).content.decode()
    assert "somebody else must check it" in page
    assert "Bergholt" not in page
    for address, posted in (
        (url("import_check_file", ref=check.ref), file_of(content)),
        (url("import_check", ref=check.ref), {}),
        (pump_url(url, check, first(check)), SAME),
    ):
        assert administrator.post(address, posted).status_code == 302
    check.refresh_from_db()
    assert (check.state, check.file_shown_at, waits(check).confirmed) == ("open", None, 0)


def test_one_person_alone_acts_in_an_emergency_with_a_reason(
    administrator: Client, check: ImportCheck, url: Url
) -> None:
    address = url("import_check_emergency", ref=check.ref)
    assert administrator.post(address, {"reason": "hurry"}).status_code == 422
    assert administrator.post(address, {"reason": "no second person before Monday"}).status_code == 302
    check.refresh_from_db()
    assert check.state == "emergency"
    page = administrator.get(url("patient", ref=implant_called("S1").patient.ref)).content.decode()
    assert "Imported, in effect in an emergency, unchecked, until" in page


def test_whom_the_page_shows_is_written_down(
    house: House, colleague: Client, check: ImportCheck, url: Url
) -> None:
    colleague.get(url("import_check", ref=check.ref))
    row = AccessRecord.objects.order_by("-id")[0]
    asked = {pump.implant.patient_id for pump in asked_pumps(waits(check))}
    assert set(row.patient_ids) == asked
    assert row.route == "nurse:import_check"
