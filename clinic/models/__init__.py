"""The record's tables. Private to this package: others read through selectors and write through services."""

from clinic.models import lookups as _lookups  # noqa: F401  (registers ``any_of``)
from clinic.models.accounts import Clinic, Closure, ClosureSource, Invitation, Language, Membership, User
from clinic.models.api import ApiAnswer, ApiToken, ApiTokenUse
from clinic.models.audit import AccessKind, AccessRecord, Seal, SealPart
from clinic.models.catalogue import (
    ConcentrationUnit,
    Confidence,
    DoseUnit,
    Drug,
    Hazard,
    MarketedStrength,
    MriAction,
    PumpModel,
    PumpModelValue,
    PumpQuantity,
    Stability,
    StabilityCondition,
)
from clinic.models.emergencies import EmergencyAccess
from clinic.models.implants import (
    EventKind,
    Fill,
    FillDrug,
    FirstFill,
    Implant,
    ProgramKind,
    ProgramVersion,
    PumpEvent,
    Reading,
)
from clinic.models.patients import (
    Channel,
    Consent,
    ContactKind,
    ContactPoint,
    Patient,
    Proxy,
    Topic,
)
from clinic.models.search import SearchEnding
from clinic.models.surgeries import Surgery, SurgeryPurpose

__all__ = [
    "AccessKind",
    "AccessRecord",
    "ApiAnswer",
    "ApiToken",
    "ApiTokenUse",
    "Channel",
    "Clinic",
    "Closure",
    "ClosureSource",
    "ConcentrationUnit",
    "Confidence",
    "Consent",
    "ContactKind",
    "ContactPoint",
    "DoseUnit",
    "Drug",
    "EmergencyAccess",
    "EventKind",
    "Fill",
    "FillDrug",
    "FirstFill",
    "Hazard",
    "Implant",
    "Invitation",
    "Language",
    "MarketedStrength",
    "Membership",
    "MriAction",
    "Patient",
    "ProgramKind",
    "ProgramVersion",
    "Proxy",
    "PumpEvent",
    "PumpModel",
    "PumpModelValue",
    "PumpQuantity",
    "Reading",
    "Seal",
    "SealPart",
    "SearchEnding",
    "Stability",
    "StabilityCondition",
    "Surgery",
    "SurgeryPurpose",
    "Topic",
    "User",
]
