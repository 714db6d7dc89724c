"""Addresses: ours, as other programs and other people reach us, and where a request comes from."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def public_address(request: HttpRequest, path: str) -> str:
    """The whole address of a path: by PUBLIC_URL, or as this reader came where nobody has set it."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def client_address(request: HttpRequest) -> str | None:
    """Where it was asked from; behind a proxy what the proxy says, where ALLAUTH_TRUSTED_PROXY_COUNT trusts it.

    None where the headers say something that no proxy of ours would.
    """
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return None
