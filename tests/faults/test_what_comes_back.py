"""Reports and texts over HTTP to the real web server: several times, late, the last first, at once, and forged.

Meanwhile the worker that sends and the server that hears are killed. In the end every message is what became of it,
every report and every text counted once, and nobody heard anything twice.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from clinic.models import Consent, Patient
from notifications.domain.states import State
from notifications.models import (
    Escalation,
    InboundMessage,
    Message,
    PatientAnswer,
    WebhookEvent,
    WebhookRefusal,
)
from tests.factories import House, make_clinic
from tests.faults.mail_room import PROMISES, Crew, Gateway, gateway
from tests.faults.waiting import wait_until
from tests.gateway import FORGERIES, REPORTS, say_until_heard
from tests.message_rows import make_due_messages, zone_where_it_is_day
from tests.servers import Process, answers, environment, free_port, start_web
from tests.texts import asked, stops, texter
from tests.visits import make_desk

pytestmark = pytest.mark.django_db(transaction=True)
StartProcess = Callable[..., Process]

MESSAGES = 1_000 if os.environ.get("SOAK") else 60
SECRET = "what the gateway signs with"
UNDELIVERED = "7"
WORDS = ("C", "R", "STOP", "HELP")
PATIENTS_A_WORD = 3
ANSWERS = {"C": "confirmed", "R": "wants_other_time"}
STEPS = {"C": "confirm", "R": "reschedule", "STOP": "stop", "HELP": "help"}


def fill_outbox(house: House) -> None:
    make_due_messages(house.clinic, number=MESSAGES, actor_id=house.nurse.id, now=house.now)


def ask_patients(house: House) -> dict[str, tuple[str, Patient]]:
    """Patients by their number, each of whom a text has asked about a visit, with the word that each will say."""
    desk = make_desk(house)
    asked_ones = {}
    for number in range(len(WORDS) * PATIENTS_A_WORD):
        dialled = f"+1312555{9000 + number * 10}"
        patient = texter(house, number=dialled)
        week, hour = divmod(number, 3)
        visit = desk.book(patient, day=desk.day + timedelta(weeks=week), at=f"{9 + hour:02}:00")
        asked(house, visit)
        asked_ones[dialled] = (WORDS[number % len(WORDS)], patient)
    return asked_ones


def on_its_way() -> int:
    """How many texts wait to leave now, or for what becomes of them."""
    return Message.objects.filter(
        channel="sms",
        due_at__lte=datetime.now(UTC) + timedelta(hours=1),
        state__in=[State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN, State.ACCEPTED],
    ).count()


def write_all_at_once(web: str, patients: dict[str, tuple[str, Patient]]) -> Counter[int]:
    """Every text three times, two of them at the same moment; how the server answered."""
    url = f"{web}/hooks/gateway/inbound"
    texts = [
        {"id": f"in-{number}", "from": number, "text": word}
        for number, (word, _) in patients.items()
        for _ in range(2)
    ]
    with ThreadPoolExecutor(max_workers=8) as crowd:
        at_once = list(crowd.map(lambda said: say_until_heard(url, said, SECRET), texts))
    later = [say_until_heard(url, said, SECRET) for said in texts[::2]]
    return Counter([*at_once, *later])


@contextmanager
def the_whole_post(
    place: Gateway, broker_address: str, start_worker: StartProcess, start_beat: StartProcess, folder: Path
) -> Iterator[tuple[Crew, str]]:
    """Worker, beat and web server on the gateway; the worker and the server may be killed. The server's address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = place.settings | {"PUBLIC_URL": address, "GATEWAY_WEBHOOK_SECRETS": SECRET}
    served = environment(broker_url=broker_address, PORT=str(port), **settings)

    def web() -> Process:
        process = start_web(served, folder)
        process.wait_until(lambda: answers(address))
        return process

    crew = Crew({"web": web, "worker": partial(start_worker, **settings)}, random.Random(1))
    try:
        crew.begin()
        start_beat(**settings)
        yield crew, address
    finally:
        crew.end()


def test_whatever_comes_back_however_often_counts_once(
    broker_address: str, start_worker: StartProcess, start_beat: StartProcess, tmp_path: Path
) -> None:
    house = make_clinic(time_zone=zone_where_it_is_day())
    patients = ask_patients(house)
    arguments, settings = PROMISES["can be asked"]
    more = [f"--callback-secret={SECRET}", f"--undelivered={UNDELIVERED}", "--forges=0.25"]
    with (
        gateway(tmp_path / "gateway", *arguments, *more, "--fault=loses_answer=0.1", **settings) as place,
        the_whole_post(place, broker_address, start_worker, start_beat, tmp_path) as (crew, web),
    ):
        # Now that all are there: whoever comes first is not done before the last one stands.
        fill_outbox(house)
        wait_until(lambda: place.taken().total() > MESSAGES // 10, crew.running["worker"])
        assert place.taken().total() < MESSAGES, "in the middle of it"
        crew.running["web"].kill()
        crew.kill_one("worker")
        assert on_its_way() > 0, "there is nobody to report to"
        crew.running["web"] = crew.start["web"]()
        assert write_all_at_once(web, patients) == {204: 3 * len(patients)}
        wait_until(lambda: on_its_way() == 0, crew.running["worker"], seconds=300)
        said = len(REPORTS) * place.taken().total()
        wait_until(lambda: place.reported()["final=204"] + place.reported()["accepted=204"] == said)
        judge_reports(house, place)
        judge_texts(house, patients)


def judge_reports(house: House, place: Gateway) -> None:
    taken, reported = place.taken(), place.reported()
    texts = Message.objects.filter(channel="sms", provider="gateway").select_related("recipient")
    assert taken == {str(text.ref): 1 for text in texts}, "no text twice, and none that nobody knows of"
    assert len(taken) == MESSAGES + len(WORDS) * PATIENTS_A_WORD
    for text in texts:
        is_lost = text.recipient.dialable.endswith(UNDELIVERED)
        assert text.state == (State.FAILED if is_lost else State.DELIVERED)
    lost = {text.pk for text in texts if text.state == State.FAILED}
    assert len(lost) == MESSAGES // 10
    matters = Escalation.objects.filter(cause="not_delivered").values_list("message_id", flat=True)
    assert sorted(matters) == sorted(lost), "each a person's, once"
    events = WebhookEvent.objects.exclude(event_id__startswith="in:")
    assert events.count() == 2 * len(taken), "one for each thing said, however often"
    assert not events.filter(applied_at=None).exists()
    forged = {name: number for name, number in reported.items() if name.startswith(FORGERIES)}
    assert set(forged) <= {f"{name}={status}" for name in FORGERIES for status in (403, 0)}
    refused = sum(number for name, number in forged.items() if name.endswith("=403"))
    assert refused > 0
    days = list(WebhookRefusal.objects.values_list("number", flat=True))
    unheard = sum(number for name, number in forged.items() if name.endswith("=0"))
    # The server was killed: what it refused may have been counted, and the answer lost.
    assert refused <= sum(days) <= refused + unheard or refused > 60, "a flood is counted no further"
    matters = Escalation.objects.filter(cause="webhook_refused").values_list("clinic_id", flat=True)
    assert list(matters) == [house.clinic.pk] * len(days), "one a day, not one a forgery"


def judge_texts(house: House, patients: dict[str, tuple[str, Patient]]) -> None:
    assert InboundMessage.objects.count() == len(patients)
    for number, (word, patient) in patients.items():
        (text,) = InboundMessage.objects.filter(from_address=number)
        replies = Message.objects.filter(kind="reply", inbound=text)
        assert list(replies.values_list("step", "state")) == [(STEPS[word], State.DELIVERED)]
        answered = list(PatientAnswer.objects.filter(patient=patient).values_list("answer", flat=True))
        assert answered == ([ANSWERS[word]] if word in ANSWERS else [])
        is_stopped = word == "STOP"
        assert stops(house).filter(address=number).count() == int(is_stopped)
        assert Consent.objects.filter(patient=patient, is_granted=False).count() == int(is_stopped)
        matters = list(Escalation.objects.filter(patient=patient).values_list("cause", flat=True))
        assert matters == {"STOP": ["stopped"], "R": ["wants_other_time"]}.get(word, [])
