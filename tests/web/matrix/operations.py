"""The REST interface: each operation with what it sends, what it answers and the keys that it may name."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone

from clinic.domain.roles import Permission
from scheduling.domain.findings import LimitKind
from tests.web.matrix.rows import About, Operation, listed, named
from tests.web.matrix.work_operations import WORK_OPERATIONS

VIEW, EDIT, CARE = Permission.VIEW_PATIENTS, Permission.EDIT_PATIENTS, Permission.RECORD_CARE
PROGRAM, BOOK = Permission.CHANGE_PROGRAM, Permission.BOOK_VISITS

OPTIONS = named("name description renders[] parses[]")
REFUSAL = named("type title status detail")
PLACES = named("pointer detail", "errors[].")


SLOTS = named("starts_at ends_at local_on local_at is_later nurse room", "results[].")
VISIT = named(
    "ref status patient implant kind nurse room starts_at ends_at local_on local_at time_zone is_refill sequence"
    " note override_reason follow_ups"
) | named("status since reason moved_from", "history[].")
FORECAST = named(
    "implant status must_refill_by limited_by low_reservoir_on empty_on empty_at target_visit_on"
    " latest_visit_on review_by computed_at"
)
LIMITS = named(" ".join(LimitKind), "limits.")
FINDINGS = (
    named("limits findings")
    | named("code field severity values", "findings[].")
    | named("least_ml most_ml on reading_ml holds reasons would_be", "findings[].values.")
)
PROJECTED = named(
    "id status must_refill_by limited_by low_reservoir_on empty_on target_visit_on latest_visit_on remaining_ml"
    " flow_ml_per_day days_of_reserve days_to_empty mean_use reasons[] findings",
    "results[].",
) | named("empty_on low_reservoir_on", "results[].high_flow.")
PATIENT = named("ref mrn last_name first_name birth_date language notes died_on created_at")
IMPLANT = named(
    "ref patient pump_model serial implanted_on udi constant_flow_ml_per_day threshold_ml threshold_reason"
    " max_interval_days end_of_service_on catheter pocket_site implanting_physician following_physician"
    " explanted_on explant_reason"
)
FILL = named(
    "ref implant filled_on filled_at fill_volume_ml residual_ml bridge_old_volume_ml bridge_old_concentration"
    " bridge_old_unit printed_refill_on performed_by note recorded_at is_superseded"
) | named(
    "drug concentration concentration_unit is_diluted stability_days lot beyond_use_on",
    "drugs[].",
)
VERSION = named(
    "id implant starts_on starts_at kind dose dose_unit flow_ml_per_day pattern bolus_dose bolus_unit"
    " bolus_max_per_day bolus_mean_per_day note recorded_at is_superseded"
)
DATES = named(
    "status must_refill_by limited_by target_visit_on latest_visit_on low_reservoir_on empty_on review_by"
    " flow_ml_per_day waits_for_second_person"
)
FOUND = named("findings") | named("code is_stop message to_do", "findings[].")
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
BACLOFEN = {"drug": "baclofen", "concentration": "2000", "concentration_unit": "mcg/mL"}
_numbers = itertools.count(1)
"""Nobody is given what somebody before had: whose number an answer shows is looked at."""
ALL_SEEN = {"acknowledged": ["not_filled", "no_program"]}


def _days_ago(days: int) -> str:
    return (timezone.now().date() - timedelta(days=days)).isoformat()


def _booking(about: About) -> dict[str, Any]:
    return dict(about["booking"])


def _search(about: About) -> dict[str, Any]:
    return {name: about["booking"][name] for name in ("patient", "kind")}


def _place(about: About) -> dict[str, Any]:
    return {"local_on": about["booking"]["local_on"], "local_at": "13:00"}


def _ada(about: About) -> dict[str, Any]:
    return {
        "mrn": f"W-{next(_numbers)}",
        "last_name": "Ode",
        "first_name": "Ada",
        "birth_date": "1970-02-03",
    }


def _pump(about: About) -> dict[str, Any]:
    return {"pump_model": "synchromed-ii-40", "serial": "W1", "implanted_on": _days_ago(730)}


def _fill(about: About) -> dict[str, Any]:
    return {"filled_on": _days_ago(2), "fill_volume_ml": "40", "residual_ml": "35.8", "drugs": [BACLOFEN]}


def _program(about: About) -> dict[str, Any]:
    return {"starts_on": _days_ago(2), "kind": "continuous", "dose": "310", "dose_unit": "mcg/day"}


def _shown_before_and_after() -> dict[str, frozenset[str]]:
    sides = ("before.", "after.")
    return {
        "keys": frozenset(side + key for side in sides for key in DATES),
        "at_times": frozenset(side + key for side in sides for key in FOUND) | named("stops stops[]"),
    }


CATALOGUE = (
    Operation("openapi", "GET", None, is_open=True),
    Operation("clinics", "GET", None, at_times=named("slug name time_zone language", "[].")),
    Operation(
        "catalogue", "GET", None, keys=named("key name", "pump_models[].") | named("key name", "drugs[].")
    ),
    Operation(
        "forecast",
        "POST",
        None,
        sends=lambda about: {"pumps": [PUMP]},
        keys=PROJECTED,
        at_times=frozenset(f"results[].{key}" for key in LIMITS),
    ),
    Operation(
        "visit-kinds",
        "GET",
        VIEW,
        keys=named("ref name duration_minutes is_refill", "[]."),
        foreign=200,
    ),
    Operation("resources", "GET", VIEW, keys=named("ref kind name", "[]."), foreign=200),
)
RECORD = (
    Operation("patients", "GET", VIEW, **listed(PATIENT), foreign=200),
    Operation("patients", "POST", EDIT, sends=_ada, code=201, keys=PATIENT, foreign=201, writes=True),
    Operation("patient-search", "POST", VIEW, **listed(PATIENT), foreign=200),
    Operation("patient", "GET", VIEW, "patient", keys=PATIENT),
    Operation("patient", "PUT", EDIT, "patient", sends=_ada, keys=PATIENT, writes=True),
    Operation("patient-implants", "GET", VIEW, "patient", **listed(IMPLANT)),
    Operation("patient-implants", "POST", EDIT, "patient", sends=_pump, code=201, keys=IMPLANT, writes=True),
    Operation("implants", "GET", VIEW, **listed(IMPLANT), foreign=200),
    Operation("implant", "GET", VIEW, "implant", keys=IMPLANT),
    Operation("implant", "PUT", EDIT, "implant", sends=_pump, keys=IMPLANT, writes=True),
    Operation(
        "implant-explant",
        "POST",
        CARE,
        "implant",
        sends=lambda about: {"explanted_on": _days_ago(1), "reason": "empty"},
        keys=IMPLANT,
        writes=True,
    ),
    Operation("fills", "GET", VIEW, "implant", **listed(FILL)),
    Operation(
        "fills",
        "POST",
        CARE,
        "implant",
        sends=lambda about: _fill(about) | ALL_SEEN,
        code=201,
        keys=FILL,
        writes=True,
    ),
    Operation("programs", "GET", VIEW, "implant", **listed(VERSION)),
    Operation(
        "programs",
        "POST",
        PROGRAM,
        "implant",
        sends=lambda about: _program(about) | ALL_SEEN,
        code=201,
        keys=VERSION,
        writes=True,
    ),
    Operation("implant-forecast", "GET", VIEW, "implant", keys=FORECAST, at_times=LIMITS | FINDINGS),
    Operation(
        "what-if",
        "POST",
        VIEW,
        "implant",
        sends=lambda about: {"fill": _fill(about)},
        **_shown_before_and_after(),
    ),
    Operation("fill", "GET", VIEW, "fill", keys=FILL),
    Operation(
        "fill-correct",
        "POST",
        CARE,
        "fill",
        sends=lambda about: _fill(about) | ALL_SEEN | {"reason": "wrong day"},
        code=201,
        keys=FILL,
        writes=True,
    ),
    Operation(
        "fill-withdraw",
        "POST",
        CARE,
        "fill",
        sends=lambda about: ALL_SEEN | {"reason": "other patient"},
        keys=FILL,
        writes=True,
    ),
    Operation(
        "program-correct",
        "POST",
        PROGRAM,
        "version",
        sends=lambda about: _program(about) | ALL_SEEN | {"reason": "wrong dose"},
        code=201,
        keys=VERSION,
        writes=True,
    ),
    Operation(
        "program-withdraw",
        "POST",
        PROGRAM,
        "version",
        sends=lambda about: ALL_SEEN | {"reason": "never ran"},
        keys=VERSION,
        writes=True,
    ),
    Operation("clinic-forecasts", "GET", VIEW, **listed(FORECAST, LIMITS | FINDINGS), foreign=200),
)
VISITS = (
    Operation("slots", "GET", VIEW, sends=_search, keys=SLOTS, foreign=400, refused_at="#/patient"),
    Operation(
        "visits",
        "POST",
        BOOK,
        sends=_booking,
        code=201,
        keys=VISIT,
        foreign=422,
        refused_at="#/patient",
        writes=True,
    ),
    Operation("visit", "GET", VIEW, "visit", keys=VISIT),
    Operation("visit-move", "POST", BOOK, "visit", sends=_place, keys=VISIT, writes=True),
    Operation(
        "visit-cancel",
        "POST",
        BOOK,
        "visit",
        sends=lambda about: {"reason": "ill"},
        keys=VISIT,
        writes=True,
    ),
)
OPERATIONS = (*CATALOGUE, *RECORD, *VISITS, *WORK_OPERATIONS)
