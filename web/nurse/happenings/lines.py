"""One line of a patient's timeline, and the kinds there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "fill": _("Fills"),
        "program": _("Programs"),
        "reading": _("Readings"),
        "event": _("Events"),
        "visit": _("Visits"),
        "follow_up": _("Follow-ups"),
        "check_in": _("Check-ins"),
        "call": _("Calls"),
        "message": _("Messages"),
        "escalation": _("Escalations"),
        "answer": _("Answers"),
        "operation": _("Operations and pumps"),
    }
)
"""What can be shown alone, by its name in the address."""
NOUNS: Mapping[str, str | Promise] = MappingProxyType(
    {"fill": _("Fill"), "program": _("Program"), "reading": _("Reading"), "event": _("Event")}
)
"""What an entry of the record is, before its own words: on paper an icon says little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """``on`` is the local day; ``at`` the instant where one is known; ``noted_at`` orders what has a day only.

    ``is_replaced``: corrected, withdrawn or called off later, with ``why``. ``link`` leads to more.
    """

    kind: str
    icon: str
    on: date
    noted_at: datetime
    title: str
    detail: str = ""
    at: datetime | None = None
    who: str = ""
    is_replaced: bool = False
    why: str = ""
    link: str = ""
    link_label: str = ""

    @property
    def order(self) -> tuple[date, datetime]:
        """Newest last."""
        return self.on, self.at or self.noted_at
