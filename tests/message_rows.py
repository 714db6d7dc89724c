"""Many due messages at once, as rows: `python -m tests.message_rows 1000` writes them into the database of the settings.

Every message is a text about a visit of its own patient, who agreed to texts. The clinic is where it is day now.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

_numbers = count(1)
DAY_ZONES = ("UTC", "Pacific/Auckland")


def zone_where_it_is_day() -> str:
    """A zone in which nobody sleeps now: these tests send at the hour at which they run."""
    return DAY_ZONES[0] if 8 <= datetime.now(UTC).hour < 20 else DAY_ZONES[1]


def make_due_messages(
    clinic: Any, *, number: int, actor_id: int, now: datetime, first: int = 0, **values: Any
) -> list[int]:
    """``number`` messages that are due, oldest first; their ids. ``values`` are fields of every message.

    Telephone numbers count up from ``first``.
    """
    from clinic.audit import recording
    from clinic.models import Consent, ContactPoint, Patient
    from notifications.models import Message, ReminderRule
    from scheduling.models import Visit, VisitKind, VisitStatus

    starts_at, booked_at = now + timedelta(days=3), now - timedelta(days=10)
    local = starts_at.astimezone(ZoneInfo(clinic.time_zone))
    kind = VisitKind.objects.filter(clinic=clinic, is_refill=False).order_by("id")[0]
    with recording(actor_id=actor_id, reason="rows for a test"):
        patients = Patient.objects.bulk_create(
            Patient(
                clinic=clinic,
                mrn=f"R{next(_numbers):07}",
                last_name="Ode",
                first_name="Ursula",
                birth_date="1961-05-04",
                created_at=now,
            )
            for n in range(number)
        )
        contacts = ContactPoint.objects.bulk_create(
            ContactPoint(
                clinic=clinic,
                patient=patient,
                kind="phone",
                value=f"+1312{5550000 + n:07}",
                dialable=f"+1312{5550000 + n:07}",
            )
            for n, patient in enumerate(patients, first)
        )
        Consent.objects.bulk_create(
            Consent(
                clinic=clinic,
                patient=patient,
                channel="sms",
                is_granted=True,
                wording="Yes.",
                recorded_at=now,
                recorded_by_id=actor_id,
            )
            for patient in patients
        )
        visits = Visit.objects.bulk_create(
            Visit(
                clinic=clinic,
                patient=patient,
                kind=kind,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=30),
                local_on=local.date(),
                local_at=time(local.hour, local.minute),
                time_zone=clinic.time_zone,
                status="booked",
                booked_at=booked_at,
                booked_by_id=actor_id,
            )
            for patient in patients
        )
        VisitStatus.objects.bulk_create(
            VisitStatus(clinic=clinic, visit=visit, status="booked", since=booked_at) for visit in visits
        )
    rows: dict[str, Any] = {
        "kind": "check_up",
        "step": "d3",
        "channel": "sms",
        "planned_version": "0",
        "not_after": starts_at - timedelta(hours=2),
        "planned_at": now,
    }
    rows |= values
    due_at = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    ReminderRule.objects.update_or_create(  # so that the planner wants what stands here, and nothing else
        clinic=clinic,
        kind=rows["kind"],
        step=rows["step"],
        defaults={
            "days": -3,
            "at": due_at.astimezone(ZoneInfo(clinic.time_zone)).time(),
            "channels": [rows["channel"]],
            "wants_answer": False,
            "is_critical": rows.get("is_critical", False),
        },
    )
    ReminderRule.objects.filter(clinic=clinic).exclude(step=rows["step"], channels=[rows["channel"]]).delete()
    messages = Message.objects.bulk_create(
        Message(
            clinic=clinic,
            patient=patient,
            recipient=contact,
            visit=visit,
            occurrence=f"visit:{visit.pk}",
            due_at=due_at + timedelta(milliseconds=n),
            **rows,
        )
        for n, (patient, contact, visit) in enumerate(zip(patients, contacts, visits, strict=True))
    )
    return [message.pk for message in messages]


def main() -> None:
    import django

    django.setup()
    from clinic.scope import across_clinics
    from tests.factories import make_clinic

    with across_clinics("it makes a clinic"):
        house = make_clinic(time_zone=zone_where_it_is_day())
        made = make_due_messages(
            house.clinic, number=int(sys.argv[1]), actor_id=house.nurse.id, now=datetime.now(UTC)
        )
    sys.stdout.write(f"{len(made)} messages\n")


if __name__ == "__main__":
    main()
