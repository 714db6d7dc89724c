"""What the reports share: the tabs, the way a mixture is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.domain.reports.preparation import Ingredient
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse
from web.words import quantity_words

TABS: tuple[tuple[str, str | Promise], ...] = (
    ("reports", _("Paper list")),
    ("report_refills", _("Refills due")),
    ("report_preparation", _("For the pharmacy")),
    ("report_discrepancy", _("Discrepancies")),
    ("report_outcomes", _("Outcomes")),
)


def report_frame(request: ClinicRequest, tab: str, heading: str | Promise, lead: str = "") -> dict[str, Any]:
    """What ``nurse/reports/frame.html`` shows around a report."""
    return {
        "place": "reports",
        "heading": heading,
        "lead": lead,
        "tabs": [(label, clinic_reverse(request, name), name == tab) for name, label in TABS],
    }


def mixture_words(mixture: Iterable[Ingredient]) -> str:
    """Morphine 25 mg/mL + bupivacaine 20 mg/mL."""
    return " + ".join(f"{each.drug} {quantity_words(each.concentration)} {each.unit}" for each in mixture)
