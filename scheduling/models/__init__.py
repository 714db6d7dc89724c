"""Tables worked out from the record. Private to this package."""

from scheduling.models.forecasts import Forecast
from scheduling.models.register_imports import ImportState, RegisterImport, RegisterImportRow, RowResult
from scheduling.models.runs import Heartbeat, SweepChunk, SweepRun

__all__ = [
    "Forecast",
    "Heartbeat",
    "ImportState",
    "RegisterImport",
    "RegisterImportRow",
    "RowResult",
    "SweepChunk",
    "SweepRun",
]
