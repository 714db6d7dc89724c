"""Secret links to calendars: a person's own and a patient's. See docs/reference/calendars.md."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.patients import get_patient
from scheduling.selectors.calendar_feeds import feeds_of_patient, feeds_of_person
from scheduling.selectors.rows import CalendarFeed, FeedDetail, FeedHolds, FeedScope
from scheduling.services.calendar_feeds import FeedEntry, create_feed, revoke_feed
from web.addresses import public_address
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.shapes import NothingSent, Sent, Shown, said_unknown
from web.feed_ends import check_may_end


class FeedsAsked(Sent):
    """Whose. Without a patient: the links of the token's person."""

    patient = serializers.UUIDField(required=False)


class FeedSent(Sent):
    """A link to make. ``of`` names the nurse, room, kind of visit or patient; null for the whole clinic."""

    label = serializers.CharField(max_length=60)  # type: ignore[assignment]  # a field of that name, not its own
    scope = serializers.ChoiceField(choices=FeedScope.choices)
    of = serializers.UUIDField(allow_null=True, default=None)
    holds = serializers.ChoiceField(choices=FeedHolds.choices, default=FeedHolds.VISITS.value)
    detail = serializers.ChoiceField(choices=FeedDetail.choices, default=FeedDetail.BUSY.value)


class FeedShown(Shown):
    """A link. ``is_patients_own``: the patient made it. ``fetched_on`` is the day of its last use."""

    ref = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    scope = serializers.CharField()
    of = serializers.SerializerMethodField()
    holds = serializers.CharField()
    detail = serializers.CharField()
    is_patients_own = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)

    def get_of(self, row: CalendarFeed) -> UUID | None:
        about = row.patient or row.resource or row.kind
        return about.ref if about is not None else None

    def get_is_patients_own(self, row: CalendarFeed) -> bool:
        return row.owner_id is None


class FeedMadeShown(FeedShown):
    """A link with its address, told this once: null where the same request comes again under its key."""

    address = serializers.CharField(allow_null=True)


class Feeds(ClinicAPIView):
    """Links to calendars."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.MAKE_LINKS}

    @extend_schema(parameters=[FeedsAsked], responses=page_of(FeedShown), operation_id="list_feeds")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The person's own links, or those to a patient's visits; without their addresses, which nobody keeps."""
        patient_ref = self.asked(FeedsAsked).get("patient")
        if patient_ref is None:
            rows = feeds_of_person(clinic_id=self.clinic.pk, user_id=self.person_id)
            return self.page(rows, FeedShown)
        patient = get_patient(clinic_id=self.clinic.pk, patient_ref=patient_ref)
        if patient is None:
            raise serializers.ValidationError({"patient": [said_unknown()]})
        return self.page(feeds_of_patient(clinic_id=self.clinic.pk, patient_id=patient.pk), FeedShown)

    @extend_schema(request=FeedSent, responses={201: FeedMadeShown}, operation_id="make_feed")
    def post(self, request: Request, clinic_slug: str) -> Response:
        """Make a link in the name of the token's person. It stays when the token ends: revoke it for itself."""
        values = self.read(FeedSent)
        entry = FeedEntry(
            label=values["label"],
            scope=FeedScope(values["scope"]),
            of=values["of"],
            holds=FeedHolds(values["holds"]),
            detail=FeedDetail(values["detail"]),
        )
        told: list[str] = []

        def make() -> Any:
            feed, token = create_feed(clinic=self.clinic, entry=entry, actor_id=self.person_id, now=self.now)
            told.append(reverse("calendar_feed", kwargs={"token": token}))
            return FeedShown(feed).data

        answer = self.once(make)
        # Beside the answer that is kept under the key: no secret is stored.
        path = told[0] if told and "Idempotent-Replayed" not in answer.headers else None
        address = public_address(request._request, path) if path else None
        answer.data = {**answer.data, "address": address}
        return answer


class FeedRevoke(ClinicAPIView):
    """The end of a link."""

    permissions: ClassVar = {"post": Permission.MAKE_LINKS}

    @extend_schema(request=None, responses=FeedShown, operation_id="revoke_feed")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Close a link of one's own, or a patient's: what a program keeps of it is emptied when it asks next."""
        self.read(NothingSent)
        check_may_end(
            clinic_id=self.clinic.pk, ref=ref, user_id=self.person_id, may=self.granted.__contains__
        )

        def revoke() -> Any:
            feed = revoke_feed(clinic=self.clinic, ref=ref, actor_id=self.person_id, now=self.now)
            return FeedShown(feed).data

        return self.once(revoke, code=200)
