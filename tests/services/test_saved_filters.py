"""Saved filters: each person's own, only what the form knows, never words that were searched for."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.checks import RecordError
from scheduling.domain.saved_filters import FIELDS, LONGEST_QUERY
from scheduling.models import FilterPage, SavedFilter
from scheduling.selectors.saved_filters import saved_filter, saved_filters
from scheduling.services.saved_filters import (
    MOST_FILTERS,
    clean_query,
    delete_filter,
    rename_filter,
    save_filter,
)
from tests.factories import House


def save(
    house: House,
    name: str = "Baclofen, 4 weeks",
    query: str = "drug=baclofen&weeks=4",
    **more: Any,
) -> SavedFilter:
    given_values = {"page": "worklist", "user_id": house.nurse.id} | more
    return save_filter(clinic=house.clinic, name=name, query=query, **given_values)


def test_every_page_of_the_table_has_its_fields() -> None:
    assert set(FIELDS) == set(FilterPage.values)
    assert not any({"text", "q", "search", "page", "name"} & fields for fields in FIELDS.values())


@given(st.sampled_from(sorted(FIELDS)), st.text(max_size=400))
def test_whatever_is_in_an_address_only_known_choices_stay(page: str, query: str) -> None:
    kept = clean_query(page, query)
    assert len(kept) <= LONGEST_QUERY
    assert {name for name, _ in parse_qsl(kept)} <= FIELDS[page]
    assert clean_query(page, kept) == kept


@given(st.lists(st.tuples(st.sampled_from(["drug", "text", "weeks"]), st.text(max_size=30)), max_size=12))
def test_the_order_and_repetition_of_choices_do_not_matter(pairs: list[tuple[str, str]]) -> None:
    assert clean_query("worklist", urlencode(pairs)) == clean_query(
        "worklist", urlencode([*pairs[::-1], *pairs])
    )


def test_words_searched_for_and_what_the_form_does_not_know_are_left_out(house: House) -> None:
    saved = save(house, query="drug=baclofen&text=Ode&page=3&weeks=4&weeks=4&pump=a+b%26c&drug=%00")
    assert saved.query == "drug=baclofen&weeks=4"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 41}),
        ("query", {"query": ""}),
        ("query", {"query": "text=Ode"}),
        ("query", {"page": "elsewhere"}),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    house: House, field: str, change: dict[str, str]
) -> None:
    with pytest.raises(RecordError) as refusal:
        save(house, **change)
    assert refusal.value.field == field
    assert not SavedFilter.objects.exists()


def test_a_name_is_taken_once_a_page_and_replaced_only_when_asked(house: House) -> None:
    first = save(house)
    save(house, page="followups", query="owner=mine")
    save(house, user_id=house.administrator.id)
    with pytest.raises(RecordError) as refusal:
        save(house, name=" Baclofen,  4 weeks", query="weeks=8")
    assert refusal.value.field == "name"
    assert save(house, query="weeks=8", overwrite=True).pk == first.pk
    assert (
        saved_filters(clinic_id=house.clinic.id, user_id=house.nurse.id, page="worklist")[0].query
        == "weeks=8"
    )


def test_a_filter_is_renamed_but_not_onto_another(house: House) -> None:
    first, second = save(house, "One"), save(house, "Two")
    own = {"clinic": house.clinic, "user_id": house.nurse.id}
    assert rename_filter(filter_id=first.id, name="Uno", **own).name == "Uno"
    with pytest.raises(RecordError):
        rename_filter(filter_id=second.id, name="Uno", **own)
    assert [
        row.name for row in saved_filters(clinic_id=house.clinic.id, user_id=house.nurse.id, page="worklist")
    ] == [
        "Two",
        "Uno",
    ]


def test_nobody_else_sees_renames_or_deletes_it(house: House) -> None:
    mine = save(house)
    for clinic, person in ((house.clinic, house.administrator), (house.elsewhere, house.nurse)):
        assert saved_filters(clinic_id=clinic.id, user_id=person.id, page="worklist") == []
        assert saved_filter(clinic_id=clinic.id, user_id=person.id, filter_id=mine.id) is None
        with pytest.raises(SavedFilter.DoesNotExist):
            rename_filter(clinic=clinic, user_id=person.id, filter_id=mine.id, name="Hers")
        with pytest.raises(SavedFilter.DoesNotExist):
            delete_filter(clinic=clinic, user_id=person.id, filter_id=mine.id)


def test_a_deleted_filter_is_gone_and_says_what_it_was(house: House) -> None:
    mine = save(house)
    gone = delete_filter(clinic=house.clinic, user_id=house.nurse.id, filter_id=mine.id)
    assert (gone.name, gone.query, gone.page) == (mine.name, mine.query, mine.page)
    assert not SavedFilter.objects.exists()


def test_there_is_an_end_to_how_many_one_keeps(house: House) -> None:
    for number in range(MOST_FILTERS):
        save(house, f"Filter {number}")
    with pytest.raises(RecordError):
        save(house, "One more")
    save(house, "Filter 3", query="weeks=8", overwrite=True)
