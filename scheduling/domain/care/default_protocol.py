"""The care protocol a clinic begins with; its administrator may change every row.

Each row says where it comes from and how sure that is (C confirmed in a published source, C2 in a secondary one, U
unconfirmed but commonly done, D our own choice). docs/reference/care-plan.md is made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinic.domain.catalogue import Confidence
from clinic.domain.register.reasons import gettext_noop
from scheduling.domain.care.protocol import Anchor, Mode, Row, Step
from scheduling.domain.care.relative_date import RelativeDate

_C, _C2, _U, _D = Confidence.CONFIRMED, Confidence.SECONDARY, Confidence.UNCONFIRMED, Confidence.DESIGN
_at = RelativeDate.parse

_BEFORE = "usual preparation for an implant; weeks and days are the clinic's to set"
_WOUND = "wound care after device implants; days within the usual range are our own choice"
_INFECTION = "surveillance windows of 30 and 90 days after an implant; late infections to one year"
_LEAK = "post-puncture headache and leaks of spinal fluid come in the first two weeks; pocket leaks to about day 120"
_EOS = "makers' labelling: the pump stops at end of service, 90 days after the replacement indicator at the latest"
_REVIEW = "follow-up practice of pump clinics"


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """A row with where it comes from."""

    row: Row
    source: str
    confidence: Confidence


def _row(
    source: str,
    confidence: Confidence,
    anchor: Anchor,
    key: str,
    title: str,
    mode: Mode,
    window: tuple[str, str],
    *,
    do: str = "",
    repeats: tuple[tuple[str, str], ...] = (),
    kind: str = "",
    only_programmable: bool = False,
) -> DefaultRow:
    steps = tuple(Step(_at(every), _at(until) if until else None) for every, until in repeats)
    row = Row(
        key=key,
        title=title,
        instructions=do,
        anchor=anchor,
        mode=mode,
        target=_at(window[0]),
        latest=_at(window[1]),
        repeats=steps,
        visit_kind_key=kind,
        only_programmable=only_programmable,
    )
    return DefaultRow(row, source, confidence)


_ = gettext_noop

BEFORE_SURGERY = (
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "medical_evaluation",
        _("Medical evaluation"),
        Mode.VISIT,
        ("-6 w", "-3 w"),
        do=_("Examination, blood tests, MRI or CT."),
        kind="evaluation",
    ),
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "psychological_assessment",
        _("Psychological assessment"),
        Mode.VISIT,
        ("-6 w", "-3 w"),
        kind="evaluation",
    ),
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "drug_trial",
        _("Drug trial"),
        Mode.VISIT,
        ("-4 w", "-2 w"),
        do=_("Give the trial dose and write down the response."),
        kind="trial",
    ),
    _row(
        "anticoagulation before neuraxial procedures: decided two weeks ahead, the dates by the prescriber",
        _C2,
        Anchor.SURGERY_PLANNED,
        "blood_thinner_plan",
        _("Blood-thinner plan"),
        Mode.TASK,
        ("-3 w", "-14 d"),
        do=_(
            "The prescriber decides what is stopped when, and what replaces it; tell the patient the dates."
        ),
    ),
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "ride_and_helper",
        _("Ride home and helper"),
        Mode.CALL,
        ("-3 d", "-3 d"),
        do=_("Who drives home, and who stays for the first 24 hours?"),
    ),
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "ride_and_helper_recheck",
        _("Ride home and helper, once more"),
        Mode.CALL,
        ("-1 d", "-1 d"),
        do=_("Ask again whether the ride and the helper still stand."),
    ),
    _row(
        _BEFORE,
        _U,
        Anchor.SURGERY_PLANNED,
        "fasting",
        _("Fasting instruction"),
        Mode.CALL,
        ("-1 d", "-1 d"),
        do=_("Nothing to eat for 6 to 8 hours before the operation."),
    ),
)

AFTER_SURGERY = (
    _row(
        _WOUND,
        _D,
        Anchor.SURGERY,
        "wound_check_call",
        _("Wound check by telephone"),
        Mode.CALL,
        ("+2 d", "+3 d"),
        do=_("Ask for redness, swelling, discharge, fever and headache."),
    ),
    _row(
        _WOUND,
        _D,
        Anchor.SURGERY,
        "wound_check",
        _("Wound check"),
        Mode.VISIT,
        ("+10 d", "+14 d"),
        kind="wound_check",
    ),
    _row(
        "sutures and clips are taken out about day 10",
        _C,
        Anchor.SURGERY,
        "suture_removal",
        _("Suture or clip removal"),
        Mode.VISIT,
        ("+10 d", "+14 d"),
        kind="suture_removal",
    ),
    _row(
        _INFECTION,
        _C,
        Anchor.SURGERY,
        "infection_watch",
        _("Infection check-in"),
        Mode.CHECK_IN,
        ("+1 d", "+2 d"),
        do=_("Daily for two weeks, then weekly to day 90: fever, wound, stiff neck, confusion."),
        repeats=(("+1 d", "+14 d"), ("+1 w", "+90 d")),
    ),
    _row(
        _INFECTION,
        _C,
        Anchor.SURGERY,
        "infection_half_year",
        _("Infection check-in, half a year"),
        Mode.CHECK_IN,
        ("+180 d", "+194 d"),
    ),
    _row(
        _INFECTION,
        _C,
        Anchor.SURGERY,
        "infection_one_year",
        _("Infection check-in, one year"),
        Mode.CHECK_IN,
        ("+1 y", "+54 w"),
    ),
    _row(
        _LEAK,
        _C,
        Anchor.SURGERY,
        "leak_watch",
        _("Leak and headache check-in"),
        Mode.CHECK_IN,
        ("+1 d", "+2 d"),
        do=_(
            "Headache that is worse upright, clear fluid from the wound, swelling at the back or the pocket."
        ),
        repeats=(("+1 d", "+14 d"),),
    ),
    _row(
        _LEAK,
        _C,
        Anchor.SURGERY,
        "pocket_leak_watch",
        _("Pocket leak watch"),
        Mode.WATCH,
        ("+30 d", "+37 d"),
        do=_("Look for fluid around the pump whenever the patient is seen."),
        repeats=(("+30 d", "+120 d"),),
    ),
    _row(
        "activity limits of six to eight weeks after an implant",
        _C,
        Anchor.SURGERY,
        "activity_limits_end",
        _("Activity limits end"),
        Mode.CALL,
        ("+6 w", "+8 w"),
        do=_("Tell the patient which movements are free again and from which day."),
    ),
    _row(
        "first follow-up two to six weeks after an implant",
        _C,
        Anchor.SURGERY,
        "first_follow_up",
        _("First follow-up"),
        Mode.VISIT,
        ("+2 w", "+6 w"),
        do=_("Interrogate the pump; review dose and effect."),
        kind="check_up",
    ),
    _row(
        _REVIEW,
        _U,
        Anchor.SURGERY,
        "first_outcomes",
        _("Therapy outcomes, first follow-up"),
        Mode.VISIT,
        ("+2 w", "+6 w"),
        do=_("Pain score, spasticity, satisfaction, quality of life, oral medicines still taken."),
        kind="check_up",
    ),
    _row(
        _REVIEW,
        _C,
        Anchor.SURGERY,
        "annual_review",
        _("Annual review"),
        Mode.VISIT,
        ("+1 y", "+13 mo"),
        do=_(
            "Therapy effect, end-of-service date, emergency card, oral rescue supply, contacts; interrogate."
        ),
        repeats=(("+1 y", ""),),
        kind="annual_review",
    ),
    _row(
        _REVIEW,
        _U,
        Anchor.SURGERY,
        "annual_outcomes",
        _("Therapy outcomes of the year"),
        Mode.VISIT,
        ("+1 y", "+13 mo"),
        do=_("Pain score, spasticity, satisfaction, quality of life, oral medicines still taken."),
        repeats=(("+1 y", ""),),
        kind="annual_review",
    ),
)

AFTER_EVENTS = (
    _row(
        "patients are watched for 30 minutes after a refill; a pump is interrogated at each visit",
        _C,
        Anchor.REFILL,
        "refill_observation",
        _("Observation after the refill"),
        Mode.WATCH,
        ("0 d", "0 d"),
        do=_(
            "30 minutes at the clinic, same visit: breathing, wakefulness, swelling at the pocket. Interrogate the pump."
        ),
    ),
    _row(
        "a dose change is reviewed within 24 hours",
        _C,
        Anchor.DOSE_CHANGE,
        "titration_review",
        _("Titration review"),
        Mode.CALL,
        ("0 d", "+1 d"),
        do=_("Within 24 hours of the change: effect, sleepiness, breathing, weakness."),
        kind="titration",
    ),
    _row(
        "makers' labelling: interrogate after every scan; the log may show recovery 2 to 24 hours late",
        _C,
        Anchor.MRI,
        "mri_interrogation",
        _("Interrogate the pump after the scan"),
        Mode.VISIT,
        ("0 d", "0 d"),
        do=_(
            "Same day: has the rotor started again? Look once more after 24 hours where the log shows no recovery."
        ),
        kind="pump_check",
        only_programmable=True,
    ),
    _row(
        _EOS,
        _C,
        Anchor.END_OF_SERVICE,
        "replacement_planning",
        _("Plan the replacement"),
        Mode.VISIT,
        ("-6 mo", "-5 mo"),
        do=_("Decide with the patient whether and when the pump is replaced; refer to surgery."),
        kind="replacement_planning",
    ),
    _row(
        _EOS,
        _C,
        Anchor.END_OF_SERVICE,
        "replacement_date",
        _("Replacement has a date"),
        Mode.TASK,
        ("-3 mo", "-10 w"),
        do=_("The operation is on the calendar and well before the end of service."),
    ),
    _row(
        _WOUND,
        _D,
        Anchor.EXPLANT,
        "explant_wound_call",
        _("Wound check by telephone after the explant"),
        Mode.CALL,
        ("+2 d", "+3 d"),
        do=_("Ask for redness, swelling, discharge, fever, headache and for signs of withdrawal."),
    ),
    _row(
        _WOUND,
        _D,
        Anchor.EXPLANT,
        "explant_wound_check",
        _("Wound check after the explant"),
        Mode.VISIT,
        ("+10 d", "+14 d"),
        kind="wound_check",
    ),
)

DEFAULT_PROTOCOL = (*BEFORE_SURGERY, *AFTER_SURGERY, *AFTER_EVENTS)
"""Every row, in the order in which it is shown."""
