"""The refill register that clinics keep: a CSV file, read into typed rows or refusals, nothing guessed."""

from clinic.domain.register.columns import COLUMNS, check_header
from clinic.domain.register.conflicts import Conflicts
from clinic.domain.register.lines import LARGEST_FILE_BYTES, ByteSource, refuse_size
from clinic.domain.register.reading import check_register, read_register
from clinic.domain.register.reasons import Fault, Reason, RegisterUnusable
from clinic.domain.register.rows import (
    RefusedRow,
    RegisterDrug,
    RegisterRow,
    refusal,
    row_from_json,
    row_to_json,
)

__all__ = [
    "COLUMNS",
    "LARGEST_FILE_BYTES",
    "ByteSource",
    "Conflicts",
    "Fault",
    "Reason",
    "RefusedRow",
    "RegisterDrug",
    "RegisterRow",
    "RegisterUnusable",
    "check_header",
    "check_register",
    "read_register",
    "refusal",
    "refuse_size",
    "row_from_json",
    "row_to_json",
]
