"""Making, revoking and using links to calendars."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic, Membership, Patient
from scheduling.domain.calendars.access import details_up_to
from scheduling.domain.calendars.entries import Detail
from scheduling.domain.visit_entries import check_length
from scheduling.models import (
    CalendarFeed,
    CalendarPolicy,
    FeedDetail,
    FeedHolds,
    FeedScope,
    FeedUse,
    Resource,
    ResourceKind,
    VisitKind,
)
from scheduling.selectors.calendar_feeds import READERS, OpenFeed, most_detail, token_hmac

TOKEN_BYTES = 32
LONGEST_LABEL = 60
MOST_FEEDS = 50
"""Of one person in one clinic, or of one patient."""
NOTED_EVERY = timedelta(minutes=15)
"""How exactly it is kept when a link was last used: a fetch that changes nothing else writes no oftener."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """A link as it is asked for. ``of`` names the nurse, room, kind or patient; None for the whole clinic."""

    label: str
    scope: FeedScope
    of: UUID | None = None
    holds: FeedHolds = FeedHolds.VISITS
    detail: FeedDetail = FeedDetail.BUSY


def create_feed(
    *, clinic: Clinic, entry: FeedEntry, actor_id: int, now: datetime
) -> tuple[CalendarFeed, str]:
    """Make a link for a member of the clinic; the link with its token, which is not kept and cannot be shown again.

    Raises RecordError at ``label``, ``of``, ``holds`` or ``detail``.
    """
    label = _label(entry.label)
    if Detail(entry.detail) not in details_up_to(most_detail(clinic_id=clinic.id)):
        raise RecordError("detail", gettext_noop("the clinic does not let its calendars say so much"))
    if entry.holds != FeedHolds.VISITS and entry.scope not in (FeedScope.CLINIC, FeedScope.PATIENT):
        raise RecordError(
            "holds", gettext_noop("the last days to refill belong to no nurse, room or kind of visit")
        )
    feed = CalendarFeed(
        clinic=clinic,
        owner_id=actor_id,
        label=label,
        scope=entry.scope,
        holds=entry.holds,
        detail=entry.detail,
        created_at=now,
        **_of(clinic, entry),
    )
    with recording(actor_id=actor_id, reason="calendar link made"):
        _check_number(CalendarFeed.objects.for_clinic(clinic.id).filter(owner_id=actor_id))
        return feed, _save(feed, now)


def create_patients_feed(
    *, clinic: Clinic, patient: Patient, label: str, now: datetime
) -> tuple[CalendarFeed, str]:
    """Make a patient's own link to the patient's visits, by whoever holds a link of theirs to a page."""
    feed = CalendarFeed(
        clinic=clinic, patient=patient, label=_label(label), scope=FeedScope.PATIENT, created_at=now
    )
    with recording(actor_id=None, reason="calendar link made by the patient"):
        _check_number(CalendarFeed.objects.for_clinic(clinic.id).filter(owner__isnull=True, patient=patient))
        return feed, _save(feed, now)


def revoke_feed(*, clinic: Clinic, ref: UUID, actor_id: int, now: datetime) -> CalendarFeed:
    """Close a link: what a program keeps of it is emptied at its next fetch. Again, it changes nothing.

    Raises CalendarFeed.DoesNotExist for one of another clinic.
    """
    with recording(actor_id=actor_id, reason="calendar link revoked"):
        feed = _locked(clinic, ref)
        if feed.revoked_at is None:
            feed.revoked_at = now
            feed.save(update_fields=["revoked_at"])
    return feed


def restore_feed(*, clinic: Clinic, ref: UUID, actor_id: int) -> CalendarFeed:
    """Take a revocation back: the same address opens again. Raises as ``revoke_feed`` does."""
    with recording(actor_id=actor_id, reason="calendar link given back"):
        feed = _locked(clinic, ref)
        feed.revoked_at = None
        feed.save(update_fields=["revoked_at"])
    return feed


def _locked(clinic: Clinic, ref: UUID) -> CalendarFeed:
    rows = CalendarFeed.objects.for_clinic(clinic.id).select_related("patient")
    return rows.select_for_update(of=("self",), no_key=True).get(ref=ref)


def revoke_departed(clinic_id: int, now: datetime) -> None:
    """A reader of changes of members: close the links of whoever may read patients here no longer."""
    readers = Membership.objects.filter(clinic_id=clinic_id, is_active=True, role__in=READERS)
    with recording(actor_id=None, reason="calendar links of a departed member revoked"):
        rows = CalendarFeed.objects.for_clinic(clinic_id).filter(owner__isnull=False, revoked_at__isnull=True)
        rows.exclude(owner_id__in=readers.values("user_id")).update(revoked_at=now)


def revoke_patients_feeds(*, clinic_id: int, patient_id: int, now: datetime) -> None:
    """Close the patient's own links, in the caller's recorded transaction: somebody else may have made them."""
    rows = CalendarFeed.objects.for_clinic(clinic_id).filter(patient_id=patient_id, owner__isnull=True)
    rows.filter(revoked_at__isnull=True).update(revoked_at=now)


def set_most_detail(*, clinic: Clinic, most: FeedDetail) -> None:
    """Say how much the clinic's calendars may say; what says more says less from its next fetch on."""
    CalendarPolicy.objects.update_or_create(clinic=clinic, defaults={"most": most})


def note_fetch(feed: OpenFeed, *, etag: str, reader: str, now: datetime) -> datetime:
    """Note that the link was used; since when its content is what ``etag`` names, to the second.

    That moment moves on with every other content, so a program that knows only dates is told of it too.
    """
    is_fresh = feed.fetched_at is not None and now - feed.fetched_at < NOTED_EVERY
    if feed.etag == etag and feed.fetched_by == reader and is_fresh:
        return feed.modified_at
    with transaction.atomic():
        use = FeedUse.objects.select_for_update().get(feed_id=feed.pk)
        if use.etag != etag:
            later = use.modified_at + timedelta(seconds=1) if use.etag else use.modified_at
            use.etag, use.modified_at = etag, max(now.replace(microsecond=0), later)
        use.fetched_at, use.fetched_by = max(now, use.fetched_at or now), reader
        use.save()
    return use.modified_at


def have_fetched_anew(*, now: datetime, using: str) -> None:
    """After a restore: a program that asks by date has seen later calendars than those that are there now."""
    FeedUse.objects.using(using).update(etag="", modified_at=now.replace(microsecond=0))


def _save(feed: CalendarFeed, now: datetime) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed.token_hmac = token_hmac(token)
    feed.save()
    FeedUse.objects.create(feed=feed, modified_at=now.replace(microsecond=0))
    return token


def _check_number(rows: QuerySet[CalendarFeed]) -> None:
    if rows.filter(revoked_at__isnull=True).count() >= MOST_FEEDS:
        raise RecordError("label", gettext_noop("at most %(most)s links: revoke one first"), most=MOST_FEEDS)


def _label(label: str) -> str:
    check_length("label", label, LONGEST_LABEL)
    if not label.strip():
        raise RecordError("label", gettext_noop("is missing"))
    return label.strip()


def _of(clinic: Clinic, entry: FeedEntry) -> dict[str, object]:
    """The column that the link is about."""
    if entry.scope == FeedScope.CLINIC:
        if entry.of is not None:
            raise RecordError("of", gettext_noop("is to be left out for the whole clinic"))
        return {}
    if entry.of is None:
        raise RecordError("of", gettext_noop("choose one of the list"))
    row: Patient | VisitKind | Resource | None
    if entry.scope == FeedScope.PATIENT:
        name, row = "patient", Patient.objects.for_clinic(clinic.id).filter(ref=entry.of).first()
    elif entry.scope == FeedScope.KIND:
        name, row = "kind", VisitKind.objects.for_clinic(clinic.id).filter(ref=entry.of).first()
    else:
        kind = ResourceKind.NURSE if entry.scope == FeedScope.NURSE else ResourceKind.ROOM
        resources = Resource.objects.for_clinic(clinic.id).filter(kind=kind)
        name, row = "resource", resources.filter(ref=entry.of).first()
    if row is None:
        raise RecordError("of", gettext_noop("choose one of the list"))
    return {name: row}
