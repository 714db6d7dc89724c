"""What a test leaves in the database is gone before the next one, and what it begins with is whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection, connections, transaction

from clinic.models import Invitation, MarketedStrength, Membership
from tests import fresh, ready_made
from tests.factories import House, found_house, make_clinic, make_patient


@pytest.mark.django_db(transaction=True)
def test_flush_leaves_the_rows_and_the_numbering_of_the_fresh_database() -> None:
    owner = connections["owner"]
    make_clinic()
    MarketedStrength.objects.all().delete()
    Permission.objects.update(name="changed")
    assert fresh.Fresh.of(owner) != fresh.remembered["owner"]

    call_command("flush", database="owner", interactive=False, verbosity=0)
    assert fresh.Fresh.of(owner) == fresh.remembered["owner"]
    assert MarketedStrength.objects.exists()


def numbers_of_rows(make: Callable[[], House]) -> dict[str, int]:
    """How many rows each table holds with a clinic that was made this way, and is taken back."""
    tables = connections["owner"].introspection.django_table_names(only_existing=True)
    with transaction.atomic():
        make()
        with connection.cursor() as cursor:
            found = ready_made.rows_of(cursor, tables)
        transaction.set_rollback(True)
    return {table: rows.count(b"\n") for table, rows in found.items()}


@pytest.mark.django_db
def test_a_clinic_that_is_put_back_is_the_one_that_the_services_make() -> None:
    first = numbers_of_rows(make_clinic)
    by_services = numbers_of_rows(
        lambda: found_house("Riverside Pump Clinic", "America/Chicago", datetime.now(UTC))
    )
    assert numbers_of_rows(make_clinic) == first == by_services

    now = datetime(2026, 3, 4, 5, 6, 7, 120, tzinfo=UTC)
    house = make_clinic(now=now)
    assert (house.now, house.clinic.created_at) == (now, now)
    house.clinic.refresh_from_db()
    assert house.clinic.created_at == now
    assert Invitation.objects.get(clinic=house.clinic).accepted_at == now
    assert set(Membership.objects.for_clinic(house.clinic.id).values_list("user_id", "role")) == {
        (house.administrator.id, "administrator"),
        (house.nurse.id, "nurse"),
    }


@pytest.mark.django_db
def test_triggers_are_heeded_again_after_a_clinic_was_put_back() -> None:
    numbers_of_rows(make_clinic)
    patient = make_patient(make_clinic())
    history = apps.get_model("clinic", "PatientHistory")
    assert history.objects.filter(pgh_obj_id=patient.pk).exists()
