"""Dates as they are and as an entry would make them, and what must be acknowledged before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import APIException

from clinic.services.implants import lock_implant
from scheduling.domain.figures import rounded
from scheduling.services.outlook import Outlook
from scheduling.services.preview import Preview
from web import findings
from web.api.access import ClinicAPIView
from web.api.shapes import ListedField, QuantityField, Sent, Shown
from web.stops import with_stops


class AcknowledgedSent(Sent):
    """The codes of the stops that a person has seen and confirms."""

    acknowledged = ListedField(child=serializers.CharField(max_length=60), default=list)


class FindingShown(Shown):
    """Something that the projection found. A stop puts the dates in doubt."""

    code = serializers.CharField()
    is_stop = serializers.BooleanField()
    message = serializers.CharField()
    to_do = serializers.CharField()


class DatesShown(Shown):
    """A pump's dates. In review none is certain but the limits that still are, and ``review_by`` says until when to look."""

    status = serializers.ChoiceField(choices=("ok", "review"))
    must_refill_by = serializers.DateField(allow_null=True)
    limited_by = serializers.CharField(allow_null=True)
    target_visit_on = serializers.DateField(allow_null=True)
    latest_visit_on = serializers.DateField(allow_null=True)
    low_reservoir_on = serializers.DateField(allow_null=True)
    empty_on = serializers.DateField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)
    flow_ml_per_day = QuantityField(allow_null=True)
    findings = FindingShown(many=True)
    waits_for_second_person = serializers.BooleanField()


class OutlookShown(Shown):
    """The dates before and after an entry, and the stops to acknowledge."""

    before = DatesShown()
    after = DatesShown()
    stops = serializers.ListField(child=serializers.CharField())


def dates_of(outlook: Outlook) -> dict[str, Any]:
    """What is in effect by this outlook."""
    projection = outlook.projection
    names = (
        *("must_refill_by", "limited_by", "target_visit_on", "latest_visit_on"),
        *("low_reservoir_on", "empty_on"),
    )
    flow = projection.flow_ml_per_day if projection else None
    return {
        "status": "review" if outlook.needs_review else "ok",
        **{name: getattr(projection, name) if projection else None for name in names},
        "review_by": outlook.review_on,
        "flow_ml_per_day": None if flow is None else rounded(flow),
        "findings": findings.of_outlook(outlook),
        "waits_for_second_person": outlook.waits is not None,
    }


def comparison_of(preview: Preview) -> dict[str, Any]:
    """The dates before and after."""
    shown = {
        "before": dates_of(preview.before),
        "after": dates_of(preview.after),
        "stops": preview.stop_codes,
    }
    return dict(OutlookShown(shown).data)


class ToAcknowledge(APIException):
    """409: the dates are in doubt after this entry, and nobody has said to have seen why."""

    status_code = 409
    default_code = "to-acknowledge"
    default_detail = (
        "After this the dates would be in doubt. Acknowledge each stop to record it all the same."
    )

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.more = comparison_of(preview)  # told with the refusal


@dataclass(slots=True)
class Confirmed:
    """What somebody has acknowledged of an entry."""

    acknowledged: frozenset[str]
    stop_codes: tuple[str, ...] = ()

    def preview(self, preview: Preview) -> None:
        """Refuse an entry with a stop that nobody has acknowledged."""
        self.stop_codes = preview.stop_codes
        if not set(self.stop_codes) <= self.acknowledged:
            raise ToAcknowledge(preview)

    def reason(self, why: str) -> str:
        """What the history keeps."""
        return with_stops(why, self.stop_codes)


@contextmanager
def acknowledging(view: ClinicAPIView, implant_ref: UUID, values: dict[str, Any]) -> Iterator[Confirmed]:
    """One transaction in which the pump stays as it was looked at, so that what is acknowledged is what is written."""
    with transaction.atomic():
        lock_implant(clinic=view.clinic, implant_ref=implant_ref)
        yield Confirmed(frozenset(values["acknowledged"]))
