"""Who received a given lot: the question of a recall."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import FillDrug


def who_received(*, clinic_id: int, lot: str) -> QuerySet[FillDrug]:
    """Every fill with a drug of this lot (case ignored), newest first, with patient and pump.

    Fills that were corrected or withdrawn later are included: a recall must not miss the vial that was really
    used, so their ``superseded_by`` says what became of them. Withdrawal rows themselves hold no drugs.
    """
    return (
        FillDrug.objects.for_clinic(clinic_id)
        .filter(lot__iexact=lot)
        .exclude(lot="")
        .select_related("drug", "fill__implant__patient", "fill__implant__pump_model", "fill__superseded_by")
        .order_by("-fill__filled_on", "-fill_id", "position")
    )


def lots_like(*, clinic_id: int, text: str, most: int = 20) -> list[str]:
    """Lots recorded here that contain ``text``, for somebody who mistyped one."""
    return list(
        FillDrug.objects.for_clinic(clinic_id)
        .filter(lot__icontains=text)
        .exclude(lot="")
        .values_list("lot", flat=True)
        .distinct()
        .order_by("lot")[:most]
    )
