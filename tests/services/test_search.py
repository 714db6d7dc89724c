"""A patient is found by the name as a person types or pastes it, on the work list and among the patients."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.lookups import IContains
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.audit import recording
from clinic.domain.entries import SurgeryEntry
from clinic.models import Implant, Patient, SearchEnding
from clinic.scope import in_clinic
from clinic.selectors.patients import find_patients, first_found, with_pumps
from clinic.selectors.search import search_words
from clinic.services.surgeries import plan_surgery
from clinic.statements import PLANNED_AFTER
from scheduling.selectors import due_list as follow_ups
from scheduling.selectors.worklist import Wanted, work_list
from tests.care_rows import make_follow_up
from tests.factories import House, make_clinic, make_implant, make_patient

pytestmark = pytest.mark.django_db

STROKED = {"Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "ı": "i"}
PLAIN = {
    letter: plain
    for letter in map(chr, range(0x00C0, 0x0250))
    if (plain := STROKED.get(letter, unicodedata.normalize("NFD", letter)[0])).isascii()
}
LETTERS = "aàÁbcçdđeéiıİlŁnñoøsßšuüzZ'’-.%_\\^ ,/&0１字王жЖ💊\u0301"
"""Accents and strokes, letters without capitals, wide letters, signs of the database, a mark that stands alone."""


@pytest.fixture
def house() -> House:
    house = make_clinic()
    for number, (last_name, first_name) in enumerate((("Søndergaard", "Zoë"), ("García", "Łucja")), start=1):
        patient = make_patient(house, mrn=f"M-{number}", last_name=last_name, first_name=first_name)
        make_implant(house, patient, serial=f"NGP0{number}X")
    return house


@pytest.mark.parametrize(
    "typed",
    [
        "sondergaard",
        "SØNDERGAARD",
        "Søndergaard, Zoë",
        "zoe sond",
        "m-1",
        "ngp01",
        " , sondergaard ,",
    ],
)
def test_a_name_is_found_as_a_person_types_it(house: House, typed: str) -> None:
    rows = work_list(clinic_id=house.clinic.id, wanted=Wanted(text=typed), now=house.now).rows
    assert [row.last_name for row in rows] == ["Søndergaard"]
    assert [each.last_name for each in find_patients(clinic_id=house.clinic.id, text=typed)] == [
        "Søndergaard"
    ]


@pytest.mark.parametrize("typed", ["garci\u0301a", "garcia lucja", "GARCÍA"])
def test_accents_may_be_typed_apart_or_not_at_all(house: House, typed: str) -> None:
    assert [each.last_name for each in find_patients(clinic_id=house.clinic.id, text=typed)] == ["García"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "nobody", "'; --", "💊"])
def test_signs_of_the_database_stand_for_themselves(house: House, typed: str) -> None:
    assert not find_patients(clinic_id=house.clinic.id, text=typed).exists()
    assert work_list(clinic_id=house.clinic.id, wanted=Wanted(text=typed), now=house.now).rows == []


def holds(field: str, word: str) -> Q:
    """The plain definition: a column in plain letters holds the word in plain letters, whatever the capitals."""
    letters = Func(
        F(field),
        Value("".join(PLAIN)),
        Value("".join(PLAIN.values())),
        function="translate",
        output_field=TextField(),
    )
    return Q(IContains(letters, "".join(PLAIN.get(letter, letter) for letter in word)))


def patients_holding(text: str) -> QuerySet[Patient]:
    found = Patient.objects.all()
    for word in search_words(text):
        pumps = Implant.objects.filter(holds("serial", word)).values("patient_id")
        found = found.filter(
            holds("last_name", word) | holds("first_name", word) | holds("mrn", word) | Q(pk__in=pumps)
        )
    return found


names = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip() != "")


@given(people=st.tuples(*[st.tuples(names, names, names, names)] * 2), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_is_what_the_plain_definition_holds(
    house: House, people: tuple[tuple[str, str, str, str], ...], data: st.DataObject
) -> None:
    pumps = Implant.objects.for_clinic(house.clinic.pk).order_by("pk")
    with recording(actor_id=house.nurse.id, reason="as an older version wrote them"):
        for pump, (last_name, first_name, mrn, serial) in zip(pumps, people, strict=True):
            Patient.objects.filter(pk=pump.patient_id).update(
                last_name=last_name, first_name=first_name, mrn=f"{mrn}{pump.pk}"
            )
            Implant.objects.filter(pk=pump.pk).update(serial=f"{serial}{pump.pk}")
    whole = st.sampled_from([text for person in people for text in person])
    inside = whole.flatmap(lambda text: st.integers(0, len(text) - 1).map(lambda start: text[start:][:4]))
    for typed in data.draw(st.lists(st.one_of(whole, inside, names), min_size=2, max_size=4)):
        agree(house, typed)


def agree(house: House, typed: str) -> None:
    found = find_patients(clinic_id=house.clinic.id, text=typed, status="all")
    assert set(found) == set(patients_holding(typed)), typed
    assert first_found(clinic_id=house.clinic.id, text=typed, most=9) == list(found), typed
    rows = work_list(clinic_id=house.clinic.id, wanted=Wanted(text=typed), now=house.now, page_size=None).rows
    assert {row.patient_ref for row in rows} == {each.ref for each in patients_holding(typed)}, typed


def words_of(patient_ids: Collection[int]) -> set[str]:
    """What stands whole among the endings."""
    return set(SearchEnding.objects.filter(patient_id__in=patient_ids).values_list("ending", flat=True))


def test_what_is_found_follows_every_change_of_the_record(house: House) -> None:
    patient, other = Patient.objects.filter(clinic=house.clinic).order_by("pk")
    pump = Implant.objects.get(patient=patient)
    with recording(actor_id=house.nurse.id, reason="corrected"):
        Patient.objects.filter(pk=patient.pk).update(last_name="Ødegård", notes="tall")
        Implant.objects.filter(pk=pump.pk).update(serial="ZZ9", patient_id=other.pk)
    assert {"ODEGARD", "GARD", "ZOE", "M-1"} <= words_of([patient.pk])
    assert not {"SONDERGAARD", "NGP01X", "ZZ9"} & words_of([patient.pk])
    assert {"ZZ9", "Z9", "NGP02X"} <= words_of([other.pk])
    assert SearchEnding.objects.get(ending="ZZ9").implant_id == pump.pk
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_searched%'")
        assert cursor.fetchone() == (2,)


def test_the_first_found_come_with_their_pumps_in_one_statement(house: House) -> None:
    patient = Patient.objects.get(clinic=house.clinic, mrn="M-1")
    gone = make_implant(house, patient, serial="OLD", implanted_on=house.today - timedelta(days=4000))
    plan_surgery(
        clinic=house.clinic,
        patient_ref=make_patient(house, mrn="M-3", last_name="Aa").ref,
        entry=SurgeryEntry(planned_on=house.today),
        actor_id=house.nurse.id,
        now=house.now,
    )
    for text, most in (("m-", 9), ("m-", 1), ("m-1 zoe", 9), ("nobody", 9)):
        with CaptureQueriesContext(connection) as asked:
            found = first_found(clinic_id=house.clinic.pk, text=text, most=most)
        assert len(asked) == 1
        rows = find_patients(clinic_id=house.clinic.pk, text=text, status="all")
        expected = list(with_pumps(rows)[:most])
        assert [(each, each.operation_on) for each in found] == [
            (each, each.operation_on) for each in expected
        ]
        assert [[pump.serial for pump in each.pumps] for each in found] == [
            [pump.serial for pump in each.pumps] for each in expected
        ]
        assert [pump.pump_model for each in found for pump in each.pumps] == [
            pump.pump_model for each in expected for pump in each.pumps
        ]
    assert first_found(clinic_id=house.clinic.pk, text="m-1", most=9)[0].pumps[-1] == gone


def test_the_dead_are_found_where_they_are_asked_for(house: House) -> None:
    patient = Patient.objects.get(clinic=house.clinic, mrn="M-1")
    with recording(actor_id=house.nurse.id, reason="died"):
        Patient.objects.filter(pk=patient.pk).update(died_on=house.today)
    assert first_found(clinic_id=house.clinic.pk, text="m-1", most=9) == [patient]
    assert first_found(clinic_id=house.clinic.pk, text="m-1", most=9, is_alive=True) == []


def test_a_pump_that_is_out_is_no_name_of_the_one_in_place_nor_of_a_follow_up(house: House) -> None:
    patient = Patient.objects.get(clinic=house.clinic, mrn="M-1")
    make_follow_up(house, patient)
    make_implant(house, patient, serial="SECOND")
    shown = work_list(clinic_id=house.clinic.id, wanted=Wanted(text="second"), now=house.now).rows
    assert [row.serial for row in shown] == ["SECOND"]
    for text, found in (("second", set()), ("m-1", {patient.pk})):
        due = follow_ups.due_list(
            clinic_id=house.clinic.id, wanted=follow_ups.Wanted(text=text), now=house.now
        )
        assert {line.first.patient_id for line in due.lines} == found


PATIENTS = """
INSERT INTO clinic_patient (clinic_id, ref, mrn, last_name, first_name, birth_date, language, notes, created_at)
SELECT %s, gen_random_uuid(), 'N' || (700000 + n), 'Last' || md5(n::text), 'First', '1950-01-01', 'en', '', now()
FROM generate_series(1, 2000) AS n
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("typed", ["N700123", "00123", "last", "zoë", "ngp01x"])
def test_an_index_finds_them_behind_the_wall(house: House, typed: str) -> None:
    """What few have is looked up; of what many have the first by name are asked one after the other."""
    with recording(actor_id=house.nurse.id, reason="many"), connection.cursor() as cursor:
        cursor.execute(PATIENTS, [house.clinic.pk])
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE clinic_searchending, clinic_patient")
    with in_clinic(house.clinic.pk), transaction.atomic(), CaptureQueriesContext(connection) as queries:
        for _ in range(PLANNED_AFTER + 1):  # and is not prepared: the best plan is another for each word
            first_found(clinic_id=house.clinic.pk, text=typed, most=25)
        [asked] = {query["sql"] for query in queries if "clinic_searchending" in query["sql"]}
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {asked}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            cursor.execute(
                "SELECT 1 FROM pg_prepared_statements WHERE statement LIKE '%clinic_searchending%'"
            )
            assert cursor.fetchall() == []
    assert ("search_ending_of_patient" if typed == "last" else "search_ending_found") in plan, plan
    assert re.search(r"Index Cond: .*\bending\b.* >= ", plan), plan
    assert "Seq Scan on clinic_searchending" not in plan, plan
