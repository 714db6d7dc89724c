"""Clinics and their people: founding, inviting, joining, leaving."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from clinic.audit import recording
from clinic.changes import announce_members
from clinic.domain.checks import RecordError, check_zone
from clinic.domain.entries import ClinicEntry
from clinic.domain.public_holidays import check_holiday_place
from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import Role
from clinic.models import Clinic, Invitation, Language, Membership, User
from clinic.scope import across_clinics
from clinic.services.api_tokens import revoke_tokens_of
from clinic.services.numbers import bring_up_dialable

INVITATION_LIFETIME = timedelta(days=7)
LETTERS_A_DAY = 3
"""To one address, so that nobody is pestered in a clinic's name."""
LETTERS_AN_HOUR = 30
"""By one person, to whomever: a new team fits, a list of strangers does not."""


@across_clinics("it makes a clinic")
def found_clinic(
    *, entry: ClinicEntry, admin_email: str, admin_password: str, admin_name: str, now: datetime
) -> tuple[Clinic, User]:
    """Create a clinic with its first administrator, who may also enter the catalogue."""
    _check_clinic(entry)
    _check_password("admin_password", admin_password)
    with transaction.atomic():
        if User.objects.filter(email__iexact=admin_email).exists():
            raise RecordError("admin_email", gettext_noop("an account with this address exists"))
        user = User.objects.create_user(
            admin_email, admin_password, display_name=admin_name, is_staff=True, is_superuser=True
        )
        with recording(actor_id=user.id, reason="clinic founded"):
            clinic = Clinic.objects.create(slug=_free_slug(entry.name), created_at=now, **_columns(entry))
            Membership.objects.create(clinic=clinic, user=user, role=Role.ADMINISTRATOR)
            announce_members(clinic_id=clinic.id, now=now)
    return clinic, user


def update_clinic(*, clinic: Clinic, entry: ClinicEntry, actor_id: int) -> Clinic:
    """Change the clinic's settings. Dates that rest on them are brought up to date by the caller's run."""
    _check_clinic(entry)
    with recording(actor_id=actor_id, reason="clinic settings changed"):
        locked = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        was_in = locked.holiday_country
        for name, value in _columns(entry).items():
            setattr(locked, name, value)
        locked.save()
        if locked.holiday_country != was_in:
            bring_up_dialable(clinic=locked, actor_id=actor_id)
        return locked


def invite_member(
    *, clinic: Clinic, email: str, role: Role, actor_id: int, now: datetime
) -> tuple[Invitation, str]:
    """Invite a colleague. Returns the invitation and its token, which is shown once and never stored."""
    token = secrets.token_urlsafe(32)
    with recording(actor_id=actor_id, reason="member invited"):
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        if (
            Membership.objects.for_clinic(clinic.id)
            .filter(user__email__iexact=email, is_active=True)
            .exists()
        ):
            raise RecordError("email", gettext_noop("this person is a member already"))
        _check_letters(clinic, email, actor_id, now)
        open_ones = Invitation.objects.for_clinic(clinic.id).filter(
            email__iexact=email, accepted_at__isnull=True, revoked_at__isnull=True
        )
        open_ones.update(revoked_at=now)
        invitation = Invitation.objects.create(
            clinic=clinic,
            email=email.lower(),
            role=role,
            token_sha256=_hash(token),
            invited_by_id=actor_id,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
    return invitation, token


def _check_letters(clinic: Clinic, email: str, actor_id: int, now: datetime) -> None:
    """Refuse one letter too many; under the clinic's lock, so that two at once count each other."""
    sent = Invitation.objects.for_clinic(clinic.id).filter(is_unsent=False)
    to_them = sent.filter(email__iexact=email, created_at__gt=now - timedelta(days=1))
    if to_them.count() >= LETTERS_A_DAY:
        raise RecordError(
            "email",
            gettext_noop("%(number)s invitations went to this address within a day; wait until tomorrow"),
            number=LETTERS_A_DAY,
        )
    by_them = sent.filter(invited_by_id=actor_id, created_at__gt=now - timedelta(hours=1))
    if by_them.count() >= LETTERS_AN_HOUR:
        raise RecordError(
            "email",
            gettext_noop("you have sent %(number)s invitations within an hour; wait an hour"),
            number=LETTERS_AN_HOUR,
        )


def revoke_invitation(
    *, clinic: Clinic, invitation_ref: UUID, actor_id: int, now: datetime, is_unsent: bool = False
) -> None:
    """Take an open invitation back; ``is_unsent`` where its letter did not leave."""
    with recording(actor_id=actor_id, reason="invitation revoked"):
        Invitation.objects.for_clinic(clinic.id).filter(
            ref=invitation_ref, accepted_at__isnull=True, revoked_at__isnull=True
        ).update(revoked_at=now, is_unsent=is_unsent)


@across_clinics("an invitation is known by its secret alone")
def open_invitation(*, token: str, now: datetime) -> Invitation | None:
    """The invitation behind a token while it is open; None for expired, revoked, used and unknown alike."""
    return (
        Invitation.objects.filter(
            token_sha256=_hash(token), accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        )
        .select_related("clinic")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an invitation was accepted: the address and the program that it came from."""

    ip: str | None = None
    program: str = ""


NOWHERE = Origin()


def show_link(*, clinic: Clinic, invitation_ref: UUID, actor_id: int) -> None:
    """Keep that whoever invited has seen the secret link."""
    with recording(actor_id=actor_id, reason="invitation's link shown"):
        Invitation.objects.for_clinic(clinic.id).filter(ref=invitation_ref).update(is_link_shown=True)


def has_account(email: str) -> bool:
    """Whether somebody signs in with this address already."""
    return User.objects.filter(email__iexact=email).exists()


@across_clinics("an invitation is known by its secret alone")
def accept_invitation(
    *, token: str, display_name: str, password: str, now: datetime, origin: Origin = NOWHERE
) -> User:
    """Join by invitation with a new account. Who has one joins with it: ``join_with_account``."""
    with transaction.atomic():
        invitation = _taken(token, now)
        if has_account(invitation.email):
            raise RecordError("token", gettext_noop("this address has an account: sign in to it first"))
        if not display_name.strip():
            raise RecordError("display_name", gettext_noop("is required"))
        _check_password("password", password)
        user = User.objects.create_user(invitation.email, password, display_name=display_name.strip())
        _join(invitation, user, now, origin)
    return user


@across_clinics("an invitation is known by its secret alone")
def join_with_account(*, token: str, user_id: int, now: datetime, origin: Origin = NOWHERE) -> User:
    """Join by an invitation to the address of the account that is signed in; to another one it is not open.

    The link alone never takes over an account, whoever has it.
    """
    with transaction.atomic():
        invitation = _taken(token, now)
        user = User.objects.get(pk=user_id)
        if user.email.lower() != invitation.email.lower():
            raise RecordError("token", gettext_noop("this invitation is for somebody else"))
        _join(invitation, user, now, origin)
    return user


def _taken(token: str, now: datetime) -> Invitation:
    """The open invitation, locked: it is accepted once."""
    invitation = open_invitation(token=token, now=now)
    if invitation is None:
        raise RecordError("token", gettext_noop("this invitation is no longer open"))
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if locked.accepted_at or locked.revoked_at:
        raise RecordError("token", gettext_noop("this invitation is no longer open"))
    return locked


def _join(invitation: Invitation, user: User, now: datetime, origin: Origin) -> None:
    with recording(actor_id=user.id, reason="invitation accepted"):
        Membership.objects.update_or_create(
            clinic=invitation.clinic, user=user, defaults={"role": invitation.role, "is_active": True}
        )
        invitation.accepted_at, invitation.accepted_by = now, user
        invitation.accepted_ip, invitation.accepted_with = origin.ip, origin.program[:200]
        invitation.save(update_fields=["accepted_at", "accepted_by", "accepted_ip", "accepted_with"])
        announce_members(clinic_id=invitation.clinic_id, now=now)


def change_membership(
    *, clinic: Clinic, membership_id: int, role: Role, is_active: bool, actor_id: int, now: datetime
) -> Membership:
    """Change a member's role, or end the membership. A clinic keeps at least one administrator."""
    with recording(actor_id=actor_id, reason="membership changed"):
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        membership = Membership.objects.for_clinic(clinic.id).get(pk=membership_id)
        was_active = membership.is_active
        membership.role, membership.is_active = role, is_active
        membership.save(update_fields=["role", "is_active"])
        if was_active and not is_active:
            end_sessions(user_id=membership.user_id, actor_id=actor_id, reason="left a clinic")
            revoke_tokens_of(clinic=clinic, user_id=membership.user_id, now=now)
        administrators = Membership.objects.for_clinic(clinic.id).filter(
            role=Role.ADMINISTRATOR, is_active=True
        )
        if not administrators.exists():
            raise RecordError("role", gettext_noop("a clinic keeps at least one administrator"))
        announce_members(clinic_id=clinic.id, now=now)
        return membership


def end_sessions(*, user_id: int, actor_id: int | None, reason: str) -> None:
    """End every session of the person at once, whatever browser it is in; with the caller's transaction.

    ``actor_id`` is None for the operator of the installation, who has no account.
    """
    with recording(actor_id=actor_id, reason=reason):
        User.objects.filter(pk=user_id).update(session_round=F("session_round") + 1)


def choose_language(*, user_id: int, language: str) -> None:
    """Write pages and letters to the person in this language from now on, in every clinic and browser.

    Raises RecordError for a language that there is not.
    """
    if language not in Language.values:
        raise RecordError("language", gettext_noop("choose one of the list"))
    with recording(actor_id=user_id, reason="language chosen"):
        User.objects.filter(pk=user_id).exclude(language=language).update(language=language)


def _check_password(field: str, password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise RecordError(field, " ".join(error.messages).replace("%", "%%")) from None


def _check_clinic(entry: ClinicEntry) -> None:
    if not entry.name.strip():
        raise RecordError("name", gettext_noop("is required"))
    check_zone("time_zone", entry.time_zone)
    if entry.target_margin_days < entry.latest_margin_days:
        raise RecordError(
            "target_margin_days", gettext_noop("must be at least as many days as for the latest visit")
        )
    if not entry.open_weekdays:
        raise RecordError("open_weekdays", gettext_noop("a clinic opens on some day"))
    check_holiday_place(country=entry.holiday_country, region=entry.holiday_region)


def _columns(entry: ClinicEntry) -> dict[str, object]:
    return {**asdict(entry), "open_weekdays": sorted(entry.open_weekdays)}


def _free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "clinic"
    taken = set(Clinic.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
