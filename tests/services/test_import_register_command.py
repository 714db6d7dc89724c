"""``manage.py import_register``: a line per row, an exit code, and nothing half done."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Consent, Implant, Patient
from tests.factories import House, make_clinic
from tests.register_files import register

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=datetime.now(UTC))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_bytes(register({}, {"mrn": "M2", "pump_serial": "S2", "dose": "NaN"}))
    return path


def run(*arguments: str) -> tuple[str, int]:
    """What the command prints and its exit code."""
    out = io.StringIO()
    try:
        call_command("import_register", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_every_row_has_its_line_and_a_refusal_its_exit_code(house: House, file: Path) -> None:
    printed, code = run(str(file), "--clinic", house.clinic.slug)
    assert printed.splitlines()[:2] == [
        "line 2: created",
        "line 3: refused: dose: “NaN” is not a finite number",
    ]
    assert (
        f"in the name of {house.administrator.email}: 1 created, 0 updated, 0 unchanged, 1 refused" in printed
    )
    assert (code, Implant.objects.count(), Consent.objects.count()) == (1, 1, 0)


def test_a_dry_run_writes_nothing(house: House, file: Path) -> None:
    printed, code = run(str(file), "--clinic", house.clinic.slug, "--dry-run")
    assert "line 2: created" in printed
    assert "nothing was written" in printed
    assert (code, Patient.objects.count()) == (1, 0)


def test_again_changes_nothing_and_all_rows_in_is_success(house: House, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(register({}))
    assert run(str(path), "--clinic", house.clinic.slug)[1] == 0
    printed, code = run(str(path), "--clinic", house.clinic.slug, "--consent", "email, sms")
    assert printed.startswith("line 2: updated (phone, email)")
    printed, code = run(str(path), "--clinic", house.clinic.slug, "--consent", "email,sms")
    assert printed.startswith("line 2: unchanged")
    assert (code, Consent.objects.count()) == (0, 2)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"PK\x03\x04", "workbook"), (b"", "empty"), (b"a,b\n1,2\n", "not the register's header")],
)
def test_a_file_that_is_no_register_is_refused_whole(
    house: House, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=reason) as refused:
        run(str(path), "--clinic", house.clinic.slug)
    assert refused.value.returncode == 2


def test_two_hundred_megabytes_are_refused_before_they_are_read(house: House, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    with path.open("wb") as sparse:
        sparse.truncate(200 * 1024 * 1024)
    with pytest.raises(CommandError, match="larger than 50 MB"):
        run(str(path), "--clinic", house.clinic.slug)


def test_unknown_clinics_people_files_and_channels_are_named(house: House, file: Path) -> None:
    slug = house.clinic.slug
    with pytest.raises(CommandError, match="no clinic nowhere"):
        run(str(file), "--clinic", "nowhere")
    with pytest.raises(CommandError, match="No active member"):
        run(str(file), "--clinic", slug, "--actor", house.nurse.email)
    with pytest.raises(CommandError, match="No such file"):
        run(str(file) + ".gone", "--clinic", slug)
    with pytest.raises(CommandError, match="unknown: fax"):
        run(str(file), "--clinic", slug, "--consent", "fax")
    assert not Patient.objects.exists()
