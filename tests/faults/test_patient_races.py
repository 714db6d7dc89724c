"""Two patients, or one twice, at the same moment: on real connections, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from notifications.models import PatientAnswer
from notifications.selectors.patient_pages import behind_link, times_behind
from notifications.services.answers import (
    LinkClosed,
    NoLongerSo,
    TimeTaken,
    choose_time,
    confirm_visit,
    disown,
)
from scheduling.domain.slot_refusals import BusyTryAgain
from scheduling.models import Visit
from tests.factories import House, make_clinic, make_patient
from tests.patient_links import SentLink, send_link
from tests.visits import Desk, make_desk

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts: list[Callable[[], object]]) -> list[str]:
    """Start all of them together; what each ended in."""
    gate = threading.Barrier(len(acts))
    ended = [""] * len(acts)

    def run(number: int) -> None:
        gate.wait(timeout=30)
        try:
            acts[number]()
            ended[number] = "done"
        except (TimeTaken, NoLongerSo, LinkClosed, BusyTryAgain) as refusal:
            ended[number] = type(refusal).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ended


def first_time(house: House, sent: SentLink) -> object:
    return times_behind(link=sent.row, behind=behind_link(link=sent.row, now=house.now), now=house.now)[
        0
    ].starts_at


def choosing(house: House, sent: SentLink, starts_at: object) -> Callable[[], object]:
    return lambda: choose_time(
        link_id=sent.row.pk,
        sequence=0,
        starts_at=starts_at,
        now=house.now,  # type: ignore[arg-type]
    )


@pytest.fixture
def house() -> House:
    return make_clinic()


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


def test_one_slot_goes_to_one_of_five_patients(house: House, desk: Desk) -> None:
    sent = [
        send_link(house, desk.book(make_patient(house), at=at))
        for at in ("09:00", "10:00", "11:00", "13:00", "14:00")
    ]
    wanted = first_time(house, sent[0])
    ended = at_once([choosing(house, each, wanted) for each in sent])
    assert sorted(ended) == ["TimeTaken"] * 4 + ["done"]
    assert Visit.objects.filter(starts_at=wanted).count() == 1
    assert Visit.objects.filter(status="booked").count() == 5
    assert list(PatientAnswer.objects.values_list("answer", flat=True)) == ["moved"]


def test_a_double_press_is_one_answer(house: House, desk: Desk) -> None:
    sent = send_link(house, desk.book())
    acts = [lambda: confirm_visit(link_id=sent.row.pk, sequence=0, now=house.now)] * 4
    assert at_once(list(acts)) == ["done"] * 4
    assert PatientAnswer.objects.count() == 1


def test_a_nurse_who_moves_the_visit_at_the_same_moment_is_not_answered_for_the_old_time(
    house: House, desk: Desk
) -> None:
    visit = desk.book()
    sent = send_link(house, visit)
    ended = at_once(
        [
            lambda: desk.move(visit, at="14:00"),
            lambda: confirm_visit(link_id=sent.row.pk, sequence=0, now=house.now),
        ]
    )
    assert ended[0] == "done"
    assert Visit.objects.get(pk=visit.pk).sequence == 1
    answers = list(PatientAnswer.objects.values_list("visit_sequence", flat=True))
    assert answers == ([0] if ended[1] == "done" else [])


def test_a_link_that_is_disowned_at_the_same_moment_does_nothing_afterwards(house: House, desk: Desk) -> None:
    sent = send_link(house, desk.book())
    ended = at_once(
        [
            lambda: disown(link_id=sent.row.pk, now=house.now),
            lambda: confirm_visit(link_id=sent.row.pk, sequence=0, now=house.now),
        ]
    )
    assert ended[0] == "done"
    order = list(PatientAnswer.objects.order_by("id").values_list("answer", flat=True))
    assert order == (["confirmed", "not_me"] if ended[1] == "done" else ["not_me"])
