"""Numbers and addresses of patients: how they are dialled, and where their owners live."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.entries import ClinicEntry
from clinic.models import ContactPoint
from clinic.services.accounts import update_clinic
from clinic.services.patients import add_contact_point
from tests.factories import House, make_patient

pytestmark = pytest.mark.django_db


def test_a_number_is_dialled_in_the_clinics_country_and_follows_it(house: House) -> None:
    patient = make_patient(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    local = add_contact_point(kind="phone", value="(312) 555-0142", **by)
    address = add_contact_point(kind="email", value="Ursula@Example.org", **by)
    assert (local.dialable, address.dialable) == ("", "ursula@example.org")
    for country, number in (("US", "+13125550142"), ("", "")):
        entry = ClinicEntry(name="Riverside", time_zone="America/Chicago", holiday_country=country)
        update_clinic(clinic=house.clinic, entry=entry, actor_id=house.administrator.id)
        local.refresh_from_db()
        assert local.dialable == number


def test_a_zone_that_is_none_is_refused(house: House) -> None:
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    with pytest.raises(RecordError) as refused:
        add_contact_point(
            patient_ref=make_patient(house).ref, kind="phone", value="+1 312 555 0142", time_zone="Mars", **by
        )
    assert refused.value.field == "time_zone"


def test_an_upgrade_writes_down_how_numbers_are_dialled_and_who_did_so(house: House) -> None:
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    point = add_contact_point(
        patient_ref=make_patient(house).ref, kind="phone", value="+1 312 555 0142", **by
    )
    with recording(actor_id=None, reason="as an older version left it"):
        ContactPoint.objects.update(dialable="")
    migration = importlib.import_module("clinic.migrations.0004_fill_dialable")
    with connection.schema_editor() as editor:
        migration.fill(apps, editor)
        migration.fill(apps, editor)
    point.refresh_from_db()
    assert point.dialable == "+13125550142"
    newest = point.history.order_by("-pgh_id").first()
    assert newest.pgh_context.metadata["reason"] == "numbers and addresses brought into one form"
