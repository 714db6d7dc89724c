"""Who and what a visit needs, when they are there, and the visits. The database itself refuses overlaps.

Patient data: Visit, VisitStatus, VisitFollowUp. See docs/adr/0012-seats-and-locks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from clinic.audit import audited
from clinic.seeing import tells
from scheduling.models.base import Addressed, Scoped, append_only

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


def _point(field: str, kind: str = "int8range") -> Func:
    """One number as a range, so that a GiST index compares it without a contrib extension."""
    return Func(F(field), F(field), Value("[]"), function=kind)


class ResourceKind(models.TextChoices):
    NURSE = "nurse", _("nurse")
    ROOM = "room", _("room")
    CAPACITY = "capacity", _("visits of a kind at once")


class Resource(Addressed, Scoped):
    """A nurse, a room, or the number of visits of one kind that may run at once."""

    kind = models.CharField(max_length=10, choices=ResourceKind.choices)
    name = models.CharField(_("name"), max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("account"),
    )
    seats = models.PositiveSmallIntegerField(_("visits at once"), default=1)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    hours: RelatedManager[ResourceHours]
    exceptions: RelatedManager[HoursException]

    class Meta:
        ordering = ["kind", "position", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "kind", "name"], name="resource_named_once"),
            models.UniqueConstraint(
                fields=["clinic", "user"], condition=Q(user__isnull=False), name="resource_one_a_person"
            ),
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="resource_kind_known"),
            models.CheckConstraint(condition=Q(seats__gte=1, seats__lte=50), name="resource_seats_sane"),
            models.CheckConstraint(condition=~Q(name=""), name="resource_named"),
        ]

    def __str__(self) -> str:
        return self.name


class ResourceHours(Scoped):
    """When a nurse works, or a room is open, in every week; wall time in the clinic's zone."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("to"))

    class Meta:
        ordering = ["weekday", "starts_at"]
        verbose_name_plural = _("resource hours")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="resource_hours_weekday"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="resource_hours_in_order"),
            models.UniqueConstraint(
                fields=["resource", "weekday", "starts_at"], name="resource_hours_begin_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts_at}-{self.ends_at}"


class HoursException(Addressed, Scoped):
    """Days on which a nurse or a room is away, or there beyond the weekly hours."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="exceptions")
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    starts_at = models.TimeField(_("from time"), null=True, blank=True)
    ends_at = models.TimeField(_("to time"), null=True, blank=True)
    is_available = models.BooleanField(_("there, beyond the usual hours"), default=False)
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    closing = models.ForeignKey(
        "scheduling.DayClosing", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["first_on", "id"]
        indexes = [models.Index(fields=["resource", "last_on"], name="hours_exception_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="hours_exception_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True, is_available=False)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
                name="hours_exception_times",
            ),
        ]

    def __str__(self) -> str:
        return f"exception {self.pk}"


class VisitKind(Addressed, Scoped):
    """What a visit is for, how long it takes, and what it needs."""

    key = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    duration_minutes = models.PositiveSmallIntegerField(_("duration, minutes"))
    needs_nurse = models.BooleanField(_("needs a nurse"), default=True)
    needs_room = models.BooleanField(_("needs a room"), default=True)
    is_refill = models.BooleanField(_("the pump is refilled"), default=False)
    capacity_resource = models.OneToOneField(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="capacity_of"
    )
    """How many visits of this kind may run at once; None: as many as nurses and rooms allow."""
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "key"], name="visit_kind_key_once"),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=480),
                name="visit_kind_duration_sane",
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(key=""), name="visit_kind_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    """The words of FHIR R4 Appointment.status; ``proposed`` is a slot that is held while somebody decides."""

    PROPOSED = "proposed", _("held")
    PENDING = "pending", _("to be placed anew")
    BOOKED = "booked", _("booked")
    ARRIVED = "arrived", _("arrived")
    CHECKED_IN = "checked-in", _("checked in")
    FULFILLED = "fulfilled", _("done")
    CANCELLED = "cancelled", _("cancelled")
    NOSHOW = "noshow", _("did not come")
    ENTERED_IN_ERROR = "entered-in-error", _("entered in error")
    WAITLIST = "waitlist", _("waiting list")


BLOCKING = ("proposed", "pending", "booked", "arrived", "checked-in")
"""The statuses in which a visit takes its patient's, its nurse's and its room's time."""
STANDING = tuple(status for status in BLOCKING if status != "proposed")
"""A visit in one of these is to happen; a slot that is only held is nobody's visit yet."""


@tells("ref")
@audited
class Visit(Addressed, Scoped):
    """One visit of one patient. It is moved, never copied: its reference stays.

    ``starts_at`` and ``ends_at`` are instants; ``local_on``, ``local_at`` and ``time_zone`` are what a person
    chose on the clinic's clock, and win when the rules of a zone change.
    """

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+")
    implant = models.ForeignKey(
        "clinic.Implant", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.ForeignKey(VisitKind, on_delete=models.PROTECT, related_name="+")
    nurse = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    local_on = models.DateField()
    local_at = models.TimeField()
    time_zone = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status.choices)
    hold_expires_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    """Counts the moves and changes that a calendar must hear of."""
    is_refill = models.BooleanField(default=False)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    override_reason = models.CharField(max_length=300, blank=True, default="")
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    idempotency_key = models.CharField(max_length=80, null=True)
    request_digest = models.CharField(max_length=64, blank=True, default="")
    """Of the request that came with the key: the same key with another request is refused."""

    seats: RelatedManager[VisitSeat]
    statuses: RelatedManager[VisitStatus]
    purposes: RelatedManager[VisitFollowUp]

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="visit_one_at_a_time_a_patient",
                expressions=[
                    (_point("patient_id"), RangeOperators.OVERLAPS),
                    (
                        Func(F("starts_at"), F("ends_at"), Value("[)"), function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(status__in=BLOCKING),
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="visit_ends_after_start"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="visit_status_known"),
            models.CheckConstraint(
                condition=Q(status="proposed", hold_expires_at__isnull=False)
                | ~Q(status="proposed") & Q(hold_expires_at__isnull=True),
                name="visit_hold_expires",
            ),
            models.CheckConstraint(
                condition=Q(override_reason="", override_by__isnull=True)
                | ~Q(override_reason="") & Q(override_by__isnull=False),
                name="visit_override_named",
            ),
            models.CheckConstraint(
                condition=Q(is_refill=False) | Q(implant__isnull=False), name="visit_refill_has_pump"
            ),
            models.UniqueConstraint(
                fields=["clinic", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="visit_request_once",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "starts_at"], name="visit_by_time"),
            models.Index(fields=["clinic", "local_on"], name="visit_by_day"),
            models.Index(fields=["nurse", "starts_at"], name="visit_of_nurse"),
            models.Index(fields=["room", "starts_at"], name="visit_of_room"),
            models.Index(fields=["patient", "-starts_at"], name="visit_of_patient"),
            # With the clinic in it, a pump's visits are never sought among all of a large clinic.
            models.Index(fields=["implant", "clinic"], name="visit_of_implant"),
            models.Index(
                fields=["implant", "starts_at"],
                condition=Q(is_refill=True, status__in=["pending", "booked", "arrived", "checked-in"]),
                name="visit_refill_ahead",
            ),
            models.Index(
                fields=["clinic", "local_on"],
                condition=Q(status__in=["pending", "booked", "arrived", "checked-in"]),
                name="visit_not_ended",
            ),
            models.Index(fields=["hold_expires_at"], condition=Q(status="proposed"), name="visit_hold_ends"),
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class VisitSeat(Scoped):
    """The seat of a nurse, a room or a capacity that a visit takes, and for how long.

    A seat above the resource's own number is an overbooking; one seat is never taken twice at once.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="seats")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveSmallIntegerField(default=1)
    during = DateTimeRangeField()
    is_blocking = models.BooleanField(default=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="visit_seat_taken_once",
                expressions=[
                    (_point("resource_id"), RangeOperators.OVERLAPS),
                    (_point("seat", "int4range"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_blocking=True),
            ),
            models.UniqueConstraint(fields=["visit", "resource"], name="visit_seat_once"),
            models.CheckConstraint(condition=Q(seat__gte=1), name="visit_seat_from_one"),
            models.CheckConstraint(
                condition=Q(
                    during__isempty=False,
                    during__lower_inc=True,
                    during__upper_inc=False,
                    during__lower_inf=False,
                    during__upper_inf=False,
                ),
                name="visit_seat_during_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.seat} of resource {self.resource_id}"


class VisitStatus(Scoped):
    """Each status a visit has had, since when, by whom, why. Written once."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="statuses")
    status = models.CharField(max_length=16, choices=Status.choices)
    since = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True, default="")
    moved_from = models.DateTimeField(null=True)
    """The start it had before, where the row tells of a move."""

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["visit", "id"], name="visit_status_in_order")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="visit_status_row_known")
        ]

    def __str__(self) -> str:
        return f"{self.status} of visit {self.visit_id}"


class VisitFollowUp(Scoped):
    """What a visit is for. Stays when the visit is cancelled or missed: it tells what was meant."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="purposes")
    follow_up = models.ForeignKey("scheduling.FollowUp", on_delete=models.PROTECT, related_name="visits")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "follow_up"], name="visit_follow_up_once")]

    def __str__(self) -> str:
        return f"visit {self.visit_id} for follow-up {self.follow_up_id}"
