"""The catalogue a new installation starts from: every value with its unit, source and confidence.

"Published" marks a value confirmed in a published source, "quoted" one that is commonly repeated and not
confirmed. None of them is a constant of the software: administrators edit the rows made from this seed. The
pump programmer's printout wins over all of it.
"""

from decimal import Decimal
from types import MappingProxyType

from clinic.domain.catalogue import (
    Catalogue,
    Confidence,
    Drug,
    Hazard,
    Provenance,
    PumpModel,
    Stability,
    StabilityCondition,
)

_C, _C2 = Confidence.CONFIRMED, Confidence.SECONDARY
_U, _D = Confidence.UNCONFIRMED, Confidence.DESIGN
_MANUAL = "manufacturer's implant manual"
_QUOTED = "commonly quoted; confirm on the manual of the implanted pump"


def _fact(value: str, unit: str, source: str, confidence: Confidence) -> Provenance:
    return Provenance(value, unit, source, confidence)


def _pump(
    key: str,
    name: str,
    manufacturer: str,
    *facts: tuple[str, str, str, str, Confidence],
    is_constant_flow: bool = False,
    must_be_emptied_for_mri: bool = False,
    is_legacy: bool = False,
) -> PumpModel:
    """A model from its facts: (quantity, value, unit, source, confidence)."""
    values = {quantity: value for quantity, value, *_ in facts}

    def number(quantity: str) -> Decimal | None:
        return Decimal(values[quantity]) if quantity in values else None

    life = values.get("service_life_years")
    return PumpModel(
        key=key,
        name=name,
        manufacturer=manufacturer,
        reservoir_ml=Decimal(values["reservoir_ml"]),
        threshold_ml=number("threshold_ml"),
        accuracy_percent=number("accuracy_percent"),
        min_flow_ml_per_day=number("min_flow_ml_per_day"),
        max_flow_ml_per_day=number("max_flow_ml_per_day"),
        service_life_years=None if life is None else int(life),
        is_constant_flow=is_constant_flow,
        must_be_emptied_for_mri=must_be_emptied_for_mri,
        is_legacy=is_legacy,
        facts=MappingProxyType(
            {quantity: _fact(value, unit, source, sure) for quantity, value, unit, source, sure in facts}
        ),
    )


def _synchromed(key: str, name: str, reservoir: str, sure: Confidence, *, life: str | None) -> PumpModel:
    facts = [
        ("reservoir_ml", reservoir, "mL", _MANUAL if sure is _C else _QUOTED, sure),
        ("threshold_ml", "2", "mL", f"{_MANUAL} (settable)", _C if sure is _C else _U),
        ("min_flow_ml_per_day", "0.048", "mL/d", _QUOTED, _U),
        ("max_flow_ml_per_day", "24", "mL/d", _QUOTED, _U),
        ("accuracy_percent", "14.5", "%", "label, quoted; +1 to +2.5 % published from the field", _U),
        ("mri", "interrogate after every scan", "", f"{_MANUAL}: MRI", _C if sure is _C else _U),
    ]
    if life is not None:
        facts.append(("service_life_years", life, "a", f"{_MANUAL}: stops at this age", _C))
    return _pump(key, name, "Medtronic", *facts)


def _synchromed_el(key: str, reservoir: str) -> PumpModel:
    return _pump(
        key,
        f"SynchroMed EL, {reservoir} mL",
        "Medtronic",
        ("reservoir_ml", reservoir, "mL", _MANUAL, _C),
        ("threshold_ml", "2", "mL", _MANUAL, _C),
        ("mri", "interrogate after every scan", "", f"{_MANUAL}: MRI", _C),
        is_legacy=True,
    )


def _isomed(key: str, reservoir: str) -> PumpModel:
    return _pump(
        key,
        f"IsoMed 8472, {reservoir} mL",
        "Medtronic",
        ("reservoir_ml", reservoir, "mL", _MANUAL, _C),
        ("min_flow_ml_per_day", "0.3", "mL/d", _MANUAL, _C),
        ("max_flow_ml_per_day", "2.5", "mL/d", _MANUAL, _C),
        ("mri", "none reported", "", "review article", _C2),
        is_constant_flow=True,
        is_legacy=True,
    )


def _prometra(key: str, name: str, reservoir: str) -> PumpModel:
    return _pump(
        key,
        name,
        "Flowonix",
        ("reservoir_ml", reservoir, "mL", _MANUAL, _C),
        ("threshold_ml", "3", "mL", f"{_MANUAL}: refill date", _C),
        ("min_flow_ml_per_day", "0", "mL/d", _QUOTED, _U),
        ("max_flow_ml_per_day", "28.8", "mL/d", _QUOTED, _U),
        ("accuracy_percent", "3", "%", "about 97 % accurate, quoted", _U),
        ("service_life_years", "10", "a", "review article", _C2),
        ("mri", "must be emptied before a scan and set to 0", "", f"{_MANUAL}: MRI", _C),
        must_be_emptied_for_mri=True,
    )


def _codman(reservoir: str, sure: Confidence) -> PumpModel:
    return _pump(
        f"codman-3000-{reservoir}",
        f"Codman 3000, {reservoir} mL",
        "Codman",
        ("reservoir_ml", reservoir, "mL", "review article" if sure is _C2 else _QUOTED, sure),
        ("mri", "none reported", "", "review article", _C2),
        is_constant_flow=True,
        is_legacy=True,
    )


_PUMPS = (
    _synchromed("synchromed-ii-20", "SynchroMed II 8637-20", "20", _C, life="7"),
    _synchromed("synchromed-ii-40", "SynchroMed II 8637-40", "40", _C, life="7"),
    _synchromed("synchromed-iii-20", "SynchroMed III, 20 mL", "20", _U, life=None),
    _synchromed("synchromed-iii-40", "SynchroMed III, 40 mL", "40", _U, life=None),
    _synchromed_el("synchromed-el-10", "10"),
    _synchromed_el("synchromed-el-18", "18"),
    _isomed("isomed-20", "20"),
    _isomed("isomed-35", "35"),
    _prometra("prometra-20", "Prometra, 20 mL", "20"),
    _prometra("prometra-ii-20", "Prometra II, 20 mL", "20"),
    _prometra("prometra-ii-40", "Prometra II, 40 mL", "40"),
    _codman("16", _U),
    _codman("30", _C2),
    _codman("50", _U),
)

_LABEL = "drug label"
_CONSENSUS = "consensus statement on intrathecal drugs"


def _always(days: int, source: str, confidence: Confidence) -> tuple[Stability, ...]:
    return (Stability(days, source=source, confidence=confidence),)


def _opioid(key: str) -> Drug:
    return Drug(
        key,
        key.capitalize(),
        Hazard.URGENT,
        _always(90, "assumed as for morphine", _U),
        facts=MappingProxyType({"hazard": _fact("urgent", "", f"{_CONSENSUS}: opioid withdrawal", _U)}),
    )


_DRUGS = (
    Drug(
        "baclofen",
        "Baclofen",
        Hazard.EMERGENCY,
        _always(180, _LABEL, _C),
        (Decimal(50), Decimal(500), Decimal(1000), Decimal(2000)),
        MappingProxyType(
            {
                "hazard": _fact("withdrawal 12 to 96 h after a stop, may be fatal", "", _LABEL, _C),
                "strengths": _fact("50 (trial only), 500, 1000, 2000", "ug/mL", _LABEL, _C),
            }
        ),
    ),
    Drug(
        "morphine",
        "Morphine, preservative-free",
        Hazard.URGENT,
        _always(90, _CONSENSUS, _C2),
        (Decimal(10_000), Decimal(25_000)),
        MappingProxyType(
            {
                "hazard": _fact("withdrawal, pain crisis", "", _LABEL, _C),
                "strengths": _fact("10, 25", "mg/mL", _LABEL, _C),
            }
        ),
    ),
    Drug(
        "ziconotide",
        "Ziconotide",
        Hazard.NO_WITHDRAWAL,
        (
            Stability(14, StabilityCondition.FIRST_FILL, source=_LABEL, confidence=_C),
            Stability(84, StabilityCondition.LATER_UNDILUTED, source=_LABEL, confidence=_C),
            Stability(40, StabilityCondition.LATER_DILUTED, source=_LABEL, confidence=_C),
        ),
        (Decimal(25), Decimal(100)),
        MappingProxyType(
            {
                "hazard": _fact("no withdrawal syndrome; pain returns", "", _LABEL, _C),
                "strengths": _fact("25, 100", "ug/mL", _LABEL, _C),
            }
        ),
    ),
    _opioid("hydromorphone"),
    _opioid("fentanyl"),
    _opioid("sufentanil"),
    Drug(
        "bupivacaine",
        "Bupivacaine",
        Hazard.NO_WITHDRAWAL,
        _always(90, "published stability study, in mixture", _C),
        facts=MappingProxyType({"hazard": _fact("no withdrawal", "", _CONSENSUS, _C)}),
    ),
    Drug(
        "clonidine",
        "Clonidine",
        Hazard.EMERGENCY,
        (
            Stability(
                90, StabilityCondition.WITH_DRUG, "morphine", "published stability study, in mixture", _C
            ),
            Stability(
                35, StabilityCondition.WITH_DRUG, "hydromorphone", "published stability study, in mixture", _C
            ),
        ),
        facts=MappingProxyType({"hazard": _fact("rebound hypertension", "", _CONSENSUS, _C)}),
    ),
)

SEED = Catalogue(
    pump_models=MappingProxyType({model.key: model for model in _PUMPS}),
    drugs=MappingProxyType({drug.key: drug for drug in _DRUGS}),
    aliases=MappingProxyType(
        {
            "codman-3000": "codman-3000-30",
            "isomed-8472-20": "isomed-20",
            "isomed-8472-35": "isomed-35",
            "morphine pf": "morphine",
        }
    ),
)
"""What ``project`` and ``forecast`` read when no edited catalogue is given."""
