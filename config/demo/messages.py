"""What has become of the demo clinic's messages: most arrived, one was refused, one may be lost; patients have answered.

No message leaves the installation. What only a provider can do is played: it refuses, or says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome
from notifications.domain.transport import Receipt
from notifications.selectors.messages import Group, message_list
from notifications.selectors.patient_pages import behind_link
from notifications.selectors.rows import LinkPurpose, PatientLink
from notifications.services.answers import ask_for_other_time, confirm_visit, decline_visit
from notifications.services.delivery import begin_sending, claim_due, deliver_batch, settle
from notifications.services.inbound import CameIn, take_text
from notifications.services.links import make_link, open_link

REFUSED = Receipt(Outcome.REFUSED, error="refused 550")
NO_ANSWER = Receipt(Outcome.UNKNOWN, error="ReadTimeout")
FORGETFUL = "demo"
"""A provider that knows no keys and answers no questions: nobody can tell what became of a message it was given."""
CONFIRMED = 4


@dataclass(frozen=True, slots=True)
class Numbers:
    """Telephones of people who agreed to texts, each one person's; ``shared`` is two people's."""

    own: tuple[str, ...]
    shared: str


@dataclass(slots=True)
class DemoMessages:
    """Plays what was sent by ``noon`` and what came back since."""

    clinic: Any
    numbers: Numbers
    noon: datetime
    now: datetime

    def play(self) -> None:
        """Send what was due by noon, whatever hour it is now, two of it with trouble; then what patients answered."""
        for receipt in (REFUSED, NO_ANSWER):
            self._go_wrong(receipt)
        while deliver_batch(now=self.noon):
            pass
        self._answer_by_link()
        self._answer_by_text()

    def _go_wrong(self, receipt: Receipt) -> None:
        """Give the next letter that may leave to a provider that answers so."""
        while claims := claim_due(now=self.noon, size=1, channel=ChannelName.EMAIL):
            if begin_sending(claims[0], now=self.noon) is not None:
                rows = message_list(clinic_id=self.clinic.id).filter(pk=claims[0].message_id)
                rows.order_by().update(provider=FORGETFUL)
                settle(claims[0], receipt, now=self.noon)
                return

    def _answer_by_link(self) -> None:
        """The soonest visits: some are confirmed, one patient cannot come, one asks for another time."""
        links = self._links()
        for link, sequence in links[:CONFIRMED]:
            confirm_visit(link_id=link.pk, sequence=sequence, now=self.now)
        for link, sequence in links[CONFIRMED : CONFIRMED + 1]:
            decline_visit(
                link_id=link.pk, sequence=sequence, note="My daughter cannot drive me.", now=self.now
            )
        for link, sequence in links[CONFIRMED + 1 : CONFIRMED + 2]:
            ask_for_other_time(
                link_id=link.pk, sequence=sequence, note="Any day after two in the afternoon.", now=self.now
            )

    def _links(self) -> list[tuple[PatientLink, int]]:
        """A link to each of the next visits that the patient may still confirm, with the visit's sequence."""
        found: dict[int, tuple[PatientLink, int]] = {}
        rows = message_list(clinic_id=self.clinic.id, group=Group.PLANNED)
        for message in rows.filter(visit__isnull=False, recipient__isnull=False):
            if message.visit_id in found or message.visit_id is None:
                continue
            token = make_link(
                message=message,
                purpose=LinkPurpose.VISIT,
                expires_at=message.not_after + timedelta(days=1),
                now=self.now,
            )
            link = open_link(token=token, now=self.now)
            behind = behind_link(link=link, now=self.now) if link else None
            if link and behind and behind.visit and behind.acts:
                found[message.visit_id] = (link, behind.visit.sequence)
            if len(found) == CONFIRMED + 2:
                break
        return list(found.values())

    def _answer_by_text(self) -> None:
        """A question to be read, one from a number that two people share, an end to texts, another time, a help."""
        said = ("Can I eat before I come? And may my son come in with me?", "STOP", "R", "HELP")
        texts = [
            *zip(self.numbers.own, said, strict=False),
            (self.numbers.shared, "Sorry, we are late today"),
        ]
        for ago, (number, body) in enumerate(reversed(texts), start=1):
            take_text(
                CameIn(
                    provider="in_app",
                    event_id=f"demo-{ago}",
                    payload_sha256="0" * 64,
                    from_address=number,
                    body=body,
                ),
                now=self.now - timedelta(minutes=7 * ago),
            )
