"""No way round the second person for what an import brought: by hand, by time, by SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.entries import ImplantEntry
from clinic.domain.roles import Role
from clinic.models import Fill, Implant
from clinic.services.implants import record_explant, update_implant, withdraw_explant
from scheduling.models import (
    Forecast,
    ImportCheck,
    ImportedPump,
)
from scheduling.services.forecasts import reproject
from tests.factories import House, make_clinic, make_fill
from tests.imports import (
    all_re_entered,
    bring_file_in,
    codes,
    implant_called,
    imported,
    known_pump,
    rows_of,
    signed,
    waits,
)
from tests.register_files import register
from tests.second_checks import must_of, running

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
DAY, TODAY = timedelta(days=1), NOW.date()


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW, time_zone="UTC")


def around_by_an_explant(house: House, implant: Implant) -> None:
    acts: dict[str, Any] = {
        "clinic": house.clinic,
        "implant_ref": implant.ref,
        "actor_id": house.nurse.id,
        "now": NOW,
    }
    record_explant(explanted_on=house.today, why="a slip", **acts)
    withdraw_explant(reason="a slip", **acts)


def by_a_forecast_that_is_gone(house: House, implant: Implant) -> None:
    Forecast.objects.filter(implant=implant).delete()
    reproject(house.clinic.id, [implant.id], NOW)


def by_a_threshold(house: House, implant: Implant) -> None:
    update_implant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ImplantEntry(
            pump_model_key=implant.pump_model.key,
            serial=implant.serial,
            implanted_on=implant.implanted_on,
            threshold_ml=Decimal("1.9"),
        ),
        actor_id=house.administrator.id,
        now=NOW,
    )


def by_the_next_fill(house: House, implant: Implant) -> None:
    make_fill(house, implant, filled_on=house.today)


WAYS: list[Callable[[House, Implant], None]] = [
    around_by_an_explant,
    by_a_forecast_that_is_gone,
    by_a_threshold,
    by_the_next_fill,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_makes_a_new_pump_checked(house: House, way: Callable[[House, Implant], None]) -> None:
    check = imported(house, 1)
    implant = implant_called("S1")
    way(house, implant)
    assert codes(implant) & {"import_unchecked", "second_check"}
    assert waits(check).pumps == 1 or running(implant) is not None


def test_the_database_refuses_what_goes_round_the_second_person(house: House) -> None:
    implant = known_pump(house)
    bring_file_in(
        house, register(*rows_of(1, pump_serial="S1", filled_on="2026-11-10", concentration_1="1000"))
    )
    check = ImportCheck.objects.get(state="open")
    bring_file_in(house, register(*rows_of(3)[1:]))
    new = ImportedPump.objects.filter(is_first=True, waits=True)[0]
    pump = check.pumps.get()
    fill = Fill.objects.current().get(implant=implant, filled_on=date(2026, 11, 10))
    later = must_of(implant) + 4 * DAY
    statements: list[tuple[str, list[object]]] = [
        ("UPDATE scheduling_forecast SET must_refill_by = %s WHERE implant_id = %s", [later, implant.id]),
        (
            "UPDATE scheduling_standingdates SET must_refill_by = %s, fill_id = %s WHERE implant_id = %s",
            [later, fill.pk, implant.id],
        ),
        ("UPDATE scheduling_importedpump SET signed_at = now() WHERE id = %s", [pump.pk]),
        ("UPDATE scheduling_importedpump SET draw = draw + 1 WHERE id = %s", [pump.pk]),
        ("UPDATE scheduling_importedpump SET waits = false WHERE id = %s", [new.pk]),
        (
            "UPDATE scheduling_importedpump SET confirmed_at = now(), confirmed_by_id = %s WHERE id = %s",
            [house.administrator.id, pump.pk],
        ),
        ("DELETE FROM scheduling_importedpump WHERE id = %s", [pump.pk]),
        ("DELETE FROM scheduling_importcheck WHERE id = %s", [check.pk]),
        ("UPDATE scheduling_importcheckstep SET note = 'x' WHERE import_check_id = %s", [check.pk]),
    ]
    for statement, values in statements:
        with (
            pytest.raises(DatabaseError),
            recording(actor_id=house.administrator.id, reason="by hand"),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values)


def test_the_database_refuses_that_an_importer_signs(house: House) -> None:
    check = imported(house, 2)
    all_re_entered(house, check)
    signature: dict[str, Any] = {"state": "signed", "signed_at": NOW, "closed_at": NOW}
    rows = ImportCheck.objects.filter(pk=check.pk)
    with pytest.raises(IntegrityError), recording(actor_id=house.administrator.id, reason="by hand"):
        rows.update(signer=house.administrator, **signature)
    with recording(actor_id=house.administrator.id, reason="by hand"):
        rows.update(author_ids=[house.administrator.id, house.nurse.id])
    with pytest.raises(IntegrityError), recording(actor_id=house.nurse.id, reason="by hand"):
        rows.update(signer=house.nurse, **signature)  # one of several
    with pytest.raises(RecordError):
        signed(house, check, by=house.nurse)
    signed(house, check)
    with pytest.raises(DatabaseError), recording(actor_id=house.nurse.id, reason="by hand"):
        rows.update(state="open", signer=None, signed_at=None)


def test_the_database_refuses_a_signature_without_file_or_re_entry(house: House) -> None:
    check = imported(house, 2)
    someone = house.person(Role.PRESCRIBER)
    rows = ImportCheck.objects.filter(pk=check.pk)
    signature: dict[str, Any] = {"state": "signed", "signed_at": NOW, "signer": someone}
    for more in ({}, {"file_shown_at": NOW, "file_shown_by": someone}):
        with pytest.raises(IntegrityError), recording(actor_id=someone.id, reason="by hand"):
            rows.update(**signature, **more)
    with transaction.atomic():
        assert rows.get().state == "open"
