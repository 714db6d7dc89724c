"""The editable catalogue as the projection's value."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from clinic.domain import catalogue as domain
from clinic.domain.seed import SEED
from clinic.models import (
    ConcentrationUnit,
    Drug,
    MarketedStrength,
    MriAction,
    PumpModel,
    PumpModelValue,
    PumpQuantity,
    Stability,
)


def catalogue() -> domain.Catalogue:
    """All pump models and drugs as they stand now (five queries), under the names the seed knows them by."""
    return domain.Catalogue(pump_models=_pump_models(), drugs=_drugs(), aliases=SEED.aliases)


def _pump_models() -> dict[str, domain.PumpModel]:
    values: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for model_id, quantity, value in PumpModelValue.objects.values_list("pump_model_id", "quantity", "value"):
        values[model_id][quantity] = int(value) if quantity == PumpQuantity.SERVICE_LIFE else value
    return {
        row.key: domain.PumpModel(
            key=row.key,
            name=row.name,
            manufacturer=row.manufacturer,
            is_constant_flow=row.is_constant_flow,
            must_be_emptied_for_mri=row.mri_action == MriAction.EMPTY_BEFORE,
            is_legacy=not row.is_offered,
            **{"reservoir_ml": None, **values[row.pk]},
        )
        for row in PumpModel.objects.all()
    }


def _drugs() -> dict[str, domain.Drug]:
    stabilities: defaultdict[int, list[domain.Stability]] = defaultdict(list)
    for rule in Stability.objects.select_related("with_drug"):
        stabilities[rule.drug_id].append(
            domain.Stability(
                days=rule.days,
                condition=domain.StabilityCondition(rule.condition),
                with_drug=rule.with_drug.key if rule.with_drug else "",
                source=rule.source,
                confidence=domain.Confidence(rule.confidence),
            )
        )
    strengths: defaultdict[int, list[Decimal]] = defaultdict(list)
    for strength in MarketedStrength.objects.all():
        factor = 1 if strength.unit == ConcentrationUnit.MCG_PER_ML else 1000
        strengths[strength.drug_id].append(strength.concentration * factor)
    return {
        row.key: domain.Drug(
            key=row.key,
            name=row.name,
            hazard=domain.Hazard(row.hazard),
            stabilities=tuple(stabilities[row.pk]),
            strengths_mcg_per_ml=tuple(strengths[row.pk]),
        )
        for row in Drug.objects.all()
    }


def drug_choices() -> list[tuple[str, str]]:
    """Key and name of every drug, by name."""
    return list(Drug.objects.order_by("name").values_list("key", "name"))


def pump_model_choices() -> list[tuple[str, str]]:
    """Key and name of every pump model, by manufacturer and name."""
    return [(model.key, str(model)) for model in PumpModel.objects.order_by("manufacturer", "name")]
