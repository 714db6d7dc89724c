"""What patients were told, will be told, and what a person must settle."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from notifications.selectors.messages import (
    GROUP_OF,
    Group,
    message_counts,
    message_list,
    stays_in_installation,
)
from web.access import ClinicRequest, clinic_page

PAGE_SIZE = 50
GROUPS: dict[Group, str | Promise] = {
    Group.ATTENTION: _("Needs a person"),
    Group.PLANNED: _("Planned"),
    Group.SENT: _("Sent"),
    Group.NOT_SENT: _("Not sent"),
}
STATES: dict[str, tuple[str | Promise, str, str]] = {
    "queued": (_("Planned"), "clock", ""),
    "claimed": (_("Being sent"), "hourglass-split", ""),
    "sending": (_("Being sent"), "hourglass-split", ""),
    "unknown": (_("May not have arrived"), "question-circle-fill", "tag-danger"),
    "accepted": (_("Sent"), "check-lg", "tag-good"),
    "delivered": (_("Delivered"), "check-all", "tag-good"),
    "failed": (_("Refused"), "x-circle-fill", "tag-danger"),
    "dead": (_("Given up"), "x-circle-fill", "tag-danger"),
    "missed": (_("Too late"), "calendar-x", "tag-warn"),
    "suppressed": (_("Held back"), "slash-circle", ""),
    "cancelled": (_("Taken back"), "arrow-counterclockwise", ""),
}
"""Label, icon and class of each state: a word and a sign, never a colour alone."""
WHAT_TO_DO: dict[str, str | Promise] = {
    "unknown": _("Nobody can tell whether it went out, so it is not sent again. Call the patient."),
    "failed": _("The mail server refused it. Check the address with the patient."),
    "dead": _("The mail server could not be reached in time. Call the patient."),
    "missed": _("It was not sent before the latest day for a visit. Call the patient."),
}
REASONS: dict[str, str | Promise] = {
    "ended": _("The pump is no longer in use."),
    "not_filled": _("There is no fill in the pump."),
    "no_certain_date": _("The date needs review first."),
    "booked": _("A visit is booked."),
    "no_consent": _("The patient has not agreed to e-mail, or no longer does."),
    "no_address": _("No e-mail address is in use."),
    "too_late": _("The latest day for a visit has come."),
    "told_already": _("The patient was told a short time before."),
    "moved": _("The date or the address changed; another message took its place."),
}
STEPS: dict[str, str | Promise] = {"book_visit": _("Time to book a visit")}


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def messages(request: ClinicRequest) -> HttpResponse:
    """The clinic's messages by group; the group and the page are in the address."""
    wanted = request.GET.get("group", "")
    group = Group(wanted) if wanted in set(Group) else None
    counts = message_counts(clinic_id=request.clinic.id)
    paginator = Paginator(message_list(clinic_id=request.clinic.id, group=group), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "place": "messages",
        "page": page,
        "rows": [_shown(message) for message in page],
        "group": group,
        "query": urlencode({"group": group.value}) if group else "",
        "filters": [(key.value, label, counts[key], key is group) for key, label in GROUPS.items()],
        "everything": sum(counts.values()),
        "attention": counts[Group.ATTENTION],
        "stays_here": stays_in_installation(),
    }
    return render(request, "nurse/messages/page.html", context)


def _shown(message: Any) -> dict[str, Any]:
    label, icon, look = STATES[message.state]
    attempts = list(message.attempts.all())
    return {
        "message": message,
        "patient": message.patient,
        "what": STEPS.get(message.step, message.step),
        "label": label,
        "icon": icon,
        "look": look,
        "is_planned": GROUP_OF[message.state] is Group.PLANNED,
        "note": WHAT_TO_DO.get(message.state) or REASONS.get(message.reason, ""),
        "error": attempts[-1].error if attempts else "",
        "letter": next(iter(message.mails.all()), None),
    }


urlpatterns = [path("messages/", messages, name="messages")]
