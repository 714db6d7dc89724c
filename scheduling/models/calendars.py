"""Calendars that other programs read: the entries, kept as the bytes that are sent, and the links to them.

Patient data: CalendarEntry. See docs/reference/calendars.md.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.audit import audited
from scheduling.domain.calendars.writer import Standing
from scheduling.models.base import Addressed, Scoped


def new_stamp() -> int:
    """A number that no other writing of an entry has."""
    return secrets.randbits(62)


class CalendarEntry(Scoped):
    """One visit, or one pump's last day to refill, as calendars have it.

    ``core`` and the words are ready to be sent, so a feed is a join. ``stamp`` is new with every change: the stamps of
    a feed's entries together say whether it changed. An entry that was cancelled and stands again is a new one with a
    new UID, since programs hold a cancelled one for dead; the old one stays as it was.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey("scheduling.Visit", null=True, on_delete=models.CASCADE, related_name="+")
    implant = models.ForeignKey("clinic.Implant", null=True, on_delete=models.CASCADE, related_name="+")
    """The pump whose last day this is; None for a visit, whatever pump that is about."""
    is_current = models.BooleanField(default=True)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="+")
    kind = models.ForeignKey("scheduling.VisitKind", null=True, on_delete=models.CASCADE, related_name="+")
    nurse = models.ForeignKey("scheduling.Resource", null=True, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey("scheduling.Resource", null=True, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    last_on = models.DateField(null=True)
    """The day of an entry that is a whole day; its instants are the day's in the clinic's zone."""
    standing = models.CharField(max_length=12, choices=[(each.value, each.value) for each in Standing])
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=32)
    """Of the facts that the bytes were made from; empty where they are to be made anew."""
    core = models.BinaryField()
    work = models.BinaryField()
    initials = models.BinaryField()
    names = models.BinaryField()
    stamp = models.BigIntegerField(default=new_stamp)

    class Meta:
        verbose_name_plural = "calendar entries"
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=Q(is_current=True), name="calendar_entry_one_a_visit"
            ),
            models.UniqueConstraint(
                fields=["implant"], condition=Q(is_current=True), name="calendar_entry_one_a_pump"
            ),
            models.CheckConstraint(
                condition=Q(visit__isnull=False, implant__isnull=True, last_on__isnull=True)
                | Q(visit__isnull=True, implant__isnull=False, last_on__isnull=False),
                name="calendar_entry_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(standing=Standing.CANCELLED.value, cancelled_at__isnull=False)
                | ~Q(standing=Standing.CANCELLED.value) & Q(cancelled_at__isnull=True),
                name="calendar_entry_cancelled_then",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="calendar_entry_ends_after_start"
            ),
        ]
        indexes = [
            *(
                models.Index(fields=[scope, "starts_at", "id"], name=f"calendar_entry_by_{scope}")
                for scope in ("clinic", "nurse", "room", "kind", "patient")
            ),
            models.Index(fields=["clinic"], condition=Q(fingerprint=""), name="calendar_entry_stale"),
        ]

    def __str__(self) -> str:
        return f"calendar entry {self.pk}"


class FeedScope(models.TextChoices):
    CLINIC = "clinic", _("the whole clinic")
    NURSE = "nurse", _("one nurse")
    ROOM = "room", _("one room")
    KIND = "kind", _("one kind of visit")
    PATIENT = "patient", _("one patient")


class FeedDetail(models.TextChoices):
    BUSY = "busy", _("only when, nothing else")
    WORK = "work", _("kind of visit and room")
    INITIALS = "initials", _("kind, room and the patient's initials")
    NAMES = "names", _("kind, room and the patient's name")


class FeedHolds(models.TextChoices):
    VISITS = "visits", _("visits")
    DEADLINES = "deadlines", _("last days to refill")
    BOTH = "both", _("visits and last days to refill")


@audited
class CalendarFeed(Addressed, Scoped):
    """A secret link to a calendar, one for each device. Who holds it reads; what it may show is asked at each fetch.

    A patient's own has no ``owner``: it says what the patient's messages say, in the patient's language.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("whose"), max_length=10, choices=FeedScope.choices)
    resource = models.ForeignKey("scheduling.Resource", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.ForeignKey("scheduling.VisitKind", null=True, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey("clinic.Patient", null=True, on_delete=models.PROTECT, related_name="+")
    holds = models.CharField(_("what"), max_length=10, choices=FeedHolds.choices, default=FeedHolds.VISITS)
    detail = models.CharField(
        _("how much"), max_length=10, choices=FeedDetail.choices, default=FeedDetail.BUSY
    )
    token_hmac = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="clinic", resource__isnull=True, kind__isnull=True, patient__isnull=True)
                | Q(
                    scope__in=["nurse", "room"],
                    resource__isnull=False,
                    kind__isnull=True,
                    patient__isnull=True,
                )
                | Q(scope="kind", resource__isnull=True, kind__isnull=False, patient__isnull=True)
                | Q(scope="patient", resource__isnull=True, kind__isnull=True, patient__isnull=False),
                name="calendar_feed_scope_named",
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | Q(scope="patient", holds="visits"),
                name="calendar_feed_owned",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=["clinic", "patient"]) | Q(holds="visits"),
                name="calendar_feed_deadlines_of_clinic",
            ),
            models.CheckConstraint(condition=~Q(label=""), name="calendar_feed_named"),
        ]
        indexes = [models.Index(fields=["clinic", "owner"], name="calendar_feed_by_owner")]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"


class FeedUse(models.Model):
    """When a feed was last asked for and what it was given then; no part of the record."""

    feed = models.OneToOneField(CalendarFeed, on_delete=models.CASCADE, related_name="use")
    fetched_at = models.DateTimeField(null=True)
    fetched_by = models.CharField(max_length=40, blank=True, default="")
    etag = models.CharField(max_length=64, blank=True, default="")
    modified_at = models.DateTimeField()
    """Since when the content is what ``etag`` names; never earlier than for the content before it."""

    def __str__(self) -> str:
        return f"use of calendar feed {self.feed_id}"


class CalendarPolicy(Scoped):
    """How much a clinic lets its calendars say."""

    most = models.CharField(
        _("at most"), max_length=10, choices=FeedDetail.choices, default=FeedDetail.INITIALS
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic"], name="calendar_policy_one_a_clinic")]

    def __str__(self) -> str:
        return f"calendar policy of clinic {self.clinic_id}"
