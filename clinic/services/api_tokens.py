"""Keys of programs: made by a member for that member's own name, ended by the member or an administrator."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from clinic.audit import recording
from clinic.domain.api_tokens import MOST_TOKENS, PREFIX, TokenEntry, check_token
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import Role
from clinic.models import ApiToken, ApiTokenUse, Clinic, Membership
from clinic.scope import across_clinics


def make_token(*, clinic: Clinic, entry: TokenEntry, user_id: int, now: datetime) -> tuple[ApiToken, str]:
    """Make a token for the person themselves. Returns it and its secret, which is shown once and never stored.

    Nobody makes one in another's name: what a token enters counts as entered by its person, and whoever entered
    something cannot sign it. Raises RecordError as ``check_token``, and for more than twenty that live.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    with recording(actor_id=user_id, reason="API token made"):
        membership = (
            Membership.objects.for_clinic(clinic.id)
            .select_for_update(no_key=True)
            .get(user_id=user_id, is_active=True)
        )
        check_token(entry, role=Role(membership.role))
        living = ApiToken.objects.for_clinic(clinic.id).filter(
            user_id=user_id, revoked_at__isnull=True, expires_at__gt=now
        )
        if living.count() >= MOST_TOKENS:
            raise RecordError(
                "name", gettext_noop("you have %(most)s tokens: revoke one first"), most=MOST_TOKENS
            )
        token = ApiToken.objects.create(
            clinic=clinic,
            user_id=user_id,
            name=entry.name.strip(),
            permissions=[each.value for each in entry.permissions],
            token_sha256=_hash(secret),
            created_at=now,
            expires_at=now + timedelta(days=entry.days),
        )
    return token, secret


def revoke_token(*, clinic: Clinic, token_ref: UUID, actor_id: int, now: datetime) -> bool:
    """End a token at once; False where it had ended or never was."""
    with recording(actor_id=actor_id, reason="API token revoked"):
        living = ApiToken.objects.for_clinic(clinic.id).filter(ref=token_ref, revoked_at__isnull=True)
        return bool(living.update(revoked_at=now))


def restore_token(*, clinic: Clinic, token_ref: UUID, actor_id: int) -> None:
    """Take a revocation back; a token that has expired stays expired."""
    with recording(actor_id=actor_id, reason="API token's revocation taken back"):
        ApiToken.objects.for_clinic(clinic.id).filter(ref=token_ref).update(revoked_at=None)


def revoke_tokens_of(*, clinic: Clinic, user_id: int, now: datetime) -> None:
    """End every token of somebody who leaves; inside the caller's ``recording``."""
    ApiToken.objects.for_clinic(clinic.id).filter(user_id=user_id, revoked_at__isnull=True).update(
        revoked_at=now
    )


@across_clinics("a token is known by its secret alone")
def token_behind(*, secret: str, now: datetime) -> ApiToken | None:
    """The token while it lives and its person may sign in; None for expired, revoked and unknown alike.

    The first use of a day is written down.
    """
    token = (
        ApiToken.objects.filter(
            token_sha256=_hash(secret), revoked_at__isnull=True, expires_at__gt=now, user__is_active=True
        )
        .select_related("user", "use")
        .first()
    )
    if token is not None and getattr(getattr(token, "use", None), "used_on", None) != now.date():
        ApiTokenUse.objects.update_or_create(
            token=token, clinic_id=token.clinic_id, defaults={"used_on": now.date()}
        )
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
