"""The editable catalogue as the projection's value."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import connection
from psycopg import sql

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

_remembered: tuple[str, domain.Catalogue] | None = None


def catalogue(edition: str | None = None) -> domain.Catalogue:
    """All pump models and drugs as they stand now, under the names the seed knows them by.

    One query while nothing has changed since this process last read them, six otherwise; one less where the answer to
    ``edition_question`` is at hand. The value is shared: nobody changes it.
    """
    global _remembered  # one value of a process; two threads at once read it twice
    edition, remembered = edition or _edition(), _remembered
    if remembered is not None and remembered[0] == edition:
        return remembered[1]
    found = domain.Catalogue(pump_models=_pump_models(), drugs=_drugs(), aliases=SEED.aliases)
    _remembered = edition, found
    return found


def _edition() -> str:
    with connection.cursor() as cursor:
        cursor.execute(edition_question())
        return str(cursor.fetchone()[0])


@lru_cache(maxsize=1)
def edition_question() -> str:
    """Asks for what differs after every change: the histories of these tables only grow, by triggers, whoever writes.

    The number of rows and not the newest alone: of two changes at once the later may be committed first.
    """
    models = (Drug, MarketedStrength, PumpModel, PumpModelValue, Stability)
    tables = (apps.get_model("clinic", f"{model.__name__}History")._meta.db_table for model in models)
    newest = "(SELECT (count(*), max(pgh_id), max(pgh_created_at))::text FROM {})"
    wanted = sql.SQL(", ").join(sql.SQL(newest).format(sql.Identifier(table)) for table in tables)
    return sql.SQL("SELECT concat_ws(' ', {})").format(wanted).as_string()


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
