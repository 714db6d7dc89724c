"""A person's own filters of a list."""

from __future__ import annotations

from scheduling.models import SavedFilter


def saved_filters(*, clinic_id: int, user_id: int, page: str) -> list[SavedFilter]:
    """The person's filters of one page in this clinic, by name."""
    return list(
        SavedFilter.objects.for_clinic(clinic_id).filter(user_id=user_id, page=page).order_by("name", "id")
    )


def saved_filter(*, clinic_id: int, user_id: int, filter_id: int) -> SavedFilter | None:
    """One of the person's own filters; None for another's and for one that never was."""
    return SavedFilter.objects.for_clinic(clinic_id).filter(user_id=user_id, pk=filter_id).first()
