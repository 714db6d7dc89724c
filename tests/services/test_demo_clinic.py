"""The demo clinic: what somebody finds who looks around for the first time, on whatever day that is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from clinic.models import Closure, PumpEvent, Surgery
from config.demo.clinic import DemoClinic
from config.demo.messages import CONFIRMED, DemoMessages
from notifications.models import Escalation, InboundMessage, Message, PatientAnswer
from scheduling.domain.visit_conflicts import Conflict
from scheduling.models import CallAttempt, FollowUp, HoursException, ResidualTrend, Resource, Visit
from scheduling.selectors.conflicts import visit_conflicts


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [datetime(2026, 11, 18, 19, 20, tzinfo=UTC), datetime(2026, 11, 22, 4, 0, tzinfo=UTC)],
    ids=["a Wednesday at 14:20", "the night after a Saturday's work"],
)
def test_the_demo_shows_a_clinic_at_work(now: datetime) -> None:
    demo = DemoClinic(now=now, time_zone="America/New_York")
    demo.make()
    clinic_id, today = demo.clinic.id, demo.today
    visits = list(Visit.objects.for_clinic(clinic_id))
    statuses = Counter((visit.local_on == today, visit.status) for visit in visits)
    assert 50 <= len(visits) <= 90
    assert all(visit.local_on <= today + timedelta(weeks=13) for visit in visits)
    assert statuses[(False, "noshow")] == 1
    assert statuses[(False, "fulfilled")] >= 4
    assert statuses[(True, "fulfilled")] >= 3
    if now.hour == 19:  # in the middle of the afternoon there
        assert statuses[(True, "arrived")] >= 1
        assert statuses[(True, "booked")] >= 1
    assert all(visit.ends_at > now for visit in visits if visit.status == "booked")
    assert len({visit.nurse_id for visit in visits}) == 2
    reasons = [row.reasons[0] for row in visit_conflicts(clinic_id=clinic_id, now=now)]
    assert sorted(reasons) == sorted([Conflict.TOO_LATE, Conflict.CLINIC_CLOSED])
    states = Counter(FollowUp.objects.for_clinic(clinic_id).values_list("state", flat=True))
    assert {"open", "postponed", "done", "not_needed"} <= states.keys()
    assert Resource.objects.for_clinic(clinic_id).filter(kind="room").count() == 2
    assert HoursException.objects.for_clinic(clinic_id).get().first_on > today
    assert Closure.objects.for_clinic(clinic_id).filter(source="holiday").count() > 20
    assert Surgery.objects.for_clinic(clinic_id).filter(implant__isnull=True).count() == 3
    assert CallAttempt.objects.for_clinic(clinic_id).count() == 7
    assert PumpEvent.objects.for_clinic(clinic_id).filter(kind="outcome_score").count() > 60
    assert ResidualTrend.objects.for_clinic(clinic_id).filter(is_flagged_now=True).exists()
    DemoMessages(demo.clinic, demo.numbers, demo.last_noon, now).play()
    letters = Counter(Message.objects.for_clinic(clinic_id).values_list("state", flat=True))
    assert (letters["failed"], letters["unknown"]) == (1, 1)
    assert letters["accepted"] >= 3
    answers = Counter(PatientAnswer.objects.for_clinic(clinic_id).values_list("answer", flat=True))
    assert answers == {"confirmed": CONFIRMED, "cannot_come": 1, "wants_other_time": 2}
    texts = InboundMessage.objects.filter(clinic_id=clinic_id)
    assert set(texts.values_list("meaning", flat=True)) == {"", "stop", "reschedule", "help"}
    assert texts.filter(patient=None).count() == 1, "from a number that two people share"
    causes = set(Escalation.objects.for_clinic(clinic_id).values_list("cause", flat=True))
    assert {"not_delivered", "may_be_lost", "stopped", "not_understood", "cannot_come"} <= causes
