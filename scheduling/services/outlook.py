"""One pump as it stands now: the case, its projection, or why there is none. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from clinic.selectors.care_facts import chain_questions, chains_from
from clinic.selectors.catalogue import catalogue as stored_catalogue
from clinic.selectors.catalogue import edition_question
from clinic.selectors.facts import (
    ImplantFacts,
    clinic_facts_from,
    clinic_questions,
    fact_questions,
    facts_from,
)
from clinic.together import ask_together
from scheduling.domain.case import CaseError, PumpCase
from scheduling.domain.findings import Finding, Severity
from scheduling.domain.projection import Projection, Status
from scheduling.domain.urgency import WorkGroup, deadlines_of, review_by, work_group
from scheduling.services.cases import Setting, case_of, setting_of
from scheduling.services.forecasts import CANNOT_COMPUTE, CONTRADICTION, NOT_FILLED
from scheduling.services.second_checks.reading import (
    beside_questions,
    reading_from,
    signature_questions,
    signed_from,
)
from scheduling.services.standing import NOTHING, Beside, Judgement, judge

FILLS_FOR_WHAT_IF = 4
"""Enough that one can be moved or taken away and the two that then matter are still known."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """``case`` and ``judgement`` are both there or both None; then ``trouble`` says why (a stored code).

    ``projection`` is what is in effect; ``judgement`` also says what the record alone gives, and what waits.
    """

    facts: ImplantFacts
    setting: Setting
    beside: Beside = NOTHING
    judgement: Judgement | None = None
    case: PumpCase | None = None
    trouble: str = ""
    trouble_field: str = ""
    trouble_text: str = ""

    @property
    def projection(self) -> Projection | None:
        """What is in effect."""
        return self.judgement.projection if self.judgement is not None else None

    @property
    def waits(self) -> Judgement | None:
        """What waits for a second person; None where nothing does."""
        return self.judgement if self.judgement is not None and self.judgement.reasons else None

    @property
    def needs_review(self) -> bool:
        """Whether no refill date can be trusted."""
        return self.projection is None or self.projection.status is Status.REVIEW

    @property
    def review_on(self) -> date | None:
        """In review, by when somebody must look: the earliest certain limit or the next working day."""
        if not self.needs_review:
            return None
        limits = self.projection.limits if self.projection else {}
        return review_by(limits, today=self.setting.as_of, rules=self.setting.rules)

    @property
    def group(self) -> WorkGroup:
        """The pump's group on the work list today."""
        if self.projection is None:
            return WorkGroup.REVIEW
        return work_group(deadlines_of(self.projection), today=self.setting.as_of)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that put a date in doubt."""
        findings = self.projection.findings if self.projection else ()
        return tuple(finding for finding in findings if finding.severity is Severity.STOP)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that only ask for a look."""
        findings = self.projection.findings if self.projection else ()
        return tuple(finding for finding in findings if finding.severity is Severity.WARNING)


def read_outlook(
    *, clinic_id: int, implant_id: int, now: datetime, fills_each: int = FILLS_FOR_WHAT_IF
) -> Outlook:
    """The pump's outlook by the record and what waits of it (one query, one more where something imported waits).

    ``fills_each`` is how many of the newest fills to know. The same facts, case and projection as the stored forecast's, so the same dates.
    """
    answers = ask_together(_questions, clinic_id=clinic_id, implant_ids=[implant_id], fills_each=fills_each)
    catalogue = stored_catalogue(answers["edition"][0])
    setting = setting_of(clinic_facts_from(answers), catalogue=catalogue, now=now)
    (facts,) = facts_from(answers)
    reading = reading_from(answers, chains_from(answers), clinic_id=clinic_id, now=now)
    return outlook_of(facts, setting, reading.of(implant_id, signed=signed_from(answers)))


def _questions(given: Any) -> dict[str, Any]:
    return {
        "edition": edition_question(),
        **clinic_questions(given),
        **fact_questions(given),
        **beside_questions(given),
        **chain_questions(given),
        **signature_questions(given),
    }


def outlook_of(
    facts: ImplantFacts,
    setting: Setting,
    beside: Beside = NOTHING,
    *,
    corrects: Mapping[int, int] | None = None,
) -> Outlook:
    """The outlook these facts give. Never raises: what cannot be computed is said in ``trouble``.

    ``corrects`` names corrections among the facts that are not written yet: the new fill's id and the old one's.
    """
    if corrects:
        beside = replace(beside, chain={**beside.chain, **corrects})
    try:
        case = case_of(facts, setting)
        if case is None:
            return Outlook(facts, setting, beside, trouble=NOT_FILLED, trouble_field="fill")
        judgement = judge(facts, setting, case, beside)
        return Outlook(facts, setting, beside, judgement=judgement, case=case)
    except CaseError as error:
        return Outlook(
            facts, setting, beside, trouble=CONTRADICTION, trouble_field=error.field, trouble_text=str(error)
        )
    except Exception:  # the list of pumps must open whatever one record holds; the sweep counts these
        return Outlook(facts, setting, beside, trouble=CANNOT_COMPUTE)
