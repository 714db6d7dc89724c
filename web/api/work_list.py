"""The work list: every pump of a clinic by how urgently it needs a nurse."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.catalogue import drug_choices, pump_model_choices
from scheduling.domain.findings import LimitKind
from scheduling.selectors.worklist import ORDER, Booking, Sorting, Wanted, WorkRow, work_list
from web import findings
from web.api.access import ClinicAPIView
from web.api.outlooks import FindingShown
from web.api.pages import NumberedAsked
from web.api.shapes import QuantityField, Shown, said_unknown


class WorkAsked(NumberedAsked):
    """Which pumps. ``within_weeks`` keeps those to be refilled by then and every one without a date."""

    group = serializers.ChoiceField(choices=ORDER, required=False)
    owner = serializers.IntegerField(required=False)
    booking = serializers.ChoiceField(choices=[each.value for each in Booking], required=False)
    drug = serializers.CharField(max_length=60, required=False)
    pump_model = serializers.CharField(max_length=60, required=False)
    limited_by = serializers.ChoiceField(choices=[each.value for each in LimitKind], required=False)
    hazard = serializers.IntegerField(min_value=0, max_value=2, required=False)
    within_weeks = serializers.IntegerField(min_value=0, max_value=520, required=False)
    sort = serializers.ChoiceField(choices=[each.value for each in Sorting], default=Sorting.URGENCY.value)


class WorkVisitShown(Shown):
    """The pump's first refill visit ahead."""

    ref = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    local_on = serializers.DateField()
    status = serializers.CharField()


class WorkRowShown(Shown):
    """A pump. ``rung`` is how far a refill that runs late has climbed (5 is an emergency), null where it is in time.

    ``days_to_empty`` is rounded down. ``follow_up`` is the refill's item on the care plan; ``due_follow_ups`` counts
    what else the patient is due for today.
    """

    implant = serializers.UUIDField(source="implant_ref")
    patient = serializers.UUIDField(source="patient_ref")
    group = serializers.ChoiceField(choices=ORDER)
    rung = serializers.IntegerField(allow_null=True)
    must_refill_by = serializers.DateField(allow_null=True)
    limited_by = serializers.CharField()
    days_left = serializers.IntegerField(allow_null=True)
    days_to_empty = QuantityField(allow_null=True)
    low_reservoir_on = serializers.DateField(allow_null=True)
    empty_on = serializers.DateField(allow_null=True)
    target_visit_on = serializers.DateField(allow_null=True)
    latest_visit_on = serializers.DateField(allow_null=True)
    review_on = serializers.DateField(allow_null=True)
    hazard = serializers.IntegerField(allow_null=True)
    findings = serializers.SerializerMethodField()
    filled_on = serializers.DateField(allow_null=True)
    drugs = serializers.ListField(child=serializers.CharField())
    booking = serializers.ChoiceField(choices=[each.value for each in Booking])
    visit = WorkVisitShown(allow_null=True)
    follow_up = serializers.UUIDField(source="item_ref", allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    postponed_until = serializers.DateField(allow_null=True)
    due_follow_ups = serializers.IntegerField()

    @extend_schema_field(FindingShown(many=True))
    def get_findings(self, row: WorkRow) -> Any:
        return FindingShown(findings.stored(row.findings), many=True).data


class GroupsShown(Shown):
    """How many pumps each group holds under the same filters."""

    missing = serializers.IntegerField()
    emergency = serializers.IntegerField()
    overdue = serializers.IntegerField()
    at_risk = serializers.IntegerField()
    due = serializers.IntegerField()
    review = serializers.IntegerField()
    later = serializers.IntegerField()


class WorkListShown(Shown):
    """A page of the list, most urgent first unless another order is asked for."""

    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    counts = GroupsShown()
    results = WorkRowShown(many=True, source="rows")


class WorkList(ClinicAPIView):
    """The pumps in place."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(parameters=[WorkAsked], responses=WorkListShown, operation_id="get_work_list")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Every pump in place, as the page of the work list has it: ``missing`` was never worked out, a fault."""
        asked = self.asked(WorkAsked)
        for name, known in (("drug", drug_choices), ("pump_model", pump_model_choices)):
            if name in asked and asked[name] not in dict(known()):
                raise serializers.ValidationError({name: [said_unknown()]})
        wanted = Wanted(
            groups=frozenset({asked["group"]} if "group" in asked else ()),
            drug_key=asked.get("drug", ""),
            pump_model_key=asked.get("pump_model", ""),
            hazard=asked.get("hazard"),
            limited_by=asked.get("limited_by", ""),
            within_weeks=asked.get("within_weeks"),
            owner_id=asked.get("owner"),
            booking=Booking(asked["booking"]) if "booking" in asked else None,
            sorting=Sorting(asked["sort"]),
        )
        found = work_list(
            clinic_id=self.clinic.pk,
            wanted=wanted,
            now=self.now,
            page=asked["page"],
            page_size=asked["limit"],
        )
        return Response(WorkListShown(found).data)
