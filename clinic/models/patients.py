"""Patients, how to reach them, what they agreed to, and who helps them.

Patient data: every field of these tables.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.accounts import Language
from clinic.models.base import ClinicOwned, Referenced, audited, never_overwritten
from clinic.models.search import kept_with
from clinic.seeing import tells


@tells("ref", "mrn", "last_name", "first_name", "birth_date", "notes", patient="id")
@audited
class Patient(ClinicOwned, Referenced):
    mrn = models.CharField(_("MRN"), max_length=40)
    last_name = models.CharField(_("last name"), max_length=80)
    first_name = models.CharField(_("first name"), max_length=80)
    birth_date = models.DateField(_("date of birth"))
    language = models.CharField(
        _("language"), max_length=5, choices=Language.choices, default=Language.ENGLISH
    )
    died_on = models.DateField(_("died on"), null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True, max_length=4000)
    created_at = models.DateTimeField()

    class Meta:
        triggers = [
            kept_with(
                *("last_name", "first_name", "mrn"),
                was="patient_id = OLD.id AND implant_id IS NULL",
                row="NEW.id, NULL::bigint",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "mrn"], name="patient_mrn_once_per_clinic"),
            models.CheckConstraint(
                condition=~Q(mrn="") & ~Q(last_name="") & ~Q(first_name=""), name="patient_is_named"
            ),
            models.CheckConstraint(condition=Q(birth_date__gte="1900-01-01"), name="patient_birth_date_sane"),
            models.CheckConstraint(
                condition=Q(died_on__isnull=True) | Q(died_on__gte=models.F("birth_date")),
                name="patient_dies_after_birth",
            ),
            models.CheckConstraint(condition=Q(language__in=Language.values), name="patient_language_known"),
        ]
        indexes = [
            models.Index(fields=["clinic", "last_name", "first_name"], name="patient_by_name"),
            models.Index(fields=["clinic"], condition=Q(died_on__isnull=False), name="patient_died"),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"


class ContactKind(models.TextChoices):
    PHONE = "phone", _("telephone")
    EMAIL = "email", _("e-mail")


@tells("value")
@audited
class ContactPoint(ClinicOwned):
    """One number or address at which a patient, or a proxy, can be reached."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_points")
    proxy = models.ForeignKey(
        "clinic.Proxy", null=True, blank=True, on_delete=models.PROTECT, related_name="contact_points"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ContactKind.choices)
    value = models.CharField(_("number or address"), max_length=254)
    is_preferred = models.BooleanField(_("preferred"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    dialable = models.CharField(max_length=254, blank=True, default="", editable=False)
    """As machines write it: a number in E.164, an address in lower case; empty: no text can be sent there."""
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    """IANA name; empty: the clinic's. Quiet hours are those of whoever reads."""

    class Meta:
        indexes = [
            models.Index(
                fields=["dialable"], condition=Q(is_active=True) & ~Q(dialable=""), name="contact_dialable"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "kind", "value"],
                condition=Q(is_active=True, proxy__isnull=True),
                name="contact_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=ContactKind.values), name="contact_kind_known"),
            models.CheckConstraint(condition=~Q(value=""), name="contact_has_value"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


@tells("name")
@audited
class Proxy(ClinicOwned):
    """A relative or helper whom the patient allows the clinic to speak with."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="proxies")
    name = models.CharField(_("name"), max_length=120)
    relationship = models.CharField(_("relationship"), max_length=60, blank=True)
    may_receive_reminders = models.BooleanField(_("may receive reminders"), default=False)
    is_emergency_contact = models.BooleanField(_("emergency contact"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name_plural = _("proxies")
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="proxy_is_named")]

    def __str__(self) -> str:
        return f"proxy {self.pk}"


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class Topic(models.TextChoices):
    REMINDERS = "reminders", _("appointment reminders")
    CHECK_INS = "check_ins", _("questions after an operation")


@audited
class Consent(ClinicOwned):
    """What the patient said about one channel and topic, when, in which words. The newest row counts."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    topic = models.CharField(_("topic"), max_length=20, choices=Topic.choices, default=Topic.REMINDERS)
    is_granted = models.BooleanField(_("agreed"))
    wording = models.TextField(_("words used"), max_length=1000)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: the patient said so, by text or by link, and ``wording`` is what was said."""

    class Meta:
        triggers = never_overwritten()
        indexes = [models.Index(fields=["patient", "channel", "topic", "-id"], name="consent_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="consent_channel_known"),
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="consent_topic_known"),
            models.CheckConstraint(condition=~Q(wording=""), name="consent_has_wording"),
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"
