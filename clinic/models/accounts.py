"""Clinics, the people who work there, and what each may do."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic.domain.roles import Role
from clinic.models.base import ClinicOwned, Referenced, ScopedQuerySet, audited


class Language(models.TextChoices):
    """What pages and messages are written in."""

    ENGLISH = "en", _("English")
    SPANISH = "es", _("Spanish")
    FRENCH = "fr", _("French")


class UserManager(BaseUserManager["User"]):
    """Accounts are known by their e-mail address; there are no user names."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("an account needs an e-mail address")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    model_name="UserHistory",
    append_only=True,
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    exclude=["password", "last_login"],
    meta={"verbose_name": "history of user", "verbose_name_plural": "history of user"},
)
class User(AbstractUser):
    """A person who signs in."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=Language.choices, blank=True, default="", db_default=""
    )
    """That the person has chosen to read; empty: the clinic's."""
    session_round = models.PositiveIntegerField(default=0, editable=False)
    """Sessions of an earlier round have ended, wherever they are kept."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(
                condition=Q(language__in=["", *Language.values]), name="user_language_known"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django ends a session whose hash is another: after a new password, and after a new round."""
        words = f"{self.password}:{self.session_round}"
        return salted_hmac("clinic.User.session", words, secret=secret, algorithm="sha256").hexdigest()


def every_weekday() -> list[int]:
    return [0, 1, 2, 3, 4]


@audited
class Clinic(Referenced):
    """The tenant: its place in time and its refill policy."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64)
    language = models.CharField(_("language"), max_length=5, default="en")
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    open_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=every_weekday, verbose_name=_("open on")
    )
    target_margin_days = models.PositiveSmallIntegerField(
        _("aim for a visit this many days before the refill date"),
        default=10,
        validators=[MaxValueValidator(60)],
    )
    latest_margin_days = models.PositiveSmallIntegerField(
        _("latest visit this many days before the refill date"), default=3, validators=[MaxValueValidator(60)]
    )
    max_interval_days = models.PositiveSmallIntegerField(
        _("longest interval between refills, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(7), MaxValueValidator(366)],
    )
    does_high_flow_bind = models.BooleanField(
        _("let the pump's stated accuracy bind the date"), default=False
    )
    sweep_hour = models.PositiveSmallIntegerField(
        _("hour of the nightly check, clinic time"), default=2, validators=[MaxValueValidator(23)]
    )
    holiday_country = models.CharField(_("public holidays of"), max_length=2, blank=True, default="")
    """ISO 3166-1 code; empty: the clinic enters its closed days itself."""
    holiday_region = models.CharField(_("state or region"), max_length=10, blank=True, default="")
    pharmacy_lead_days = models.PositiveSmallIntegerField(
        _("days the pharmacy needs to prepare a syringe"), default=7, validators=[MaxValueValidator(60)]
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(target_margin_days__gte=F("latest_margin_days")),
                name="clinic_target_before_latest",
            ),
            models.CheckConstraint(condition=Q(sweep_hour__lte=23), name="clinic_sweep_hour_is_an_hour"),
            models.CheckConstraint(
                condition=Q(open_weekdays__len__gt=0) & Q(open_weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="clinic_opens_some_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClosureSource(models.TextChoices):
    CLINIC = "clinic", _("the clinic")
    HOLIDAY = "holiday", _("public holiday")


class ClosureQuerySet(ScopedQuerySet["Closure"]):
    def in_force(self) -> ClosureQuerySet:
        """Leave out the holidays on which the clinic works."""
        return self.filter(is_lifted=False)


@audited
class Closure(ClinicOwned):
    """A day on which the clinic sees nobody. A public holiday on which it works after all stays, lifted."""

    closed_on = models.DateField(_("closed on"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    source = models.CharField(max_length=10, choices=ClosureSource.choices, default=ClosureSource.CLINIC)
    is_lifted = models.BooleanField(_("the clinic works all the same"), default=False)

    objects = ClosureQuerySet.as_manager()  # type: ignore[misc]  # narrows ScopedQuerySet

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "closed_on"], name="closure_once_a_day"),
            models.CheckConstraint(condition=Q(source__in=ClosureSource.values), name="closure_source_known"),
            models.CheckConstraint(
                condition=Q(is_lifted=False) | Q(source="holiday"), name="closure_only_holidays_lifted"
            ),
        ]
        ordering = ["closed_on"]

    def __str__(self) -> str:
        return f"{self.closed_on} {self.reason}".strip()


ROLE_LABELS = {
    Role.NURSE: _("Nurse"),
    Role.PRESCRIBER: _("Prescriber"),
    Role.SCHEDULER: _("Scheduler"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
}


@audited
class Membership(ClinicOwned):
    """One person's role in one clinic."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "user"], name="membership_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


@audited
class Invitation(ClinicOwned, Referenced):
    """An open offer to join a clinic. Only the hash of its token is stored."""

    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    accepted_ip = models.GenericIPAddressField(null=True, blank=True, editable=False)
    accepted_with = models.CharField(max_length=200, blank=True, default="", editable=False)
    """The program that it was accepted with, as it named itself."""
    is_link_shown = models.BooleanField(default=False, editable=False)
    """Whoever invited saw the link, for want of a mail server, and could have accepted it."""
    revoked_at = models.DateTimeField(null=True, blank=True)
    is_unsent = models.BooleanField(default=False, editable=False)
    """The mail server did not take the letter: it counts as none that somebody was sent."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="invitation_role_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.role}"
