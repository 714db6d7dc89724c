"""Of the care plan: visits with their changes of status, what became of follow-ups, calls, messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.text import capfirst
from django.utils.translation import gettext as _t

from clinic.domain.roles import Permission
from notifications.selectors.messages import messages_of_patient
from notifications.services.answers import BY_LINK
from scheduling.selectors.calls import calls_of_patient
from scheduling.selectors.follow_ups import acts_of_patient
from scheduling.selectors.rows import FollowUpAct, VisitStatus
from scheduling.selectors.timeline import visit_statuses_of_patient
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse
from web.nurse.happenings.lines import Happening
from web.nurse.message_words import STATES, what_it_is, why
from web.words import day_words, moment_words

VISIT_ICONS = {
    "booked": "calendar-check",
    "pending": "calendar2-minus",
    "arrived": "door-open",
    "checked-in": "person-check",
    "fulfilled": "check2-circle",
    "cancelled": "calendar-x",
    "noshow": "person-x",
    "entered-in-error": "slash-circle",
}
ACT_ICONS = {
    "created": "clipboard2-plus",
    "done": "clipboard2-check",
    "postponed": "clock-history",
    "not_needed": "clipboard2-x",
    "ended": "clipboard2-x",
}
_MOST_TITLES = 4


def visit_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """Each status of each visit, named by the time the visit had then."""
    rows = visit_statuses_of_patient(clinic_id=request.clinic.id, patient_id=patient_id)
    for _visit_id, statuses in groupby(sorted(rows, key=lambda row: (row.visit_id, row.id)), _visit_of):
        yield from _visit(request, list(statuses))


def _visit_of(row: VisitStatus) -> int:
    return row.visit_id


def _visit(request: ClinicRequest, rows: Sequence[VisitStatus]) -> Iterator[Happening]:
    starts_at = rows[0].visit.starts_at
    for row in reversed(rows):
        visit = row.visit
        places = [str(place) for place in (visit.nurse, visit.room) if place is not None]
        moved = row.moved_from is not None
        what = _t("moved") if moved else row.get_status_display()
        title = _t("%(kind)s %(status)s: %(when)s") % {
            "kind": _t(visit.kind.name),
            "status": what,
            "when": moment_words(starts_at),
        }
        is_patients = row.by is None and row.reason == BY_LINK
        reason_is_said = bool(row.reason) and not is_patients
        before = _t("before: %(when)s") % {"when": moment_words(row.moved_from)} if moved else ""
        yield Happening(
            kind="visit",
            icon="calendar2-range" if moved else VISIT_ICONS.get(row.status, "calendar-event"),
            on=_local(request, row.since).date(),
            at=row.since,
            noted_at=row.since,
            title=title,
            detail=" · ".join(filter(None, [before, *places, _t(row.reason) if reason_is_said else ""])),
            who=_t(BY_LINK) if is_patients else _person(row.by),
            is_replaced=visit.status == "entered-in-error",
        )
        starts_at = row.moved_from or starts_at


def follow_up_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """What was done about follow-ups; what was done about several at once is one line."""
    acts = acts_of_patient(clinic_id=request.clinic.id, patient_id=patient_id)
    for _key, together in groupby(acts, lambda act: (act.at, act.act, act.by_id, act.reason, act.until)):
        yield _acts(request, list(together))


def _acts(request: ClinicRequest, acts: Sequence[FollowUpAct]) -> Happening:
    act = acts[0]
    title = _t("%(act)s: %(what)s") % {
        "act": capfirst(act.get_act_display()),
        "what": titles_in_short(_t(each.follow_up.title) for each in reversed(acts)),
    }
    details = [_t(act.reason) if act.reason else ""]
    if act.until is not None:
        details.insert(0, _t("until %(day)s") % {"day": day_words(act.until)})
    if act.owner is not None and act.act == "assigned":
        details.insert(0, str(act.owner))
    if act.act == "re_anchored" and len(acts) == 1 and act.latest_after is not None:
        details.insert(0, _moved_to(act.latest_before, act.latest_after))
    return Happening(
        kind="follow_up",
        icon=ACT_ICONS.get(act.act, "clipboard2"),
        on=_local(request, act.at).date(),
        at=act.at,
        noted_at=act.at,
        title=title,
        detail=" · ".join(filter(None, details)),
        who=_person(act.by),
    )


def _moved_to(before: date | None, after: date) -> str:
    """The last day, and what it was; where only the day to begin moved, it is the same."""
    days = {"before": day_words(before), "after": day_words(after)}
    if before is None:
        return _t("latest day %(after)s") % days
    if before == after:
        return _t("latest day %(after)s, as before") % days
    return _t("latest day %(after)s, before %(before)s") % days


def titles_in_short(titles: Iterable[str]) -> str:
    """Wound check, Infection check-in ×14 and 3 more."""
    counted = Counter(titles)
    shown = [f"{title} ×{number}" if number > 1 else title for title, number in counted.items()]
    if len(shown) <= _MOST_TITLES:
        return ", ".join(shown)
    more = {"shown": ", ".join(shown[:_MOST_TITLES]), "number": len(shown) - _MOST_TITLES}
    return _t("%(shown)s and %(number)d more") % more


def call_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    for call in calls_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        again = call.call_back_on
        details = [
            _t(call.follow_up.title) if call.follow_up else "",
            call.get_whom_display() if call.whom != "patient" else "",
            _t("call again on %(day)s") % {"day": day_words(again)} if again else "",
            call.note,
        ]
        yield Happening(
            kind="call",
            icon="telephone",
            on=_local(request, call.called_at).date(),
            at=call.called_at,
            noted_at=call.called_at,
            title=_t("Call: %(outcome)s") % {"outcome": call.get_outcome_display()},
            detail=" · ".join(filter(None, details)),
            who=str(call.called_by),
        )


def message_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """What was sent, and what was held back and why; what still waits has not happened."""
    may_read = Permission.VIEW_MESSAGES in request.permissions
    for message in messages_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        if message.state == "suppressed" and message.due_at > request.now:
            continue  # held back so far: its hour has not come
        label, icon, _look = STATES[message.state]
        at = message.first_sent_at or message.settled_at or message.due_at
        yield Happening(
            kind="message",
            icon=icon,
            on=_local(request, at).date(),
            at=at,
            noted_at=at,
            title=_t("Message “%(what)s”: %(state)s") % {"what": what_it_is(message), "state": label},
            detail=" · ".join(
                filter(None, [message.recipient.value if message.recipient else "", str(why(message))])
            ),
            link=clinic_reverse(request, "message", ref=message.ref) if may_read else "",
            link_label=_t("open it"),
        )


def _local(request: ClinicRequest, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(request.clinic.time_zone))


def _person(person: object | None) -> str:
    return _t("worked out from the record") if person is None else str(person)
