"""Patients and the people around them, as pages need them. Every read names the clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from clinic.models import Consent, ContactPoint, Implant, Patient, Proxy, Surgery
from clinic.selectors.search import endings_with, search_words
from clinic.together import ask_together

_BY_NAME = ("last_name", "first_name", "id")


def get_patient(*, clinic_id: int, patient_ref: UUID) -> Patient | None:
    """The clinic's patient with this reference, or None."""
    return Patient.objects.for_clinic(clinic_id).filter(ref=patient_ref).first()


def all_patients(*, clinic_id: int) -> QuerySet[Patient]:
    """Every patient of the clinic."""
    return Patient.objects.for_clinic(clinic_id)


def patients_who_died(*, clinic_id: int) -> QuerySet[Patient]:
    """The few of whom no work is asked. A set to leave out: a join would start at every patient who lives."""
    return Patient.objects.for_clinic(clinic_id).filter(died_on__isnull=False)


def find_patients(*, clinic_id: int, text: str = "", status: str = "active") -> QuerySet[Patient]:
    """Patients by name.

    Every word of ``text`` must stand in a name, in the MRN or in a pump's serial number, whatever its accents.
    ``status`` is active (alive with a pump in place), none (alive without one), planned (alive with an operation
    planned), died, or all.
    """
    patients = _with_words(Patient.objects.for_clinic(clinic_id), search_words(text), clinic_id)
    in_place = Implant.objects.filter(patient_id=OuterRef("pk"), explanted_on__isnull=True)
    match status:
        case "active":
            patients = patients.filter(Exists(in_place), died_on__isnull=True)
        case "none":
            patients = patients.filter(~Exists(in_place), died_on__isnull=True)
        case "planned":
            patients = patients.filter(Exists(_planned()), died_on__isnull=True)
        case "died":
            patients = patients.filter(died_on__isnull=False)
    return patients.order_by(*_BY_NAME)


def with_pumps(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """The same, each with its ``pumps``, the newest first, and ``operation_on``: the day that is planned, or None."""
    return _with_operation(patients).prefetch_related(
        Prefetch("implants", queryset=_newest_pumps(), to_attr="pumps")
    )


def first_found(*, clinic_id: int, text: str, most: int, is_alive: bool = False) -> list[Patient]:
    """The first by name of those in whom every word of ``text`` stands, as ``with_pumps`` gives them (one statement).

    Of all patients, or of those alive.
    """
    words = search_words(text)
    answers = ask_together(
        _first_questions,
        *(len(words), most, is_alive),
        clinic_id=clinic_id,
        is_planned_once=False,  # whom a word finds, few or thousands, decides how they are looked for
        **{f"word_{number}": word for number, word in enumerate(words)},
    )
    pumps = defaultdict[int, list[Implant]](list)
    for pump in answers["pumps"]:
        pumps[pump.patient_id].append(pump)
    found: list[Patient] = answers["patients"]
    for patient in found:
        patient.pumps = pumps[patient.pk]  # type: ignore[attr-defined]  # as a prefetch sets it
    return found


def _first_questions(given: Any, words: int, most: int, is_alive: bool) -> dict[str, Any]:
    patients: QuerySet[Patient] = Patient.objects.for_clinic(given.clinic_id)
    if is_alive:
        patients = patients.filter(died_on__isnull=True)
    patients = _with_words(patients, [getattr(given, f"word_{n}") for n in range(words)], given.clinic_id)
    return {
        "patients": _with_operation(patients).order_by(*_BY_NAME)[:most],
        "pumps": _newest_pumps().filter(patient_id__any_of=given.found("patients", "id")),
    }


def _with_words(patients: QuerySet[Patient], words: Iterable[Any], clinic_id: Any) -> QuerySet[Patient]:
    for word in words:
        patients = patients.filter(pk__in=endings_with(word, clinic_id=clinic_id).values("patient_id"))
    return patients


def _with_operation(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    return patients.annotate(operation_on=Subquery(_planned().values("planned_on")))


def _planned() -> QuerySet[Surgery]:
    return Surgery.objects.filter(patient_id=OuterRef("pk"), implant__isnull=True, cancelled_on__isnull=True)


def _newest_pumps() -> QuerySet[Implant]:
    return Implant.objects.select_related("pump_model").order_by("-implanted_on", "-id")


def same_person(*, clinic_id: int, last_name: str, birth_date: date) -> list[Patient]:
    """Patients of the clinic with this last name and birth date: likely the same person entered before."""
    return list(
        Patient.objects.for_clinic(clinic_id)
        .filter(last_name__iexact=last_name, birth_date=birth_date)
        .order_by("first_name", "id")[:5]
    )


def contact_points(*, clinic_id: int, patient_id: int) -> list[ContactPoint]:
    """The patient's own numbers and addresses, those in use first."""
    return list(
        ContactPoint.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id, proxy__isnull=True)
        .order_by("-is_active", "-is_preferred", "kind", "id")
    )


def proxies(*, clinic_id: int, patient_id: int) -> list[Proxy]:
    """The patient's helpers with their numbers and addresses, active ones first."""
    points = ContactPoint.objects.order_by("-is_active", "-is_preferred", "kind", "id")
    return list(
        Proxy.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .order_by("-is_active", "name", "id")
        .prefetch_related(Prefetch("contact_points", queryset=points))
    )


def consents(*, clinic_id: int, patient_id: int) -> list[Consent]:
    """What the patient said, newest first: the first row of a channel and topic is the one that counts."""
    return list(
        Consent.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("recorded_by")
        .order_by("-id")
    )


def contact_rows(*, clinic_id: int, patient_id: int) -> QuerySet[ContactPoint]:
    """Every number and address of the patient and of the patient's helpers, also those no longer in use."""
    return ContactPoint.objects.for_clinic(clinic_id).filter(patient_id=patient_id)


def proxy_rows(*, clinic_id: int, patient_id: int) -> QuerySet[Proxy]:
    """Every helper of the patient, also those whose role has ended."""
    return Proxy.objects.for_clinic(clinic_id).filter(patient_id=patient_id)


def consent_rows(*, clinic_id: int, patient_id: int) -> QuerySet[Consent]:
    """Everything that the patient said about messages; the newest row of a channel and topic counts."""
    return Consent.objects.for_clinic(clinic_id).filter(patient_id=patient_id)
