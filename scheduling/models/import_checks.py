"""Imports that a second person checks as a whole, the pumps they brought, and every step. Patient data: the pumps.

See docs/adr/0032-an-import-is-checked-as-a-whole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.audit import audited
from scheduling.models.base import Addressed, Scoped, append_only
from scheduling.models.second_checks import RUNNING, SIGNER_IS_ANOTHER, CheckState

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

_WHAT_IS_SIGNED = pgtrigger.Trigger(
    name="signed_with_its_import",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.signed_at IS NOT NULL"),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM scheduling_importcheck AS whole
            WHERE whole.id = NEW.import_check_id AND whole.state = 'signed'
        ) THEN
            RAISE EXCEPTION 'a pump is signed with the import that brought it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
_RE_ENTERED_BY_ANOTHER = pgtrigger.Trigger(
    name="re_entered_by_another",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.confirmed_by_id IS NOT NULL"),
    func="""
        IF EXISTS (
            SELECT 1 FROM scheduling_importcheck AS whole
            WHERE whole.id = NEW.import_check_id AND whole.author_ids @> to_jsonb(NEW.confirmed_by_id)
        ) THEN
            RAISE EXCEPTION 'an imported pump is re-entered by somebody who did not import it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
_SIGNED_AFTER_RE_ENTRY = pgtrigger.Trigger(
    name="signed_after_re_entry",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.state = 'signed'"),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM scheduling_importedpump AS pump
            WHERE pump.import_check_id = NEW.id AND pump.confirmed_at IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'an import is signed after pumps of it were re-entered'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
_DRAWN_ONCE = pgtrigger.Trigger(
    name="drawn_once",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "OLD.draw <> NEW.draw OR OLD.implant_id <> NEW.implant_id"
        " OR OLD.import_check_id <> NEW.import_check_id OR (OLD.is_first AND NOT NEW.is_first)"
        " OR (OLD.signed_at IS NOT NULL"
        " AND (OLD.signed_at, OLD.fingerprint) IS DISTINCT FROM (NEW.signed_at, NEW.fingerprint))"
    ),
    func="""
        RAISE EXCEPTION 'what was drawn and signed of an import stays'
            USING ERRCODE = 'check_violation';
    """,
)
_WAITS_FOR_A_PERSON = pgtrigger.Trigger(
    name="waits_for_a_person",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("OLD.waits AND NOT NEW.waits AND NEW.is_first AND NEW.signed_at IS NULL"),
    func="""
        IF EXISTS (
            SELECT 1 FROM scheduling_secondcheck AS signed
            WHERE signed.implant_id = NEW.implant_id AND signed.state = 'signed'
        ) OR EXISTS (
            SELECT 1 FROM scheduling_importedpump AS later
            WHERE later.implant_id = NEW.implant_id AND later.signed_at IS NOT NULL
        ) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a pump that came by an import waits until somebody has checked it'
            USING ERRCODE = 'check_violation';
    """,
)


@audited
class ImportCheck(Scoped, Addressed):
    """One file that was brought into the record, which a second person checks as a whole before it counts."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    """Of the file, in hexadecimal; the file itself is not kept."""
    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.OPEN)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    """Who confirmed the import."""
    author_ids = models.JSONField()
    """Whoever uploaded or confirmed it: none of them signs."""
    began_at = models.DateTimeField()
    file_shown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who has shown to hold the same file."""
    file_shown_at = models.DateTimeField(null=True)
    emergency_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    emergency_reason = models.CharField(max_length=500, blank=True, default="")
    emergency_until = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    pumps: RelatedManager[ImportedPump]
    steps: RelatedManager[ImportCheckStep]

    class Meta:
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="closed_stays_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["signed", "withdrawn"]),
            ),
            SIGNER_IS_ANOTHER,
            _SIGNED_AFTER_RE_ENTRY,
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "sha256", "author"],
                condition=Q(state="open", emergency_until__isnull=True),
                name="import_check_one_that_is_joined",
            ),
            models.CheckConstraint(condition=Q(state__in=CheckState.values), name="import_check_state_known"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="import_check_names_its_file"
            ),
            models.CheckConstraint(
                condition=Q(signer__isnull=True) | ~Q(signer=F("author")),
                name="import_check_signer_is_another",
            ),
            models.CheckConstraint(
                condition=Q(file_shown_by__isnull=True) | ~Q(file_shown_by=F("author")),
                name="import_check_file_shown_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="signed",
                    signer__isnull=False,
                    signed_at__isnull=False,
                    file_shown_at__isnull=False,
                    file_shown_by__isnull=False,
                )
                | ~Q(state="signed") & Q(signer__isnull=True, signed_at__isnull=True),
                name="import_check_signed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="emergency")
                | Q(
                    emergency_by__isnull=False,
                    emergency_until__isnull=False,
                    emergency_reason__regex=r".{10}",
                ),
                name="import_check_emergency_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "began_at"], condition=Q(state__in=RUNNING), name="import_check_running"
            ),
            models.Index(fields=["clinic", "sha256"], name="import_check_of_file"),
        ]

    def __str__(self) -> str:
        return f"import check {self.pk}"


class ImportedPump(Scoped, Addressed):
    """What an import left behind in one pump, until somebody has checked it.

    Covered by its import's check while its inputs are those that came in; one changed since has a check of its own.
    """

    import_check = models.ForeignKey(ImportCheck, on_delete=models.PROTECT, related_name="pumps")
    implant = models.ForeignKey("clinic.Implant", on_delete=models.PROTECT, related_name="imported")
    fill = models.ForeignKey("clinic.Fill", on_delete=models.PROTECT, related_name="+")
    """The fill in the pump after its row came in."""
    fingerprint = models.CharField(max_length=64, null=True)
    """Of the inputs that came in. None: not worked out yet; empty: the pump has a check of its own from the start."""
    is_first = models.BooleanField(default=False)
    """Whether nothing stood before it."""
    reasons = models.JSONField(default=list)
    """Why it would need a second person by itself; then it is re-entered whatever the draw says."""
    draw = models.BigIntegerField()
    """Its place in the draw of the sample, by chance, once."""
    mismatches = models.PositiveSmallIntegerField(default=0)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who re-entered the same."""
    confirmed_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField()
    waits = models.BooleanField(default=True)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            _WHAT_IS_SIGNED,
            _RE_ENTERED_BY_ANOTHER,
            _DRAWN_ONCE,
            _WAITS_FOR_A_PERSON,
        ]
        constraints = [
            models.UniqueConstraint(fields=["import_check", "implant"], name="imported_pump_once"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(reasons=[]) | Q(confirmed_at__isnull=False),
                name="imported_pump_re_entered_where_it_must",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="imported_pump_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(fingerprint__regex=r"."),
                name="imported_pump_signed_for_inputs",
            ),
        ]
        indexes = [
            models.Index(fields=["implant"], condition=Q(waits=True), name="imported_pump_waits"),
            models.Index(
                fields=["implant", "fingerprint"],
                condition=Q(signed_at__isnull=False),
                name="imported_pump_signed_for",
            ),
        ]

    def __str__(self) -> str:
        return f"imported pump {self.pk}"


class ImportCheckStep(Scoped):
    """What happened to the check of an import, when and by whom. Written once; holds no value that was entered."""

    class What(models.TextChoices):
        OPENED = "opened", _("asked for")
        FILE_SHOWN = "file_shown", _("held the same file")
        FILE_DIFFERED = "other_file", _("showed another file")
        CONFIRMED = "confirmed", _("re-entered a pump, the same")
        DIFFERED = "differed", _("re-entered a pump, differs")
        SIGNED = "signed", _("signed")
        EMERGENCY = "emergency", _("put into effect in an emergency")
        EXPIRED = "expired", _("emergency ended unsigned")
        WITHDRAWN = "withdrawn", _("no longer needed")

    import_check = models.ForeignKey(ImportCheck, on_delete=models.PROTECT, related_name="steps")
    pump = models.ForeignKey(ImportedPump, null=True, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["import_check", "id"], name="import_check_step_in_order")]

    def __str__(self) -> str:
        return f"{self.what} of import check {self.import_check_id}"
