"""Reading a file of pumps: JSON Lines, a list, one pump; a bad line is an error and the others still come."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduling.domain.forecast_file import ForecastFileError, forecast_record, read_records
from scheduling.domain.forecast_register import forecast_register, is_register
from tests.domain.pumps import Record, a_record, forecast, merged

TODAY = date(2026, 11, 21)


def results(content: bytes | str, name: str = "pumps.jsonl") -> list[Record]:
    return [forecast(record) for record in read_records(content, name)]


def statuses(content: bytes | str, name: str = "pumps.jsonl") -> list[str]:
    return [result["status"] for result in results(content, name)]


def line(**changes: Any) -> str:
    return json.dumps(a_record(**changes))


def test_json_lines_hold_one_pump_a_line_and_blank_lines_nothing() -> None:
    content = f"{line(id='A')}\n\n  \r\n{line(id='B')}\r\n"

    assert [result["id"] for result in results(content)] == ["A", "B"]


@pytest.mark.parametrize("name", ["pumps.json", "-", "pumps.jsonl"])
def test_a_list_holds_pumps(name: str) -> None:
    content = json.dumps([a_record(id="A"), a_record(id="B")], indent=1)

    assert [result["id"] for result in results(content, name)] == ["A", "B"]


def test_a_json_file_may_spread_one_pump_over_several_lines_or_hold_json_lines() -> None:
    assert statuses(json.dumps(a_record(), indent=2), "pump.json") == ["ok"]
    assert statuses(f"{line()}\n{line()}", "pumps.json") == ["ok", "ok"]


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        '{"id": "A"',
        '{"id": "A"} trailing',
        '{"id": "A", "id": "B"}',
        "7",
        "null",
        '"text"',
        "[1]",
        "{" * 100_000,
        '{"a":' * 100_000,
        '{"id": "A", "as_of": 1' + "0" * 5000 + "}",
        '{"id": 1e99999999999999999999}',
    ],
    ids=lambda text: text[:25],
)
def test_a_line_that_cannot_be_read_is_an_error_and_the_others_are_still_computed(bad: str) -> None:
    assert statuses(f"{line()}\n{bad}\n{line()}") == ["ok", "error", "ok"]


def test_a_first_line_that_is_a_list_does_not_spoil_the_other_lines() -> None:
    assert statuses(f"[1, 2]\n{line()}") == ["error", "ok"]
    assert statuses(f"[\n{line()},\n{line()}\n]") == ["ok", "ok"]
    assert statuses(f"[{line()},\n{line()}]") == ["ok", "ok"]


def test_a_line_that_is_not_utf_8_is_an_error_with_its_number() -> None:
    content = line().encode() + b'\n{"id": "\xff"}\n' + line().encode()

    ok, bad, _ = results(content)

    assert (ok["status"], bad["reason"]) == ("ok", "line 2 is not UTF-8 text")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_json_constants_that_are_no_numbers_are_refused_by_field(constant: str) -> None:
    content = line(fill={"volume_ml": "@"}).replace('"@"', constant)

    assert results(content)[0]["field"] == "fill.volume_ml"


def test_json_numbers_are_read_as_decimals_and_never_as_floats() -> None:
    content = line(program=[{"from": "2026-01-05", "flow_ml_per_day": "@"}]).replace('"@"', "0.17")
    exact = line(program=[{"from": "2026-01-05", "flow_ml_per_day": "0.17"}])

    assert results(content) == results(exact)


def test_a_byte_order_mark_is_read_over() -> None:
    assert statuses(b"\xef\xbb\xbf" + line().encode()) == ["ok"]


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", line().encode("utf-16"), b"[1, 2", b'[{"id": "\xff"}]']
)
def test_what_is_no_file_of_pumps_cannot_be_used_at_all(content: bytes) -> None:
    with pytest.raises(ForecastFileError):
        results(content)


def test_an_empty_file_holds_no_pumps() -> None:
    assert results(b"") == results("\n \n") == results("[]") == []


def test_the_records_own_day_and_zone_win_over_the_defaults() -> None:
    own = merged(a_record(), {"as_of": "2026-01-08", "timezone": "America/Chicago"})
    without = merged(a_record(), {"as_of": None, "timezone": None})

    def result_of(record: Record, zone: str) -> Record:
        return forecast_record(record, today=TODAY, timezone=ZoneInfo(zone))

    assert result_of(own, "Asia/Tokyo") == result_of(own, "UTC")
    assert result_of(without, "UTC")["remaining_ml"] == "0"  # on 21 November it has long been empty
    assert result_of(without, "Asia/Tokyo")["reasons"][0].startswith(
        "Filled with 40 mL on Mon 2026-01-05 (Asia/Tokyo)"
    )


def test_today_is_asked_for_in_the_records_zone() -> None:
    asked: list[str] = []

    def today(zone: ZoneInfo) -> date:
        asked.append(zone.key)
        return TODAY

    forecast_record(merged(a_record(), {"as_of": None, "timezone": "Asia/Tokyo"}), today=today)

    assert asked == ["Asia/Tokyo"]


@pytest.mark.parametrize("identifier", ["A", 7, "", "\u0000", None])
def test_the_id_comes_back_as_it_was_given(identifier: object) -> None:
    assert forecast({**a_record(), "id": identifier})["id"] == identifier


def test_a_result_has_the_keys_of_the_contract_in_its_order() -> None:
    assert list(forecast(a_record())) == [
        "id", "status", "flow_ml_per_day", "remaining_ml", "low_reservoir_on", "empty_on",
        "must_refill_by", "limited_by", "limits", "target_visit_on", "latest_visit_on", "days_of_reserve",
        "days_to_empty", "high_flow", "mean_use", "findings", "reasons",
    ]  # fmt: skip


def test_reasons_are_left_out_where_nobody_reads_them() -> None:
    assert forecast_record(a_record(), today=TODAY, with_reasons=False)["reasons"] == []


# --- the register CSV -------------------------------------------------------------------------------

HEADER = (
    "mrn,last_name,first_name,birth_date,phone,email,language,pump_model,pump_serial,implanted_on,filled_on,"
    "fill_volume_ml,drug_1,concentration_1,unit_1,drug_2,concentration_2,unit_2,drug_3,concentration_3,unit_3,"
    "dose,dose_unit,threshold_ml,max_interval_days,printed_refill_on,notes"
)


def row(mrn: str = "M1", volume: str = "40", **cells: str) -> str:
    values = {
        "mrn": mrn, "last_name": "Doe", "first_name": "Ann", "birth_date": "1970-01-01", "language": "en",
        "pump_model": "synchromed-ii-40", "pump_serial": f"S{mrn}", "implanted_on": "2024-01-01",
        "filled_on": "2026-01-05", "fill_volume_ml": volume, "drug_1": "baclofen", "concentration_1": "2000",
        "unit_1": "mcg/mL", "dose": "300", "dose_unit": "mcg/day", **cells,
    }  # fmt: skip
    return ",".join(values.get(name, "") for name in HEADER.split(","))


def register(*rows: str) -> list[Record]:
    content = "\n".join([HEADER, *rows]).encode()
    return list(forecast_register(content, as_of=date(2026, 1, 10), timezone=ZoneInfo("UTC")))


def test_a_row_of_the_register_is_projected_like_the_same_pump_as_json() -> None:
    (from_csv,) = register(row())
    from_json = forecast(a_record(id="M1/SM1", pump={"implanted_on": "2024-01-01"}))

    assert from_csv == from_json


def test_a_refused_row_is_an_error_that_names_line_column_and_reason() -> None:
    good, bad = register(row("M1"), row("M2", volume="55"))

    assert (good["status"], bad["status"], bad["id"]) == ("ok", "error", "M2/SM2")
    assert bad["reason"].startswith("line 3: fill_volume_ml ")


def test_another_stop_comes_as_review() -> None:
    (result,) = register(row(drug_1="clonidine"))

    assert (result["status"], result["limits"]) == (
        "review",
        {"low_reservoir": "2026-09-15", "end_of_service": "2031-01-01"},
    )


def test_what_has_no_register_header_cannot_be_used() -> None:
    with pytest.raises(ForecastFileError):
        list(forecast_register(b"a,b\n1,2\n", as_of=TODAY, timezone=ZoneInfo("UTC")))


@pytest.mark.parametrize(
    ("content", "name", "is_csv"),
    [
        (HEADER.encode(), "-", True),
        (b"\xef\xbb\xbf" + HEADER.encode(), "register", True),
        (HEADER.upper().replace(",", ";").encode(), "-", True),
        (b"whatever", "register.CSV", True),
        (line().encode(), "-", False),
        (b"[]", "pumps.json", False),
        (b'{"mrn": 1, "pump_model": 2}', "-", False),
        (b"", "-", False),
    ],
)
def test_a_register_is_known_by_its_extension_or_its_header(content: bytes, name: str, is_csv: bool) -> None:
    assert is_register(content, name) is is_csv
