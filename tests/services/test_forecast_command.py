"""``manage.py forecast``: formats, defaults and exit codes. No test here has a database."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.domain.pumps import Record, a_record, merged

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"


@pytest.fixture
def pumps(tmp_path: Path) -> Path:
    """Three pumps: one fine, one in review, one refused."""
    records = [a_record(id="fine"), a_record(id="review", program=[]), a_record(id="refused", mood=1)]
    path = tmp_path / "pumps.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def printed(*arguments: str, code: int = 0) -> str:
    out = io.StringIO()
    if not code:
        call_command("forecast", *arguments, stdout=out)
        return out.getvalue()
    with pytest.raises(SystemExit) as stopped:
        call_command("forecast", *arguments, stdout=out)
    assert stopped.value.code == code
    return out.getvalue()


def as_json(text: str) -> list[Record]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_is_one_line_a_pump_in_input_order(pumps: Path) -> None:
    results = as_json(printed(str(pumps), "--format", "json", code=1))

    assert [(result["id"], result["status"]) for result in results] == [
        ("fine", "ok"),
        ("review", "review"),
        ("refused", "error"),
    ]
    assert results[0]["reasons"]


def test_the_table_is_aligned_and_shows_refusals_and_findings_with_their_reason(pumps: Path) -> None:
    title, rule, *lines = printed(str(pumps), code=1).splitlines()

    assert title.startswith("id ")
    assert set(rule) == {"─", " "}
    assert (
        len({line.index(word) for line, word in zip(lines, ["ok"], strict=False)} | {title.index("status")})
        == 1
    )
    text = "\n".join(lines)
    assert "Sat 2026-07-04" in text
    assert "└ mood is not a known key" in text
    assert "└ stop: No program is known to be in force at the fill. [no_program]" in text
    assert "still certain: stability 2026-07-04" in text
    assert lines[-1].startswith("3 pumps: 1 ok, 1 review, 1 error.")


def test_the_exit_code_is_0_when_every_pump_is_ok_or_in_review(tmp_path: Path) -> None:
    path = tmp_path / "pumps.json"
    path.write_text(json.dumps([a_record(), a_record(program=[])]))

    assert "2 pumps" in printed(str(path))


@pytest.mark.parametrize("content", [b"\0\1\2", b"[1,", None], ids=["binary", "half a list", "no file"])
def test_the_exit_code_is_2_when_the_file_cannot_be_used(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "pumps.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError) as error:
        call_command("forecast", str(path))

    assert error.value.returncode == 2


@pytest.mark.parametrize(
    "options", [["--as-of", "yesterday"], ["--as-of", "0001-01-01"], ["--timezone", "Gotham"]]
)
def test_an_option_that_cannot_be_read_is_refused(pumps: Path, options: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("forecast", str(pumps), *options)


def test_as_of_and_timezone_stand_in_for_records_without_their_own(tmp_path: Path) -> None:
    path = tmp_path / "pumps.jsonl"
    bare = merged(a_record(id="bare"), {"as_of": None, "timezone": None})
    path.write_text(f"{json.dumps(bare)}\n{json.dumps(a_record(id='own'))}")

    options = ["--as-of", "2026-02-01", "--timezone", "Asia/Tokyo", "--format", "json"]
    first, own = as_json(printed(str(path), *options))

    assert (first["remaining_ml"], own["remaining_ml"]) == ("35.95", "39.25")
    assert ("Asia/Tokyo" in first["reasons"][0], "UTC" in own["reasons"][0]) == (True, True)


def test_the_register_is_read_too_and_its_refusals_are_the_expected_ones() -> None:
    expected = json.loads((DATA / "refill_register.expected.json").read_text())

    out = printed(str(DATA / "refill_register.csv"), "--as-of", expected["as_of"], "--format", "json", code=1)
    results = as_json(out)

    refused = [result["field"] for result in results if result["status"] == "error"]
    assert len(results) == expected["rows"]
    assert refused == [f"line {entry['line']}: {entry['column']}" for entry in expected["refused"]]


def run(*arguments: str, given: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "manage.py", "forecast", *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("changes", "code"), [({}, 0), ({"program": []}, 0), ({"mood": 1}, 1)], ids=["ok", "review", "error"]
)
def test_standard_input_is_read_without_any_database(changes: dict[str, Any], code: int) -> None:
    nowhere = {
        "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none",
        "SECRET_KEY": "for this test",
        "ALLOWED_HOSTS": "localhost",
    }

    done = run("-", "--format", "json", given=json.dumps(a_record(**changes)).encode(), **nowhere)

    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["id"] == "P1"


def test_a_file_that_cannot_be_used_is_said_on_standard_error() -> None:
    done = run("-", given=b"\0")

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the file is not text" in done.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
    content = "\n".join(json.dumps(a_record(id=number)) for number in range(2000)).encode()
    with subprocess.Popen(
        [sys.executable, "manage.py", "forecast", "-", "--format", "json"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    ) as command:
        assert command.stdin
        assert command.stdout
        assert command.stderr
        command.stdin.write(content)
        command.stdin.close()
        command.stdout.readline()
        command.stdout.close()

        assert command.stderr.read() == b""


def test_a_terminal_that_knows_only_ascii_still_gets_the_dates(pumps: Path) -> None:
    done = run(str(pumps), PYTHONIOENCODING="ascii")

    assert (done.returncode, b"Sat 2026-07-04" in done.stdout) == (1, True)
