"""What patients are due for: protocols, follow-ups, what was done about each, and calls.

Patient data: FollowUp, FollowUpAct, CallAttempt. A protocol names nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

from scheduling.models.base import Addressed, Scoped, append_only

REFILL = "refill"
"""The ``row_key`` of the item that every pump in place has: its next refill."""


class WorkPolicy(Scoped):
    """How a clinic shares its work out."""

    default_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    slot_minutes = models.PositiveSmallIntegerField(_("visits begin every, minutes"), default=15)
    hold_minutes = models.PositiveSmallIntegerField(_("a slot is held for, minutes"), default=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic"], name="work_policy_one_a_clinic"),
            models.CheckConstraint(
                condition=Q(slot_minutes__in=[5, 10, 15, 20, 30, 60]), name="work_policy_slot_divides_hour"
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=1, hold_minutes__lte=60), name="work_policy_hold_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"work policy of clinic {self.clinic_id}"


class Anchor(models.TextChoices):
    SURGERY_PLANNED = "surgery_planned", _("planned operation")
    SURGERY = "surgery", _("operation")
    REFILL = "refill", _("refill")
    DOSE_CHANGE = "dose_change", _("dose change")
    MRI = "mri", _("MRI scan")
    EXPLANT = "explant", _("explant")
    END_OF_SERVICE = "end_of_service", _("end of service")


class Mode(models.TextChoices):
    VISIT = "visit", _("visit")
    CALL = "call", _("call")
    TASK = "task", _("task")
    CHECK_IN = "check_in", _("check-in")
    WATCH = "watch", _("watch")


class Protocol(Scoped):
    """One version of a clinic's care protocol. The highest version is in force; none is ever changed."""

    version = models.PositiveIntegerField()
    note = models.CharField(_("what changed"), max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    rows: RelatedManager[ProtocolRow]

    class Meta:
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["clinic", "version"], name="protocol_version_once")]

    def __str__(self) -> str:
        return f"protocol {self.version} of clinic {self.clinic_id}"


class ProtocolRow(Scoped):
    """One thing to do, when, relative to what. ``target`` and ``latest`` are texts of RelativeDate."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    title = models.CharField(_("title"), max_length=80)
    instructions = models.TextField(_("what to do"), blank=True, max_length=1000)
    anchor = models.CharField(_("counted from"), max_length=20, choices=Anchor.choices)
    mode = models.CharField(_("how"), max_length=10, choices=Mode.choices)
    target = models.CharField(_("aim for"), max_length=12)
    latest = models.CharField(_("at the latest"), max_length=12)
    repeats = models.JSONField(default=list)
    """Steps ``{"every": "+1 d", "until": "+14 d"}``, one after the other; empty: once. No ``until``: for good."""
    visit_kind_key = models.SlugField(max_length=40, blank=True, default="")
    only_programmable = models.BooleanField(_("only pumps with a programmer"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        triggers = append_only()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "key"], name="protocol_row_key_once"),
            models.CheckConstraint(condition=Q(anchor__in=Anchor.values), name="protocol_row_anchor_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="protocol_row_mode_known"),
            models.CheckConstraint(condition=~Q(key=REFILL), name="protocol_row_leaves_refill"),
            models.CheckConstraint(condition=~Q(key="") & ~Q(title=""), name="protocol_row_named"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of protocol {self.protocol_id}"


class FollowUpState(models.TextChoices):
    OPEN = "open", _("open")
    POSTPONED = "postponed", _("postponed")
    DONE = "done", _("done")
    NOT_NEEDED = "not_needed", _("not needed")
    ENDED = "ended", _("ended")


UNFINISHED = (FollowUpState.OPEN.value, FollowUpState.POSTPONED.value)
"""The states of what is still to be done."""


class EndedBecause(models.TextChoices):
    EXPLANT = "explant", _("the pump was taken out")
    DEATH = "death", _("the patient has died")
    ANCHOR = "anchor", _("what it was counted from was withdrawn")
    PROTOCOL = "protocol", _("the protocol no longer asks for it")


class FollowUp(Addressed, Scoped):
    """One thing a patient is due for. Its key stays while its dates follow what it is counted from.

    Done, postponed and not needed are decisions of a person and never undone by a computation; ``ended`` is
    the computation's own and comes back when its cause is withdrawn.
    """

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+")
    implant = models.ForeignKey("clinic.Implant", null=True, on_delete=models.PROTECT, related_name="+")
    row_key = models.SlugField(max_length=40)
    anchor = models.CharField(max_length=20, choices=Anchor.choices)
    anchor_key = models.CharField(max_length=40)
    occurrence = models.PositiveSmallIntegerField(default=0)
    protocol_row = models.ForeignKey(ProtocolRow, null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    instructions = models.TextField(blank=True, default="")
    mode = models.CharField(max_length=10, choices=Mode.choices)
    visit_kind_key = models.SlugField(max_length=40, blank=True, default="")
    anchored_on = models.DateField(null=True)
    target_on = models.DateField(null=True)
    latest_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=FollowUpState.choices, default=FollowUpState.OPEN)
    postponed_until = models.DateField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closing_reason = models.CharField(max_length=500, blank=True, default="")
    ended_because = models.CharField(max_length=10, choices=EndedBecause.choices, blank=True, default="")
    closed_by_visit = models.ForeignKey(
        "scheduling.Visit", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    acts: RelatedManager[FollowUpAct]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "row_key", "anchor_key", "occurrence"], name="follow_up_once"
            ),
            models.UniqueConstraint(
                fields=["implant"],
                condition=Q(row_key=REFILL, state__in=["open", "postponed"]),
                name="follow_up_one_refill_a_pump",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="open", postponed_until__isnull=True, closed_at__isnull=True, ended_because=""
                )
                | Q(
                    state="postponed",
                    postponed_until__isnull=False,
                    closed_at__isnull=True,
                    ended_because="",
                )
                | Q(state__in=["done", "not_needed"], closed_at__isnull=False, ended_because="")
                | Q(state="ended", closed_at__isnull=False, ended_because__in=EndedBecause.values),
                name="follow_up_state_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["postponed", "not_needed"]) | ~Q(closing_reason=""),
                name="follow_up_decision_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(row_key=REFILL, implant__isnull=False)
                | ~Q(row_key=REFILL)
                & Q(target_on__isnull=False, latest_on__isnull=False, anchored_on__isnull=False),
                name="follow_up_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(latest_on__isnull=True) | Q(target_on__lte=F("latest_on")),
                name="follow_up_target_before_latest",
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="follow_up_mode_known"),
            models.CheckConstraint(condition=Q(anchor__in=Anchor.values), name="follow_up_anchor_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "postponed"]) | Q(owner__isnull=False),
                name="follow_up_open_has_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "latest_on"],
                condition=Q(state__in=["open", "postponed"]),
                name="follow_up_open",
            ),
            models.Index(
                fields=["clinic", "owner", "latest_on"],
                condition=Q(state__in=["open", "postponed"]),
                name="follow_up_open_of_owner",
            ),
            # All that the count of what is due asks for stands in it, so that no row has to be fetched.
            models.Index(
                fields=["clinic", "target_on"],
                include=[
                    *("latest_on", "postponed_until", "state", "mode"),
                    *("patient", "row_key", "anchor_key", "id"),
                ],
                condition=Q(state__in=["open", "postponed"]) & ~Q(row_key=REFILL),
                name="follow_up_to_begin",
            ),
            models.Index(fields=["patient", "target_on"], name="follow_up_of_patient"),
            models.Index(fields=["implant", "row_key"], name="follow_up_of_implant"),
        ]

    def __str__(self) -> str:
        return f"follow-up {self.pk}"


class FollowUpAct(Scoped):
    """What happened to a follow-up, when, by whom. Written with the change, never changed."""

    class Act(models.TextChoices):
        CREATED = "created", _("due")
        RE_ANCHORED = "re_anchored", _("moved with what it is counted from")
        DONE = "done", _("done")
        POSTPONED = "postponed", _("postponed")
        RESUMED = "resumed", _("taken up again")
        NOT_NEEDED = "not_needed", _("not needed")
        REOPENED = "reopened", _("reopened")
        ENDED = "ended", _("ended")
        REINSTATED = "reinstated", _("due again")
        ASSIGNED = "assigned", _("given to")

    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=12, choices=Act.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """None: worked out from the record."""
    reason = models.CharField(max_length=500, blank=True, default="")
    until = models.DateField(null=True)
    visit = models.ForeignKey("scheduling.Visit", null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    latest_before = models.DateField(null=True)
    latest_after = models.DateField(null=True)

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["follow_up", "id"], name="follow_up_act_in_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    act__in=[
                        "created",
                        "re_anchored",
                        "done",
                        "postponed",
                        "resumed",
                        "not_needed",
                        "reopened",
                        "ended",
                        "reinstated",
                        "assigned",
                    ]
                ),
                name="follow_up_act_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} of follow-up {self.follow_up_id}"


class CallOutcome(models.TextChoices):
    REACHED = "reached", _("reached")
    LEFT_MESSAGE = "left_message", _("left a message")
    NO_ANSWER = "no_answer", _("no answer")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    CALL_BACK = "call_back", _("asked to call back")


class Reached(models.TextChoices):
    PATIENT = "patient", _("patient")
    PROXY = "proxy", _("relative or helper")
    OTHER = "other", _("somebody else")


class CallAttempt(Scoped):
    """One telephone call and how it went. Written once."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, null=True, on_delete=models.PROTECT, related_name="calls")
    called_at = models.DateTimeField()
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    whom = models.CharField(_("whom"), max_length=10, choices=Reached.choices, default=Reached.PATIENT)
    outcome = models.CharField(_("outcome"), max_length=15, choices=CallOutcome.choices)
    call_back_on = models.DateField(_("call back on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=1000)

    class Meta:
        triggers = append_only()
        indexes = [
            models.Index(fields=["patient", "-called_at"], name="call_attempt_newest"),
            models.Index(fields=["clinic", "-called_at"], name="call_attempt_of_clinic"),
            models.Index(
                fields=["clinic", "call_back_on"],
                condition=Q(call_back_on__isnull=False),
                name="call_attempt_call_back",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=CallOutcome.values), name="call_attempt_outcome_known"
            ),
            models.CheckConstraint(condition=Q(whom__in=Reached.values), name="call_attempt_whom_known"),
            models.CheckConstraint(
                condition=~Q(outcome="call_back") | Q(call_back_on__isnull=False),
                name="call_attempt_call_back_has_day",
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class FilterPage(models.TextChoices):
    WORKLIST = "worklist", _("Work list")
    FOLLOW_UPS = "followups", _("Follow-ups")
    CALENDAR = "calendar", _("Calendar")


class SavedFilter(Scoped):
    """The filters of a list under a name of one's own. ``query`` holds what the address holds: no person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=12, choices=FilterPage.choices)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "user", "page", "name"], name="saved_filter_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_filter_named"),
        ]

    def __str__(self) -> str:
        return f"saved filter {self.pk}"
