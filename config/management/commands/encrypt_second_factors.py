"""`manage.py encrypt_second_factors`: after a new key stands first in SECOND_FACTOR_KEYS, before the old one goes."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand

from web.second_factor import encrypt_anew


class Command(BaseCommand):
    help = "Encrypts the secrets of second factors with the first of SECOND_FACTOR_KEYS. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")
        changed = sum(encrypt_anew(row) for row in rows.iterator())
        self.stdout.write(f"{changed} encrypted anew.")
