"""A clinic's protocol: the default, new versions, and what they touch."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, connections

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.models import Clinic, Implant
from scheduling.domain.care import difference, protocol
from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.protocol_entry import RowEntry, entry_of
from scheduling.models import Anchor, EndedBecause, FollowUp, FollowUpState, Mode, Protocol, ProtocolRow
from scheduling.selectors.protocols import protocol_in_force, protocol_rows, protocol_versions, rows_in_force
from scheduling.services.care_plan import replan_care
from scheduling.services.derive import work_out
from scheduling.services.protocols import ProtocolRefused, ensure_protocol, save_protocol
from scheduling.services.sweeps import run_everything, start_recalculation
from tests.factories import House, make_clinic, make_implant

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DEFAULT = [entry_of(default.row) for default in DEFAULT_PROTOCOL]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def save(house: House, entries: Sequence[RowEntry], *, version: int = 1, **values: Any) -> Protocol:
    defaults = {"note": "", "actor_id": house.administrator.id, "now": NOW + timedelta(hours=1)}
    return save_protocol(
        clinic_id=house.clinic.id, entries=entries, expected_version=version, **(defaults | values)
    )


def changed(key: str, **values: Any) -> list[RowEntry]:
    return [replace(entry, **values) if entry.key == key else entry for entry in DEFAULT]


def recalculate(house: House) -> None:
    start_recalculation(clinic_id=house.clinic.id, now=NOW, actor_id=house.administrator.id)
    run_everything(now=NOW)


def test_a_clinic_begins_with_the_default(house: House) -> None:
    stored = protocol_in_force(clinic_id=house.clinic.id)
    assert stored is not None
    assert stored.version == 1
    rows = rows_in_force(protocol=stored, zone=ZoneInfo(house.clinic.time_zone))
    assert [replace(row, introduced_on=None, row_id=None) for row in rows] == [
        d.row for d in DEFAULT_PROTOCOL
    ]


def bare_clinic() -> Clinic:
    """A clinic as it was before there were protocols."""
    with recording(actor_id=None, reason="founded long ago"):
        return Clinic.objects.create(name="Bare", slug="bare", time_zone="UTC", created_at=NOW)


def test_a_clinic_that_was_there_before_gets_it_when_it_is_first_asked_for() -> None:
    clinic = bare_clinic()
    assert protocol_in_force(clinic_id=clinic.pk) is None
    assert ensure_protocol(clinic.pk, NOW) == ensure_protocol(clinic.pk, NOW)
    assert Protocol.objects.for_clinic(clinic.pk).count() == 1


def test_the_words_of_the_tables_are_those_of_the_domain() -> None:
    for stored, pure in (
        (Anchor, protocol.Anchor),
        (Mode, protocol.Mode),
        (FollowUpState, difference.State),
        (EndedBecause, difference.EndedBecause),
    ):
        assert set(stored.values) == {word.value for word in pure}


def test_a_new_version_leaves_the_old_one_and_touches_only_what_is_open(house: House) -> None:
    implant = make_implant(house, implanted_on=NOW.date() - timedelta(days=5))
    old = {row.row_key: row for row in FollowUp.objects.filter(implant=implant, occurrence=0)}
    FollowUp.objects.filter(pk=old["suture_removal"].pk).update(state="done", closed_at=NOW)
    entries = [entry for entry in changed("wound_check", latest="+20 d") if entry.key != "pocket_leak_watch"]
    entries.append(replace(DEFAULT[7], key="extra_call", title="One more call", target="+8 d", latest="+9 d"))
    entries = [replace(e, title="Stitches") if e.key == "suture_removal" else e for e in entries]
    stored = save(house, entries, note="longer windows")
    assert (stored.version, stored.note) == (2, "longer windows")
    assert ProtocolRow.objects.filter(protocol__version=1, protocol__clinic=house.clinic).count() == len(
        DEFAULT
    )
    assert not FollowUp.objects.filter(implant=implant, row_key="extra_call").exists(), "not before it is run"
    recalculate(house)
    new = {row.row_key: row for row in FollowUp.objects.filter(implant=implant, occurrence=0)}
    assert new["wound_check"].latest_on - old["wound_check"].latest_on == timedelta(days=6)
    assert new["wound_check"].protocol_row.protocol_id == stored.pk
    assert new["extra_call"].state == "open"
    assert (new["pocket_leak_watch"].state, new["pocket_leak_watch"].ended_because) == ("ended", "protocol")
    assert (new["suture_removal"].state, new["suture_removal"].title) == ("done", old["suture_removal"].title)
    before = list(FollowUp.objects.order_by("id").values())
    recalculate(house)
    assert list(FollowUp.objects.order_by("id").values()) == before


def test_a_row_that_comes_back_in_a_later_version_is_due_again(house: House) -> None:
    implant = make_implant(house, implanted_on=NOW.date() - timedelta(days=5))
    save(house, changed("wound_check", is_active=False))
    recalculate(house)
    wound = FollowUp.objects.get(implant=implant, row_key="wound_check")
    assert wound.ended_because == "protocol"
    save(house, DEFAULT, version=2)
    recalculate(house)
    wound.refresh_from_db()
    assert wound.state == "open"


def test_since_when_a_row_has_been_in_use_without_a_break(house: House) -> None:
    later = NOW + timedelta(days=40)
    save(house, changed("fasting", is_active=False))
    save(house, DEFAULT, version=2, now=later)
    stored = protocol_in_force(clinic_id=house.clinic.id)
    assert stored is not None
    since = {row.key: row.introduced_on for row in rows_in_force(protocol=stored, zone=ZoneInfo("UTC"))}
    assert (since["fasting"], since["wound_check"]) == (later.date(), NOW.date())


def test_saving_what_stands_already_makes_no_version(house: House) -> None:
    assert save(house, DEFAULT).version == 1
    assert protocol_versions(clinic_id=house.clinic.id).count() == 1


def test_faults_stand_at_their_row_and_field_and_nothing_is_written(house: House) -> None:
    with pytest.raises(ProtocolRefused) as refusal:
        save(house, changed("fasting", title=""))
    faults = [(fault.position, fault.field) for fault in refusal.value.faults]
    assert faults == [(6, "title")]
    with pytest.raises(ProtocolRefused):
        save(house, changed("wound_check", visit_kind_key="no_such_kind"))
    assert protocol_versions(clinic_id=house.clinic.id).count() == 1


def test_who_edits_an_older_version_is_told(house: House) -> None:
    save(house, changed("fasting", title="Fast"))
    with pytest.raises(RecordError, match="version 2") as refusal:
        save(house, changed("fasting", title="Do not eat"))
    assert refusal.value.field == "version"


def test_another_clinics_protocol_is_its_own(house: House) -> None:
    save(house, changed("fasting", title="Fast"))
    theirs = protocol_in_force(clinic_id=house.elsewhere.id)
    assert theirs is not None
    assert theirs.version == 1
    assert list(protocol_rows(clinic_id=house.clinic.id, protocol_id=theirs.pk)) == []


def test_a_version_is_never_overwritten(house: House) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update"):
        ProtocolRow.objects.filter(protocol__clinic=house.clinic).update(title="x")


def at_once(number: int, act: Any) -> list[Any]:
    """What each of so many threads, let go together, returned or raised."""
    barrier, results = threading.Barrier(number), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_version_at_once_one_is_told() -> None:
    house = make_clinic(now=NOW)
    results = at_once(4, lambda: save(house, changed("fasting", title="Fast")))
    assert sorted(type(result).__name__ for result in results) == ["Protocol", *["RecordError"] * 3]
    assert protocol_versions(clinic_id=house.clinic.id).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_clinic_gets_one_first_version_however_many_ask_at_once() -> None:
    clinic = bare_clinic()
    results = at_once(4, lambda: ensure_protocol(clinic.pk, NOW).pk)
    assert len(set(results)) == 1
    assert ProtocolRow.objects.for_clinic(clinic.pk).count() == len(DEFAULT)


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_plan_the_same_patient_at_once_write_each_follow_up_once() -> None:
    house = make_clinic(now=NOW)
    implant: Implant = make_implant(house, implanted_on=NOW.date() - timedelta(days=5))
    later = NOW + timedelta(days=365)
    ids = [implant.id]

    def plan() -> int:
        work_out(house.clinic.id, ids, later)
        return replan_care(clinic_id=house.clinic.id, patient_ids=[implant.patient_id], now=later).changed

    before = FollowUp.objects.filter(implant=implant).count()
    results = at_once(6, plan)
    assert results == [0] * 6
    rows = FollowUp.objects.filter(implant=implant)
    assert rows.count() == before + 2
    assert {row.acts.filter(act="created").count() for row in rows} == {1}
