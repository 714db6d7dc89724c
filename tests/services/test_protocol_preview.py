"""The preview of a changed protocol counts what the run then does, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.entries import SurgeryEntry
from clinic.services.surgeries import plan_surgery
from scheduling.domain.care.protocol_entry import RowEntry, entry_of
from scheduling.models import FollowUp, FollowUpAct, Protocol
from scheduling.selectors.protocols import rows_in_force
from scheduling.services.protocol_preview import ProtocolPreview, preview_protocol
from scheduling.services.protocols import ensure_protocol, save_protocol
from scheduling.services.sweeps import run_everything, start_recalculation
from tests.factories import House, make_clinic, make_implant, make_patient, make_running_pump

pytestmark = pytest.mark.django_db(transaction=True)

OWN = RowEntry(key="own_row", title="Own", anchor="surgery", mode="task", target="+90 d", latest="+100 d")
Edit = Callable[[RowEntry], RowEntry | None]


@pytest.fixture
def house() -> House:
    house = make_clinic()
    make_implant(house, make_patient(house), implanted_on=house.today - timedelta(days=5))
    make_implant(house, make_patient(house), implanted_on=house.today - timedelta(days=40))
    make_running_pump(house)
    plan_surgery(
        clinic=house.clinic,
        patient_ref=make_patient(house).ref,
        entry=SurgeryEntry(planned_on=house.today + timedelta(days=30)),
        actor_id=house.nurse.id,
        now=house.now,
    )
    return house


def entries(house: House) -> list[RowEntry]:
    protocol = ensure_protocol(house.clinic.id, house.now)
    rows = rows_in_force(protocol=protocol, zone=ZoneInfo(house.clinic.time_zone))
    return [entry_of(row) for row in rows]


def edited(house: House, key: str, edit: Edit) -> list[RowEntry]:
    rows = [edit(row) if row.key == key else row for row in entries(house)]
    return [row for row in rows if row is not None]


def wound_later(row: RowEntry) -> RowEntry:
    return replace(row, target="+12 d", latest="+16 d")


CASES: dict[str, Callable[[House], list[RowEntry]]] = {
    "nothing": entries,
    "later": lambda house: edited(house, "wound_check", wound_later),
    "renamed": lambda house: edited(house, "wound_check", lambda row: replace(row, title="Wound")),
    "out of use": lambda house: edited(house, "wound_check", lambda row: replace(row, is_active=False)),
    "removed": lambda house: edited(house, "wound_check", lambda row: None),
    "before": lambda house: edited(house, "blood_thinner_plan", lambda row: replace(row, target="-4 w")),
    "added": lambda house: [*entries(house), OWN],
    "often": lambda house: edited(house, "infection_watch", lambda row: replace(row, repeats=())),
}


@pytest.mark.parametrize("case", CASES)
def test_the_preview_counts_what_the_run_then_does(house: House, case: str) -> None:
    rows = CASES[case](house)
    before = FollowUpAct.objects.count()
    seen = preview_protocol(clinic_id=house.clinic.id, entries=rows, now=house.now)
    assert seen is not None
    assert FollowUpAct.objects.count() == before
    assert Protocol.objects.filter(clinic=house.clinic).count() == 1
    titles = dict(FollowUp.objects.values_list("id", "title"))
    save_protocol(
        clinic_id=house.clinic.id,
        entries=rows,
        note="",
        expected_version=1,
        actor_id=house.administrator.id,
        now=house.now,
    )
    start_recalculation(clinic_id=house.clinic.id, now=house.now)
    run_everything(now=house.now)
    acts = list(FollowUpAct.objects.order_by("id").values_list("act", flat=True))[before:]
    reworded = sum(
        1
        for follow_up in FollowUp.objects.filter(id__in=titles)
        if titles[follow_up.id] != follow_up.title and follow_up.state == "open"
    )
    assert seen == ProtocolPreview(
        new=acts.count("created"),
        moved=acts.count("re_anchored"),
        ended=acts.count("ended"),
        reworded=reworded,
    )
    assert (seen == ProtocolPreview()) == (case == "nothing")


def test_a_row_with_a_fault_changes_nothing(house: House) -> None:
    rows = edited(house, "wound_check", lambda row: replace(row, target="soon"))
    assert preview_protocol(clinic_id=house.clinic.id, entries=rows, now=house.now) == ProtocolPreview()
