"""Files that were brought in and that a second person checks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from clinic.domain.roles import Role
from clinic.models import Implant, User
from scheduling.domain.import_check import hash_of
from scheduling.models import Forecast, ImportCheck, ImportedPump, RegisterImport
from scheduling.selectors.import_checks import WaitingImport, asked_pumps, waiting_import
from scheduling.services.import_check_acts.acting import re_enter, show_file, sign_import
from scheduling.services.import_checks.joining import Source
from scheduling.services.register_import import check_slice, confirm_import, import_slice, upload_register
from scheduling.services.second_check_acts.reentry import Reentered
from tests.factories import House
from tests.register_files import register

CONTENT_HASH = "ab" * 32


def source_of(person: User, sha256: str = CONTENT_HASH) -> Source:
    """A file that this person alone brings in."""
    return Source("register.csv", sha256, person.pk, frozenset({person.pk}))


def rows_of(pumps: int, **cells: str) -> list[dict[str, str]]:
    """So many rows of a register, each of another patient and pump."""
    return [
        {
            "mrn": f"REG{n:06}",
            "last_name": f"Bergholt{n}",
            "pump_serial": f"S{n}",
            "phone": "",
            "email": "",
            **cells,
        }
        for n in range(1, pumps + 1)
    ]


def bring_file_in(
    house: House, content: bytes, *, by: User | None = None, now: datetime | None = None
) -> RegisterImport:
    """Upload, check, confirm and import a file, as an administrator does on the page."""
    person, at = by or house.administrator, now or house.now
    run = upload_register(
        clinic=house.clinic, file_name="register.csv", content=content, uploaded_by_id=person.id, now=at
    )
    check_slice(import_id=run.pk, now=at, seconds=600)
    confirm_import(clinic=house.clinic, import_ref=run.ref, actor_id=person.id, now=at)
    import_slice(import_id=run.pk, now=at, seconds=600)
    run.refresh_from_db()
    return run


def imported(house: House, pumps: int = 1, **cells: str) -> ImportCheck:
    """The check of a file with so many new pumps."""
    content = register(*rows_of(pumps, **cells))
    bring_file_in(house, content)
    return ImportCheck.objects.get(sha256=hash_of(content), state="open")


def waits(check: ImportCheck) -> WaitingImport:
    check.refresh_from_db()
    return waiting_import(check)


def implant_called(serial: str) -> Implant:
    return Implant.objects.get(serial=serial)


def given(dose: str = "300", *, concentration: str = "2000", **values: Any) -> Reentered:
    """What the printout of the good row says."""
    return Reentered(
        drugs=[("baclofen", Decimal(concentration))],
        values={
            "filled_on": "2026-10-01",
            "fill_volume_ml": Decimal(40),
            "is_stopped": "no",
            "dose": Decimal(dose),
            **values,
        },
    )


def checker(house: House) -> User:
    return house.person(Role.PRESCRIBER)


def shown(house: House, check: ImportCheck, *, by: User | None = None, sha256: str = "") -> None:
    show_file(
        clinic=house.clinic,
        check_ref=check.ref,
        sha256=sha256 or check.sha256,
        person_id=(by or checker(house)).id,
        now=house.now,
    )


def re_entered(
    house: House,
    check: ImportCheck,
    pump: ImportedPump,
    reentered: Reentered | None = None,
    *,
    by: User | None = None,
) -> list[str]:
    return re_enter(
        clinic=house.clinic,
        check_ref=check.ref,
        pump_ref=pump.ref,
        given=reentered or given(),
        person_id=(by or checker(house)).id,
        now=house.now,
    )


def all_re_entered(house: House, check: ImportCheck, reentered: Reentered | None = None) -> None:
    """The file shown and everything that is asked for re-entered the same."""
    shown(house, check)
    for pump in asked_pumps(waits(check)):
        if pump.confirmed_at is None:
            assert re_entered(house, check, pump, reentered) == []


def signed(house: House, check: ImportCheck, *, by: User | None = None) -> int:
    return sign_import(
        clinic=house.clinic, check_ref=check.ref, signer_id=(by or checker(house)).id, now=house.now
    )


def codes(implant: Implant) -> set[str]:
    return {finding["code"] for finding in Forecast.objects.get(implant=implant).findings}


def known_pump(house: House, serial: str = "S1") -> Implant:
    """A pump in the record since before the import and checked: filled in June at 300 mcg/day of 1000 mcg/mL."""
    content = register(*rows_of(1, pump_serial=serial, filled_on="2026-06-01", concentration_1="1000"))
    bring_file_in(house, content)
    check = ImportCheck.objects.get(sha256=hash_of(content))
    all_re_entered(house, check, given(filled_on="2026-06-01", concentration="1000"))
    signed(house, check)
    return implant_called(serial)
