"""Reports of providers: forged, repeated, out of order, too large; and what of them is kept."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from clinic.models import Consent, Membership
from clinic.services.patients import add_contact_point, record_consent
from notifications.channels import addresses
from notifications.channels.signatures import is_signed, sign
from notifications.domain.states import State
from notifications.models import (
    Escalation,
    EscalationStep,
    InboundMessage,
    Message,
    StoppedAddress,
    WebhookEvent,
    WebhookRefusal,
)
from tests.broker import NOWHERE
from tests.factories import make_clinic, make_patient

PUBLIC = "https://pumps.example.org"
STATUS, INBOUND = "/hooks/twilio/status", "/hooks/twilio/inbound"
SID = "SM" + "1" * 32
OLD = "old secret"


@pytest.fixture
def message(db: None) -> Message:
    """A text that is out, by either provider."""
    house = make_clinic()
    patient = make_patient(house)
    number = add_contact_point(
        clinic=house.clinic,
        patient_ref=patient.ref,
        kind="phone",
        value="+1 312 555 0142",
        actor_id=house.nurse.id,
        now=house.now,
    )
    return Message.objects.create(
        clinic=house.clinic,
        patient=patient,
        recipient=number,
        kind="reply",
        occurrence="inbound:1",
        step="help",
        channel="sms",
        planned_version="1",
        state=State.ACCEPTED,
        provider="twilio",
        provider_message_id=SID,
        due_at=house.now,
        not_after=house.now + timedelta(hours=1),
        planned_at=house.now,
        first_sent_at=house.now,
    )


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> None:
    settings.PUBLIC_URL = PUBLIC
    settings.SMS_PROVIDER = "twilio"
    settings.TWILIO_WEBHOOK_TOKENS = ["new", OLD]
    settings.GATEWAY_WEBHOOK_SECRETS = ["new", OLD]


def twilio(address: str, values: dict[str, str], *, token: str = OLD, signed: str = "", **more: Any) -> int:
    signature = RequestValidator(token).compute_signature(signed or f"{PUBLIC}{address}", values)
    headers = {"x-twilio-signature": signature, **more}
    form = "application/x-www-form-urlencoded"
    return Client().post(address, urlencode(values), content_type=form, headers=headers).status_code


def twilio_status(status: str, *, ref: object = "", sid: str = SID, **more: Any) -> int:
    address = f"{STATUS}?ref={ref}" if ref else STATUS
    return twilio(address, {"MessageSid": sid, "MessageStatus": status, "To": "+13125550142"}, **more)


def gateway(path: str, said: object, *, secret: str = OLD, late: int = 0) -> int:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    timestamp = str(int(time.time()) + late)
    headers = {
        "x-gateway-timestamp": timestamp,
        "x-gateway-signature": sign(secret, timestamp=timestamp, body=body),
    }
    return Client().post(path, body, content_type="application/json", headers=headers).status_code


def state() -> str:
    return Message.objects.get(kind="reply").state


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("twilio_status", addresses.TWILIO_STATUS),
        ("twilio_inbound", addresses.TWILIO_INBOUND),
        ("gateway_status", addresses.GATEWAY_STATUS),
        ("gateway_inbound", addresses.GATEWAY_INBOUND),
    ],
)
def test_the_site_answers_where_providers_are_told_to_report(name: str, address: str) -> None:
    assert reverse(f"hooks:{name}") == address


def test_a_signed_report_moves_its_message_and_keeps_no_number(message: Message) -> None:
    assert twilio_status("delivered", ref=message.ref) == 204
    assert state() == State.DELIVERED
    event = WebhookEvent.objects.get()
    assert (event.provider, event.status, event.provider_message_id) == ("twilio", "delivered", SID)
    assert event.applied_at is not None
    assert "3125550142" not in str(vars(event))


@pytest.mark.parametrize(
    "forged",
    [
        {"token": "another token"},
        {"signed": f"https://evil.example.org{STATUS}"},
        {"signed": f"{PUBLIC}{STATUS}?ref=1"},
        {"x-twilio-signature": ""},
        {"x-twilio-signature": "é"},
    ],
)
def test_a_forged_report_changes_nothing_and_a_person_hears_of_it_once_a_day(
    message: Message, forged: dict[str, str]
) -> None:
    for _ in range(3):
        assert twilio_status("delivered", **forged) == 403
    assert state() == State.ACCEPTED
    assert not WebhookEvent.objects.exists()
    assert WebhookRefusal.objects.get().number == 3
    escalation = Escalation.objects.get()
    assert (escalation.cause, escalation.patient_id, escalation.note) == ("webhook_refused", None, "")
    assert EscalationStep.objects.filter(what="opened").count() == 1


def test_a_flood_of_forged_reports_costs_the_database_little(message: Message) -> None:
    for _ in range(70):
        assert twilio_status("delivered", token="x") == 403
    assert WebhookRefusal.objects.get().number <= 120, "two minutes' worth at the most"
    assert twilio_status("delivered") == 204, "who is the provider is still heard"


def test_a_forged_report_reaches_a_person_although_the_cache_is_gone(
    message: Message, settings: Settings
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "config.cache.CacheThatMayGo",
            "LOCATION": NOWHERE,
        }
    }
    assert twilio_status("delivered", token="x") == 403
    assert Escalation.objects.get().cause == "webhook_refused"


def test_the_address_is_the_settings_and_not_what_a_request_says_of_its_host(message: Message) -> None:
    values = {"MessageSid": SID, "MessageStatus": "delivered"}
    signature = RequestValidator("new").compute_signature(f"http://testserver{STATUS}", values)
    signed = {"x-twilio-signature": signature}
    form = "application/x-www-form-urlencoded"
    assert Client().post(STATUS, urlencode(values), content_type=form, headers=signed).status_code == 403


def test_a_report_that_comes_twice_is_taken_once(message: Message) -> None:
    assert [twilio_status("delivered") for _ in range(3)] == [204, 204, 204]
    assert WebhookEvent.objects.count() == 1


def test_in_whatever_order_reports_come_a_message_that_arrived_has_arrived(message: Message) -> None:
    for order in permutations(["queued", "sent", "delivered", "read"]):
        WebhookEvent.objects.all().delete()
        Message.objects.update(state=State.ACCEPTED, settled_at=None)
        assert [twilio_status(said) for said in order] == [204] * 4
        assert state() == State.DELIVERED, order


def test_a_report_that_comes_before_our_own_commit_waits(message: Message) -> None:
    assert twilio_status("delivered", sid="SM-unknown") == 204
    assert WebhookEvent.objects.get().applied_at is None
    assert state() == State.ACCEPTED


def test_a_report_finds_its_message_by_our_own_reference(message: Message) -> None:
    Message.objects.update(provider_message_id=None, state=State.UNKNOWN)
    assert twilio_status("sent", ref=message.ref) == 204
    assert state() == State.ACCEPTED


def test_an_address_of_a_provider_that_is_not_set_up_is_not_there(
    message: Message, settings: Settings
) -> None:
    assert gateway("/hooks/gateway/status", {"id": "g", "status": "sent"}) == 404
    settings.SMS_PROVIDER = "in_app"
    assert twilio_status("delivered") == 404
    assert Client().post("/hooks/email/resend", b"{}", content_type="application/json").status_code == 404


def test_what_is_too_large_is_not_read(db: None) -> None:
    assert twilio(STATUS, {"MessageSid": "x" * 70_000}) == 413
    assert Client().get(STATUS).status_code == 405


# --- A gateway ----------------------------------------------------------------------------------------


@pytest.fixture
def by_gateway(message: Message, settings: Settings) -> Message:
    settings.SMS_PROVIDER = "gateway"
    Message.objects.update(provider="gateway", provider_message_id="g-1")
    return message


def test_a_gateways_signed_report_moves_its_message(by_gateway: Message) -> None:
    said = {"event_id": "e-1", "id": "g-1", "key": str(by_gateway.ref), "status": "delivered"}
    assert gateway("/hooks/gateway/status", said, secret="new") == 204
    assert gateway("/hooks/gateway/status", said) == 204
    assert state() == State.DELIVERED
    assert WebhookEvent.objects.get().event_id == "e-1"


def test_a_gateways_report_is_found_by_the_key_alone(by_gateway: Message) -> None:
    assert gateway("/hooks/gateway/status", {"key": str(by_gateway.ref), "status": "failed"}) == 204
    assert state() == State.FAILED


@pytest.mark.parametrize(
    ("how", "answer"),
    [
        ({"secret": "another"}, 403),
        ({"late": -360}, 403),
        ({"late": 360}, 403),
        ({"said": b"not json"}, 400),
        ({"said": b"[]"}, 400),
        ({"said": {"status": "sent"}}, 400),
        ({"said": {"id": "g-1", "status": "odd"}}, 204),
    ],
)
def test_what_a_gateway_may_not_say(by_gateway: Message, how: dict[str, Any], answer: int) -> None:
    said = how.pop("said", {"id": "g-1", "status": "delivered"})
    assert gateway("/hooks/gateway/status", said, **how) == answer
    assert state() == State.ACCEPTED
    assert WebhookRefusal.objects.exists() is (answer == 403)


def test_a_signature_is_of_the_time_and_the_body_and_nothing_else() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    stamp = str(int(now.timestamp()))
    good = {
        "secrets": ["a", "b"],
        "timestamp": stamp,
        "signature": f"sha256={sign('b', timestamp=stamp, body=b'{}')}",
        "body": b"{}",
        "now": now,
    }
    assert is_signed(**good)
    for wrong in (
        {"secrets": []},
        {"secrets": [""], "signature": sign("", timestamp=stamp, body=b"{}")},
        {"body": b"{ }"},
        {"timestamp": str(int(stamp) + 1)},
        {"timestamp": "1e9"},
        {"timestamp": ""},
        {"signature": ""},
        {"now": now + timedelta(seconds=301)},
    ):
        assert not is_signed(**(good | wrong)), wrong


# --- Letters ------------------------------------------------------------------------------------------


@pytest.fixture
def resend(message: Message, settings: Settings) -> Callable[..., int]:
    settings.ANYMAIL = {
        **settings.ANYMAIL,
        "WEBHOOK_SECRET": [f"user:{OLD}", "user:new"],
        "RESEND_API_KEY": "k",
    }
    Message.objects.update(channel="email", provider="resend", provider_message_id="r-1")

    def post(kind: str, *, password: str = OLD) -> int:
        basic = base64.b64encode(f"user:{password}".encode()).decode()
        said = {
            "type": f"email.{kind}",
            "created_at": "2026-11-27T10:00:00.000Z",
            "data": {
                "email_id": "r-1",
                "to": ["canary@example.org"],
                "created_at": "2026-11-27T10:00:00.000Z",
            },
        }
        return (
            Client()
            .post(
                "/hooks/email/resend",
                json.dumps(said),
                content_type="application/json",
                headers={"authorization": f"Basic {basic}"},
            )
            .status_code
        )

    return post


def test_a_report_on_a_letter_comes_through_anymail(resend: Callable[..., int]) -> None:
    assert resend("delivered") == 200
    assert state() == State.DELIVERED
    assert "canary" not in str(vars(WebhookEvent.objects.get()))


def test_that_a_letter_was_opened_is_not_kept(resend: Callable[..., int]) -> None:
    assert resend("opened") == 200
    assert not WebhookEvent.objects.exists()


def test_a_letter_marked_as_unwanted_ends_letters_and_asks_a_person_to_call(
    message: Message, resend: Callable[..., int]
) -> None:
    by = {"clinic": message.clinic, "patient_ref": message.patient.ref, "now": message.planned_at}  # type: ignore[union-attr]
    nurse = Membership.objects.filter(clinic=message.clinic)[0].user
    record_consent(channel="email", is_granted=True, wording="Yes", actor_id=nurse.id, **by)
    add_contact_point(kind="email", value="Canary@example.org", actor_id=nurse.id, **by)
    assert [resend("complained"), resend("complained")] == [200, 200]
    assert StoppedAddress.objects.get().address == "canary@example.org"
    newest = Consent.objects.order_by("-id")[0]
    assert (newest.channel, newest.is_granted, newest.recorded_by) == ("email", False, None)
    assert list(Escalation.objects.values_list("cause", flat=True)) == ["stopped"]
    assert state() == State.ACCEPTED


def test_a_forged_report_on_a_letter_is_refused(resend: Callable[..., int]) -> None:
    assert resend("bounced", password="guess") == 403
    assert state() == State.ACCEPTED
    assert WebhookRefusal.objects.get().provider == "resend"
    assert Escalation.objects.get().cause == "webhook_refused"


def test_a_text_that_comes_in_twice_is_kept_once_and_twilio_says_nothing_itself(message: Message) -> None:
    values = {"MessageSid": "SM-in", "From": "+13125550199", "Body": "hello"}
    assert twilio(INBOUND, values) == 200
    assert twilio(INBOUND, values) == 200
    assert twilio(INBOUND, values | {"Body": "stop"}, token="x") == 403
    assert InboundMessage.objects.get().body == "hello"
