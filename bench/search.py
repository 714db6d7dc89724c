"""Finding a patient in the largest clinic by name, MRN and serial, against an indexed look-up of the same rows."""

from __future__ import annotations

from django.db import connection, transaction

from bench.national.build import Country
from bench.places import largest
from bench.plain import PlainConnection
from bench.table import Row, by_turns
from clinic.models import Implant
from clinic.scope import in_clinic
from clinic.selectors.patients import first_found

ROUNDS, BAR, SHOWN = 15, 3.0, 25
_FOUND = (
    "SELECT p.*, i.* FROM clinic_patient AS p JOIN clinic_implant AS i ON i.patient_id = p.id"
    " WHERE p.clinic_id = %(clinic)s AND "
)
_LOOK_UPS = {
    "name": "p.last_name = %(text)s",
    "MRN": "p.mrn = %(text)s",
    # By the endings: behind the wall an index over upper() serves nobody, since upper() is not leakproof.
    "serial": "i.id IN (SELECT implant_id FROM clinic_searchending"
    " WHERE clinic_id = %(clinic)s AND ending = upper(%(text)s) AND implant_id IS NOT NULL)",
}


def run(country: Country) -> list[Row]:
    place = largest()
    implant = Implant.objects.for_clinic(place.clinic.pk).select_related("patient").order_by("-pk")[0]
    asked = {"name": implant.patient.last_name, "MRN": implant.patient.mrn, "serial": implant.serial}
    return [_row(what, text, place.clinic.pk, place.pumps) for what, text in asked.items()]


def _row(what: str, text: str, clinic_id: int, pumps: int) -> Row:
    plain = PlainConnection()

    def ours() -> None:
        with in_clinic(clinic_id), transaction.atomic():  # as a page is
            found = first_found(clinic_id=clinic_id, text=text, most=SHOWN)
        assert found

    def floor() -> None:
        with plain.of_clinic(clinic_id) as raw:
            found = raw.execute(_FOUND + _LOOK_UPS[what], {"clinic": clinic_id, "text": text}).fetchall()
        assert found

    connection.ensure_connection()
    turns = by_turns(ours, floor, rounds=ROUNDS)
    plain.close()
    return Row(
        what=f"search by {what}, {pumps:,} patients in the clinic",
        ours=turns.ours,
        floor=turns.floor,
        floor_is="an indexed look-up",
        bar=BAR,
        queries=turns.queries,
        peak_bytes=turns.peak_bytes,
        size=pumps,
    )
