"""A register's row in the record: created, updated, unchanged or refused, and never half."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clinic.domain.entries import DrugEntry, FillEntry, ProgramEntry
from clinic.models import Consent, Fill, Implant, Patient, ProgramVersion
from clinic.services.fills import correct_fill, void_fill
from clinic.services.patients import record_consent, record_death, retire_contact_point
from clinic.services.programs import record_program
from clinic.services.register_rows import RowOutcome, import_rows
from scheduling.services.register_rows import bring_in as judge_and_bring_in
from tests.factories import House, make_clinic, make_implant, make_patient
from tests.imports import source_of
from tests.register_files import register_row

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def bring_in(house: House, *, consent: frozenset[str] = frozenset(), **cells: str) -> RowOutcome:
    (outcome,) = import_rows(
        clinic=house.clinic,
        rows=[register_row(**cells)],
        actor_id=house.administrator.id,
        now=NOW,
        consent_channels=consent,
    )
    return outcome


def only_fill() -> Fill:
    return Fill.objects.current().get()


def counts() -> tuple[int, ...]:
    tables = (Patient, Implant, Fill, ProgramVersion, Consent)
    return tuple(table.objects.count() for table in tables)


def test_a_new_row_creates_patient_pump_fill_and_program(house: House) -> None:
    outcome = bring_in(house, threshold_ml="4", printed_refill_on="2027-01-10", notes="prefers mornings")
    assert outcome.result == "created", outcome.fault
    implant = Implant.objects.get()
    assert (implant.id, implant.patient.mrn, implant.threshold_ml) == (outcome.implant_id, "M1", 4)
    fill = only_fill()
    assert (fill.filled_on, fill.fill_volume_ml, fill.note) == (date(2026, 10, 1), 40, "prefers mornings")
    assert [(d.drug.key, d.concentration, d.concentration_unit) for d in fill.drugs.all()] == [
        ("baclofen", 2000, "mcg/mL")
    ]
    program = ProgramVersion.objects.get()
    assert (program.starts_on, program.dose, program.dose_unit) == (date(2026, 10, 1), 300, "mcg/day")
    assert sorted(implant.patient.contact_points.values_list("kind", "value")) == [
        ("email", "ana@example.org"),
        ("phone", "+1 202 555 0100"),
    ]
    assert not Consent.objects.exists()


def test_the_same_row_again_changes_nothing(house: House) -> None:
    bring_in(house, notes="x", threshold_ml="3")
    before = counts()
    outcome = bring_in(
        house, notes="x", threshold_ml="3", fill_volume_ml="40,0", concentration_1="2", unit_1="mg/ml"
    )
    assert (outcome.result, outcome.columns) == ("unchanged", ())
    assert counts() == before


def test_a_new_date_is_a_new_fill_and_a_new_dose_a_new_program(house: House) -> None:
    bring_in(house)
    outcome = bring_in(house, filled_on="2026-11-18", dose="320")
    assert outcome.result == "updated"
    assert {"filled_on", "dose"} <= set(outcome.columns)
    assert Fill.objects.current().count() == 2
    assert [p.dose for p in ProgramVersion.objects.current().order_by("starts_on")] == [300, 320]


def test_a_new_fill_with_the_same_dose_leaves_the_program_alone(house: House) -> None:
    bring_in(house)
    bring_in(house, filled_on="2026-11-18")
    assert ProgramVersion.objects.count() == 1


def test_the_same_date_with_other_values_is_a_correction_that_says_import(house: House) -> None:
    bring_in(house)
    first = only_fill()
    outcome = bring_in(house, fill_volume_ml="38", dose="310")
    assert (outcome.result, set(outcome.columns)) == ("updated", {"fill_volume_ml", "dose", "dose_unit"})
    fill = only_fill()
    assert (fill.fill_volume_ml, fill.supersedes, fill.correction_reason) == (38, first, "import")
    program = ProgramVersion.objects.current().get()
    assert (program.dose, program.correction_reason) == (310, "import")


def test_a_correction_keeps_what_the_register_does_not_say(house: House) -> None:
    bring_in(house, printed_refill_on="2027-01-10")
    correct_fill(
        clinic=house.clinic,
        fill_ref=only_fill().ref,
        entry=FillEntry(
            filled_on=date(2026, 10, 1),
            fill_volume_ml=Decimal(40),
            residual_ml=Decimal("2.5"),
            drugs=(
                DrugEntry(
                    drug_key="baclofen", concentration=Decimal(2000), concentration_unit="mcg/mL", lot="L1"
                ),
            ),
            printed_refill_on=date(2027, 1, 10),
        ),
        reason="lot added",
        actor_id=house.nurse.id,
        now=NOW,
    )
    bring_in(house, fill_volume_ml="39")
    fill = only_fill()
    assert (fill.fill_volume_ml, fill.residual_ml, fill.printed_refill_on) == (
        39,
        Decimal("2.5"),
        date(2027, 1, 10),
    )
    assert fill.drugs.get().lot == "L1"


def test_what_a_nurse_corrected_by_hand_stays_when_the_old_row_comes_again(house: House) -> None:
    bring_in(house)
    correct_fill(
        clinic=house.clinic,
        fill_ref=only_fill().ref,
        entry=FillEntry(
            filled_on=date(2026, 10, 1),
            fill_volume_ml=Decimal(36),
            drugs=(DrugEntry(drug_key="baclofen", concentration=Decimal(2000), concentration_unit="mcg/mL"),),
        ),
        reason="misread syringe",
        actor_id=house.nurse.id,
        now=NOW,
    )
    assert bring_in(house).result == "unchanged"
    assert only_fill().fill_volume_ml == 36


def test_a_fill_withdrawn_by_hand_does_not_come_back(house: House) -> None:
    bring_in(house)
    void_fill(
        clinic=house.clinic,
        fill_ref=only_fill().ref,
        reason="other patient",
        actor_id=house.nurse.id,
        now=NOW,
    )
    assert bring_in(house).result == "unchanged"
    assert not Fill.objects.current().exists()


def test_a_second_pump_of_the_same_patient_comes_in(house: House) -> None:
    bring_in(house)
    assert bring_in(house, pump_serial="NGV2H").result == "created"
    assert (Patient.objects.count(), Implant.objects.count()) == (1, 2)


def test_new_details_of_patient_and_pump_update_them(house: House) -> None:
    bring_in(house)
    outcome = bring_in(house, last_name="Berg-Ode", phone="+1 202 555 0199", threshold_ml="4", language="es")
    assert (outcome.result, set(outcome.columns)) == (
        "updated",
        {"last_name", "phone", "threshold_ml", "language"},
    )
    assert Implant.objects.get().threshold_ml == 4
    assert Patient.objects.get().last_name == "Berg-Ode"


def test_an_empty_cell_erases_nothing(house: House) -> None:
    bring_in(house, threshold_ml="4", max_interval_days="90", language="fr")
    assert bring_in(house, language="", phone="", email="").result == "unchanged"
    assert Implant.objects.get().max_interval_days == 90
    assert Patient.objects.get().language == "fr"


def test_an_empty_language_is_the_clinics(house: House) -> None:
    bring_in(house, language="")
    assert Patient.objects.get().language == house.clinic.language


def test_a_contact_retired_by_hand_stays_retired(house: House) -> None:
    bring_in(house)
    point = Patient.objects.get().contact_points.get(kind="phone")
    retire_contact_point(clinic=house.clinic, contact_id=point.id, actor_id=house.nurse.id, now=NOW)
    assert bring_in(house).result == "unchanged"


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"birth_date": "1981-02-28"}, "mrn", "another patient has this MRN"),
        ({"last_name": "Ode", "first_name": "Una"}, "mrn", "another patient has this MRN"),
        ({"mrn": "M2"}, "pump_serial", "another patient's"),
        ({"implanted_on": "2026-10-02", "filled_on": "2026-11-01"}, "implanted_on", "already holds"),
        ({"drug_1": "unobtainium"}, "drug_1", "not in the catalogue"),
        ({"pump_model": "acme-9000"}, "pump_model", "not in the catalogue"),
        ({"fill_volume_ml": "41"}, "fill_volume_ml", "the reservoir holds"),
    ],
)
def test_a_row_at_odds_with_the_record_is_refused_and_changes_nothing(
    house: House, cells: dict[str, str], column: str, reason: str
) -> None:
    bring_in(house)
    before = counts()
    outcome = bring_in(house, **{"phone": "+1 202 555 0111", **cells})
    assert outcome.result == "refused"
    assert outcome.fault is not None
    assert (outcome.fault.column, reason in str(outcome.fault.reason)) == (column, True), outcome.fault
    assert counts() == before
    assert Patient.objects.get().contact_points.count() == 2


def test_nothing_is_kept_of_a_refused_new_row(house: House) -> None:
    assert bring_in(house, drug_1="unobtainium").result == "refused"
    assert counts() == (0, 0, 0, 0, 0)


def test_a_fill_after_death_and_one_after_the_explant_are_refused(house: House) -> None:
    bring_in(house)
    record_death(
        clinic=house.clinic,
        patient_ref=Patient.objects.get().ref,
        died_on=date(2026, 11, 1),
        actor_id=house.nurse.id,
        now=NOW,
    )
    outcome = bring_in(house, filled_on="2026-11-10")
    assert outcome.fault is not None
    assert outcome.fault.column == "filled_on"


def test_a_pump_with_a_pattern_is_left_to_a_person(house: House) -> None:
    patient = make_patient(house, mrn="M1", last_name="Berg", first_name="Ana", birth_date=date(1980, 2, 29))
    implant = make_implant(house, patient, serial="NGV1H", implanted_on=date(2024, 1, 10))
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    steps = [{"hours": "24", "dose_per_hour": "10", "unit": "mcg/h"}]
    record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=date(2026, 9, 1), kind="flex", pattern=[{"on": week, "steps": steps}]),
        actor_id=house.nurse.id,
        now=NOW,
    )
    outcome = bring_in(house)
    assert outcome.fault is not None
    assert outcome.fault.column == "dose"
    assert not Fill.objects.exists()


def test_consent_is_recorded_only_where_attested_reachable_and_not_already_refused(house: House) -> None:
    bring_in(house, consent=frozenset({"email", "sms"}), email="")
    assert list(Consent.objects.values_list("channel", "is_granted")) == [("sms", True)]
    record_consent(
        clinic=house.clinic,
        patient_ref=Patient.objects.get().ref,
        channel="sms",
        is_granted=False,
        wording="Please stop.",
        actor_id=house.nurse.id,
        now=NOW,
    )
    outcome = bring_in(house, consent=frozenset({"email", "sms"}), email="ana@example.org")
    assert set(outcome.columns) == {"email"}
    newest = Consent.objects.filter(channel="sms").order_by("-id").first()
    assert newest is not None
    assert newest.is_granted is False


def test_a_trial_tells_what_would_happen_and_leaves_no_trace(house: House) -> None:
    (trial,) = judge_and_bring_in(
        clinic=house.clinic, rows=[register_row()], actor_id=house.administrator.id, now=NOW, source=None
    )
    assert (trial.result, trial.implant_id) == ("created", None)
    assert counts() == (0, 0, 0, 0, 0)
    real = bring_in(house)
    assert (real.result, real.columns) == (trial.result, trial.columns)


@pytest.mark.parametrize(
    ("cells", "column"),
    [({"dose": "3000"}, "dose"), ({"unit_1": "mg/mL", "dose": "300", "dose_unit": "mg/day"}, "unit_1")],
)
def test_a_slip_that_only_the_record_can_tell_refuses_the_row(
    house: House, cells: dict[str, str], column: str
) -> None:
    bring_in(house)
    before = counts()
    (outcome,) = judge_and_bring_in(
        clinic=house.clinic,
        rows=[register_row(filled_on="2026-11-18", **cells)],
        actor_id=house.administrator.id,
        now=NOW,
        source=source_of(house.administrator),
    )
    assert outcome.fault is not None, outcome
    assert (outcome.result, outcome.fault.column) == ("refused", column)
    assert counts() == before


def test_another_clinics_pumps_are_not_seen(house: House) -> None:
    bring_in(house)
    (theirs,) = import_rows(
        clinic=house.elsewhere,
        rows=[register_row()],
        actor_id=house.outsider.id,
        now=NOW + timedelta(seconds=1),
    )
    assert theirs.result == "created"
    assert Implant.objects.count() == 2


def test_the_history_names_the_person_and_the_import(house: House) -> None:
    bring_in(house)
    history = Fill.pgh_event_model.objects.get()  # type: ignore[attr-defined]
    assert history.pgh_context.metadata == {"actor": house.administrator.id, "reason": "import"}


def test_the_history_of_an_import_with_attested_consent_names_the_import_too(house: House) -> None:
    bring_in(house, consent=frozenset({"email"}))
    for table in (Patient, Implant, Fill, Consent):
        history = table.pgh_event_model.objects.get()  # type: ignore[attr-defined]
        assert history.pgh_context.metadata["reason"] == "import"
