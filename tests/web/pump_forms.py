"""The forms about a pump as a browser posts them, and what a refused one must look like."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.test import Client

from clinic.models import Fill, Implant, ProgramVersion
from scheduling.models import Forecast
from tests.factories import House

Url = Callable[..., str]
Posted = dict[str, Any]


def drug(number: int = 0, **values: str) -> Posted:
    row = {"drug_key": "baclofen", "concentration": "2000", "concentration_unit": "mcg/mL"} | values
    return {f"drugs-{number}-{name}": value for name, value in row.items()}


def refill(house: House, **values: Any) -> Posted:
    """A good form; ``values`` are fields to change."""
    return (
        {
            "ref": str(uuid.uuid4()),
            "filled_on": house.today.isoformat(),
            "residual_ml": "31",
            "fill_volume_ml": "40",
            "performed_by": "Nora Nurse",
            "drugs-TOTAL_FORMS": "1",
            "drugs-INITIAL_FORMS": "0",
            "steps-TOTAL_FORMS": "0",
            "steps-INITIAL_FORMS": "0",
            "program-mode": "unchanged",
        }
        | drug()
        | values
    )


def problems(response: Any) -> dict[str, str]:
    """What the summary says, by the control it leads to."""
    return {place or label: text for place, label, text in response.context["problems"]}


def assert_refused(
    house: House, nurse: Client, url: Url, implant: Implant, posted: Posted, *, at: str
) -> None:
    """Refused with a reason at this control, shown there, and nothing written."""
    before = (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant))
    response = nurse.post(url("fill_new", ref=implant.ref), refill(house) | posted)
    assert response.status_code == 422
    assert problems(response).get(at), problems(response)
    assert (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant)) == before
    live = nurse.post(url("fill_preview", ref=implant.ref), refill(house) | posted)
    assert live.status_code == 200
    assert problems(live).get(at), "the preview says it too"


def forecast_of(implant: Implant) -> tuple[object, ...]:
    return Forecast.objects.filter(implant=implant).values_list("must_refill_by", "fingerprint").get()
