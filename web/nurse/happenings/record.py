"""Of the record: fills, programs, readings, events, operations, pumps put in and taken out, a death."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _t

from clinic.selectors.implants import recorded
from clinic.selectors.rows import Implant, Patient, Surgery
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse
from web.nurse.happenings.lines import NOUNS, Happening
from web.nurse.timeline import TimeLine, timeline
from web.words import day_words

_INSTANT = {"fill": "filled_at", "program": "starts_at", "reading": "read_at", "event": "occurred_at"}


def record_happenings(request: ClinicRequest, implants: Sequence[Implant]) -> Iterator[Happening]:
    """Every entry about these pumps; one that was corrected or withdrawn is shown as such."""
    names = {implant.id: implant.serial for implant in implants} if len(implants) > 1 else {}
    ids = [implant.id for implant in implants]
    for line in timeline(recorded(clinic_id=request.clinic.id, implant_ids=ids)):
        row = line.row
        detail = " · ".join(filter(None, [line.detail, names.get(row.implant_id, "")]))
        sheet = clinic_reverse(request, "fill", ref=row.ref) if line.kind == "fill" else ""
        yield Happening(
            kind=line.kind,
            icon=line.icon,
            on=line.on,
            at=getattr(row, _INSTANT[line.kind]),
            noted_at=line.recorded_at,
            title=f"{NOUNS[line.kind]}: {line.title}",
            detail=detail,
            who=str(row.recorded_by),
            is_replaced=line.is_replaced,
            why=_by_whom(line),
            link=sheet,
            link_label=_t("sheet") if sheet else "",
        )


def _by_whom(line: TimeLine) -> str:
    """Why an entry no longer stands, and whose word that is."""
    later: Any = getattr(line.row, "superseded_by", None)
    return f"{line.why} · {later.recorded_by}, {day_words(later.recorded_at.date())}" if later else ""


def operation_happenings(
    request: ClinicRequest, patient: Patient, implants: Sequence[Implant], surgeries: Sequence[Surgery]
) -> Iterator[Happening]:
    """Operations planned, called off and done; pumps in and out; a death."""
    for surgery in surgeries:
        yield from _surgery(request, surgery)
    for implant in implants:
        pump = f"{implant.pump_model} · {implant.serial}"
        yield _day(request, "cpu", implant.implanted_on, _t("Pump implanted"), pump)
        if implant.explanted_on is not None:
            reason = " · ".join(filter(None, [pump, implant.explant_reason]))
            yield _day(request, "box-arrow-up", implant.explanted_on, _t("Pump taken out"), reason)
    if patient.died_on is not None:
        yield _day(request, "dash-circle", patient.died_on, _t("Died"), "")


def _surgery(request: ClinicRequest, surgery: Surgery) -> Iterator[Happening]:
    zone = ZoneInfo(request.clinic.time_zone)
    planned = _t("Operation planned for %(day)s: %(what)s") % {
        "day": day_words(surgery.planned_on),
        "what": surgery.get_purpose_display(),
    }
    is_off = surgery.cancelled_on is not None
    yield Happening(
        kind="operation",
        icon="calendar-plus",
        on=surgery.created_at.astimezone(zone).date(),
        at=surgery.created_at,
        noted_at=surgery.created_at,
        title=planned,
        detail=surgery.note,
        is_replaced=is_off,
        why=_t("called off: %(reason)s") % {"reason": surgery.cancel_reason} if is_off else "",
    )
    if surgery.cancelled_on is not None:
        title = _t("Operation called off")
        yield _day(request, "calendar-x", surgery.cancelled_on, title, surgery.cancel_reason)


def _day(request: ClinicRequest, icon: str, on: Any, title: str, detail: str) -> Happening:
    midnight = datetime.combine(on, time(), ZoneInfo(request.clinic.time_zone))
    return Happening(kind="operation", icon=icon, on=on, noted_at=midnight, title=title, detail=detail)
