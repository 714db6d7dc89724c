"""Several questions in one statement: the same answers as one by one, and the same walls."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import DrugEntry, FillEntry
from clinic.models import Clinic, Fill, FillDrug, Implant, Patient, ProgramVersion
from clinic.scope import UnscopedError, WrongClinicError, in_clinic, outside
from clinic.services.fills import correct_fill
from clinic.statements import PLANNED_AFTER, update_together
from clinic.together import ask_together, put_together
from scheduling.domain.calendars.writer import Standing
from scheduling.models import CalendarEntry
from tests.factories import DRUG, House, make_fill, make_implant, make_patient, make_running_pump

pytestmark = pytest.mark.django_db


def _questions(given: Any) -> dict[str, Any]:
    fills = Fill.objects.for_clinic(given.clinic_id).filter(implant_id__any_of=given.implant_ids)
    return {
        "fills": fills.order_by("-filled_on").values_list(
            "id", "ref", "filled_on", "filled_at", "fill_volume_ml", "residual_ml", "recorded_at", "is_void"
        ),
        "drugs": FillDrug.objects.for_clinic(given.clinic_id)
        .filter(fill_id__any_of=given.found("fills", "id"))
        .values_list("fill_id", "drug__name", "concentration", "lot"),
        "since": fills.filter(filled_on__gte=given.since).order_by("id").values_list("id", flat=True),
        "programs": ProgramVersion.objects.for_clinic(given.clinic_id).values_list("dose", "pattern"),
        "pumps": Implant.objects.for_clinic(given.clinic_id).order_by("id"),
        "weekdays": Clinic.objects.filter(pk=given.clinic_id).values_list("open_weekdays", "time_zone"),
    }


def test_the_answers_are_those_of_the_query_sets(house: House) -> None:
    pump = make_running_pump(house)
    make_fill(house, pump, filled_on=house.today, lot="a 100 % \"quoted\" 'lot'\n")
    make_implant(house)
    fills = Fill.objects.filter(implant=pump)
    with CaptureQueriesContext(connection) as found:
        answers = ask_together(
            _questions, clinic_id=house.clinic.pk, implant_ids={pump.pk}, since=house.today
        )
    assert len(found) == 1
    columns = (
        "id",
        "ref",
        "filled_on",
        "filled_at",
        "fill_volume_ml",
        "residual_ml",
        "recorded_at",
        "is_void",
    )
    assert repr(answers["fills"]) == repr(list(fills.order_by("-filled_on").values_list(*columns)))
    drugs = FillDrug.objects.filter(fill__in=fills).values_list(
        "fill_id", "drug__name", "concentration", "lot"
    )
    assert sorted(answers["drugs"]) == sorted(drugs)
    assert answers["since"] == [fills.get(filled_on=house.today).pk]
    programs = ProgramVersion.objects.for_clinic(house.clinic.pk).values_list("dose", "pattern")
    assert repr(answers["programs"]) == repr(list(programs))
    pumps = list(Implant.objects.for_clinic(house.clinic.pk).order_by("id"))
    assert [vars(each) | {"_state": None} for each in answers["pumps"]] == [
        vars(each) | {"_state": None} for each in pumps
    ]
    assert answers["weekdays"] == [(house.clinic.open_weekdays, house.clinic.time_zone)]


def _fills_of_shape(given: Any, is_newest_first: bool, has_a_day: bool) -> dict[str, Any]:
    fills = Fill.objects.for_clinic(given.clinic_id)
    if has_a_day:
        fills = fills.filter(filled_on__any_of=given.days)
    return {
        "fills": fills.order_by("-filled_on" if is_newest_first else "filled_on").values_list("pk", flat=True)
    }


def test_each_shape_is_a_statement_of_its_own(house: House) -> None:
    pump = make_running_pump(house, filled_on=house.today - timedelta(days=9))
    make_fill(house, pump, filled_on=house.today)
    oldest, newest = Fill.objects.filter(implant=pump).order_by("filled_on").values_list("pk", flat=True)
    for _ in range(2):
        for shape, days, expected in (
            ((True, False), [], [newest, oldest]),
            ((False, False), [], [oldest, newest]),
            ((False, True), [house.today], [newest]),
            ((False, True), [house.today - timedelta(days=9)], [oldest]),
            ((True, True), [], []),
        ):
            answers = ask_together(_fills_of_shape, *shape, clinic_id=house.clinic.pk, days=days)
            assert answers["fills"] == expected


def _fills_of_lot(given: Any) -> dict[str, Any]:
    drugs = FillDrug.objects.for_clinic(given.clinic_id).filter(fill__implant_id__any_of=given.implant_ids)
    return {"drugs": drugs.filter(lot="100 % 'own' \\ %s", position=1).values_list("fill_id", flat=True)}


def test_what_is_the_same_every_time_stands_in_the_text_to_the_letter(house: House) -> None:
    pump = make_running_pump(house)
    fill = make_fill(house, pump, filled_on=house.today, lot="100 % 'own' \\ %s")
    assert [value.name for value in put_together(_fills_of_lot).values] == ["clinic_id", "implant_ids"]
    assert ask_together(_fills_of_lot, clinic_id=house.clinic.pk, implant_ids=[pump.pk])["drugs"] == [fill.pk]


def _fill_with_its_pump(given: Any) -> dict[str, Any]:
    return {
        "fill": Fill.objects.for_clinic(given.clinic_id).filter(pk=given.fill_id),
        "pump": Implant.objects.for_clinic(given.clinic_id).filter(pk=given.the("fill", "implant_id")),
    }


def test_what_one_row_names_is_found_with_it(house: House) -> None:
    make_running_pump(house)
    pump = make_running_pump(house)
    fill = Fill.objects.get(implant=pump)
    answers = ask_together(_fill_with_its_pump, clinic_id=house.clinic.pk, fill_id=fill.pk)
    assert (answers["fill"], answers["pump"]) == ([fill], [pump])
    assert ask_together(_fill_with_its_pump, clinic_id=house.clinic.pk, fill_id=0)["pump"] == []


def _fills_with_more(given: Any) -> dict[str, Any]:
    rows = Fill.objects.for_clinic(given.clinic_id).filter(implant_id__any_of=given.implant_ids)
    related = ("implant__pump_model", "recorded_by", "superseded_by__recorded_by")
    return {
        "fills": rows.select_related(*related).annotate(mixed=Count("drugs")).order_by("id"),
        "drugs": FillDrug.objects.for_clinic(given.clinic_id)
        .filter(fill_id__any_of=given.found("fills", "id"))
        .select_related("drug")
        .order_by("id"),
    }


def test_instances_come_with_what_belongs_to_them(house: House) -> None:
    pump = make_running_pump(house)
    wrong = pump.fills.get()
    correct_fill(
        clinic=house.clinic,
        fill_ref=wrong.ref,
        entry=FillEntry(
            filled_on=house.today - timedelta(days=29),
            fill_volume_ml=Decimal(38),
            drugs=(DrugEntry(drug_key=DRUG, concentration=Decimal(2000), concentration_unit="mcg/mL"),),
        ),
        reason="typed twice",
        actor_id=house.nurse.id,
        now=house.now,
    )
    asked = SimpleNamespace(
        clinic_id=house.clinic.pk,
        implant_ids=[pump.pk],
        found=lambda *_: list(pump.fills.values_list("id", flat=True)),
    )
    expected = {name: list(rows) for name, rows in _fills_with_more(asked).items()}
    with CaptureQueriesContext(connection) as found:
        answers = ask_together(_fills_with_more, clinic_id=house.clinic.pk, implant_ids=[pump.pk])
        shown = [
            (
                fill.implant.pump_model.name,
                str(fill.recorded_by),
                getattr(fill, "superseded_by", None),
                fill.mixed,
            )
            for fill in answers["fills"]
        ]
        drugs = [(each.fill_id, each.drug.name) for each in answers["drugs"]]
    assert len(found) == 1
    assert [vars(each) | {"_state": None} for each in answers["fills"]] == [
        vars(each) | {"_state": None} for each in expected["fills"]
    ]
    later = answers["fills"][0].superseded_by
    assert later == answers["fills"][1]
    assert str(later.recorded_by) == str(expected["fills"][0].superseded_by.recorded_by)
    assert [each[2] for each in shown] == [later, None]
    assert shown == [
        (
            fill.implant.pump_model.name,
            str(fill.recorded_by),
            getattr(fill, "superseded_by", None),
            fill.mixed,
        )
        for fill in expected["fills"]
    ]
    assert drugs == [(each.fill_id, each.drug.name) for each in expected["drugs"]]


def test_the_next_values_get_their_own_answers(house: House) -> None:
    """More often than the server needs to keep a plan."""
    pumps = [make_running_pump(house, make_patient(house)) for _ in range(2)]
    for pump in pumps * 3:
        found = ask_together(
            _questions, clinic_id=house.clinic.pk, implant_ids=[pump.pk], since=house.today - timedelta(999)
        )
        assert found["since"] == list(pump.fills.order_by("id").values_list("id", flat=True))
    nothing = ask_together(_questions, clinic_id=house.clinic.pk, implant_ids=[], since=house.today)
    assert nothing["fills"] == nothing["drugs"] == nothing["since"] == []


def _fills_of_drugs(given: Any) -> dict[str, Any]:
    fills = Fill.objects.for_clinic(given.clinic_id).filter(implant_id__any_of=given.implant_ids)
    newest = {"partition_by": F("implant_id"), "order_by": F("filled_on").desc()}
    return {
        "fills": fills.filter(drugs__drug__key__any_of=given.drug_keys).order_by("id").values_list("id"),
        "newest": fills.annotate(age=Window(RowNumber(), **newest))
        .filter(Q(age=1) | Q(id__any_of=given.more))
        .order_by("id")
        .values_list("id", "age"),
    }


def _plans_kept(text: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE strpos(statement, %s) > 0", [text])
        return len(cursor.fetchall())


def test_a_list_of_any_length_gets_its_answers_and_one_value_is_sought_by_its_key(house: House) -> None:
    pumps = [make_running_pump(house, make_patient(house)) for _ in range(3)]
    fills = [pump.fills.get().pk for pump in pumps]
    for number in (0, 1, 2, 3):
        for keys in ([], [DRUG], [DRUG, "another"]):
            for more in ([], fills[:1], fills[:2]):
                asked = {"implant_ids": [pump.pk for pump in pumps[:number]], "drug_keys": keys, "more": more}
                found = ask_together(_fills_of_drugs, clinic_id=house.clinic.pk, **asked)
                assert found["fills"] == [(pk,) for pk in (fills[:number] if keys else [])]
                assert found["newest"] == [(pk, 1) for pk in fills[:number]]
    single = put_together(_fills_of_drugs, single=frozenset({"implant_ids", "drug_keys"})).text
    assert '"implant_id" = %s::bigint' in single
    assert '"key" = %s::text' in single
    assert '"implant_id" = %s::bigint' not in put_together(_fills_of_drugs).text


@pytest.mark.parametrize(("number", "is_kept"), [(1, True), (100, True), (101, False)])
def test_a_long_list_is_planned_with_what_is_in_it(house: House, number: int, is_kept: bool) -> None:
    """A plan for any list takes it for ten, of a clinic like most: with five hundred of the largest it takes ten times as long."""
    for first in range(PLANNED_AFTER + 1):
        pumps = range(first, first + number)
        ask_together(_fills_of_lot, clinic_id=house.clinic.pk, implant_ids=pumps)
    assert bool(_plans_kept("100 % ''own''")) is is_kept


def test_nobody_asks_outside_the_scope(house: House) -> None:
    asked = {"implant_ids": [], "since": house.today}
    with in_clinic(house.elsewhere.pk), pytest.raises(WrongClinicError):
        ask_together(_questions, clinic_id=house.clinic.pk, **asked)
    with outside(), pytest.raises(UnscopedError):
        ask_together(_questions, clinic_id=house.clinic.pk, **asked)


def _of_unknown_kind(given: Any) -> dict[str, Any]:
    rows = Fill.objects.for_clinic(given.clinic_id)
    return {"ages": rows.annotate(age=F("recorded_at") - F("recorded_at")).values_list("age")}


def _with_what_is_prefetched(given: Any) -> dict[str, Any]:
    return {"people": Patient.objects.for_clinic(given.clinic_id).prefetch_related("implants")}


@pytest.mark.parametrize("questions", [_of_unknown_kind, _with_what_is_prefetched])
def test_what_would_come_back_otherwise_is_refused(house: House, questions: Any) -> None:
    with pytest.raises(TypeError):
        ask_together(questions, clinic_id=house.clinic.pk)


def test_rows_are_written_together_as_one_by_one(house: House) -> None:
    patients = [make_patient(house) for _ in range(3)]
    entries = list(
        CalendarEntry.objects.filter(
            patient__in=[make_running_pump(house, each).patient for each in patients]
        )
    )
    for number, entry in enumerate(entries):
        entry.standing = Standing.CANCELLED if number else Standing.CONFIRMED.value
        entry.sequence, entry.names = number, b"\x00\xff%s" * number
        entry.cancelled_at = house.now if number else None
        entry.last_on = house.today + timedelta(days=number)
    columns = ("standing", "sequence", "names", "cancelled_at", "last_on", "patient")
    with CaptureQueriesContext(connection) as found:
        update_together(CalendarEntry, entries, columns)
    assert len(found) == 1
    assert len(entries) == 3
    for entry in entries:
        stored = CalendarEntry.objects.get(pk=entry.pk)
        assert [getattr(stored, name) for name in columns] == [getattr(entry, name) for name in columns]


def test_a_text_that_is_too_long_is_refused_and_not_cut(house: House) -> None:
    pump = make_running_pump(house)
    entry = CalendarEntry.objects.get(implant=pump)
    entry.fingerprint = "x" * 33
    with pytest.raises(DataError), transaction.atomic():
        update_together(CalendarEntry, [entry], ("fingerprint",))


def test_columns_that_make_no_array_are_refused(house: House) -> None:
    with pytest.raises(TypeError):
        update_together(Clinic, [house.clinic], ("open_weekdays",))
