"""The two lists of the morning, an address each: refills and follow-ups, with how much is to be done now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.together import Counted, ask_together
from scheduling.selectors.calls import call_backs
from scheduling.selectors.due_list import due_lines
from scheduling.selectors.worklist import urgent_count
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse


@dataclass(frozen=True, slots=True)
class WorkTab:
    label: str | Promise
    url: str
    count: int
    meaning: str | Promise
    is_here: bool


def work_tabs(request: ClinicRequest, here: str, *, refills: int | None = None) -> list[WorkTab]:
    """Both tabs. The counts say what cannot wait: refills that are due or worse, follow-ups and calls of today.

    ``refills`` is that count where the page has it already.
    """
    if refills is None:
        refills = urgent_count(clinic_id=request.clinic.id, now=request.now)
    waiting = ask_together(
        _questions, clinic_id=request.clinic.id, is_planned_once=False, today=request.today
    )
    due = sum(number for (number,) in waiting.values())
    return [
        WorkTab(
            _("Refills"),
            clinic_reverse(request, "worklist"),
            refills,
            _("refills due or worse"),
            here == "worklist",
        ),
        WorkTab(
            _("Follow-ups"),
            clinic_reverse(request, "follow_ups"),
            due,
            _("to do today, overdue ones and calls included"),
            here == "follow_ups",
        ),
    ]


def _questions(given: Any) -> dict[str, Any]:
    return {
        "calls": Counted(call_backs(clinic_id=given.clinic_id, until=given.today)),
        "follow_ups": Counted(due_lines(given.clinic_id, given.today)),
    }
