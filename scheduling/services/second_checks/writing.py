"""The rows of what stands and what waits, brought in line with what was judged; called by ``reproject`` alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial

from clinic.audit import recording
from clinic.selectors.recorders import Recorded, Recorders, recorders
from scheduling.models import CheckState, SecondCheck, SecondCheckStep, StandingDates
from scheduling.services.entered import entered_from_json
from scheduling.services.second_checks.imported import bring_up_imported, with_importers
from scheduling.services.second_checks.reading import Reading, stood_of
from scheduling.services.standing import Judgement, Stood

What = SecondCheckStep.What
_STOOD = [
    "fill",
    "filled_on",
    "must_refill_by",
    "limited_by",
    "low_reservoir_on",
    "empty_on",
    "empty_at",
    "in_pump",
    "fingerprint",
    "second_check",
    "stood_at",
]
_FOLLOWED = ["reasons", "author", "author_ids", "fingerprint", "would_be", "holds", "mismatches"]
_BATCH = 500


def bring_up_checks(
    clinic_id: int,
    reading: Reading,
    judgements: Mapping[int, Judgement],
    active: Collection[int],
    now: datetime,
) -> None:
    """Write the dates that stand and open, change or withdraw checks, before the forecasts that rest on them.

    Under the implants' locks. Judged the same again, nothing is written.
    """
    covered = bring_up_imported(clinic_id, reading, judgements, partial(_authors, clinic_id, reading))
    _store_standing(clinic_id, reading, judgements, now)
    waiting = {
        implant_id: each
        for implant_id, each in judgements.items()
        if each.reasons and implant_id not in covered
    }
    moved = [
        implant_id
        for implant_id, each in waiting.items()
        if (check := reading.checks.get(implant_id)) is None or check.fingerprint != each.fingerprint
    ]
    gone = [
        check
        for implant_id, check in reading.checks.items()
        if implant_id not in waiting and (implant_id in judgements or implant_id not in active)
    ]
    authors = with_importers(reading, waiting, _authors(clinic_id, reading, moved))
    changed = [
        check
        for implant_id, check in reading.checks.items()
        if implant_id in waiting and _follow(check, waiting[implant_id], authors.get(implant_id))
    ]
    opened = [
        _opened(clinic_id, implant_id, waiting[implant_id], authors[implant_id], now)
        for implant_id in moved
        if implant_id not in reading.checks
    ]
    if opened or changed or gone:
        with recording(actor_id=None, reason="second check followed the record"):
            _write(opened, changed, gone, authors, now)


def _write(
    opened: list[SecondCheck],
    changed: list[SecondCheck],
    gone: list[SecondCheck],
    authors: Mapping[int, list[int]],
    now: datetime,
) -> None:
    SecondCheck.objects.bulk_create(opened, batch_size=_BATCH)
    SecondCheck.objects.bulk_update(changed, _FOLLOWED, batch_size=_BATCH)
    steps = [step(check, What.OPENED, now=now, user_id=check.author_id) for check in opened]
    steps += [
        step(check, What.CHANGED, now=now, user_id=check.author_id)
        for check in changed
        if check.implant_id in authors
    ]
    steps += _withdraw(gone, now)
    SecondCheckStep.objects.bulk_create(steps, batch_size=_BATCH)


def step(
    check: SecondCheck, what: str, *, now: datetime, user_id: int | None = None, note: str = ""
) -> SecondCheckStep:
    """What happened to the check, to be written with others."""
    return SecondCheckStep(
        clinic_id=check.clinic_id, second_check=check, what=what, at=now, user_id=user_id, note=note
    )


def _store_standing(
    clinic_id: int, reading: Reading, judgements: Mapping[int, Judgement], now: datetime
) -> None:
    wanted = {implant_id: each for implant_id, each in judgements.items() if each.stands is not None}
    checks = _signed_checks(clinic_id, {key: each for key, each in wanted.items() if each.is_signed})
    rows = [
        _standing_row(clinic_id, implant_id, stood, checks.get(implant_id), now)
        for implant_id, each in wanted.items()
        if (stood := each.stands) is not None and not _is_stored(reading, implant_id, stood)
    ]
    if rows:
        StandingDates.objects.bulk_create(
            rows, batch_size=_BATCH, update_conflicts=True, unique_fields=["implant"], update_fields=_STOOD
        )


def _is_stored(reading: Reading, implant_id: int, stood: Stood) -> bool:
    row = reading.rows.get(implant_id)
    return row is not None and stood_of(row) == stood


def _signed_checks(clinic_id: int, signed: Mapping[int, Judgement]) -> dict[int, int]:
    if not signed:
        return {}
    rows = SecondCheck.objects.for_clinic(clinic_id).filter(
        implant_id__any_of=list(signed), state=CheckState.SIGNED
    )
    return {
        implant_id: pk
        for implant_id, pk, mark in rows.order_by("id").values_list("implant_id", "id", "fingerprint")
        if signed[implant_id].fingerprint == mark
    }


def _standing_row(
    clinic_id: int, implant_id: int, stood: Stood, check_id: int | None, now: datetime
) -> StandingDates:
    dates = stood.dates
    return StandingDates(
        clinic_id=clinic_id,
        implant_id=implant_id,
        fill_id=stood.fill_id,
        filled_on=stood.filled_on,
        must_refill_by=dates.must_refill_by,
        limited_by=dates.limited_by.value if dates.limited_by else "",
        low_reservoir_on=dates.low_reservoir_on,
        empty_on=dates.empty_on,
        empty_at=dates.empty_at,
        in_pump=dict(stood.in_pump),
        fingerprint=stood.fingerprint,
        second_check_id=check_id,
        stood_at=now,
    )


def _opened(
    clinic_id: int, implant_id: int, judgement: Judgement, authors: list[int], now: datetime
) -> SecondCheck:
    check = SecondCheck(clinic_id=clinic_id, implant_id=implant_id, opened_at=now)
    _follow(check, judgement, authors)
    return check


def _follow(check: SecondCheck, judgement: Judgement, authors: list[int] | None) -> bool:
    """Bring the check's values up to date; whether any was not. Other inputs begin the count of mismatches anew."""
    before = [getattr(check, name) for name in ("reasons", "fingerprint", "would_be", "holds")]
    check.reasons = sorted(reason.value for reason in judgement.reasons)
    check.would_be = judgement.full.must_refill_by
    check.holds = judgement.projection.must_refill_by
    if authors is not None and check.fingerprint != judgement.fingerprint:
        check.author_ids, check.author_id, check.mismatches = sorted(set(authors)), _last(authors), 0
    check.fingerprint = judgement.fingerprint
    return before != [getattr(check, name) for name in ("reasons", "fingerprint", "would_be", "holds")]


def _last(authors: list[int]) -> int | None:
    return authors[-1] if authors else None


def _withdraw(gone: Collection[SecondCheck], now: datetime) -> list[SecondCheckStep]:
    for check in gone:
        check.state, check.closed_at = CheckState.WITHDRAWN, now
    SecondCheck.objects.bulk_update(gone, ["state", "closed_at"], batch_size=_BATCH)
    return [step(check, What.WITHDRAWN, now=now) for check in gone]


def _authors(clinic_id: int, reading: Reading, implant_ids: Collection[int]) -> dict[int, list[int]]:
    """Who entered what has come since the dates stood, the last one last; empty where no person did."""
    if not implant_ids:
        return {}
    found = recorders(clinic_id=clinic_id, implant_ids=implant_ids)
    return {
        implant_id: [each.by for each in sorted(_since(who, reading.rows.get(implant_id)), key=_at)]
        for implant_id, who in found.items()
    }


def _at(recorded: Recorded) -> datetime:
    return recorded.at


def _since(who: Recorders, stood: StandingDates | None) -> Iterable[Recorded]:
    """By value where a value tells (a forged time is no way round), else by time."""
    if stood is None:
        yield from who.fills.values()
        yield from (recorded for _, recorded in who.programs)
        return
    newest = max(who.fills, default=None)
    for fill_id, recorded in who.fills.items():
        if fill_id != stood.fill_id and (fill_id > stood.fill_id or fill_id == newest):
            yield recorded
    known = entered_from_json(stood.in_pump).programs
    first_on = known[0].starts_on if known else stood.filled_on
    for program, recorded in who.programs:
        if program not in known and program.starts_on >= first_on:
            yield recorded
    for recorded in (*who.others, *who.details):
        if recorded.at > stood.stood_at:
            yield recorded
