"""How the pages say what a follow-up is, and what it is counted from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.selectors.due_list import DueLine
from scheduling.selectors.rows import FollowUp
from web.words import day_words

MODE_ICONS: Mapping[str, str] = {
    "visit": "calendar-event",
    "call": "telephone",
    "task": "check2-square",
    "check_in": "chat-left-text",
    "watch": "eye",
}
PARTS: Mapping[str, tuple[str | Promise, str]] = {
    "overdue": (_("Overdue"), "exclamation-triangle-fill"),
    "today": (_("Today"), "calendar-day"),
    "callback": (_("Call back"), "telephone-outbound"),
    "week": (_("Next 7 days"), "calendar-week"),
    "later": (_("Later"), "calendar3"),
}
MEANINGS: Mapping[str, str | Promise] = {
    "overdue": _("The last day has passed."),
    "today": _("To be done today, or from today on."),
    "callback": _("They asked to be called on a day, or somebody meant to try again."),
    "week": _("Booked, or to begin within a week."),
    "later": _("Nothing to do yet."),
}


def counted_from(follow_up: FollowUp) -> str:
    """What the dates are counted from, and how far away that is: 12 days after the operation of Mon 9 Nov 2026."""
    if follow_up.anchored_on is None or follow_up.target_on is None:
        return ""
    values = {"what": follow_up.get_anchor_display(), "day": day_words(follow_up.anchored_on)}
    days = (follow_up.target_on - follow_up.anchored_on).days
    if days == 0:
        return _t("on the day of: %(what)s, %(day)s") % values
    if days > 0:
        text = ngettext(
            "%(days)d day after: %(what)s, %(day)s", "%(days)d days after: %(what)s, %(day)s", days
        )
    else:
        text = ngettext(
            "%(days)d day before: %(what)s, %(day)s", "%(days)d days before: %(what)s, %(day)s", -days
        )
    return text % (values | {"days": abs(days)})


def when_words(line: DueLine, today: date) -> tuple[str, str]:
    """The day that counts and a line below it."""
    if line.latest_on is None:
        return _t("no certain date"), _t("the refill date needs review")
    if line.part == "overdue":
        late = (today - line.latest_on).days
        return day_words(line.latest_on), ngettext("%(days)d day late", "%(days)d days late", late) % {
            "days": late
        }
    if line.number > 1:
        return day_words(line.due_on), _t("until %(day)s") % {"day": day_words(line.until_on)}
    if line.latest_on == line.due_on:
        return day_words(line.due_on), ""
    return day_words(line.due_on), _t("at the latest %(day)s") % {"day": day_words(line.latest_on)}
