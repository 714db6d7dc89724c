"""The REST interface: each operation with what it sends, what it answers and the keys that it may name."""

from __future__ import annotations

from typing import Any

from clinic.domain.roles import Permission
from scheduling.domain.findings import LimitKind
from tests.web.matrix.rows import About, Operation, named

VIEW, BOOK = Permission.VIEW_PATIENTS, Permission.BOOK_VISITS

SLOTS = named("starts_at ends_at local_on local_at is_later nurse room", "results[].")
VISIT = named(
    "ref status patient implant kind nurse room starts_at ends_at local_on local_at time_zone is_refill sequence"
    " note override_reason follow_ups"
) | named("status since reason moved_from", "history[].")
FORECASTS = named("count next previous") | named(
    "implant status must_refill_by limited_by low_reservoir_on empty_on empty_at target_visit_on"
    " latest_visit_on review_by computed_at",
    "results[].",
)
LIMITS = named(" ".join(LimitKind), "results[].limits.")
FINDINGS = (
    named("limits findings", "results[].")
    | named("code field severity values", "results[].findings[].")
    | named("least_ml most_ml on reading_ml holds reasons would_be", "results[].findings[].values.")
)
PROJECTED = named(
    "id status must_refill_by limited_by low_reservoir_on empty_on target_visit_on latest_visit_on remaining_ml"
    " flow_ml_per_day days_of_reserve days_to_empty mean_use reasons[] findings",
    "results[].",
) | named("empty_on low_reservoir_on", "results[].high_flow.")
OPTIONS = named("name description renders[] parses[]")
REFUSAL = named("detail")
PUMP = {
    "id": "W1",
    "as_of": "2026-01-06",
    "pump": {"model": "synchromed-ii-40"},
    "fill": {
        "at": "2026-01-05",
        "volume_ml": 40,
        "drugs": [{"drug": "baclofen", "concentration": "2000", "unit": "mcg/mL"}],
    },
    "program": [{"from": "2026-01-05", "dose": "300", "unit": "mcg/day"}],
}


def _booking(about: About) -> dict[str, Any]:
    return dict(about["booking"])


def _search(about: About) -> dict[str, Any]:
    return {name: about["booking"][name] for name in ("patient", "kind")}


def _place(about: About) -> dict[str, Any]:
    return {"local_on": about["booking"]["local_on"], "local_at": "13:00"}


OPERATIONS = (
    Operation(
        "forecast", "POST", None, sends=lambda about: {"pumps": [PUMP]}, keys=PROJECTED, at_times=LIMITS
    ),
    Operation("clinic-forecasts", "GET", VIEW, keys=FORECASTS, at_times=LIMITS | FINDINGS, foreign=200),
    Operation(
        "slots",
        "GET",
        VIEW,
        sends=_search,
        keys=SLOTS,
        foreign=400,
        refused_keys=named("patient[]"),
    ),
    Operation(
        "visits",
        "POST",
        BOOK,
        sends=_booking,
        code=201,
        keys=VISIT,
        foreign=422,
        refused_keys=named("patient[]"),
    ),
    Operation("visit", "GET", VIEW, "visit", keys=VISIT),
    Operation("visit-move", "POST", BOOK, "visit", sends=_place, keys=VISIT),
    Operation("visit-cancel", "POST", BOOK, "visit", sends=lambda about: {"reason": "ill"}, keys=VISIT),
)
