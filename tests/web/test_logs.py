"""A log line says what happened and where, never to whom."""

import io
import logging

import pghistory
import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from config.logs import NoPersonalData, PlainFormatter


def logged(write: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(NoPersonalData())
    handler.setFormatter(PlainFormatter())
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
def test_a_failed_statement_is_told_by_its_constraint_not_by_its_values() -> None:
    address = "@".join(("canary", "example.org"))

    def fail(logger: logging.Logger) -> None:
        with pghistory.context(actor=None, reason="test"):
            get_user_model().objects.create(email=address)
            try:
                with transaction.atomic():
                    get_user_model().objects.create(email=address)
            except IntegrityError:
                logger.exception("saving failed")

    text = logged(fail)
    assert address not in text
    assert "IntegrityError: SQLSTATE 23505 clinic_user_email" in text
    assert "test_logs.py" in text


def test_the_arguments_of_a_task_are_dropped() -> None:
    record = logging.LogRecord("celery", logging.INFO, "", 0, "Task received", (), None)
    record.data = {"id": "1", "name": "scheduling.tick", "args": "['Canary']", "kwargs": "{}"}
    NoPersonalData().filter(record)
    assert record.data == {"id": "1", "name": "scheduling.tick"}
