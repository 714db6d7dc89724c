"""Texts that patients sent, and what became of each; the new ones wait for somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from clinic.domain.phones import readable
from clinic.domain.roles import Permission
from clinic.selectors.numbers import patients_with
from notifications.selectors.inbound import inbound_texts, new_texts_count, what_was_done
from notifications.services.inbound import mark_handled
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.frame import clinic_reverse

PAGE_SIZE = 50
MEANINGS: dict[str, tuple[str | Promise, str, str]] = {
    "stop": (_("no more texts"), "slash-circle", "tag-danger"),
    "start": (_("texts again"), "play-circle", ""),
    "help": (_("asked how to reach you; answered"), "question-circle", ""),
    "confirm": (_("is coming"), "check-lg", "tag-good"),
    "reschedule": (_("asks for another time"), "calendar2-week", "tag-warn"),
    "decline": (_("cannot come"), "calendar-x", "tag-warn"),
    "": (_("to be read"), "chat-left-text", "tag-warn"),
}
"""What a text did by itself, with icon and look: a word and a sign, never a colour alone."""


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def texts(request: ClinicRequest) -> HttpResponse:
    """The new ones first of all; all of them with ``?show=all``."""
    shows_all = request.GET.get("show") == "all"
    rows = inbound_texts(clinic_id=request.clinic.id, is_new=None if shows_all else True)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    senders = patients_with(clinic_id=request.clinic.id, dialable={row.from_address for row in page})
    context = {
        "place": "messages",
        "trail": [(_t("Messages"), clinic_reverse(request, "messages")), (_t("Texts from patients"), "")],
        "page": page,
        "rows": [_shown(row, senders.get(row.from_address, [])) for row in page],
        "shows_all": shows_all,
        "query": "show=all" if shows_all else "",
        "new": new_texts_count(clinic_id=request.clinic.id),
    }
    return render(request, "nurse/messages/texts.html", context)


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def text_handled(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Mark a text as dealt with; ``undo`` makes it new again."""
    is_undo = "undo" in request.POST
    known = mark_handled(clinic_id=request.clinic.id, ref=ref, is_handled=not is_undo, now=request.now)
    if not known:
        raise Http404
    messages.success(
        request,
        _t("The text is new again.") if is_undo else _t("Marked as dealt with. It stays under “All”."),
    )
    return redirect(back_to(request, clinic_reverse(request, "texts")))


def _shown(row: Any, senders: list[Any]) -> dict[str, Any]:
    label, icon, look = MEANINGS[what_was_done(row)]
    return {
        "text": row,
        "number": readable(row.from_address),
        "senders": [row.patient] if row.patient else senders,
        "is_shared": row.patient is None and len(senders) > 1,
        "label": label,
        "icon": icon,
        "look": look,
    }


urlpatterns = [
    path("messages/texts/", texts, name="texts"),
    path("messages/texts/<uuid:ref>/handled/", text_handled, name="text_handled"),
]
