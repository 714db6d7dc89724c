"""The register's columns: their names, which must be filled in, and how each cell is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from clinic.domain.register import values
from clinic.domain.register.reasons import RegisterUnusable, gettext_noop

_Reader = Callable[[str], object]

_READERS: dict[str, _Reader] = {
    "mrn": partial(values.read_identifier, longest=40),
    "last_name": partial(values.read_name, longest=80),
    "first_name": partial(values.read_name, longest=80),
    "birth_date": values.read_date,
    "phone": values.read_phone,
    "email": values.read_email,
    "language": values.read_language,
    "pump_model": values.read_key,
    "pump_serial": partial(values.read_identifier, longest=60),
    "implanted_on": values.read_date,
    "filled_on": values.read_date,
    "fill_volume_ml": partial(values.read_quantity, below=1000),
}
for _number in (1, 2, 3):
    _READERS[f"drug_{_number}"] = values.read_key
    _READERS[f"concentration_{_number}"] = partial(values.read_quantity, below=1_000_000)
    _READERS[f"unit_{_number}"] = values.read_concentration_unit
_READERS |= {
    "dose": partial(values.read_quantity, below=1_000_000),
    "dose_unit": values.read_dose_unit,
    "threshold_ml": partial(values.read_quantity, below=100, or_zero=True),
    "max_interval_days": values.read_days,
    "printed_refill_on": values.read_date,
    "notes": partial(values.read_notes, longest=2000),
}

COLUMNS: tuple[str, ...] = tuple(_READERS)
"""The columns in the register's own order, by which the first fault of a row is found."""

REQUIRED = frozenset(
    {
        "mrn",
        "last_name",
        "first_name",
        "birth_date",
        "pump_model",
        "pump_serial",
        "implanted_on",
        "filled_on",
        "fill_volume_ml",
        "drug_1",
        "concentration_1",
        "unit_1",
    }
)


def read_cell(column: str, cell: str) -> object:
    """Read one cell that is not empty; raises ``NotReadable``."""
    return _READERS[column](cell)


def check_header(names: Sequence[str]) -> None:
    """Raise ``RegisterUnusable`` unless every column is there exactly once; columns without a name may trail.

    A column that is missing is never taken for one left empty: without ``threshold_ml`` every date would
    come out later than the clinic means.
    """
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    unknown = sorted({name for name in names if name and name not in _READERS})
    missing = [column for column in COLUMNS if column not in names]
    if len(missing) == len(COLUMNS):
        raise RegisterUnusable(
            gettext_noop(
                "The first line is not the register's header. It must name these columns: %(columns)s."
            ),
            columns=", ".join(COLUMNS),
        )
    if unknown:
        raise RegisterUnusable(
            gettext_noop("The header names columns that the register does not have: %(columns)s."),
            columns=_listed(unknown),
        )
    if repeated:
        raise RegisterUnusable(
            gettext_noop("The header names a column more than once: %(columns)s."), columns=_listed(repeated)
        )
    if missing:
        raise RegisterUnusable(
            gettext_noop("The header lacks columns: %(columns)s. Add them; their cells may stay empty."),
            columns=_listed(missing),
        )


def _listed(names: Sequence[str]) -> str:
    shown = ["".join(c if c.isprintable() else "�" for c in name[:40]) for name in names[:10]]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
