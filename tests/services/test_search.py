"""A patient is found by the name as a person types or pastes it, on the work list and among the patients."""

from __future__ import annotations

import pytest

from clinic.selectors.patients import find_patients
from scheduling.selectors.worklist import Wanted, work_list
from tests.factories import House, make_clinic, make_implant, make_patient

pytestmark = pytest.mark.django_db


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
