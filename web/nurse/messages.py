"""What patients were told, will be told, and what a person must settle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.patients import get_patient
from clinic.selectors.rows import Patient
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.selectors.inbound import new_texts_count
from notifications.selectors.messages import (
    GROUP_OF,
    Group,
    Wanted,
    matters_of_message,
    message_by_ref,
    message_counts,
    message_list,
    stays_in_installation,
)
from notifications.services.words import as_it_would_read
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import clinic_reverse
from web.nurse.message_words import (
    CHANNEL_ICONS,
    CHANNELS,
    GROUPS,
    INVITES,
    KINDS,
    OUTCOMES,
    STATES,
    what_it_is,
    why,
)

PAGE_SIZE = 50
Named = TypeVar("Named", bound=StrEnum)


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def messages(request: ClinicRequest) -> HttpResponse:
    """The clinic's messages by group, kind, channel and patient; what is asked for is in the address."""
    group, patient = _one_of(Group, request.GET.get("group")), _patient(request)
    wanted = Wanted(
        kind=_one_of(MessageKind, request.GET.get("kind")),
        channel=_one_of(ChannelName, request.GET.get("channel")),
        patient_ref=patient.ref if patient else None,
    )
    counts = message_counts(clinic_id=request.clinic.id, wanted=wanted)
    paginator = Paginator(message_list(clinic_id=request.clinic.id, group=group, wanted=wanted), PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    asked = {"kind": wanted.kind, "channel": wanted.channel, "patient": wanted.patient_ref}
    context = {
        "place": "messages",
        "page": page,
        "rows": [_shown(message) for message in page],
        "group": group,
        "query": _query({**asked, "group": group}),
        "everyone": _query({**asked, "patient": None, "group": group}),
        "whatever_group": _query(asked),
        "filters": [
            (key.value, _query({**asked, "group": key}), label, counts[key], key is group)
            for key, label in GROUPS.items()
        ],
        "everything": sum(counts.values()),
        "attention": counts[Group.ATTENTION],
        "stays_here": stays_in_installation(),
        "whose": patient,
        "is_filtered": any(value is not None for value in asked.values()),
        "kinds": _choices(
            {kind: label for kind, label in KINDS.items() if kind is not MessageKind.ESCALATION}, wanted.kind
        ),
        "channels": _choices(CHANNELS, wanted.channel),
        "new_texts": new_texts_count(clinic_id=request.clinic.id),
    }
    return render(request, "nurse/messages/page.html", context)


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def message(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """One message: what it says, to whom, when, what became of it, every attempt, and who looks after it."""
    found = message_by_ref(clinic_id=request.clinic.id, ref=ref)
    if found is None:
        raise Http404
    carried = list(found.carries.all())
    what = what_it_is(found, is_digest=bool(carried))
    letter = next(iter(found.mails.all()), None)
    context = {
        "place": "messages",
        "heading": what,
        "trail": [(_("Messages"), clinic_reverse(request, "messages")), (what, "")],
        "patient": found.patient,
        **_shown(found),
        "kind": KINDS[MessageKind(found.kind)],
        "invite": INVITES.get(found.invite_method, ""),
        "attempts": [(attempt, OUTCOMES[attempt.outcome]) for attempt in found.attempts.all()],
        "carried": [(each, what_it_is(each)) for each in carried],
        "matters": matters_of_message(clinic_id=request.clinic.id, message_id=found.pk),
        "letter": letter,
        "words": None if letter else as_it_would_read(found, now=request.now),
    }
    return render(request, "nurse/messages/message.html", context)


def _shown(message: Any) -> dict[str, Any]:
    label, icon, look = STATES[message.state]
    attempts = list(message.attempts.all())
    return {
        "message": message,
        "patient": message.patient,
        "what": what_it_is(message, is_digest=getattr(message, "is_digest", False)),
        "channel": CHANNELS[ChannelName(message.channel)],
        "channel_icon": CHANNEL_ICONS[message.channel],
        "label": label,
        "icon": icon,
        "look": look,
        "is_planned": GROUP_OF[message.state] is Group.PLANNED,
        "note": why(message),
        "error": attempts[-1].error if attempts else "",
        "letter": next(iter(message.mails.all()), None),
    }


def _patient(request: ClinicRequest) -> Patient | None:
    """The patient in the address; None where it names none of this clinic."""
    try:
        ref = UUID(request.GET.get("patient", ""))
    except ValueError:
        return None
    return get_patient(clinic_id=request.clinic.id, patient_ref=ref)


def _one_of(names: type[Named], value: str | None) -> Named | None:
    return names(value) if value in set(names) else None


def _query(asked: Mapping[str, object]) -> str:
    return urlencode({name: str(value) for name, value in asked.items() if value is not None})


def _choices(
    labels: Mapping[Any, str | Promise], chosen: StrEnum | None
) -> Iterable[tuple[str, str | Promise, bool]]:
    return [(str(key), label, key is chosen) for key, label in labels.items()]


urlpatterns = [
    path("messages/", messages, name="messages"),
    path("messages/<uuid:ref>/", message, name="message"),
]
