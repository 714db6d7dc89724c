"""One pump of the work list as the template shows it: every text and address, with the act that is most likely next.

Fifty rows of some hundred template tags would be most of what the page costs (docs/adr/0045): what a row says is put
together here, and the template only places it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _t

from clinic.domain.roles import Permission
from clinic.writing import dated
from scheduling.domain.care.rungs import NAMES, WHAT_TO_DO
from scheduling.selectors.rows import CallAttempt
from scheduling.selectors.worklist import Booking, WorkRow
from web import findings
from web.access import ClinicRequest
from web.groups import GroupLook
from web.navigation import clinic_address
from web.nurse.answers import AnswerLook
from web.words import day_words, quantity_words

TO_BE_BOOKED = frozenset({"missing", "emergency", "overdue", "at_risk", "due"})
_DAY, _SHORT_DAY, _MOMENT, _CALLED = "D j M", "j M", "D j M, H:i", "D j M H:i"
_LATE, _SOFT = "work-late", "soft"
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the rows: whose page it is, ``here`` in an address, newest calls and answers."""

    request: ClinicRequest
    here: str
    calls: Mapping[UUID, CallAttempt]
    answers: Mapping[int, AnswerLook]


def shown_row(row: WorkRow, look: GroupLook, beside: Beside) -> dict[str, Any]:
    """The row in words, with its group's look, its findings, its rung, the patient's newest call and answer.

    An act that the person may not do has no address.
    """
    who = f"{row.last_name}, {row.first_name}"
    call = beside.calls.get(row.patient_ref)
    return {
        "row": row,
        "look": look,
        "findings": findings.stored(row.findings),
        "who": who,
        "tick": _t("Tick the refill of %(name)s") % {"name": who},
        "more": _t("More for %(who)s") % {"who": who},
        "pump": f"{row.pump} · {row.serial}",
        "owner": row.owner,
        "identity": f"{_t('MRN')} {row.mrn} · {dated(row.birth_date, 'j M Y')}",
        "drugs": " + ".join(row.drugs),
        "is_hazard": row.hazard == 2,
        "is_mine": row.owner_id == beside.request.user.id,
        "call": f"{call.get_outcome_display()}, {_moment(call.called_at, _CALLED)}" if call else "",
        "answer": beside.answers.get(row.visit.visit_id) if row.visit else None,
        **_rung(row),
        **_date(row),
        **_days(row),
        **_visit(row, beside.request.today),
        **_acts(row, beside),
    }


def _moment(moment: datetime, pattern: str) -> str:
    return dated(timezone.localtime(moment), pattern)


def _with_day(words: str, day: date | None, pattern: str = _DAY) -> str:
    return words % {"day": dated(day, pattern) if day else ""}


def _rung(row: WorkRow) -> dict[str, str]:
    """How far a late refill has climbed, in words, as on the board; nothing for a pump that is in time."""
    if row.rung is None:
        return {}
    return {"rung": _t(NAMES[row.rung]), "rung_meaning": _t(WHAT_TO_DO[row.rung])}


def _date(row: WorkRow) -> dict[str, str | None]:
    """The day to refill by and what binds it; else by when somebody must look."""
    if row.must_refill_by:
        line = str(findings.LIMITS.get(row.limited_by, ""))
        if row.high_low_on and row.high_low_on < row.must_refill_by:
            line += " · " + _with_day(_t("at high flow %(day)s"), row.high_low_on, _SHORT_DAY)
        return {"date": day_words(row.must_refill_by), "date_line": line}
    if row.review_on:
        return {
            "date": _t("no certain date"),
            "date_line": _t("look by %(day)s") % {"day": day_words(row.review_on)},
        }
    return {"date": _t("never worked out"), "date_line": None}


def _days(row: WorkRow) -> dict[str, Any]:
    """Days left and days to empty, each with how it looks."""
    left, empty = row.days_left, row.days_to_empty
    shown: dict[str, Any] = {"left": left, "empty": quantity_words(empty)}
    if left is None:
        shown |= {"left": _NONE, "left_look": _SOFT}
    elif left <= 0:
        shown |= {"left": _t("%(days)s late") % {"days": -left} if left else _t("today"), "left_look": _LATE}
    if empty is None:
        shown |= {"empty": _NONE, "empty_look": _SOFT}
    elif empty <= 0:
        since = _with_day(_t("since %(day)s"), row.empty_on)
        shown |= {"empty": _t("empty"), "empty_look": _LATE, "empty_line": since}
    return shown


def _visit(row: WorkRow, today: date) -> dict[str, Any]:
    """The visit that is booked, or when one is to be, and until when the refill was put off."""
    latest, target = row.latest_visit_on, row.target_visit_on
    is_too_late = row.booking is Booking.TOO_LATE
    shown: dict[str, Any] = {"is_too_late": is_too_late}
    if row.visit:
        late = " · " + _with_day(_t("latest %(day)s"), latest) if is_too_late else ""
        shown |= {"visit_at": _moment(row.visit.starts_at, _MOMENT), "visit_line": row.visit.nurse + late}
    elif latest and latest < today:
        shown |= {"visit_now": _t("at once"), "visit_line": _with_day(_t("latest was %(day)s"), latest)}
    elif latest and target and target <= today:
        shown |= {
            "visit_now": _with_day(_t("by %(day)s"), latest),
            "visit_line": _with_day(_t("target %(day)s"), target),
        }
    elif latest:
        shown |= {
            "visit_on": dated(target, _DAY) if target else "",
            "visit_line": _with_day(_t("latest %(day)s"), latest),
        }
    if row.postponed_until and row.postponed_until > today:
        shown["postponed"] = _with_day(_t("postponed until %(day)s"), row.postponed_until)
    return shown


def _acts(row: WorkRow, beside: Beside) -> dict[str, Any]:
    """The addresses of what this person may do, and which stands first."""
    may, slug, item = beside.request.may, beside.request.clinic.slug, row.item_ref
    may_book, may_record = may(Permission.BOOK_VISITS), may(Permission.RECORD_CARE)
    only = f"?only={item}&next={beside.here}"
    follow_up = f"&follow_up={item}" if item else ""

    def to(name: str, rest: str = "", **kwargs: UUID) -> str:
        return clinic_address(name, slug, **kwargs) + rest

    urls = {"patient_url": to("patient", ref=row.patient_ref)}
    if row.due_follow_ups:
        urls["care_url"] = to("patient_care", ref=row.patient_ref)
    if row.visit:
        urls["visit_url"] = to("visit", ref=row.visit.ref)
    if may_record:
        urls["refill_url"] = to("fill_new", "" if row.drugs else "?setup=1", ref=row.implant_ref)
    if may_book:
        urls["book_url"] = to("visit_new", f"?patient={row.patient_ref}{follow_up}&next={beside.here}")
    if may(Permission.WORK_FOLLOW_UPS):
        about = f"follow_up={item}&" if item else ""
        urls["call_url"] = to("call_new", f"?{about}next={beside.here}", ref=row.patient_ref)
        if item:
            urls["give_url"] = to("follow_ups_give", only)
        if item and row.latest_visit_on and row.latest_visit_on > beside.request.today:
            urls["postpone_url"] = to("follow_ups_postpone", only)
    act = _act(row, beside.request.today)
    if row.visit and act == "move" and may_book:
        return urls | {"act": act, "move_url": to("visit_move", f"?next={beside.here}", ref=row.visit.ref)}
    if act == "book" and may_book:
        return urls | {"act": act}
    return urls | {"act": ("refill_now" if act == "refill_now" else "refill") if may_record else ""}


def _act(row: WorkRow, today: date) -> str:
    """Move a visit that is too late; book where none is and it is time; else the refill itself."""
    if row.booking is Booking.TOO_LATE:
        return "move"
    if row.visit is None and row.group in TO_BE_BOOKED:
        return "book"
    return "refill_now" if row.visit is not None and row.visit.local_on == today else "refill"
