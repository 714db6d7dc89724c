"""Accounts come by an administrator's invitation; nobody signs up alone."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self sign-up: who works in a clinic is the clinic's decision."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
