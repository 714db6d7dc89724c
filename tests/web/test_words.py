"""Days and numbers as a nurse reads them, wherever a sentence brings them along."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.domain.register.reasons import Reason
from scheduling.domain.reason_texts import ReasonCode, reason
from web.findings import stored
from web.nurse.overview import reason_words
from web.words import said, with_days


def test_a_refusal_names_its_day_with_the_weekday() -> None:
    assert (
        said(Reason("%(day)s is in the future", {"day": "2027-01-01"})) == "Fri 1 Jan 2027 is in the future"
    )


@pytest.mark.parametrize(
    "text", ["2026-13-40", "LOT-2026-11-21", "2026-11-21-B", "12026-11-21", "“03/04/2026”"]
)
def test_what_only_looks_like_a_day_stays_as_it_is(text: str) -> None:
    assert with_days(text) == text


def test_a_reason_that_carries_a_sentence_has_its_days_in_words() -> None:
    line = reason_words(reason(ReasonCode.REVIEW, message="The pump's service ended on 2025-04-02."))
    assert line == "Needs review: The pump's service ended on Wed 2 Apr 2025."


def test_one_day_is_not_days() -> None:
    line = reason_words(reason(ReasonCode.NOT_BINDING, limit="low reservoir", on=date(2027, 5, 21), days=1))
    assert line.endswith("1 day later.")


def test_a_finding_gives_volumes_to_two_places() -> None:
    values = {"difference_ml": "+10.3927", "residual_ml": "15", "expected_ml": "4.6073"}
    [finding] = stored([{"code": "residual_volume", "severity": "warning", "values": values}])
    assert finding.message == "The residual differs by +10.39 mL: 15 mL found, 4.61 mL expected."
