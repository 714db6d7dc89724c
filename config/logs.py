"""Log lines without personal data: no query strings, no tokens of links, no task arguments, no database values.

PostgreSQL puts the offending values into the text of an error (`DETAIL: Key (mrn)=(123) already exists`), and
psycopg puts that text into the exception. The formatter therefore prints of a database error its class,
its SQLSTATE and the name of the constraint, and of every traceback the places, not the values.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.db import Error as DatabaseError

from web.request_ids import request_id, task_id

FORMS = ("plain", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_QUERY_STRING = re.compile(r"(?<=[^\s?])\?[^\s\"'<>]*=[^\s\"'<>]*")
_TOKEN = re.compile(r"(/l/(?!at/)|/calendars/)[^\s\"'<>?/]+")
_DETAIL = re.compile(r"\b(DETAIL|CONTEXT|STATEMENT|HINT):.*", re.DOTALL)
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What ends a line, moves a terminal's cursor or turns the direction of writing: whoever can put it into a line can write
lines of his own."""
_TASK_ARGUMENTS = ("args", "kwargs", "argsrepr", "kwargsrepr")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class NoPersonalData(logging.Filter):
    """Takes query strings, tokens, request objects and task arguments out of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        record.msg = on_one_line(_DETAIL.sub("", without_secrets(message)).rstrip())
        record.args = ()
        record.__dict__.pop("request", None)
        data = record.__dict__.get("data")
        if isinstance(data, dict):  # Celery's own records of tasks
            record.__dict__["data"] = {k: v for k, v in data.items() if k not in _TASK_ARGUMENTS}
        return True


def without_secrets(text: str) -> str:
    """The text with every query string cut off, and in every patient's link a sign in place of the token."""
    return _TOKEN.sub(r"\1…", _QUERY_STRING.sub("", text))


def on_one_line(text: str) -> str:
    """The text with a visible sign in place of everything that would end its line or hide a part of it."""
    return _BREAKS.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


class PlainFormatter(logging.Formatter):
    """One line of time, level, logger and message; tracebacks with their places, without values."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return on_one_line(super().formatMessage(record))

    def formatException(self, ei: ExcInfo | tuple[None, None, None]) -> str:  # noqa: N802
        kind, error, trace = ei
        if kind is None or error is None:
            return ""
        places = "".join(traceback.format_tb(trace)).rstrip()
        return f"{places}\n{describe(error)}"


class JsonFormatter(logging.Formatter):
    """One line of JSON: time in UTC, level, logger, message, process; request and task where there is one.

    Of an error its description and its places, without values. Nothing else of a record gets in, whatever it carries.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "request_id": request_id(),
            "task_id": task_id(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            _, error, trace = record.exc_info
            line["error"] = describe(error)
            line["places"] = [
                f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(trace)
            ]
        return json.dumps({name: _clean(value) for name, value in line.items() if value}, ensure_ascii=False)


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [on_one_line(each) for each in value]
    return on_one_line(value) if isinstance(value, str) else value


def formatter(form: str) -> logging.Formatter:
    """The formatter of the form."""
    return JsonFormatter() if form == "json" else PlainFormatter()


def describe(error: BaseException) -> str:
    """The error's class and, for a database error, SQLSTATE and constraint; never a value from a row."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is not None:
        place = diagnosis.constraint_name or diagnosis.table_name or ""
        return f"{name}: SQLSTATE {getattr(cause, 'sqlstate', None)} {place}".rstrip()
    return name


def settings_of_logs(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING: one line of each event to the standard error, for whoever collects it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_personal_data": {"()": "config.logs.NoPersonalData"}},
        "formatters": {"form": {"()": "config.logs.formatter", "form": form}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "form",
                "filters": ["no_personal_data"],
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Statements with their values: never, at any level.
            "django.db.backends": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            "celery": {"handlers": [], "level": "INFO", "propagate": True},
            # They name addresses and numbers of what they ask.
            "twilio": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "urllib3": {"handlers": [], "level": "ERROR", "propagate": False},
            "requests": {"handlers": [], "level": "ERROR", "propagate": False},
        },
    }
