"""What every correction begins with: a reason, the implant's lock, and a fact that still stands."""

from __future__ import annotations

from typing import Any, TypeVar

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, Fill, ProgramVersion, PumpEvent, Reading
from clinic.services.implants import lock_implant

Fact = TypeVar("Fact", Fill, ProgramVersion, Reading, PumpEvent)


def lock_current(model: type[Fact], *, clinic: Clinic, reason: str, gone: str, **which: Any) -> Fact:
    """The fact ``which`` names, under its implant's lock, to be superseded in the caller's transaction.

    Raises RecordError without a reason, and with the message ``gone`` when the fact was superseded in the
    meantime; DoesNotExist for a fact of another clinic as for one that never was.
    """
    if not reason.strip():
        raise RecordError("correction_reason", gettext_noop("a correction needs a reason"))
    found = model.objects.for_clinic(clinic.id).select_related("implant").get(**which)
    implant = lock_implant(clinic=clinic, implant_ref=found.implant.ref)
    current = model.objects.for_clinic(clinic.id).current().filter(pk=found.pk).first()
    if current is None:
        raise RecordError("correction_reason", gone)
    current.implant = implant
    return current
