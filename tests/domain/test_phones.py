"""A number as a provider dials it, whoever typed it and however."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.phones import dialable, reachable_at, readable


@pytest.mark.parametrize(
    ("value", "region", "number"),
    [
        ("+1 312 555 0142", "", "+13125550142"),
        ("(312) 555-0142", "US", "+13125550142"),
        ("312 555 0142", "", ""),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0034 612 345 678", "ES", "+34612345678"),
        ("+33 6 12 34 56 78", "US", "+33612345678"),
        ("312 555 0142 x12", "US", ""),
        ("911", "US", ""),
        ("+1 312 555 014", "US", ""),
        ("ask at the desk", "US", ""),
        ("612 345 678", "XX", ""),
        ("", "US", ""),
    ],
)
def test_a_number_is_dialled_as_its_country_means_it(value: str, region: str, number: str) -> None:
    assert dialable(value, region) == number


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+13125550142", "+1 312-555-0142"),
        ("+33612345678", "+33 6 12 34 56 78"),
        ("SHORT", "SHORT"),
        ("72345", "72345"),
        ("", ""),
    ],
)
def test_a_number_is_read_out_in_groups(number: str, said: str) -> None:
    assert readable(number) == said


def test_an_address_is_written_in_lower_case() -> None:
    assert reachable_at("email", " Ursula@Example.ORG ", "US") == "ursula@example.org"


@given(st.text(max_size=60), st.sampled_from(["", "US", "ES", "FR"]))
def test_whatever_is_typed_gives_a_number_that_reads_as_itself_or_none(value: str, region: str) -> None:
    number = dialable(value, region)
    assert number == "" or (dialable(number, "") == number and number[0] == "+" and len(number) <= 16)
