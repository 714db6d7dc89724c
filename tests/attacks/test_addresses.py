"""Addresses that name what belongs elsewhere, files that do not exist, secrets that pages would give away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinic.domain.entries import ClinicEntry
from clinic.domain.roles import Role
from clinic.models import Implant
from clinic.services.accounts import found_clinic, invite_member
from notifications.services.links import hash_of
from scheduling.models import RegisterImport
from scheduling.services.paper_lists import paper_folder
from tests.attacks.pages import SCREENS, About, Url, addresses, body_of
from tests.factories import PASSWORD, House, make_implant, make_patient
from tests.feeds import link
from tests.patient_links import send_link
from tests.register_files import register
from tests.web.matrix.asking import visit
from tests.web.matrix.clinic_pages import PAGES

pytestmark = pytest.mark.django_db


def test_a03_what_is_one_patients_is_not_found_below_another(
    house: House, administrator: Client, about: About, url: Url
) -> None:
    """OpenEMR CVE-2026-25745: a nested address did not look at its parent."""
    other = make_patient(house)
    other_implant = make_implant(house, other)
    implants = {str(ref) for ref in Implant.objects.values_list("ref", flat=True)}
    tried = []
    for row in PAGES:
        where = about[row.about]
        if "ref" not in where or len(where) < 2 or row.about == "channel":
            continue
        instead = other_implant.ref if str(where["ref"]) in implants else other.ref
        swapped = url(row.name, **{**where, "ref": instead})
        assert visit(administrator, row, swapped) == 404, row.name
        assert visit(administrator, row, url(row.name, **where)) != 404, row.name
        tried.append(row.about)
    assert {"contact", "proxy", "reading", "event", "patient message"} <= set(tried)


TRAVERSALS = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/config/settings.py",
    "....//....//config/settings.py",
    "..\\..\\config\\settings.py",
    "/etc/passwd",
    "file:///etc/passwd",
    "%c0%ae%c0%ae/config/settings.py",
)


def test_a19_no_name_in_an_address_leads_out_of_its_folder(
    house: House, administrator: Client, url: Url
) -> None:
    """LibreBooking VA-26-190-01: files were read by names from the address."""
    base = f"/c/{house.clinic.slug}"
    for path in TRAVERSALS:
        for where in ("/static", base, f"{base}/settings/words", "/calendars", "/accounts", "/admin", "/l"):
            body = body_of(administrator.get(f"{where}/{path}", follow=True))
            assert "root:" not in body, (where, path)
            assert "SECRET_KEY" not in body, (where, path)


def test_a19_the_name_of_a_file_or_a_clinic_says_nothing_of_where_it_is_kept(
    house: House, administrator: Client, url: Url
) -> None:
    """What is uploaded is kept in the database; the one folder by clinic is named by a slug."""
    for name in (*TRAVERSALS, "register.csv\x00.html", "<svg onload=alert(1)>.csv", "con"):
        file = SimpleUploadedFile("register.csv", register({}))
        file.name = name
        assert administrator.post(url("register"), {"file": file}).status_code in {302, 422}
    assert all("/" not in name for name in RegisterImport.objects.values_list("file_name", flat=True))
    kept_in = Path(settings.PAPER_LIST_DIR).resolve()
    for number, name in enumerate(("../../../etc", "/etc", "..", "\\\\host\\share", "a/../../b")):
        made, _ = found_clinic(
            entry=ClinicEntry(name=name, time_zone="UTC", phone="+1 312 555 0100"),
            admin_email=f"traversal{number}@example.org",
            admin_password=PASSWORD,
            admin_name="T",
            now=house.now,
        )
        assert paper_folder(made.slug).resolve().parent == kept_in, name


def test_a18_no_page_shows_a_secret_that_was_handed_out(
    house: House, administrator: Client, about: About, url: Url
) -> None:
    """LibreBooking #105: the key of a calendar stood on a public page."""
    sent = send_link(house, make_patient(house))
    invited, invitation = invite_member(
        clinic=house.clinic,
        email="secret@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now + timedelta(seconds=1),
    )
    feed, calendar = link(house)
    secrets = {sent.token, calendar, invitation}
    secrets |= {hash_of(sent.token), invited.token_sha256, str(feed.token_hmac), house.nurse.password}
    for _, address in addresses(SCREENS, about, url):
        body = body_of(administrator.get(address))
        assert not [secret for secret in secrets if secret in body], address
