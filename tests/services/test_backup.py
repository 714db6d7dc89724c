"""A backup is whole or is none, says why, and gives nothing away; what is not one is refused before anything changes."""

from __future__ import annotations

import resource
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings

from clinic.being_restored import SIGN, is_being_restored
from clinic.models import Patient
from config import VERSION
from config.backup.counting import Counter
from config.backup.programs import Programs, major_of, programs_for, server_version
from config.backup.reading import read_backup
from config.backup.sealed import identities_of
from tests.drills import key_pair, own_database
from tests.factories import House, make_clinic, make_patient
from tests.servers import SOURCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, str]:
    return key_pair(tmp_path)


@pytest.fixture
def house(transactional_db: None) -> House:
    house = make_clinic()
    make_patient(house, last_name="Quillfeather")
    return house


@pytest.fixture
def in_own_database(transactional_db: None) -> Iterator[None]:
    """For what would wipe this run's, were it broken."""
    with own_database():
        yield


def command(name: str, *words: str) -> str:
    call_command(name, *words, stdout=(said := StringIO()))
    return said.getvalue()


def backup(folder: Path, public: str) -> Path:
    command("backup", str(folder), "--recipient", public)
    (path,) = folder.glob("*.age")
    return path


def installed() -> Programs:
    return programs_for(major_of(server_version()))


Stand = Callable[[str], None]


@pytest.fixture
def stand_in(tmp_path: Path, transactional_db: None) -> Stand:
    """Puts a script in pg_dump's place, which may call the real one as $REAL."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def put(script: str) -> None:
        real = installed()
        (folder / "pg_restore").symlink_to(real.restore)
        (folder / "pg_dump").write_text(f'#!/bin/sh\nREAL="{real.dump}"\n{script}\n')
        (folder / "pg_dump").chmod(0o755)

    return put


def with_stand_in(tmp_path: Path) -> override_settings:
    return override_settings(POSTGRESQL_PROGRAMS=str(tmp_path / "programs"))


ONLY_VERSION = 'if [ "$1" = --version ]; then exec "$REAL" --version; fi\n'


def test_it_says_its_version() -> None:
    assert tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_it_holds_every_row_and_tells_nobody(house: House, keys: tuple[Path, str], tmp_path: Path) -> None:
    key, public = keys
    path = backup(tmp_path, public)
    assert path.stat().st_mode & 0o077 == 0
    assert b"Quillfeather" not in path.read_bytes()
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n")
    seen: list[bytes] = []
    with Counter(installed()) as counter:
        manifest = read_backup(
            path, identities_of(key), lambda piece: (seen.append(piece), counter.feed(piece))
        )
        rows = counter.rows()
    assert rows == manifest.rows
    assert rows["public.clinic_patient"] == Patient.objects.count() == 1
    assert rows["public.clinic_clinic"] == 2
    plain = subprocess.run(
        [installed().restore, "--file=-", "--data-only", "--table=clinic_patient"],
        input=b"".join(seen),
        capture_output=True,
        check=True,
    ).stdout
    assert b"Quillfeather" in plain
    said = command("verify_backup", str(path), "--key", str(key))
    assert said.startswith("Whole: ")
    assert "SECRET_KEY, SECOND_FACTOR_KEYS" in said
    with pytest.raises(CommandError, match="nobody's place"):
        command("backup", str(path), "--recipient", public)


def test_what_is_cut_off_altered_or_for_somebody_else_is_none(
    house: House, keys: tuple[Path, str], tmp_path: Path
) -> None:
    key, public = keys
    path = backup(tmp_path, public)
    whole = path.read_bytes()
    middle = len(whole) // 2
    spoilt = {
        "empty": b"",
        "no head": whole[:100],
        "half": whole[:middle],
        "without its last byte": whole[:-1],
        "altered": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "with more": whole + b"x",
        "something else": b"PGDMP" * 1000,
    }
    for what, content in spoilt.items():
        path.write_bytes(content)
        with pytest.raises(CommandError, match="cut off, altered, or not a backup"):
            command("verify_backup", str(path), "--key", str(key))
        assert what
    path.write_bytes(whole)
    (tmp_path / "other").mkdir()
    other, _ = key_pair(tmp_path / "other")
    with pytest.raises(CommandError, match="key is not one of those"):
        command("verify_backup", str(path), "--key", str(other))
    with pytest.raises(CommandError, match="no secret key"):
        command("verify_backup", str(path), "--key", str(SOURCE / "LICENSE"))
    with pytest.raises(CommandError, match="cannot be read"):
        command("verify_backup", str(tmp_path / "none.age"), "--key", str(key))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (f'{ONLY_VERSION}unset PGOPTIONS; exec "$REAL" "$@"', "does not hold what the database does"),
        (f'{ONLY_VERSION}"$REAL" "$@" | head -c 20000; exit 0', "cannot be read"),
        (f'{ONLY_VERSION}"$REAL" "$@"; echo "the server went away" >&2; exit 1', "the server went away"),
        (f"{ONLY_VERSION}exit 0", "cannot be read"),
        ('echo "pg_dump (PostgreSQL) 13.2"', "were not found"),
        ("exit 127", "were not found"),
    ],
    ids=["rows left out", "cut short", "failed at the end", "nothing", "another version", "does not run"],
)
def test_a_dump_that_is_not_all_is_no_backup(
    script: str, why: str, house: House, keys: tuple[Path, str], stand_in: Stand, tmp_path: Path
) -> None:
    stand_in(script)
    folder = tmp_path / "backups"
    folder.mkdir()
    with with_stand_in(tmp_path), pytest.raises(CommandError, match=why):
        command("backup", str(folder), "--recipient", keys[1])
    assert list(folder.iterdir()) == []


def test_no_password_is_among_the_arguments(
    house: House, keys: tuple[Path, str], stand_in: Stand, tmp_path: Path
) -> None:
    stand_in(f'{ONLY_VERSION}echo "$@" > "{tmp_path}/said"; exec "$REAL" "$@"')
    with with_stand_in(tmp_path):
        backup(tmp_path, keys[1])
    said = (tmp_path / "said").read_text()
    assert "--snapshot=" in said
    assert connections["owner"].get_connection_params()["password"] not in said


def test_a_full_disk_is_told_and_leaves_nothing(house: House, keys: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(CommandError, match="cannot be written"):
            command("backup", str(folder), "--recipient", keys[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []


def test_somebody_must_be_able_to_read_it(house: House, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="BACKUP_RECIPIENTS"):
        command("backup", str(tmp_path))
    with pytest.raises(CommandError, match="not a public key"):
        command("backup", str(tmp_path), "--recipient", "age1nonsense")
    public = command("backup_key", str(tmp_path / "new.key")).strip().removeprefix("BACKUP_RECIPIENTS=")
    assert backup(tmp_path, public).exists()
    assert (tmp_path / "new.key").stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="cannot be written"):
        command("backup_key", str(tmp_path / "new.key"))


def test_a_restore_loses_nothing_that_nobody_said_may_go(
    in_own_database: None, keys: tuple[Path, str], tmp_path: Path
) -> None:
    key, public = keys
    make_patient(make_clinic())
    path = backup(tmp_path, public)
    make_patient(make_clinic())
    connections["default"].close()
    name = connections["owner"].settings_dict["NAME"]
    with pytest.raises(CommandError, match="not empty"):
        command("restore", str(path), "--key", str(key))
    with pytest.raises(CommandError, match="nothing was changed"):
        command("restore", str(path), "--key", str(key), "--replace", "refillwise")
    assert Patient.objects.count() == 2, "which opens a connection of the application"
    with pytest.raises(CommandError, match="stop web, worker"):
        command("restore", str(path), "--key", str(key), "--replace", name)
    with connection.cursor() as cursor:
        assert not is_being_restored(cursor)
    assert Patient.objects.count() == 2
    connections["default"].close()
    command("restore", str(path), "--key", str(key), "--replace", name)
    assert Patient.objects.count() == 1


def test_neither_a_newer_backup_nor_one_of_a_half_restored_database(
    in_own_database: None, keys: tuple[Path, str], tmp_path: Path
) -> None:
    key, public = keys
    make_clinic()
    connections["default"].close()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('clinic', '0999_later', now())"
        )
        path = backup(tmp_path, public)
        name = connections["owner"].settings_dict["NAME"]
        with pytest.raises(CommandError, match=r"does not know clinic\.0999_later"):
            command("restore", str(path), "--key", str(key), "--replace", name)
        assert not is_being_restored(cursor)
        cursor.execute(f"CREATE SCHEMA {SIGN}")
        with pytest.raises(CommandError, match="half restored"):
            command("backup", str(tmp_path), "--recipient", public)
