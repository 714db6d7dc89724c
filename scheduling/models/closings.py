"""Closing days: what was affected, where it was put, and the way back.

Patient data: DayClosingMove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.models.base import Addressed, Scoped
from scheduling.models.visits import Resource, Visit

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ClosingState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("closed")
    UNDONE = "undone", _("undone")


class DayClosing(Addressed, Scoped):
    """The clinic closed, or one nurse or room away, for some days. One proposal, one confirmation, one undo."""

    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    resource = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """None: the whole clinic."""
    reason = models.CharField(_("reason"), max_length=120)
    state = models.CharField(max_length=10, choices=ClosingState.choices, default=ClosingState.PROPOSED)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    days_closed = models.JSONField(default=list)
    """The days (ISO) that were open before and that confirming closed; only these are opened again."""

    moves: RelatedManager[DayClosingMove]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="day_closing_in_order"),
            models.CheckConstraint(
                condition=Q(state="proposed", confirmed_at__isnull=True, undone_at__isnull=True)
                | Q(state="confirmed", confirmed_at__isnull=False, undone_at__isnull=True)
                | Q(state="undone", confirmed_at__isnull=False, undone_at__isnull=False),
                name="day_closing_state_complete",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="day_closing_has_reason"),
        ]
        indexes = [models.Index(fields=["clinic", "-created_at"], name="day_closing_newest")]

    def __str__(self) -> str:
        return f"closing {self.pk}"


class DayClosingMove(Scoped):
    """One affected visit: where it stood, where it goes. ``to_starts_at`` None: no time was found for it."""

    closing = models.ForeignKey(DayClosing, on_delete=models.CASCADE, related_name="moves")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    sequence_before = models.PositiveIntegerField()
    """The visit's sequence when the move was proposed: another one means that somebody has touched it."""
    sequence_after = models.PositiveIntegerField(null=True)
    latest_on = models.DateField(null=True)
    """The last safe day of what the visit is for, with the closing counted in."""
    from_starts_at = models.DateTimeField()
    from_ends_at = models.DateTimeField()
    from_nurse = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    from_room = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    to_starts_at = models.DateTimeField(null=True)
    to_ends_at = models.DateTimeField(null=True)
    to_nurse = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    to_room = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    is_past_latest = models.BooleanField(default=False)
    """The new time, or having none, is after the last safe day."""

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["closing", "visit"], name="day_closing_move_once"),
            models.CheckConstraint(
                condition=Q(to_starts_at__isnull=True, to_ends_at__isnull=True)
                | Q(to_starts_at__isnull=False, to_ends_at__gt=F("to_starts_at")),
                name="day_closing_move_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"move {self.position} of closing {self.closing_id}"
