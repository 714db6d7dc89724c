"""The tab of messages: what this patient will receive, and why something is held back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from clinic.selectors.patients import contact_points, proxies
from clinic.selectors.rows import Patient
from notifications.domain.kinds import VISIT_KINDS
from notifications.domain.plan import Key, Planned, WhyNot
from notifications.domain.words.purposes import Purpose, purpose_of
from notifications.selectors.messages import message_of_patient
from notifications.services.plan import PreviewLine, preview
from notifications.services.words import as_it_would_read
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import clinic_reverse, patient_frame, patient_or_404
from web.nurse.message_words import CHANNEL_ICONS, CHANNELS, KINDS, PURPOSES, REASONS


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def patient_messages(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """What is planned, by hour, and what is held back; what went out stands in the timeline."""
    patient = patient_or_404(request, ref)
    found = preview(clinic_id=request.clinic.id, patient_id=patient.id, now=request.now)
    lines = _Lines(request, patient, found.lines)
    implants = {row.id: row for row in implants_of(clinic_id=request.clinic.id, patient_id=patient.id)}
    context = patient_frame(request, patient, tab="patient_messages") | {
        "sent": [lines.shown(each) for each in found.lines if each.planned.sends],
        "held": _alike(
            [lines.shown(each) for each in found.lines if each.planned.why_not not in (None, WhyNot.DIGEST)]
        ),
        "quiet": [
            (implants[implant_id], REASONS[why.value])
            for implant_id, why in found.quiet_refills.items()
            if implant_id in implants and why is not WhyNot.ENDED
        ],
    }
    return render(request, "nurse/patients/messages.html", context)


@require_safe
@clinic_page(Permission.VIEW_MESSAGES)
def patient_message(request: ClinicRequest, ref: UUID, message_ref: UUID) -> HttpResponse:
    """The words of one message as they would go out now, for htmx; otherwise the message's own page, which says more."""
    patient = patient_or_404(request, ref)
    message = message_of_patient(clinic_id=request.clinic.id, patient_id=patient.id, message_ref=message_ref)
    if message is None:
        raise Http404
    if not request.htmx:
        return redirect(clinic_reverse(request, "message", ref=message_ref))
    outgoing = as_it_would_read(message, now=request.now)
    return render(request, "nurse/patients/_message_words.html", {"outgoing": outgoing})


class _Lines:
    """What the lines of one page share: who reads, and what visits are when."""

    def __init__(self, request: ClinicRequest, patient: Patient, lines: Sequence[PreviewLine]) -> None:
        self.request, self.patient = request, patient
        self.zone = request.clinic.time_zone
        clinic_id = request.clinic.id
        helpers = proxies(clinic_id=clinic_id, patient_id=patient.id)
        points = [
            *contact_points(clinic_id=clinic_id, patient_id=patient.id),
            *(point for helper in helpers for point in helper.contact_points.all()),
        ]
        self.contacts = {point.id: point.value for point in points}
        self.helpers = {helper.id: helper.name for helper in helpers}
        self.carried: defaultdict[Key | None, list[Planned]] = defaultdict(list)
        for line in lines:
            if line.planned.carried_by is not None:
                self.carried[line.planned.carried_by].append(line.planned)

    def shown(self, line: PreviewLine) -> dict[str, Any]:
        planned = line.planned
        due = self._on_readers_clock(planned)
        carries = self.carried.get(planned.key, [])
        return {
            "due": due,
            "at": f"{due:%H:%M}",
            "zone": self._other_zone(planned),
            "what": PURPOSES[Purpose.DIGEST] if carries else _what(planned),
            "about": "" if carries else _about(planned),
            "carries": _counted([_whole(each) for each in (planned, *carries)]) if carries else [],
            "channel": CHANNELS[planned.channel] if planned.channel else "",
            "icon": CHANNEL_ICONS[planned.channel] if planned.channel else "",
            "address": self.contacts.get(planned.address.contact_id, "") if planned.address else "",
            "helper": self.helpers.get(planned.proxy_id, "") if planned.proxy_id else "",
            "wants_answer": planned.wish.wants_answer,
            "why": REASONS[planned.why_not.value] if planned.why_not else "",
            "url": self._url(line),
        }

    def _on_readers_clock(self, planned: Planned) -> datetime:
        return planned.due_at.astimezone(planned.address.zone) if planned.address else planned.due_at

    def _other_zone(self, planned: Planned) -> str:
        """The reader's zone where it is not the clinic's."""
        zone = planned.address.zone.key if planned.address else self.zone
        return "" if zone == self.zone else zone

    def _url(self, line: PreviewLine) -> str:
        if line.ref is None:
            return ""
        names = {"ref": self.patient.ref, "message_ref": line.ref}
        return clinic_reverse(self.request, "patient_message", **names)


def _what(planned: Planned) -> str | Promise:
    wish = planned.wish
    return PURPOSES[purpose_of(kind=wish.kind.value, step=wish.step, wants_answer=wish.wants_answer)]


def _about(planned: Planned) -> str | Promise:
    """Which kind of visit it reminds of: for the staff, no message says it."""
    return KINDS[planned.wish.kind] if planned.wish.kind in VISIT_KINDS else ""


def _whole(planned: Planned) -> str:
    return " · ".join(str(words) for words in (_what(planned), _about(planned)) if words)


def _counted(names: Sequence[str]) -> list[str]:
    """Each once, in order, with how many there are of it."""
    return [
        name if number == 1 else _("%(name)s, %(number)d times") % {"name": name, "number": number}
        for name, number in Counter(names).items()
    ]


def _alike(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is held back for the same reason as one line, with its first and last day and how many there are."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in lines:
        key = tuple(str(line[name]) for name in ("what", "about", "why", "channel", "address", "helper"))
        first = found.setdefault(key, line | {"times": 0})
        first["times"] += 1
        first["until"] = line["due"] if line["due"].date() != first["due"].date() else None
    return list(found.values())


urlpatterns = [
    path("patients/<uuid:ref>/messages/", patient_messages, name="patient_messages"),
    path("patients/<uuid:ref>/messages/<uuid:message_ref>/", patient_message, name="patient_message"),
]
