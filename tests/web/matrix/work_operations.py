"""The REST interface beyond the record: people, observations, follow-ups, messages, matters, feeds, reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from clinic.domain.roles import Permission
from tests.web.matrix.rows import About, Operation, listed, named

VIEW, EDIT, CARE = Permission.VIEW_PATIENTS, Permission.EDIT_PATIENTS, Permission.RECORD_CARE
BOOK, WORK, MESSAGES = Permission.BOOK_VISITS, Permission.WORK_FOLLOW_UPS, Permission.VIEW_MESSAGES
LINKS = Permission.MAKE_LINKS

CONTACT = named("id kind value proxy is_preferred is_active can_receive time_zone")
CONSENT = named("channel topic is_granted wording recorded_at is_patients_own")
PROXY = named("id name relationship may_receive_reminders is_emergency_contact is_active")
READING = named("id implant note recorded_at is_superseded read_on read_at reservoir_ml printed_refill_on")
EVENT = named("id implant note recorded_at is_superseded kind occurred_on occurred_at scale score")
FOLLOW_UP = named(
    "ref patient implant row_key title instructions mode anchor anchored_on occurrence target_on latest_on state"
    " postponed_until owner closed_at closing_reason ended_because"
)
MESSAGE = named(
    "ref patient contact_point proxy kind channel state reason implant visit follow_up carried_by wants_answer"
    " due_at not_after planned_at first_sent_at settled_at"
)
ATTEMPTS = named("attempts") | named("started_at finished_at outcome error", "attempts[].")
MATTER = named(
    "ref cause rung level patient implant visit message responsible opened_at respond_by again_at gone_at"
    " gone_because acknowledged_at acknowledged_by outcome note"
)
STEPS = named("what at level rung user note", "steps[].")
FEED = named("ref label scope of holds detail is_patients_own created_at revoked_at")
CHECK = named(
    "ref patient implant state reasons[] author opened_at holds mismatches emergency_until",
)
VISIT = named(
    "ref status patient implant kind nurse room starts_at ends_at local_on local_at time_zone is_refill sequence"
    " note override_reason"
) | named("status since reason moved_from", "history[].")
PURPOSES = named("follow_ups follow_ups[]")
FOUND = named("findings") | named("code is_stop message to_do", "findings[].")
INGREDIENT = "drug concentration unit"


def _days_from_now(days: int) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def _below(prefix: str, *keys: frozenset[str]) -> frozenset[str]:
    return frozenset(prefix + key for each in keys for key in each)


def _reason(about: About) -> dict[str, Any]:
    return {"reason": "for the table"}


def _early(name: str) -> Operation:
    """A step of a visit before its day."""
    return Operation(name, "POST", BOOK, "visit", code=422, refused_at="#/starts_at")


def _decided(name: str, sends: Any = _reason) -> Operation:
    return Operation(name, "POST", WORK, "follow-up", sends=sends, keys=FOLLOW_UP, writes=True)


PEOPLE = (
    Operation("contact-points", "GET", VIEW, "patient", **listed(CONTACT)),
    Operation(
        "contact-points",
        "POST",
        EDIT,
        "patient",
        sends=lambda about: {"kind": "phone", "value": "+1 312 555 0199"},
        code=201,
        keys=CONTACT,
        writes=True,
    ),
    Operation("contact-point-retire", "POST", EDIT, "contact point", keys=CONTACT, writes=True),
    Operation("contact-point-restore", "POST", EDIT, "contact point", keys=CONTACT, writes=True),
    Operation("consents", "GET", VIEW, "patient", **listed(frozenset(), CONSENT)),
    Operation(
        "consents",
        "POST",
        EDIT,
        "patient",
        sends=lambda about: {"channel": "sms", "topic": "reminders", "is_granted": True, "wording": "Yes."},
        code=201,
        keys=CONSENT,
        writes=True,
    ),
    Operation("proxies", "GET", VIEW, "patient", **listed(PROXY)),
    Operation(
        "proxies",
        "POST",
        EDIT,
        "patient",
        sends=lambda about: {"name": "Ida Poe"},
        code=201,
        keys=PROXY,
        writes=True,
    ),
    Operation("proxy", "GET", VIEW, "helper", keys=PROXY),
    Operation(
        "proxy",
        "PUT",
        EDIT,
        "helper",
        sends=lambda about: {"name": "Ida Poe", "is_active": False},
        keys=PROXY,
        writes=True,
    ),
)
OBSERVATIONS = (
    Operation("readings", "GET", VIEW, "implant", **listed(READING)),
    Operation(
        "readings",
        "POST",
        CARE,
        "implant",
        sends=lambda about: {"read_on": _days_from_now(-1), "reservoir_ml": "30"},
        code=201,
        keys=READING,
        writes=True,
    ),
    Operation("reading-withdraw", "POST", CARE, "reading number", sends=_reason, keys=READING, writes=True),
    Operation("events", "GET", VIEW, "implant", **listed(EVENT)),
    Operation(
        "events",
        "POST",
        CARE,
        "implant",
        sends=lambda about: {"kind": "fall", "occurred_on": _days_from_now(-1)},
        code=201,
        keys=EVENT,
        writes=True,
    ),
    Operation("event-withdraw", "POST", CARE, "event number", sends=_reason, keys=EVENT, writes=True),
)
WORK_LISTS = (
    Operation(
        "work-list",
        "GET",
        VIEW,
        keys=named("page pages")
        | named("missing emergency overdue at_risk due review later", "counts.")
        | named(
            "implant patient group rung must_refill_by limited_by days_left days_to_empty low_reservoir_on"
            " empty_on target_visit_on latest_visit_on review_on hazard filled_on booking follow_up owner"
            " postponed_until due_follow_ups",
            "results[].",
        ),
        at_times=_below(
            "results[].",
            FOUND,
            named("visit drugs drugs[]"),
            named("ref starts_at local_on status", "visit."),
        )
        | named("results"),
        foreign=200,
    ),
    Operation(
        "follow-ups",
        "GET",
        VIEW,
        keys=named("page pages")
        | named("overdue today week later", "counts.")
        | _below("results[].", named("part due_on latest_on until_on"), named("follow_ups[]"))
        | _below("results[].first.", FOLLOW_UP),
        at_times=_below("results[].", named("visit"), named("ref starts_at local_on", "visit."))
        | named("results"),
        foreign=200,
    ),
    Operation("owners", "GET", VIEW, keys=named("id name", "[]."), foreign=200),
    Operation("patient-follow-ups", "GET", VIEW, "patient", **listed(FOLLOW_UP)),
    Operation("follow-up", "GET", VIEW, "follow-up", keys=FOLLOW_UP),
    _decided("follow-up-done", lambda about: {"note": "went well"}),
    _decided("follow-up-not-needed"),
    _decided("follow-up-postpone", lambda about: {"until": _days_from_now(2), "reason": "in hospital"}),
    _decided("follow-up-reopen"),
    _decided("follow-up-assign", lambda about: dict(about["work"])),
)
STEPS_OF_VISITS = (
    Operation("visits", "GET", VIEW, **listed(VISIT, PURPOSES), foreign=200),
    _early("visit-arrive"),
    _early("visit-check-in"),
    _early("visit-no-show"),
    _early("visit-done"),
    Operation(
        "visit-entered-in-error",
        "POST",
        BOOK,
        "visit",
        sends=_reason,
        keys=VISIT,
        at_times=PURPOSES,
        writes=True,
    ),
    Operation("visit-undo", "POST", BOOK, "visit", sends=_reason, code=422, refused_at="#/status"),
)
TELLING = (
    Operation("messages", "GET", MESSAGES, **listed(MESSAGE, ATTEMPTS), foreign=200),
    Operation("message", "GET", MESSAGES, "message", keys=MESSAGE, at_times=ATTEMPTS),
    Operation(
        "message-plan",
        "GET",
        MESSAGES,
        "patient",
        keys=named("patient"),
        at_times=named("messages quiet_refills")
        | named(
            "kind step channel contact_point proxy wants_answer due_at not_after why_not message",
            "messages[].",
        )
        | named("implant why", "quiet_refills[]."),
    ),
    Operation("escalations", "GET", VIEW, **listed(MATTER), foreign=200),
    Operation("escalation", "GET", VIEW, "matter", keys=MATTER | STEPS),
    Operation(
        "escalation-acknowledge",
        "POST",
        WORK,
        "matter",
        sends=lambda about: {"outcome": "mended"},
        keys=MATTER | STEPS,
        writes=True,
    ),
    # The matter of the table is about nobody whom somebody could have called.
    Operation(
        "escalation-try",
        "POST",
        WORK,
        "matter",
        sends=lambda about: {"whom": "patient"},
        code=422,
        refused_at="#/outcome",
    ),
    Operation("feeds", "GET", VIEW, **listed(frozenset(), FEED), foreign=200),
    Operation(
        "feeds",
        "POST",
        LINKS,
        sends=lambda about: {"label": "EMR", "scope": "clinic"},
        code=201,
        keys=FEED | named("address"),
        foreign=201,
        writes=True,
    ),
    Operation("feed-revoke", "POST", EDIT, "calendar link", keys=FEED, writes=True, is_found_first=True),
    Operation("second-checks", "GET", CARE, **listed(CHECK), foreign=200),
)
REPORTS = (
    Operation(
        "report-refills-due",
        "GET",
        VIEW,
        keys=named("uncertain refill_minutes")
        | named("starts_on ends_on due overdue repeats booked fit is_over may_be_over", "weeks[]."),
        foreign=200,
    ),
    Operation(
        "report-pharmacy",
        "GET",
        VIEW,
        keys=named("starts_on lead_days") | named("starts_on syringes", "weeks[]."),
        at_times=named("preparations doubts")
        | _below("doubts[].", FOUND, named("patient implant visit_on filled"), named(INGREDIENT, "filled[]."))
        | _below("preparations[].", named("total_ml order_by"), named(INGREDIENT, "mixture[]."))
        | named("patient implant volume_ml needed_on is_booked order_by", "preparations[].syringes[]."),
        foreign=200,
    ),
    Operation(
        "report-discrepancies",
        "GET",
        VIEW,
        keys=named("page pages total flagged unjudged waiting"),
        at_times=named("results")
        | _below("results[].", named("patient implant is_flagged_now flagged mean_rate_error"))
        | named(
            "filled_on since expected_ml residual_ml difference_ml rate_error is_volume_off is_rate_off"
            " is_possible_pocket_fill is_more_than_fill",
            "results[].checks[].",
        ),
        foreign=200,
    ),
    Operation("report-outcomes", "GET", VIEW, foreign=200),
    Operation(
        "report-outcome-courses",
        "GET",
        VIEW,
        sends=lambda about: {"scale": "Pain"},
        code=400,
        foreign=400,
        refused_at="#/scale",
    ),
)
WORK_OPERATIONS = (*PEOPLE, *OBSERVATIONS, *WORK_LISTS, *STEPS_OF_VISITS, *TELLING, *REPORTS)
