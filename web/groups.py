"""How the urgency groups look: each has a word and a sign, so that its colour is never the only one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class GroupLook:
    """``key`` names the style class; ``icon`` a Bootstrap icon."""

    key: str
    label: str | Promise
    icon: str


GROUPS = {
    look.key: look
    for look in (
        GroupLook("emergency", _("Emergency"), "exclamation-octagon-fill"),
        GroupLook("overdue", _("Overdue"), "exclamation-triangle-fill"),
        GroupLook("at_risk", _("At risk"), "hourglass-split"),
        GroupLook("due", _("Due"), "calendar-event"),
        GroupLook("review", _("Needs review"), "question-circle"),
        GroupLook("later", _("Later"), "calendar-check"),
    )
}
