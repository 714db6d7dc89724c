"""Links as patients get them: a message to an address of the patient's, and the token that it carries.

sent = send_link(house, visit)
browser = sent.open()                    # a browser that has followed the link
browser.get(sent.page())                 # its page
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from clinic.models import ContactPoint, Implant, Patient
from clinic.services.patients import add_contact_point
from notifications.models import Message, PatientLink
from notifications.services.links import hash_of, make_link, ref_of
from scheduling.models import FollowUp, Visit
from tests.factories import House

BORN_DAY = 4
"""Of the factories' patient."""


@dataclass
class SentLink:
    token: str
    row: PatientLink

    @property
    def address(self) -> str:
        return f"/l/{self.token}"

    def page(self, name: str = "page", **where: Any) -> str:
        return reverse(f"patient:{name}", kwargs={"ref": ref_of(self.row), **where})

    def open(self, **headers: Any) -> Client:
        browser = Client(**headers)
        answer = browser.get(self.address)
        assert answer.status_code == 302, answer.status_code
        return browser

    def fresh(self) -> PatientLink:
        return PatientLink.objects.get(pk=self.row.pk)


def address_of(house: House, patient: Patient) -> ContactPoint:
    """The patient's e-mail address, made when first asked for."""
    found = ContactPoint.objects.filter(patient=patient, kind="email").first()
    return found or add_contact_point(
        clinic=house.clinic,
        patient_ref=patient.ref,
        kind="email",
        value=f"patient{patient.pk}@example.org",
        actor_id=house.nurse.id,
        now=house.now,
    )


def send_link(
    house: House,
    about: Visit | Implant | FollowUp | Patient,
    *,
    purpose: str = "",
    now: datetime | None = None,
    lasts: timedelta = timedelta(days=60),
    version: str = "",
    step: str = "d3",
) -> SentLink:
    """A message about it, to the patient's address, with its link; ``version`` is what the message was written for."""
    now = now or house.now
    patient = about if isinstance(about, Patient) else about.patient
    visit = about if isinstance(about, Visit) else None
    row = Message.objects.create(
        clinic=house.clinic,
        patient=patient,
        recipient=address_of(house, patient),
        kind="other_visit" if visit else "book_visit",
        visit=visit,
        implant=about if isinstance(about, Implant) else None,
        follow_up=about if isinstance(about, FollowUp) else None,
        occurrence=f"test:{about.pk}",
        step=step,
        channel="email",
        planned_version=version or (str(visit.sequence) if visit else "1"),
        due_at=now,
        not_after=now + timedelta(days=90),
        planned_at=now,
        state="accepted",
    )
    purpose = purpose or ("visit" if visit else "book")
    token = make_link(message=row, purpose=purpose, expires_at=now + lasts, now=now)
    return SentLink(token, PatientLink.objects.get(token_sha256=hash_of(token)))
