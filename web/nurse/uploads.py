"""A request that brings a file: refused by its size before any of it is kept."""

from __future__ import annotations

from django.conf import settings

from web.access import ClinicRequest

FORM_BYTES = 64 * 1024
DRAINED_BYTES = 1024**3


def is_too_large(request: ClinicRequest) -> bool:
    """Whether the request says that it is larger than a register with its form may be."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > settings.REGISTER_UPLOAD_MAX_BYTES + FORM_BYTES


def drain(request: ClinicRequest) -> None:
    """Read the rest and forget it, since a browser shows an answer only after it has sent everything."""
    left = DRAINED_BYTES
    while left > 0 and (chunk := request.read(FORM_BYTES)):
        left -= len(chunk)
