"""A log line says what happened and where, never to whom."""

import io
import json
import logging
from typing import Any

import pghistory
import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from config.logs import FORMS, NoPersonalData, formatter
from web.request_ids import working_for


def logged(write: object, form: str = "plain") -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(NoPersonalData())
    handler.setFormatter(formatter(form))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    write(logger)  # type: ignore[operator]
    return stream.getvalue()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /patients/?q=Canary&page=2 200", "GET /patients/ 200"),
        ('"GET /work?search=Can%20ary HTTP/1.1" 200', '"GET /work HTTP/1.1" 200'),
        ("Did it end? yes", "Did it end? yes"),
        ("Not Found: /l/CanaryCanary-_1", "Not Found: /l/…"),
        ('"GET /l/CanaryCanary HTTP/1.1" 302', '"GET /l/… HTTP/1.1" 302'),
        ("GET https://example.org/l/Canary?x=1 200", "GET https://example.org/l/… 200"),
        ("GET /l/at/0123456789abcdef/times 200", "GET /l/at/0123456789abcdef/times 200"),
        ("duplicate key\nDETAIL:  Key (mrn)=(Canary) already exists.", "duplicate key"),
    ],
)
def test_query_strings_and_details_are_dropped(line: str, expected: str) -> None:
    text = logged(lambda logger: logger.warning("%s", line))
    assert "Canary" not in text
    assert expected in text


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMS)
def test_a_failed_statement_is_told_by_its_constraint_not_by_its_values(form: str) -> None:
    address = "@".join(("canary", "example.org"))

    def fail(logger: logging.Logger) -> None:
        with pghistory.context(actor=None, reason="test"):
            get_user_model().objects.create(email=address)
            try:
                with transaction.atomic():
                    get_user_model().objects.create(email=address)
            except IntegrityError:
                logger.exception("saving failed")

    text = logged(fail, form)
    assert address not in text
    assert "IntegrityError: SQLSTATE 23505 clinic_user_email" in text
    assert "test_logs.py" in text


def test_the_arguments_of_a_task_are_dropped() -> None:
    record = logging.LogRecord("celery", logging.INFO, "", 0, "Task received", (), None)
    record.data = {"id": "1", "name": "scheduling.tick", "args": "['Canary']", "kwargs": "{}"}
    NoPersonalData().filter(record)
    assert record.data == {"id": "1", "name": "scheduling.tick"}


FORGED = 'saved\n2026-11-28 INFO auth signed in as somebody\r\x1b[2K\u2028{"level": "INFO"}\u202e'


@pytest.mark.parametrize("form", FORMS)
def test_nobody_can_write_a_line_of_his_own(form: str) -> None:
    """Ends of lines, signs that move a terminal's cursor, and signs that turn the writing round are shown, not obeyed."""
    text = logged(lambda logger: logger.warning("name %s", FORGED), form)
    assert len(text.splitlines()) == 1
    assert not {sign for sign in text[:-1] if not sign.isprintable()}


@pytest.mark.parametrize("form", FORMS)
def test_the_name_of_a_logger_and_of_a_place_write_no_line_either(form: str) -> None:
    record = logging.LogRecord(FORGED, logging.INFO, "", 0, FORGED, (), None)
    assert len(formatter(form).format(record).splitlines()) == 1


def as_json(write: object) -> dict[str, Any]:
    (line,) = logged(write, "json").splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_of_json_says_when_where_what_and_for_which_request() -> None:
    with working_for(request="0f8fad5b-d9cb-469f", task="7c9e6679"):
        line = as_json(lambda logger: logger.warning("%s of %s", "é", 3, extra={"patient": "Canary"}))
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process") > 0
    assert line == {
        "level": "WARNING",
        "logger": "test",
        "message": "é of 3",
        "request_id": "0f8fad5b-d9cb-469f",
        "task_id": "7c9e6679",
    }


def test_an_error_in_json_has_its_places_and_no_value() -> None:
    def fail(logger: logging.Logger) -> None:
        try:
            int("Canary")
        except ValueError:
            logger.exception("not a number")

    line = as_json(fail)
    assert line["error"] == "builtins.ValueError"
    assert line["places"][0].endswith(" fail")
    assert "Canary" not in json.dumps(line)


def test_what_is_no_name_of_a_request_is_not_taken_for_one() -> None:
    for forged in ("", "short", "a" * 65, "with space 1", "new\nline-12", "Ana.Lopez@1950", "ü" * 10, None):
        with working_for(request=forged):  # type: ignore[arg-type]
            assert "request_id" not in as_json(lambda logger: logger.warning("said"))
