"""The board, one matter, and what every page says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import User
from clinic.selectors.accounts import members
from clinic.services.accounts import change_membership
from clinic.services.patients import add_contact_point
from notifications.models import Escalation, RosterEntry
from notifications.services.escalations import pass_on_due
from notifications.services.escalations.late import mark_gone
from notifications.services.raising import raise_due
from scheduling.domain.care.rungs import Rung
from scheduling.models import CallAttempt
from scheduling.selectors.late_refills import NotLate
from tests.check_ins import answer, said
from tests.factories import House, make_patient, make_running_pump
from tests.matters import days_left, open_matter
from tests.texts import text, texter

pytestmark = pytest.mark.django_db
Url = Callable[..., str]


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_board_shows_mine_all_and_ended_gravest_first(house: House, nurse: Client, url: Url) -> None:
    doctor = house.person(Role.PRESCRIBER)
    mine = open_matter(house, patient_id=make_patient(house, last_name="Ode").id)
    open_matter(
        house,
        key="2",
        cause="red_flag",
        rung=Rung.EMERGENCY,
        patient_id=make_patient(house, last_name="Poe").id,
    )
    theirs = open_matter(house, key="3", patient_id=make_patient(house, last_name="Roe").id)
    Escalation.objects.filter(pk=theirs.pk).update(responsible=doctor)
    page = page_of(nurse, url("escalations"))
    assert page.index("Poe, Ursula") < page.index("Ode, Ursula")
    assert "Roe, Ursula" not in page
    assert "Roe, Ursula" in page_of(nurse, url("escalations") + "?view=all")
    nurse.post(url("escalation_acknowledge", ref=mine.ref), {"outcome": "spoke", "note": "comes Friday"})
    assert "Ode, Ursula" not in page_of(nurse, url("escalations") + "?view=all")
    ended = page_of(nurse, url("escalations") + "?view=acknowledged")
    assert "Ode, Ursula" in ended
    assert "comes Friday" in ended
    assert "Nothing of this kind" in page_of(nurse, url("escalations") + "?view=all&cause=missed")


def test_an_empty_board_says_so(nurse: Client, url: Url) -> None:
    assert "Nothing waits for you" in page_of(nurse, url("escalations"))
    assert "Nothing waits for anybody" in page_of(nurse, url("escalations") + "?view=all")
    assert "Nothing was acknowledged yet" in page_of(
        nurse, url("escalations") + "?view=acknowledged&page=999999"
    )


def test_every_page_says_what_waits_and_is_loud_when_everybody_is_asked(
    house: House, nurse: Client, url: Url
) -> None:
    assert "alarm-bar" not in page_of(nurse, url("patients"))
    matter = open_matter(house)
    calm = page_of(nurse, url("patients"))
    assert "1 matter waits for somebody." in calm
    assert "alarm-bar-loud" not in calm
    for days in (10, 20):
        pass_on_due(house.clinic.id, house.now + timedelta(days=days))
    loud = page_of(nurse, url("worklist"))
    assert "alarm-bar-loud" in loud
    assert "Nobody took 1 of them in time" in loud
    nurse.post(url("escalation_acknowledge", ref=matter.ref), {"outcome": "mended"})
    assert "alarm-bar" not in page_of(nurse, url("worklist"))


def test_a_matter_says_whose_why_what_to_do_and_whom_to_call(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    add_contact_point(
        clinic=house.clinic,
        patient_ref=patient.ref,
        kind="phone",
        value="+1 312 555 0177",
        actor_id=house.nurse.id,
        now=house.now,
    )
    matter = open_matter(house, cause="cannot_come", patient_id=patient.id)
    page = page_of(nurse, url("escalation", ref=matter.ref))
    for words in (
        "Patient cannot come",
        "Ode, Ursula",
        "tel:+13125550177",
        "Call the patient and book another time.",
        "asked: Nora Nurse",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("posted", "outcome", "call"),
    [
        ({"outcome": "spoke"}, "spoke", ("reached", "patient")),
        ({"outcome": "spoke_helper"}, "spoke_helper", ("reached", "proxy")),
        ({"outcome": "booked"}, "booked", None),
        ({"outcome": "not_needed", "note": "moved away"}, "not_needed", None),
        ({"outcome": "no_answer", "whom": "proxy"}, "", ("no_answer", "proxy")),
    ],
)
def test_what_came_of_it_is_written_with_its_call(
    house: House,
    nurse: Client,
    url: Url,
    posted: dict[str, str],
    outcome: str,
    call: tuple[str, str] | None,
) -> None:
    matter = open_matter(house, patient_id=make_patient(house).id)
    response = nurse.post(url("escalation_acknowledge", ref=matter.ref), posted)
    assert response.status_code == 302
    matter.refresh_from_db()
    assert matter.outcome == outcome
    logged = CallAttempt.objects.values_list("outcome", "whom").first()
    assert logged == call


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({}, "This field is required."),
        ({"outcome": "not_needed"}, "Say why nothing is to be done"),
        ({"outcome": "gone"}, "Select a valid choice"),
    ],
)
def test_what_is_refused_stands_at_its_field(
    house: House, nurse: Client, url: Url, posted: dict[str, str], words: str
) -> None:
    matter = open_matter(house, patient_id=make_patient(house).id)
    response = nurse.post(url("escalation_acknowledge", ref=matter.ref), posted)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Escalation.objects.get().acknowledged_at is None


def test_who_comes_second_is_told_who_was_first(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    matter = open_matter(house, patient_id=make_patient(house).id)
    administrator.post(url("escalation_acknowledge", ref=matter.ref), {"outcome": "spoke"})
    response = nurse.post(url("escalation_acknowledge", ref=matter.ref), {"outcome": "spoke"})
    assert response.status_code == 422
    assert "Ada Administrator acknowledged it" in " ".join(response.content.decode().split())
    assert Escalation.objects.get().acknowledged_by == house.administrator
    assert CallAttempt.objects.count() == 1


def test_what_resolved_by_itself_is_confirmed_with_one_press(house: House, nurse: Client, url: Url) -> None:
    matter = open_matter(house, cause="running_late", key="k", patient_id=make_patient(house).id)
    mark_gone(house.clinic.id, {"k": NotLate.BOOKED}, cause="running_late", now=house.now)
    assert "alarm-bar" not in page_of(nurse, url("patients"))
    board = page_of(nurse, url("escalations"))
    assert "resolved by itself: please confirm" in board
    assert "1 of these resolved by itself" in board
    assert "Confirm: booked" in page_of(nurse, url("escalation", ref=matter.ref))
    nurse.post(url("escalation_acknowledge", ref=matter.ref), {"outcome": "booked"})
    assert Escalation.objects.get().outcome == "booked"


def test_many_that_resolved_by_themselves_are_confirmed_with_one_press_and_nothing_else(
    house: House, nurse: Client, url: Url
) -> None:
    gone = [
        open_matter(house, cause="running_late", key=f"k{n}", patient_id=make_patient(house).id)
        for n in range(3)
    ]
    still = open_matter(house, cause="running_late", key="still", patient_id=make_patient(house).id)
    why = {"k0": NotLate.BOOKED, "k1": NotLate.LATER, "k2": NotLate.ENDED}
    mark_gone(house.clinic.id, why, cause="running_late", now=house.now)
    page = page_of(nurse, url("escalations"))
    assert page.count("checked") == 3
    assert page.index(str(still.ref)) < page.index("Resolved by themselves") < page.index(str(gone[0].ref))
    open_matter(house, cause="running_late", key="k2")  # it is back meanwhile
    posted = {"tick": [str(each.ref) for each in (*gone, still)] + ["nonsense"]}
    after = page_of(nurse, nurse.post(url("escalations_confirm"), posted).url)
    assert "2 confirmed." in after
    assert "The others have changed since: look again." in after
    ended = Escalation.objects.filter(acknowledged_by=house.nurse).order_by("id")
    assert [(each.pk, each.outcome) for each in ended] == [(gone[0].pk, "booked"), (gone[1].pk, "not_needed")]
    assert [each.steps.filter(what="acknowledged", user=house.nurse).count() for each in ended] == [1, 1]
    assert "Nothing was ticked." in page_of(nurse, nurse.post(url("escalations_confirm"), {}).url)


def test_what_waits_to_be_tried_again_stands_after_what_asks_for_an_act_until_then(
    house: House, nurse: Client, url: Url
) -> None:
    tried, calm = (
        open_matter(house, key=key, rung=rung, patient_id=make_patient(house, last_name=name).id)
        for key, rung, name in (("1", Rung.PHYSICIAN, "Ode"), ("2", Rung.STAFF_CALLS, "Poe"))
    )
    page = page_of(nurse, url("escalations"))
    assert page.index("Ode, ") < page.index("Poe, ")
    nurse.post(url("escalation_acknowledge", ref=tried.ref), {"outcome": "no_answer", "whom": "patient"})
    page = page_of(nurse, url("escalations"))
    assert page.index("Poe, ") < page.index("Ode, ")
    assert "nobody answered; again from" in page
    Escalation.objects.filter(pk=tried.pk).update(again_at=house.now - timedelta(minutes=1))
    page = page_of(nurse, url("escalations"))
    assert page.index("Ode, ") < page.index("Poe, ")
    assert calm.rung < tried.rung


def test_many_about_messages_are_ended_together(house: House, nurse: Client, url: Url) -> None:
    refs = [str(open_matter(house, key=f"message:{n}").ref) for n in range(3)]
    alarm = open_matter(house, key="check_in:1", cause="red_flag")
    page = page_of(nurse, url("escalations"))
    assert page.count('name="tick"') == 3
    posted = {"tick": [*refs, str(alarm.ref), "nonsense"], "outcome": "not_needed"}
    nurse.post(url("escalations_acknowledge"), posted)
    assert Escalation.objects.filter(acknowledged_at__isnull=True).count() == 4, "no reason was given"
    nurse.post(url("escalations_acknowledge"), posted | {"note": "mail server was down"})
    assert Escalation.objects.get(acknowledged_at__isnull=True) == alarm
    assert "Nothing was ticked." in page_of(nurse, nurse.post(url("escalations_acknowledge"), {}).url)


def test_a_late_refill_says_by_when_and_that_nothing_is_booked(house: House, nurse: Client, url: Url) -> None:
    days_left(house, make_running_pump(house), 5)
    raise_due(house.now)
    page = page_of(nurse, url("escalation", ref=Escalation.objects.get().ref))
    for words in ("Must refill by", "none booked", "A nurse calls every day", "nurse calls daily"):
        assert words in page


def test_an_alarm_shows_the_answers(house: House, nurse: Client, url: Url) -> None:
    answer(house, make_patient(house), said(alarm="double", wound=["redness"]))
    matter = Escalation.objects.get(cause="red_flag")
    assert matter.rung == Rung.EMERGENCY
    page = page_of(nurse, url("escalation", ref=matter.ref))
    assert "redness" in page.lower()


def test_answers_that_joined_stay_readable_beside_the_first(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    answer(house, patient, said(headache="mild", note="Since yesterday."))
    answer(house, patient, said(weakness="yes", note="Now my leg."), now=house.now + timedelta(hours=1))
    for n in range(6):
        answer(house, patient, said(), now=house.now + timedelta(hours=2 + n))
    page = page_of(nurse, url("escalation", ref=Escalation.objects.get(cause="red_flag").ref))
    for words in ("Since yesterday.", "Now my leg.", "And then", "More answers", "Other check-ins"):
        assert words in page
    assert page.index("Since yesterday.") < page.index("Now my leg.") < page.index("Other check-ins")
    timeline = page_of(nurse, url("patient_timeline", ref=patient.ref) + "?kind=escalation")
    assert "Alarming answers of a check-in: more answers" in timeline


def test_an_auditor_sees_and_does_not_act(
    house: House, signed_in: Callable[[User], Client], url: Url
) -> None:
    auditor = signed_in(house.person(Role.AUDITOR))
    matter = open_matter(house, patient_id=make_patient(house).id)
    open_matter(house, cause="running_late", key="k", patient_id=make_patient(house, last_name="Poe").id)
    mark_gone(house.clinic.id, {"k": NotLate.BOOKED}, cause="running_late", now=house.now)
    page = page_of(auditor, url("escalations"))
    assert "Ode, Ursula" in page
    assert "Poe, Ursula" in page
    assert auditor.post(url("escalations_confirm"), {"tick": str(matter.ref)}).status_code == 403
    assert 'name="tick"' not in page
    assert 'name="outcome"' not in page_of(auditor, url("escalation", ref=matter.ref))


def test_what_a_patient_wrote_is_for_those_who_may_read_messages(
    house: House, nurse: Client, signed_in: Callable[[User], Client], url: Url
) -> None:
    texter(house)
    text(house, "is it my turn?")
    address = url("escalation", ref=Escalation.objects.get().ref)
    assert "is it my turn?" in page_of(nurse, address)
    assert "is it my turn?" not in page_of(signed_in(house.person(Role.AUDITOR)), address)


def test_the_patients_page_and_timeline_show_them(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    matter = open_matter(house, cause="red_flag", rung=Rung.EMERGENCY, patient_id=patient.id)
    assert url("escalation", ref=matter.ref) in page_of(nurse, url("patient", ref=patient.ref))
    line = page_of(nurse, url("patient_timeline", ref=patient.ref) + "?kind=escalation")
    assert "Alarming answers of a check-in" in line


def test_the_roster_is_set_by_an_administrator_and_says_who_left(
    house: House, administrator: Client, url: Url
) -> None:
    page = page_of(administrator, url("on_call"))
    assert "asked: Nora Nurse" in page
    form = {f"{duty}_{day}": "" for duty in ("nurse", "second", "physician") for day in range(7)}
    doctor = house.person(Role.PRESCRIBER)
    response = administrator.post(
        url("on_call"), form | {"physician_0": str(doctor.id), "nurse_2": str(house.nurse.id)}
    )
    assert response.status_code == 302
    assert set(RosterEntry.objects.values_list("weekday", "duty", "user_id")) == {
        (0, "physician", doctor.id),
        (2, "nurse", house.nurse.id),
    }
    refused = administrator.post(url("on_call"), form | {"nurse_0": str(house.outsider.id)})
    assert refused.status_code == 422
    membership = members(clinic_id=house.clinic.id).get(user=house.nurse)
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert "Nora Nurse no longer works on follow-ups here." in page_of(administrator, url("on_call"))


def test_a_long_board_costs_as_many_questions_as_a_short_one(house: House, nurse: Client, url: Url) -> None:
    counts = []
    for number in (1, 20):
        for n in range(number):
            open_matter(house, key=f"message:{number}:{n}", patient_id=make_patient(house).id)
        with CaptureQueriesContext(connection) as queries:
            nurse.get(url("escalations") + "?view=all")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_figures_and_readiness_name_what_waits_and_nobody(house: House, client: Client) -> None:
    matter = open_matter(house, cause="red_flag", rung=Rung.EMERGENCY, patient_id=make_patient(house).id)
    figures = client.get("/metrics").content.decode()
    assert 'refillwise_escalations_open{cause="red_flag",rung="emergency"} 1.0' in figures
    assert "refillwise_escalations_overdue 0.0" in figures
    assert client.get("/readyz").json()["checks"]["escalations"] == "ok"
    long_ago = house.now - timedelta(days=1)
    Escalation.objects.filter(pk=matter.pk).update(respond_by=long_ago, opened_at=long_ago)
    assert "refillwise_escalations_overdue 1.0" in client.get("/metrics").content.decode()
    said = client.get("/readyz").json()["checks"]["escalations"]
    assert said == "1 escalation(s) are over their time and not passed on"
    pass_on_due(house.clinic.id, house.now)
    Escalation.objects.filter(pk=matter.pk).update(responsible=None)
    said = client.get("/readyz").json()["checks"]["escalations"]
    assert said == "1 escalation(s) went past the last person on call"


@pytest.mark.parametrize("cause", ["may_be_lost", "not_delivered", "missed"])
def test_a_message_to_a_colleague_asks_nobody_to_call_a_patient(
    house: House, nurse: Client, url: Url, cause: str
) -> None:
    matter = open_matter(house, cause=cause, key=f"staff:{house.nurse.id}")
    for page in (
        page_of(nurse, url("escalations") + "?view=all"),
        page_of(nurse, url("escalation", ref=matter.ref)),
    ):
        assert "A message to a colleague did not arrive" in page
        assert "Call the patient" not in page
