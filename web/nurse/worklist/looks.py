"""The groups of the work list: how each looks, and what it means."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.selectors.worklist import MISSING
from web.groups import GROUPS, GroupLook

LOOKS = {MISSING: GroupLook(MISSING, _("No date at all"), "exclamation-octagon-fill"), **GROUPS}
MEANINGS: dict[str, str | Promise] = {
    MISSING: _(
        "Nothing was worked out for these pumps. Check them by hand and tell whoever runs the system."
    ),
    "emergency": _("By the arithmetic these pumps are empty."),
    "overdue": _("The refill date is today or has passed."),
    "at_risk": _("The latest day for a visit has passed, or the visit is booked after it."),
    "due": _("Time to book: the target visit is at most 14 days away."),
    "review": _("No date can be trusted until somebody has looked."),
    "later": _("Nothing to do yet."),
}
