"""A letter as it left: nothing of the record in it; and what a mail server's error proves."""

import re
import smtplib
from datetime import UTC, datetime

import pytest
from django.core import mail

from notifications.channels.failures import outcome_of
from notifications.domain.states import Outcome
from notifications.services.delivery import deliver_batch
from tests.factories import House, make_clinic, make_running_pump
from tests.services.test_messages import make_due, reachable

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


CLINICAL = re.compile(
    r"refill|recarga|rellen|rempli|recharg|pump|bomba|pompe|dose|dosis|dosage|drug|medic|médic|fármaco|"
    r"baclofen|morphin|ziconotid|hydromorph|fentanyl|implant|reservoir|réservoir|diagnos|spas|pain|dolor|douleur",
    re.IGNORECASE,
)


def test_a_letter_of_a_real_patient_holds_none_of_the_record(house: House) -> None:
    patient = reachable(house, last_name="Canarylast", mrn="CANARYMRN", notes="canary note", language="fr")
    implant = make_running_pump(house, patient)
    make_due(implant)
    deliver_batch(now=NOW)
    (letter,) = mail.outbox
    said = "\n".join([letter.subject, str(letter.body), *(str(part.content) for part in letter.alternatives)])
    said = re.sub(r"/l/[\w-]+", "", said)  # a link's token is chance and may spell anything
    assert "Bonjour Ursula" in said
    for secret in ("Canarylast", "CANARYMRN", "canary note", implant.serial, "1961", "SynchroMed"):
        assert secret.lower() not in said.lower()
    assert not CLINICAL.search(said.replace(house.clinic.name, "")), (
        "the clinic's own name is the clinic's choice"
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no such user")}), Outcome.REFUSED),
        (smtplib.SMTPRecipientsRefused({"a@b": (451, b"try later")}), Outcome.POSTPONED),
        (smtplib.SMTPDataError(554, b"rejected"), Outcome.REFUSED),
        (smtplib.SMTPConnectError(421, b"busy"), Outcome.POSTPONED),
        (smtplib.SMTPAuthenticationError(535, b"password"), Outcome.POSTPONED),
        (ConnectionRefusedError(), Outcome.POSTPONED),
        (smtplib.SMTPServerDisconnected("gone"), Outcome.UNKNOWN),
        (TimeoutError(), Outcome.UNKNOWN),
        (ValueError("anything"), Outcome.UNKNOWN),
    ],
)
def test_what_an_error_of_the_mail_server_proves(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome
