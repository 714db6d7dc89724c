"""Who is signed in, as services and selectors know people."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def person_id(request: HttpRequest) -> int:
    """The number of whoever is signed in. Raises PermissionDenied where nobody is: nothing is done in nobody's name."""
    if request.user.pk is None:
        raise PermissionDenied
    return int(request.user.pk)
