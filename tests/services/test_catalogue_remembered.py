"""A process remembers the catalogue, and never a stale one, whoever changes it and in whatever order."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from clinic.models import Drug, PumpModelValue, Stability
from clinic.selectors.catalogue import catalogue
from clinic.services.catalogue import seed_catalogue

pytestmark = pytest.mark.django_db(transaction=True)
DRUG = "baclofen"


@pytest.fixture(autouse=True)
def seeded() -> None:
    seed_catalogue()


def name_of(drug: str = DRUG) -> str:
    found = catalogue().drug(drug)
    assert found is not None
    return found.name


def rename(name: str) -> None:
    Drug.objects.filter(key=DRUG).update(name=name)


def test_it_is_read_once_while_nothing_changes() -> None:
    first = catalogue()
    with CaptureQueriesContext(connection) as found:
        assert catalogue() is first
    (asked,) = [one["sql"] for one in found.captured_queries if "clinic_" in one["sql"]]
    assert "history" in asked


def test_a_change_by_the_orm_by_sql_and_of_every_table_is_seen_at_once() -> None:
    assert name_of() != "A"
    rename("A")
    assert name_of() == "A"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_drug SET name = 'B' WHERE key = %s", [DRUG])
    assert name_of() == "B"
    before = catalogue()
    value = PumpModelValue.objects.select_related("pump_model").filter(quantity="reservoir_ml").first()
    assert value is not None
    PumpModelValue.objects.filter(pk=value.pk).update(value=value.value + 1)
    assert catalogue().pump_models[value.pump_model.key].reservoir_ml == value.value + 1
    Stability.objects.filter(drug__key=DRUG).delete()
    assert catalogue().drugs[DRUG].stabilities == ()
    assert before.drugs[DRUG].stabilities, "what somebody holds is not changed under their hands"


def test_what_was_rolled_back_is_forgotten() -> None:
    kept = name_of()
    with transaction.atomic():
        rename("Never said")
        assert name_of() == "Never said"
        transaction.set_rollback(True)
    assert name_of() == kept
    rename("Said")
    assert name_of() == "Said"


def test_two_changes_of_which_the_first_is_committed_last() -> None:
    other = Drug.objects.exclude(key=DRUG).order_by("pk").values_list("key", flat=True)[0]
    is_written, may_end = Event(), Event()

    def change_first() -> None:
        try:
            with transaction.atomic():
                rename("Written first")
                is_written.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    first = Thread(target=change_first)
    first.start()
    try:
        assert is_written.wait(20)
        Drug.objects.filter(key=other).update(name="Written second")
        assert name_of(other) == "Written second"
        assert name_of() != "Written first"
    finally:
        may_end.set()
        first.join(20)
    assert name_of() == "Written first"
