"""Showing the file, re-entering pumps unseen, signing as a whole, acting alone: again, at once, too late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from clinic.models import Fill
from clinic.services.fills import void_fill
from notifications.models import Escalation
from notifications.services.raising import raise_due
from scheduling.domain.import_check import UNSIGNED
from scheduling.domain.second_check import EMERGENCY
from scheduling.models import Forecast, ImportCheck, ImportedPump, RegisterImport
from scheduling.selectors.import_checks import asked_pumps
from scheduling.services.forecasts import reproject
from scheduling.services.import_check_acts import acting
from scheduling.services.import_check_acts.acting import act_alone, re_enter, show_file, sign_import
from scheduling.services.second_check_acts.reentry import Reentered
from scheduling.services.sweeps import run_everything
from tests.factories import House, make_clinic
from tests.imports import (
    all_re_entered,
    bring_file_in,
    checker,
    given,
    implant_called,
    imported,
    re_entered,
    rows_of,
    shown,
    signed,
    waits,
)
from tests.register_files import register
from tests.second_checks import must_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW, time_zone="UTC")


@pytest.fixture
def check(house: House) -> ImportCheck:
    return imported(house, 5)


def first(check: ImportCheck) -> ImportedPump:
    return asked_pumps(waits(check))[0]


# --- The file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sha256", ["", "0123456", "0" * 64, "zzzzzzzz"])
def test_another_file_is_refused_and_written_down(house: House, check: ImportCheck, sha256: str) -> None:
    with pytest.raises(RecordError) as refused:
        show_file(
            clinic=house.clinic, check_ref=check.ref, sha256=sha256, person_id=checker(house).id, now=NOW
        )
    assert refused.value.field == "sha256"
    check.refresh_from_db()
    assert check.file_shown_at is None
    assert check.steps.filter(what="other_file", user=checker(house)).count() == 1


def test_the_beginning_of_its_hash_shows_the_file_once(house: House, check: ImportCheck) -> None:
    shown(house, check, sha256=check.sha256[:8].upper())
    shown(house, check)
    check.refresh_from_db()
    assert check.file_shown_by_id == checker(house).id
    assert check.steps.filter(what="file_shown").count() == 1


# --- Re-entering ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reentered", "differing"),
    [
        (given("30"), ["dose"]),
        (given(fill_volume_ml=Decimal(20)), ["fill_volume_ml"]),
        (given(filled_on="2026-10-02"), ["filled_on"]),
        (given(concentration="500"), ["drugs.1.concentration"]),
        (given(is_stopped="yes"), ["is_stopped"]),
        (replace(given(), drugs=[("morphine", Decimal(2000))]), ["drugs.1.drug"]),
    ],
)
def test_what_differs_is_said_by_its_field_only_and_may_be_tried_again(
    house: House, check: ImportCheck, reentered: Reentered, differing: list[str]
) -> None:
    shown(house, check)
    pump = first(check)
    assert re_entered(house, check, pump, reentered) == differing
    pump.refresh_from_db()
    assert (pump.mismatches, pump.confirmed_at) == (1, None)
    assert check.steps.get(what="differed").note == ", ".join(differing)
    assert re_entered(house, check, pump) == []
    assert waits(check).confirmed == 1


def test_a_threshold_of_the_pumps_own_is_asked_for(house: House) -> None:
    check = imported(house, 1, threshold_ml="4")
    shown(house, check)
    assert re_entered(house, check, first(check)) == ["threshold_ml"]
    assert re_entered(house, check, first(check), given(threshold_ml=Decimal(4))) == []


def test_nothing_is_re_entered_before_the_file_was_shown_nor_by_the_importer(
    house: House, check: ImportCheck
) -> None:
    with pytest.raises(RecordError):
        re_entered(house, check, first(check))
    with pytest.raises(RecordError):
        shown(house, check, by=house.administrator)
    shown(house, check)
    with pytest.raises(RecordError):
        re_entered(house, check, first(check), by=house.administrator)
    assert waits(check).confirmed == 0


def test_only_what_is_asked_for_counts_and_only_once(house: House, check: ImportCheck) -> None:
    shown(house, check)
    wanted = {each.pump_id for each in waits(check).asked}
    assert len(wanted) == 3
    other = check.pumps.exclude(pk__in=wanted)[0]
    with pytest.raises(RecordError):
        re_entered(house, check, other)
    pump = first(check)
    re_entered(house, check, pump)
    with pytest.raises(RecordError):
        re_entered(house, check, pump)


def test_a_pump_that_leaves_makes_room_for_the_next_in_the_draw(house: House, check: ImportCheck) -> None:
    before = [each.pump_id for each in waits(check).asked]
    gone = check.pumps.select_related("implant").get(pk=before[0])
    fill = Fill.objects.current().get(implant=gone.implant)
    void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="never", actor_id=house.nurse.id, now=NOW)
    after = [each.pump_id for each in waits(check).asked]
    assert after[:2] == before[1:]
    assert len(after) == 3


def test_a_pump_that_needs_it_by_itself_is_always_asked_for(house: House) -> None:
    old = rows_of(30, filled_on="2026-06-01", concentration_1="1000")
    base = bring_file_in(house, register(*old))
    check = ImportCheck.objects.get(sha256=base.sha256)
    all_re_entered(house, check, given(filled_on="2026-06-01", concentration="1000"))
    signed(house, check)
    rows = rows_of(30, filled_on="2026-11-18", concentration_1="1000")
    for number in range(10):
        rows[number]["dose"] = "200"
    again = bring_file_in(house, register(*rows))
    check = ImportCheck.objects.get(sha256=again.sha256)
    waiting = waits(check)
    assert waiting.pumps == 30
    always = set(check.pumps.exclude(reasons=[]).values_list("implant__serial", flat=True))
    assert always == {f"S{number}" for number in range(1, 11)}
    assert len(waiting.asked) == 10 + 5
    assert {pump.implant.serial for pump in asked_pumps(waiting)} >= always


# --- Signing ----------------------------------------------------------------------------------------------


def test_nobody_signs_before_everything_is_re_entered(house: House, check: ImportCheck) -> None:
    with pytest.raises(RecordError):
        signed(house, check)
    shown(house, check)
    re_entered(house, check, first(check))
    with pytest.raises(RecordError):
        signed(house, check)
    all_re_entered(house, check)
    with pytest.raises(RecordError):
        signed(house, check, by=house.administrator)
    assert signed(house, check) == 5
    with pytest.raises(RecordError):
        signed(house, check)


def test_nothing_is_checked_while_rows_still_come_in(house: House, check: ImportCheck) -> None:
    all_re_entered(house, check)
    RegisterImport.objects.update(state="importing", content=b"x")
    for act in (
        lambda: shown(house, check),
        lambda: signed(house, check),
        lambda: alone(house, check),
    ):
        with pytest.raises(RecordError):
            act()
    RegisterImport.objects.update(state="finished", content=None)
    assert signed(house, check) == 5


def test_a_check_of_another_clinic_is_not_there(house: House, check: ImportCheck) -> None:
    for act in (
        lambda **who: show_file(sha256=check.sha256, person_id=house.outsider.id, **who),
        lambda **who: sign_import(signer_id=house.outsider.id, **who),
        lambda **who: act_alone(reason="nobody else is here", actor_id=house.outsider.id, **who),
    ):
        with pytest.raises(ImportCheck.DoesNotExist):
            act(clinic=house.elsewhere, check_ref=check.ref, now=NOW)
    with pytest.raises(ImportedPump.DoesNotExist):
        re_enter(
            clinic=house.elsewhere,
            check_ref=check.ref,
            pump_ref=first(check).ref,
            given=given(),
            person_id=house.outsider.id,
            now=NOW,
        )


def test_many_pumps_follow_by_a_run_and_none_is_forgotten(
    house: House, check: ImportCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "AT_ONCE", 2)
    all_re_entered(house, check)
    assert signed(house, check) == 5
    assert ImportedPump.objects.filter(waits=True).count() == 5, "the signature is there, the dates follow"
    run_everything(now=NOW)
    assert not ImportedPump.objects.filter(waits=True).exists()
    assert not Forecast.objects.filter(findings__contains=[{"code": "import_unchecked"}]).exists()


# --- Alone, and stuck -------------------------------------------------------------------------------------


def alone(house: House, check: ImportCheck, reason: str = "nobody else is here") -> datetime:
    return act_alone(
        clinic=house.clinic, check_ref=check.ref, reason=reason, actor_id=house.administrator.id, now=NOW
    )


def test_one_alone_acts_for_three_days_then_the_earlier_date_is_back(house: House) -> None:
    base = bring_file_in(house, register(*rows_of(1, filled_on="2026-06-01", concentration_1="1000")))
    old = ImportCheck.objects.get(sha256=base.sha256)
    all_re_entered(house, old, given(filled_on="2026-06-01", concentration="1000"))
    signed(house, old)
    implant = implant_called("S1")
    before = must_of(implant)
    bring_file_in(house, register(*rows_of(1, filled_on="2026-11-18", concentration_1="1000")))
    check = ImportCheck.objects.get(state="open")
    assert must_of(implant) == before
    with pytest.raises(RecordError):
        alone(house, check, "hurry")
    alone(house, check)
    late = must_of(implant)
    assert late > before
    reproject(house.clinic.id, [implant.id], NOW + EMERGENCY - timedelta(minutes=1))
    assert must_of(implant) == late
    raise_due(NOW + EMERGENCY)
    assert must_of(implant) == before
    assert Escalation.objects.filter(cause="second_check").count() == 1
    raise_due(NOW + EMERGENCY)
    with pytest.raises(RecordError):
        alone(house, check)
    all_re_entered(house, check, given(filled_on="2026-11-18", concentration="1000"))
    signed(house, check)
    assert must_of(implant) == late
    raise_due(NOW + EMERGENCY + timedelta(minutes=1))
    assert Escalation.objects.get(cause="second_check").gone_because == "settled"


def test_rows_that_come_after_the_act_are_not_covered_by_it(house: House, check: ImportCheck) -> None:
    alone(house, check)
    bring_file_in(house, register(*rows_of(6)))
    other = ImportCheck.objects.get(state="open")
    assert [pump.implant.serial for pump in other.pumps.all()] == ["S6"]


def test_unsigned_for_a_week_is_somebodys_matter(house: House, check: ImportCheck) -> None:
    raise_due(NOW + UNSIGNED - timedelta(minutes=1))
    assert not Escalation.objects.filter(cause="second_check").exists()
    raise_due(NOW + UNSIGNED)
    raise_due(NOW + UNSIGNED)
    matter = Escalation.objects.get(cause="second_check")
    assert matter.patient_id is None


def test_twice_differing_is_somebodys_matter_about_that_pump(house: House, check: ImportCheck) -> None:
    shown(house, check)
    pump = first(check)
    re_entered(house, check, pump, given("30"))
    raise_due(NOW)
    assert not Escalation.objects.filter(cause="second_check").exists()
    re_entered(house, check, pump, given("30"))
    raise_due(NOW)
    matter = Escalation.objects.get(cause="second_check")
    assert matter.implant_id == pump.implant_id
    re_entered(house, check, pump)
    raise_due(NOW)
    matter.refresh_from_db()
    assert matter.gone_because == "settled"


# --- At once ----------------------------------------------------------------------------------------------


def together(*acts: Any) -> list[str]:
    def one(act: Any) -> str:
        try:
            act()
            return "done"
        except RecordError:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_at_once_one_does_and_a_change_by_hand_is_not_lost() -> None:
    house = make_clinic(now=NOW, time_zone="UTC")
    check = imported(house, 3)  # All are asked for: where the change comes first, no other takes its place.
    all_re_entered(house, check)
    people = [house.person(Role.PRESCRIBER), house.nurse]
    fill = Fill.objects.current().get(implant__serial="S1")

    def take_back() -> None:
        void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="never", actor_id=house.nurse.id, now=NOW)

    acts = [lambda person=person: signed(house, check, by=person) for person in people]
    ends = together(*acts, take_back)
    assert check.steps.filter(what="signed").count() == 1
    assert ends in (["done", "done", "refused"], ["done", "refused", "refused"])
    forecast = Forecast.objects.get(implant__serial="S1")
    assert forecast.must_refill_by is None


@pytest.mark.django_db(transaction=True)
def test_two_who_re_enter_one_pump_at_once_count_once() -> None:
    house = make_clinic(now=NOW, time_zone="UTC")
    check = imported(house, 3)
    shown(house, check)
    pump, people = first(check), [house.person(Role.PRESCRIBER), house.nurse]
    acts = [lambda person=person: re_entered(house, check, pump, by=person) for person in people]
    assert together(*acts) == ["done", "refused"]
    assert check.steps.filter(what="confirmed").count() == 1
