"""Reading one JSON object field by field; every refusal names the field by its path."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from clinic.domain.quantities import QuantityError, parse_number, shorten
from scheduling.domain.checks import CaseError, check_date
from scheduling.domain.local_time import When

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


class Fields:
    """A JSON object with the keys it may have. A key whose value is null counts as absent."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: object, path: str, known: frozenset[str]) -> None:
        if not isinstance(values, Mapping):
            raise CaseError(path or "the record", "is not an object")
        for key in values:
            if key not in known:
                name = shorten(repr(key)[1:-1] if isinstance(key, str) else repr(key))
                raise CaseError(self._join(path, name), "is not a known key")
        self._values = values
        self._path = path

    @staticmethod
    def _join(path: str, key: str) -> str:
        return f"{path}.{key}" if path else key

    def path(self, key: str) -> str:
        """The full name of a field."""
        return self._join(self._path, key)

    def has(self, key: str) -> bool:
        """Whether the field is given."""
        return self._values.get(key) is not None

    def raw(self, key: str) -> object:
        """The value as it came; None when absent."""
        return self._values.get(key)

    def require(self, key: str) -> object:
        """The value as it came; refused when absent."""
        value = self._values.get(key)
        if value is None:
            raise CaseError(self.path(key), "is missing")
        return value

    def number(self, key: str) -> Decimal | None:
        """A number given as such or as text, read exactly."""
        return None if self._values.get(key) is None else self.required_number(key)

    def required_number(self, key: str) -> Decimal:
        """The same, refused when absent."""
        value = self.require(key)
        try:
            return parse_number(value)
        except QuantityError as error:
            raise CaseError(self.path(key), str(error)) from error

    def whole(self, key: str) -> int | None:
        """A whole number."""
        number = self.number(key)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise CaseError(self.path(key), "is not a whole number")
        return int(number)

    def flag(self, key: str) -> bool | None:
        """true or false."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise CaseError(self.path(key), "must be true or false")
        return value

    def text(self, key: str) -> str:
        """Text that is not empty."""
        value = self.require(key)
        if not isinstance(value, str) or not value.strip():
            raise CaseError(self.path(key), "is not a text")
        return value

    def when(self, key: str) -> When | None:
        """A date, or a date-time with an offset."""
        value = self._values.get(key)
        return None if value is None else parse_when(value, self.path(key))

    def required_when(self, key: str) -> When:
        """The same, refused when absent."""
        return parse_when(self.require(key), self.path(key))

    def items(self, key: str) -> list[object]:
        """A list; empty when absent."""
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise CaseError(self.path(key), "is not a list")
        return list(value)


def parse_when(value: object, name: str) -> When:
    """``YYYY-MM-DD``, or an ISO date-time with an offset; years outside 1900 to 2200 are refused."""
    if isinstance(value, date):
        when: When = value
    elif not isinstance(value, str):
        raise CaseError(name, "is not a date")
    else:
        when = _when_of_text(value, name)
    check_date(name, when)
    return when


def _when_of_text(text: str, name: str) -> When:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if match := _DATE_TIME.fullmatch(text):
            if not match["offset"]:
                raise CaseError(name, "is a date-time without an offset from UTC")
            return datetime.fromisoformat(text.upper())
    except ValueError as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError(name, f"is not a date of the calendar: {shorten(text)!r}") from error
    raise CaseError(name, f"is not a date (YYYY-MM-DD): {shorten(text)!r}")


@contextmanager
def renamed(old: str, new: str) -> Iterator[None]:
    """Name a refused field by its place in the record, e.g. ``program[1].dose`` for ``program.dose``."""
    try:
        yield
    except CaseError as error:
        if error.field == old or error.field.startswith(f"{old}."):
            raise CaseError(new + error.field[len(old) :], error.reason) from error
        raise
