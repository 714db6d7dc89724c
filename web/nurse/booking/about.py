"""What the pages about one visit share: finding it, its head, its breadcrumb."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.seeing import saw
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import visit_by_ref
from web.access import ClinicRequest
from web.nurse.booking.slots import comes_twice_said
from web.nurse.calendar.looks import STATUSES
from web.nurse.frame import clinic_reverse, full_name


def visit_or_404(request: ClinicRequest, ref: UUID) -> Visit:
    """The visit of this clinic with its kind, nurse, room and patient; of another clinic there is none here."""
    visit = visit_by_ref(clinic_id=request.clinic.id, ref=ref)
    if visit is None:
        raise Http404
    saw(request.clinic.id, [visit.patient_id])
    return visit


def about_visit(request: ClinicRequest, visit: Visit, here: str | Promise = "") -> dict[str, Any]:
    """What a page about a visit needs of its frame: whose it is, when it is, where one came from."""
    name = full_name(visit.patient)
    page = clinic_reverse(request, "visit", ref=visit.ref)
    kind = _(visit.kind.name)
    trail = [
        (_("Calendar"), f"{clinic_reverse(request, 'calendar')}?date={visit.local_on.isoformat()}"),
        (name, clinic_reverse(request, "patient", ref=visit.patient.ref)),
        (kind, page if here else ""),
        *([(here, "")] if here else []),
    ]
    return {
        "place": "calendar",
        "patient": visit.patient,
        "visit": visit,
        "trail": trail,
        "look": STATUSES[visit.status],
        "kind": kind,
        "until": visit.ends_at.astimezone(ZoneInfo(visit.time_zone)).time(),
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds()) // 60,
        "which": comes_twice_said(visit.starts_at, ZoneInfo(visit.time_zone)),
    }
