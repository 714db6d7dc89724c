"""What happens to a pump between refills: readings of the programmer, and events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.entries import EventEntry, ReadingEntry
from clinic.domain.roles import Permission
from clinic.selectors.implants import event_rows, reading_rows
from clinic.selectors.rows import EventKind
from clinic.services.observations import record_event, record_reading, void_event, void_reading
from web.api.access import ClinicAPIView
from web.api.implants import implant_or_404
from web.api.pages import page_of
from web.api.programs import is_superseded
from web.api.shapes import QuantityField, Sent, Shown


class ReadingSent(Sent):
    """What the programmer showed: the volume, the refill date or both."""

    read_on = serializers.DateField()
    read_at = serializers.DateTimeField(allow_null=True, default=None)
    reservoir_ml = QuantityField(allow_null=True, default=None)
    printed_refill_on = serializers.DateField(allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class EventSent(Sent):
    """Something that happened to the patient or the pump. An outcome score names its scale."""

    kind = serializers.ChoiceField(choices=EventKind.choices)
    occurred_on = serializers.DateField()
    occurred_at = serializers.DateTimeField(allow_null=True, default=None)
    scale = serializers.CharField(max_length=60, allow_blank=True, default="")
    score = QuantityField(allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class WithdrawalSent(Sent):
    """Why an entry is withdrawn; it stays in the history."""

    reason = serializers.CharField(max_length=500)


class _ObservationShown(Shown):
    id = serializers.IntegerField()
    implant = serializers.UUIDField(source="implant.ref")
    note = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    is_superseded = serializers.SerializerMethodField()

    def get_is_superseded(self, row: Any) -> bool:
        return is_superseded(row)


class ReadingShown(_ObservationShown):
    """A reading. ``is_superseded`` ones were withdrawn."""

    read_on = serializers.DateField()
    read_at = serializers.DateTimeField(allow_null=True)
    reservoir_ml = QuantityField(allow_null=True)
    printed_refill_on = serializers.DateField(allow_null=True)


class EventShown(_ObservationShown):
    """An event. ``is_superseded`` ones were withdrawn."""

    kind = serializers.CharField()
    occurred_on = serializers.DateField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    scale = serializers.CharField()
    score = QuantityField(allow_null=True)


class Readings(ClinicAPIView):
    """A pump's readings."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.RECORD_CARE}

    @extend_schema(responses=page_of(ReadingShown), operation_id="list_readings")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Every reading, also withdrawn ones."""
        implant = implant_or_404(self, ref)
        return self.page(reading_rows(clinic_id=self.clinic.pk, implant_id=implant.pk), ReadingShown)

    @extend_schema(request=ReadingSent, responses={201: ReadingShown}, operation_id="record_reading")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record what the programmer showed; the dates follow at once."""
        entry = ReadingEntry(**self.read(ReadingSent))
        implant_or_404(self, ref)

        def record() -> Any:
            made = record_reading(
                clinic=self.clinic, implant_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
            return ReadingShown(made).data

        return self.once(record)


class Events(ClinicAPIView):
    """A pump's events."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.RECORD_CARE}

    @extend_schema(responses=page_of(EventShown), operation_id="list_events")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Every event, also withdrawn ones."""
        implant = implant_or_404(self, ref)
        return self.page(event_rows(clinic_id=self.clinic.pk, implant_id=implant.pk), EventShown)

    @extend_schema(request=EventSent, responses={201: EventShown}, operation_id="record_event")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record an event. An MRI scan or a stall may put the dates in doubt until the pump is seen to run again."""
        entry = EventEntry(**self.read(EventSent))
        implant_or_404(self, ref)

        def record() -> Any:
            made = record_event(
                clinic=self.clinic, implant_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
            return EventShown(made).data

        return self.once(record)


class _Withdrawal(ClinicAPIView):
    permissions: ClassVar = {"post": Permission.RECORD_CARE}

    def withdraw(
        self, rows: QuerySet[Any], number: int, void: Callable[[str], object], shown: type[Shown]
    ) -> Response:
        """Withdraw the row with this number, or 404."""
        reason = self.read(WithdrawalSent)["reason"]
        if not rows.filter(pk=number).exists():
            raise Http404

        def act() -> Any:
            void(reason)
            return shown(rows.get(pk=number)).data

        return self.once(act, code=200)


class ReadingWithdrawal(_Withdrawal):
    """The withdrawal of a reading that was entered by mistake."""

    @extend_schema(request=WithdrawalSent, responses=ReadingShown, operation_id="withdraw_reading")
    def post(self, request: Request, clinic_slug: str, number: int) -> Response:
        """Withdraw a reading; the dates follow at once."""

        def void(reason: str) -> object:
            return void_reading(
                clinic=self.clinic, reading_id=number, reason=reason, actor_id=self.person_id, now=self.now
            )

        return self.withdraw(reading_rows(clinic_id=self.clinic.pk), number, void, ReadingShown)


class EventWithdrawal(_Withdrawal):
    """The withdrawal of an event that was entered by mistake."""

    @extend_schema(request=WithdrawalSent, responses=EventShown, operation_id="withdraw_event")
    def post(self, request: Request, clinic_slug: str, number: int) -> Response:
        """Withdraw an event; the dates follow at once."""

        def void(reason: str) -> object:
            return void_event(
                clinic=self.clinic, event_id=number, reason=reason, actor_id=self.person_id, now=self.now
            )

        return self.withdraw(event_rows(clinic_id=self.clinic.pk), number, void, EventShown)
