"""Tokens of the REST interface, as pages show them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import ApiToken


def tokens(*, clinic_id: int, user_id: int | None = None) -> QuerySet[ApiToken]:
    """A clinic's tokens, or one person's, the newest first; ended ones too."""
    rows = ApiToken.objects.for_clinic(clinic_id).select_related("user", "use").order_by("-created_at", "-pk")
    return rows if user_id is None else rows.filter(user_id=user_id)
