"""By what patients are found, kept by triggers beside what it is made of.

Patient data: every field of this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db import models
from django.db.models import Lookup

from clinic.models.base import ClinicOwned

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


class SearchEnding(ClinicOwned):
    """One ending of a name, an MRN or a pump's serial number, in plain capitals: a word in the middle begins one.

    Written by the database alone (``kept_with``), with the row that it is of and never later. No foreign keys: they
    would be checked for each of some thirty rows a patient, and triggers of those very rows write them.
    """

    clinic = models.ForeignKey(
        "clinic.Clinic", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    implant = models.ForeignKey(
        "clinic.Implant",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    """The pump whose serial number it is of; None: of the patient's name or MRN."""
    ending = models.CharField(max_length=80, db_collation="C")

    class Meta:
        indexes = [
            models.Index(
                fields=["clinic", "ending"], include=["patient", "implant"], name="search_ending_found"
            ),
            models.Index(fields=["patient", "ending"], include=["implant"], name="search_ending_of_patient"),
        ]

    def __str__(self) -> str:
        return f"ending {self.pk}"


class Begins(_Lookup):
    """``ending__begins``: LIKE is not leakproof, so behind the walls no index would serve it; this operator is."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", [*left_parameters, *right_parameters]


models.CharField.register_lookup(Begins)

_WRITE = """
IF TG_OP = 'UPDATE' AND ({new}) IS NOT DISTINCT FROM ({old}) THEN
    RETURN NULL;
END IF;
IF TG_OP <> 'INSERT' THEN
    DELETE FROM clinic_searchending WHERE {was};
END IF;
IF TG_OP <> 'DELETE' THEN
    INSERT INTO clinic_searchending (clinic_id, patient_id, implant_id, ending)
    SELECT NEW.clinic_id, {row}, ending FROM clinic_endings({words}) AS ending;
END IF;
RETURN NULL;
"""


def kept_with(*columns: str, was: str, row: str) -> pgtrigger.Trigger:
    """The trigger that keeps the endings of these columns. ``was`` finds those of OLD, ``row`` numbers those of NEW."""
    known = ("clinic_id", *columns)
    words = ", ".join(f"NEW.{column}" for column in columns if not column.endswith("_id"))
    return pgtrigger.Trigger(
        name="searched",
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(*known) | pgtrigger.Delete,  # type: ignore[no-untyped-call]
        when=pgtrigger.After,
        func=_WRITE.format(
            new=", ".join(f"NEW.{column}" for column in known),
            old=", ".join(f"OLD.{column}" for column in known),
            was=was,
            row=row,
            words=words,
        ),
    )
