"""Messages and matters through the REST interface: what became of each, without a word of what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import User
from clinic.services.patients import add_contact_point, record_consent
from notifications.models import Attempt, Escalation, Message
from notifications.services.plan import preview
from scheduling.models import CallAttempt
from tests.factories import House, make_patient, make_running_pump
from tests.matters import open_matter
from tests.web.api_calls import at_fault, queries_of, rows, send, shown


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}"


def plan_message(house: House, name: str = "Ode") -> Message:
    patient = make_patient(house, last_name=name)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now, "patient_ref": patient.ref}
    add_contact_point(kind="email", value=f"{name.lower()}@example.org", **by)
    record_consent(channel="email", is_granted=True, wording="May we? Yes.", **by)
    return Message.objects.get(implant=make_running_pump(house, patient))


def try_to_send(message: Message) -> None:
    Attempt.objects.create(
        message=message,
        fence=1,
        started_at=message.planned_at,
        finished_at=message.planned_at,
        outcome="refused",
        error="550",
    )
    Message.objects.filter(pk=message.pk).update(state="failed", first_sent_at=message.planned_at)


def test_messages_tell_what_became_of_them_and_not_what_they_say(
    house: House, nurse: Client, address: str
) -> None:
    message, other = plan_message(house), plan_message(house, "Poe")
    try_to_send(message)
    answer = nurse.get(f"{address}/messages")
    first, second = shown(answer)["results"]
    assert (first["ref"], first["state"], second["state"]) == (str(message.ref), "failed", "queued")
    assert [row["error"] for row in first["attempts"]] == ["550"]
    assert first["contact_point"] == message.recipient_id
    for word in ("@example.org", "Dear", "Ode", message.recipient.value):
        assert word not in answer.content.decode()
    for query, found in (
        ({"state": "failed"}, [message]),
        ({"group": "attention"}, [message]),
        ({"patient": str(other.patient.ref)}, [other]),
        ({"due_before": other.due_at.isoformat(), "state": "queued"}, []),
        ({"due_from": other.due_at.isoformat(), "state": "queued"}, [other]),
        ({"channel": "sms"}, []),
    ):
        assert [row["ref"] for row in rows(nurse, f"{address}/messages", **query)] == [
            str(each.ref) for each in found
        ], query
    assert shown(nurse.get(f"{address}/messages/{message.ref}")) == first


def test_a_message_to_staff_is_not_in_the_list(house: House, nurse: Client, address: str) -> None:
    open_matter(house, patient_id=make_patient(house).id)
    staff = Message.objects.filter(user__isnull=False).first()
    assert staff is not None
    assert rows(nurse, f"{address}/messages") == []
    assert nurse.get(f"{address}/messages/{staff.ref}").status_code == 404


def test_the_plan_is_the_planners_and_writes_nothing(house: House, nurse: Client, address: str) -> None:
    message = plan_message(house)
    before = Message.objects.count()
    found = preview(clinic_id=house.clinic.id, patient_id=message.patient_id, now=house.now)
    answer = shown(nurse.get(f"{address}/patients/{message.patient.ref}/message-plan"))
    assert [(row["kind"], row["step"], row["why_not"]) for row in answer["messages"]] == [
        (line.planned.wish.kind, line.planned.wish.step, line.planned.why_not) for line in found.lines
    ]
    assert str(message.ref) in [row["message"] for row in answer["messages"]]
    assert Message.objects.count() == before
    bare = make_running_pump(house)
    plan = shown(nurse.get(f"{address}/patients/{bare.patient.ref}/message-plan"))
    assert all(row["contact_point"] is None for row in plan["messages"])


@pytest.mark.parametrize(
    ("place", "query", "fault"),
    [
        ("messages", {"state": "lost"}, "#/state"),
        ("messages", {"kind": "escalation"}, "#/kind"),
        ("messages", {"due_from": "soon"}, "#/due_from"),
        ("messages", {"text": "Ode"}, "#/text"),
        ("escalations", {"cause": "boredom"}, "#/cause"),
        ("escalations", {"patient": "0f0f0f0f-0000-4000-8000-000000000000"}, "#/patient"),
    ],
)
def test_a_filter_that_is_none_is_refused(
    nurse: Client, address: str, place: str, query: dict[str, str], fault: str
) -> None:
    answer = nurse.get(f"{address}/{place}", query)
    assert (answer.status_code, at_fault(answer)) == (400, [fault])


def test_a_matter_is_tried_and_ended_with_the_call(house: House, nurse: Client, address: str) -> None:
    patient = make_patient(house)
    matter = open_matter(house, cause="cannot_come", patient_id=patient.id)
    assert [row["ref"] for row in rows(nurse, f"{address}/escalations")] == [str(matter.ref)]
    place = f"{address}/escalations/{matter.ref}"
    tried = shown(send(nurse, f"{place}/try", {"whom": "proxy", "note": "no one in"}))
    assert tried["again_at"] is not None
    ended = shown(send(nurse, f"{place}/acknowledge", {"outcome": "spoke", "note": "comes Friday"}))
    assert (ended["outcome"], ended["acknowledged_by"]) == ("spoke", house.nurse.pk)
    assert [step["what"] for step in ended["steps"]][-2:] == ["tried", "acknowledged"]
    calls = CallAttempt.objects.order_by("pk").values_list("outcome", "whom")
    assert list(calls) == [("no_answer", "proxy"), ("reached", "patient")]
    assert rows(nurse, f"{address}/escalations") == []
    assert [row["ref"] for row in rows(nurse, f"{address}/escalations", is_open="false")] == [str(matter.ref)]
    again = send(nurse, f"{place}/acknowledge", {"outcome": "spoke"})
    assert (again.status_code, at_fault(again)) == (422, ["#/outcome"])


def test_what_ends_no_matter_is_refused(house: House, nurse: Client, address: str) -> None:
    matter = open_matter(house, patient_id=make_patient(house).id)
    nobodys = open_matter(house, cause="webhook_refused", key="staff:1")
    for row, act, body, code, fault in (
        (matter, "acknowledge", {"outcome": "no_answer"}, 400, "#/outcome"),
        (matter, "acknowledge", {"outcome": "not_needed"}, 422, "#/note"),
        (matter, "acknowledge", {}, 400, "#/outcome"),
        (matter, "try", {"whom": "neighbour"}, 400, "#/whom"),
        (nobodys, "acknowledge", {"outcome": "spoke"}, 422, "#/outcome"),
        (nobodys, "try", {"whom": "patient"}, 422, "#/outcome"),
    ):
        answer = send(nurse, f"{address}/escalations/{row.ref}/{act}", body)
        assert (answer.status_code, at_fault(answer)) == (code, [fault])
    assert not Escalation.objects.filter(acknowledged_at__isnull=False).exists()
    shown(send(nurse, f"{address}/escalations/{nobodys.ref}/acknowledge", {"outcome": "mended"}))


def test_the_same_key_ends_and_calls_once(house: House, nurse: Client, address: str) -> None:
    matter = open_matter(house, cause="cannot_come", patient_id=make_patient(house).id)
    key, body = {"Idempotency-Key": "k1"}, {"outcome": "spoke"}
    place = f"{address}/escalations/{matter.ref}/acknowledge"
    first, again = (send(nurse, place, body, **key) for _ in range(2))
    assert shown(first) == shown(again)
    assert CallAttempt.objects.count() == 1


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_does_what_it_may_and_a_foreign_clinic_nothing(
    house: House, signed_in: Callable[[User], Client], address: str, role: Role
) -> None:
    client, outsider = signed_in(house.person(role)), signed_in(house.outsider)
    message = plan_message(house)
    matter = open_matter(house, patient_id=message.patient_id)
    reads = 200 if Permission.VIEW_MESSAGES in PERMISSIONS[role] else 403
    works = 200 if Permission.WORK_FOLLOW_UPS in PERMISSIONS[role] else 403
    seen: dict[str, int] = {
        "messages": reads,
        f"messages/{message.ref}": reads,
        f"patients/{message.patient.ref}/message-plan": reads,
        "escalations": 200,
        f"escalations/{matter.ref}": 200,
    }
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}"
    for place, code in seen.items():
        assert client.get(f"{address}/{place}").status_code == code
        assert outsider.get(f"{address}/{place}").status_code == 404
        if "/" in place:
            assert outsider.get(f"{theirs}/{place}").status_code == 404
    acts: dict[str, dict[str, Any]] = {"try": {"whom": "patient"}, "acknowledge": {"outcome": "spoke"}}
    for act, body in acts.items():
        assert send(outsider, f"{theirs}/escalations/{matter.ref}/{act}", body).status_code == 404
        assert send(client, f"{address}/escalations/{matter.ref}/{act}", body).status_code == works


def test_lists_cost_the_same_however_long(house: House, nurse: Client, address: str) -> None:
    try_to_send(plan_message(house))
    open_matter(house, patient_id=make_patient(house).id)
    before = [queries_of(nurse, f"{address}/{place}") for place in ("messages", "escalations")]
    for number, name in enumerate(("Poe", "Roe"), 2):
        try_to_send(plan_message(house, name))
        open_matter(house, key=f"message:{number}", patient_id=make_patient(house).id)
    after = [queries_of(nurse, f"{address}/{place}") for place in ("messages", "escalations")]
    assert after == before
