"""The country that benchmarks measure on is what the product itself would have written, row for row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg import sql

from bench.national import build
from bench.national.country import sizes
from bench.national.prototype import Lived, live, prototype_of, tables
from clinic.models import Clinic, Implant, Patient
from config import walls
from notifications.models import Escalation, Message
from notifications.services.reconciling import reconcile_clinic
from scheduling.models import CalendarEntry, FollowUp, Forecast, StandingDates, SweepRun, Visit, VisitStatus
from scheduling.selectors.lapse import lapsed_counts
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services.calendar_entries import write_entries
from scheduling.services.sweeps import begin_night, run_chunk

pytestmark = pytest.mark.django_db(transaction=True)
_DIFFERS = sql.SQL(
    "SELECT count(*) FROM {of} AS t WHERE NOT coalesce(to_jsonb(t) <@ (SELECT to_jsonb(h) FROM {history} AS h"
    " WHERE h.pgh_obj_id = t.id ORDER BY h.pgh_id DESC LIMIT 1), false)"
)
_SUM = sql.SQL(
    "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '') FROM {} AS t"
)
PUMPS, YEARS = 4, 0.4
OF_CLINICS = [9, 4, 2]  # the largest has more cohorts than share a nurse


@pytest.fixture
def country() -> build.Country:
    return _country(timezone.now())


def _country(now: datetime) -> build.Country:
    with connections["owner"].cursor() as cursor:
        build.clear(cursor)
    lived = live(pumps=PUMPS, years=YEARS, now=now, seed=1)
    return build.make_country(prototype_of(Lived.from_json(lived.as_json())), OF_CLINICS)


def test_the_product_finds_nothing_to_do_in_a_copied_country(country: build.Country) -> None:
    assert (country.implants, Implant.objects.count(), Clinic.objects.count()) == (60, 60, 3)
    _check_there_is_a_bit_of_everything()
    _check_walls_and_histories()
    before = _everything()
    for clinic in Clinic.objects.order_by("id"):
        _check_nothing_changes(clinic, country.now)
    assert _everything() == before
    assert sum(lapsed_counts(country.now).values()) == 0
    _check_pages()
    _check_numbers_go_on()
    _check_clearing_leaves_nothing()


def _check_there_is_a_bit_of_everything() -> None:
    assert len(set(Patient.objects.values_list("last_name", "first_name"))) == 60
    assert Patient.objects.values("mrn").distinct().count() == 60
    assert Implant.objects.values("serial").distinct().count() == 60
    assert Forecast.objects.count() == StandingDates.objects.count() == 60
    assert not Patient.objects.filter(last_name__contains="qj").exists(), "no mark is left in place of a name"
    assert CalendarEntry.objects.filter(visit__isnull=False).exists()
    assert CalendarEntry.objects.filter(implant__isnull=False).exists()
    assert set(FollowUp.objects.values_list("state", flat=True)) >= {"open", "done"}
    assert set(Visit.objects.values_list("status", flat=True)) >= {"booked", "fulfilled"}
    assert set(VisitStatus.objects.values_list("status", flat=True)) >= {"booked", "arrived", "fulfilled"}
    assert set(Message.objects.values_list("state", flat=True)) >= {"queued", "accepted"}
    assert Escalation.objects.exists()
    assert {run.accounts_for_all for run in SweepRun.objects.all()} == {True}


def _check_walls_and_histories() -> None:
    with connections["owner"].cursor() as cursor:
        assert walls.unwalled(cursor) == []
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchone() == (0,)
        for table in tables():
            tracked = getattr(table.model, "pgh_tracked_model", None)
            if tracked is None or table.name == "clinic_userhistory":
                continue
            of = tracked._meta.db_table
            cursor.execute(_DIFFERS.format(of=sql.Identifier(of), history=sql.Identifier(table.name)))
            if not of.startswith(("clinic_pumpmodel", "clinic_drug", "clinic_stability", "clinic_marketed")):
                assert cursor.fetchone() == (0,), f"the newest history of {of} is what stands"


def _check_nothing_changes(clinic: Clinic, now: datetime) -> None:
    """A night, the hourly comparison and the calendars have nothing to write, as of the moment it was made."""
    night = now.date() + timedelta(days=1)
    begin_night(clinic_id=clinic.pk, night=night, now=now)
    for chunk_id in queued_chunks():
        assert run_chunk(chunk_id=chunk_id, now=now)
    run = SweepRun.objects.get(clinic=clinic, business_date=night)
    assert (run.changed, run.drifted, run.failed, run.missing, run.unaccounted) == (0, 0, 0, 0, 0)
    assert run.projected + run.flagged == run.expected
    compared = reconcile_clinic(clinic_id=clinic.pk, now=now)
    assert (compared.missing, compared.surplus, compared.overdue, compared.ownerless) == (0, 0, 0, 0)
    patients = Patient.objects.for_clinic(clinic.pk).values_list("pk", flat=True)
    assert write_entries(clinic.pk, list(patients), now) == 0


def _everything() -> dict[str, tuple[int, str]]:
    """A sum over every row that the sweep and the planner may write, runs apart."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for table in tables():
            cursor.execute(_SUM.format(sql.Identifier(table.name)))
            found[table.name] = cursor.fetchone()
    for name in ("scheduling_forecast", "scheduling_residualtrend", "notifications_correspondence"):
        found.pop(name)  # an unchanged forecast is compared by the run's own count
    return found


def _check_pages() -> None:
    for clinic in Clinic.objects.all():
        client = Client(SERVER_NAME="localhost")
        client.force_login(
            build.staff_of(clinic.pk, "nurse"), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        patient = Patient.objects.for_clinic(clinic.pk).order_by("?")[0]
        implant = Implant.objects.get(patient=patient)
        where: dict[str, Any] = {"clinic_slug": clinic.slug}

        def page(name: str, query: str = "", where: Any = where, client: Client = client, **more: Any) -> str:
            response = client.get(reverse(f"nurse:{name}", kwargs=where | more) + query)
            assert response.status_code == 200, (name, response.status_code)
            return response.content.decode()

        assert page("worklist")
        assert page("calendar")
        assert patient.last_name in page("patient", ref=patient.ref)
        for asked in (patient.last_name.lower(), patient.mrn, implant.serial):
            assert patient.last_name in page("patients", f"?q={asked}")
        assert clinic.name in page("worklist")


def _check_numbers_go_on() -> None:
    clinic = Clinic.objects.order_by("id")[0]
    before = Patient.objects.order_by("-id")[0].pk
    from clinic.audit import recording

    with recording(actor_id=build.staff_of(clinic.pk, "nurse").pk, reason="one more"):
        more = Patient.objects.create(
            clinic=clinic,
            mrn="NEW",
            last_name="New",
            first_name="New",
            birth_date="1970-01-01",
            created_at=timezone.now(),
        )
    assert more.pk > before


def _check_clearing_leaves_nothing() -> None:
    """The next country begins with the same numbers and reads no row of this one."""
    with connections["owner"].cursor() as cursor:
        build.clear(cursor)
        for table in tables():
            if table.name.startswith(("clinic_patient", "clinic_fill", "clinic_user", "scheduling", "notif")):
                cursor.execute(_SUM.format(sql.Identifier(table.name)))
                assert cursor.fetchone() == (0, ""), table.name
        cursor.execute("SELECT last_value, is_called FROM clinic_patient_id_seq")
        assert cursor.fetchone() == (1, False)


def test_sizes_are_a_few_large_ones_and_many_small() -> None:
    found = sizes(cohorts=8_334, clinics=400)
    assert (len(found), sum(found)) == (400, 8_334)
    assert found == sorted(found, reverse=True)
    assert found[0] > 500
    assert sum(found[:40]) > 8_334 / 2
    assert found[200] < 12
    assert sizes(cohorts=3, clinics=3) == [1, 1, 1]
    with pytest.raises(ValueError, match="cohort"):
        sizes(cohorts=2, clinics=3)
