"""The catalogue's seed: every shipped value with its source, put in once, never over an edit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pghistory
from django.db import transaction

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


def seed_catalogue(*, using: str = "default", seed: domain.Catalogue = SEED) -> None:
    """Add the shipped pump models and drugs that are missing; what exists, edited or not, stays as it is."""
    with transaction.atomic(using=using), pghistory.context(actor=None, reason="catalogue seeded"):
        known_models = set(PumpModel.objects.using(using).values_list("key", flat=True))
        for model in seed.pump_models.values():
            if model.key not in known_models:
                _add_pump_model(model, using)
        known_drugs = set(Drug.objects.using(using).values_list("key", flat=True))
        new_drugs = [drug for drug in seed.drugs.values() if drug.key not in known_drugs]
        for drug in new_drugs:
            _add_drug(drug, using)
        _add_stabilities(new_drugs, using)


def _add_pump_model(model: domain.PumpModel, using: str) -> None:
    mri = model.facts["mri"]
    row = PumpModel.objects.using(using).create(
        key=model.key,
        manufacturer=model.manufacturer,
        name=model.name,
        mri_action=_mri_action(model),
        mri_source=mri.source,
        mri_confidence=mri.confidence.value,
        is_constant_flow=model.is_constant_flow,
        is_offered=not model.is_legacy,
    )
    for quantity in PumpQuantity:
        value = getattr(model, quantity.value, None)
        if value is not None:
            said = model.facts[quantity.value]
            PumpModelValue.objects.using(using).create(
                pump_model=row,
                quantity=quantity,
                value=Decimal(value),
                source=said.source,
                confidence=said.confidence.value,
            )


def _mri_action(model: domain.PumpModel) -> MriAction:
    if model.must_be_emptied_for_mri:
        return MriAction.EMPTY_BEFORE
    return MriAction.INTERROGATE if model.facts["mri"].value.startswith("interrogate") else MriAction.NONE


def _add_drug(drug: domain.Drug, using: str) -> None:
    said = drug.facts["hazard"]
    row = Drug.objects.using(using).create(
        key=drug.key,
        name=drug.name,
        hazard=int(drug.hazard),
        hazard_note=said.value,
        source=said.source,
        confidence=said.confidence.value,
    )
    if not drug.strengths_mcg_per_ml:
        return
    sold = drug.facts["strengths"]
    MarketedStrength.objects.using(using).bulk_create(
        MarketedStrength(
            drug=row,
            concentration=strength,
            unit=ConcentrationUnit.MCG_PER_ML,
            source=sold.source,
            confidence=sold.confidence.value,
        )
        for strength in drug.strengths_mcg_per_ml
    )


def _add_stabilities(drugs: Iterable[domain.Drug], using: str) -> None:
    rows = {row.key: row for row in Drug.objects.using(using).all()}
    Stability.objects.using(using).bulk_create(
        Stability(
            drug=rows[drug.key],
            condition=rule.condition.value,
            with_drug=rows[rule.with_drug] if rule.with_drug else None,
            days=rule.days,
            source=rule.source,
            confidence=rule.confidence.value,
        )
        for drug in drugs
        for rule in drug.stabilities
    )
