"""Whose operation is not long ago."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Max, Q

from clinic.models import Implant, Patient


def operated_since(*, clinic_id: int, since: date, until: date) -> dict[int, date]:
    """Living patients whose last implant or explant was between these days, with that day (one query)."""
    rows = (
        Implant.objects.for_clinic(clinic_id)
        .filter(patient__died_on__isnull=True)
        .values_list("patient_id")
        .annotate(
            put_in=Max("implanted_on", filter=Q(implanted_on__lte=until)),
            taken_out=Max("explanted_on", filter=Q(explanted_on__lte=until)),
        )
        .filter(Q(put_in__gte=since) | Q(taken_out__gte=since))
        .order_by()
    )
    return {patient_id: max(filter(None, days)) for patient_id, *days in rows}


def last_operations(*, clinic_id: int, patient_ids: Collection[int], until: date) -> dict[int, date]:
    """The day of each patient's last implant or explant, however long ago (one query)."""
    rows = (
        Implant.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=patient_ids)
        .values_list("patient_id")
        .annotate(
            put_in=Max("implanted_on", filter=Q(implanted_on__lte=until)),
            taken_out=Max("explanted_on", filter=Q(explanted_on__lte=until)),
        )
        .order_by()
    )
    return {patient_id: max(known) for patient_id, *days in rows if (known := list(filter(None, days)))}


def patients_by_id(*, clinic_id: int, patient_ids: Collection[int]) -> dict[int, Patient]:
    """The clinic's patients among these (one query)."""
    return {row.pk: row for row in Patient.objects.for_clinic(clinic_id).filter(pk__any_of=patient_ids)}
