"""The follow-up list and its acts: what is due, one press to do it, one press to take it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from clinic.domain.roles import Role
from clinic.models import Patient
from scheduling.domain.call_entries import CallEntry
from scheduling.models import FollowUp
from scheduling.services.calls import log_call
from tests.calendar_rows import make_visit
from tests.factories import House, make_clinic, make_implant, make_patient
from tests.web.conftest import SignIn
from web.undo import undo_of

Url = Callable[..., str]


def operated(house: House, days: int = 10, **patient: Any) -> Patient:
    """A patient whose pump was put in so many days ago: wound check and sutures are due on day 10 to 14."""
    made = make_patient(house, **patient)
    make_implant(house, made, implanted_on=house.today - timedelta(days=days))
    return made


def of_row(patient: Patient, row_key: str) -> FollowUp:
    return FollowUp.objects.filter(patient=patient, row_key=row_key).order_by("latest_on")[0]


def sections(client: Client, address: str) -> dict[str, list[str]]:
    """The titles under each heading."""
    found = client.get(address).context["sections"]
    return {
        section["key"]: [row["line"].first.title if "line" in row else "call back" for row in section["rows"]]
        for section in found
    }


def undo(client: Client, page: Any) -> Any:
    """Press the button of the note on the page."""
    button = undo_of(list(page.context["messages"])[-1])
    assert button is not None
    assert escape(button.url) in page.content.decode()
    return client.post(button.url, dict(button.fields), follow=True)


def test_what_is_due_stands_by_when_somebody_must_act(house: House, nurse: Client, url: Url) -> None:
    operated(house)
    found = sections(nurse, url("follow_ups"))
    assert list(found) == ["overdue", "today", "week", "later"]
    assert "Wound check" in found["today"]
    assert "Refill" not in [title for titles in found.values() for title in titles]


def test_what_is_booked_too_late_leads_to_the_move_and_not_to_a_second_booking(
    house: House, nurse: Client, url: Url
) -> None:
    patient = operated(house)
    check = of_row(patient, "wound_check")
    assert f"follow_up={check.ref}" in nurse.get(url("follow_ups")).content.decode()
    visit = make_visit(house, check.implant, on=house.today + timedelta(days=60), serves=(check,))
    page = nurse.get(url("follow_ups")).content.decode()
    assert url("visit_move", ref=visit.ref) in page
    assert f"{url('visit_new')}?patient={patient.ref}&amp;follow_up={check.ref}" not in page


def test_one_part_alone_and_filters_are_in_the_address(house: House, nurse: Client, url: Url) -> None:
    operated(house)
    here = url("follow_ups")
    assert list(sections(nurse, here + "?part=today")) == ["today"]
    by_mode = nurse.get(here + "?how=call&weeks=all").context["listed"].lines
    assert {line.first.mode for line in by_mode} == {"call"}
    by_row = nurse.get(here + "?what=wound_check").context["listed"].lines
    assert [line.first.row_key for line in by_row] == ["wound_check"]
    nonsense = nurse.get(here + "?part=x&how=x&what=x&weeks=x&owner=x&page=99999999999")
    assert sections(nurse, here) == {
        section["key"]: [row["line"].first.title for row in section["rows"]]
        for section in nonsense.context["sections"]
    }


def test_everybodys_is_shown_first_and_mine_is_one_press_away(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    operated(house)
    owner = FollowUp.objects.exclude(row_key="refill").values_list("owner_id", flat=True).distinct().get()
    others = administrator if owner == house.nurse.id else nurse
    assert sections(others, url("follow_ups"))
    assert sections(others, url("follow_ups") + "?owner=mine") == {}
    assert sections(others, url("follow_ups") + f"?owner={owner}") == sections(others, url("follow_ups"))


def test_a_line_is_done_at_once_and_taken_back_with_one_press(house: House, nurse: Client, url: Url) -> None:
    patient = operated(house)
    wound = of_row(patient, "wound_check")
    back = url("follow_ups") + "?part=today"
    page = nurse.post(url("follow_ups_done"), {"only": str(wound.ref), "next": back}, follow=True)
    assert page.redirect_chain[-1][0] == back
    wound.refresh_from_db()
    assert (wound.state, wound.closed_by) == ("done", house.nurse)
    undo(nurse, page)
    wound.refresh_from_db()
    assert wound.state == "open"


def test_ticked_lines_are_done_together_and_a_lines_own_button_leaves_the_ticks_alone(
    house: House, nurse: Client, url: Url
) -> None:
    patient = operated(house)
    wound, sutures, call = (
        of_row(patient, key) for key in ("wound_check", "suture_removal", "wound_check_call")
    )
    nurse.post(url("follow_ups_done"), {"only": str(call.ref), "tick": [str(wound.ref), str(sutures.ref)]})
    states = dict(FollowUp.objects.filter(patient=patient).values_list("pk", "state"))
    assert [states[row.pk] for row in (wound, sutures, call)] == ["open", "open", "done"]
    page = nurse.post(url("follow_ups_done"), {"tick": [str(wound.ref), str(sutures.ref)]}, follow=True)
    assert "2 follow-ups are done." in page.content.decode()
    undo(nurse, page)
    wound.refresh_from_db()
    assert wound.state == "open"


def test_check_ins_are_one_line_and_done_as_one(house: House, nurse: Client, url: Url) -> None:
    operated(house)
    lines = nurse.get(url("follow_ups") + "?what=infection_watch&part=overdue").context["listed"].lines
    assert len(lines) == 1
    assert lines[0].number > 3
    refs = ",".join(str(ref) for ref in lines[0].refs)
    nurse.post(url("follow_ups_done"), {"only": refs})
    assert FollowUp.objects.filter(row_key="infection_watch", state="done").count() == lines[0].number


def test_what_was_closed_meanwhile_is_told_and_nothing_else_is_done(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    patient = operated(house)
    wound, sutures = of_row(patient, "wound_check"), of_row(patient, "suture_removal")
    administrator.post(url("follow_ups_done"), {"only": str(wound.ref)})
    page = nurse.post(
        url("follow_ups_done"), {"tick": [str(wound.ref), str(sutures.ref)]}, follow=True
    ).content.decode()
    assert "closed in the meantime" in page
    sutures.refresh_from_db()
    assert sutures.state == "open"


def test_a_note_goes_with_what_is_done(house: House, nurse: Client, url: Url) -> None:
    wound = of_row(operated(house), "wound_check")
    here = url("follow_ups_done_with_note") + f"?only={wound.ref}"
    assert "Wound check" in nurse.get(here).content.decode()
    nurse.post(here, {"note": "dry and closed"})
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason) == ("done", "dry and closed")


def test_postponing_asks_for_a_day_in_time_and_a_reason_at_their_fields(
    house: House, nurse: Client, url: Url
) -> None:
    wound = of_row(operated(house), "wound_check")
    here = url("follow_ups_postpone") + f"?only={wound.ref}"
    assert wound.latest_on is not None
    late = (wound.latest_on + timedelta(days=1)).isoformat()
    refused = nurse.post(here, {"until": late, "reason": ""})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"until", "reason"}
    past = nurse.post(here, {"until": house.today.isoformat(), "reason": "away"})
    assert set(past.context["form"].errors) == {"until"}
    page = nurse.post(here, {"until": wound.latest_on.isoformat(), "reason": "away"}, follow=True)
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason) == ("postponed", "away")
    assert "postponed until" in page.content.decode()
    undo(nurse, page)
    wound.refresh_from_db()
    assert (wound.state, wound.postponed_until) == ("open", None)


def test_not_needed_asks_why(house: House, nurse: Client, url: Url) -> None:
    wound = of_row(operated(house), "wound_check")
    here = url("follow_ups_not_needed") + f"?only={wound.ref}"
    assert nurse.post(here, {"reason": " "}).status_code == 422
    page = nurse.post(here, {"reason": "seen by the surgeon"}, follow=True)
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason) == ("not_needed", "seen by the surgeon")
    undo(nurse, page)
    wound.refresh_from_db()
    assert wound.state == "open"


def test_work_is_given_and_given_back(house: House, nurse: Client, url: Url) -> None:
    patient = operated(house)
    wound, sutures = of_row(patient, "wound_check"), of_row(patient, "suture_removal")
    other = house.nurse if wound.owner_id != house.nurse.id else house.administrator
    ticked = nurse.post(url("follow_ups_ticked"), {"tick": [str(wound.ref), str(sutures.ref)], "to": "give"})
    page = nurse.get(ticked.url).content.decode()
    assert "Wound check" in page
    page = nurse.post(ticked.url, {"owner": str(other.id)}, follow=True)
    assert set(FollowUp.objects.filter(pk__in=[wound.pk, sutures.pk]).values_list("owner", flat=True)) == {
        other.id
    }
    undo(nurse, page)
    before = wound.owner_id
    wound.refresh_from_db()
    assert wound.owner_id == before
    assert nurse.post(ticked.url, {"owner": str(house.outsider.id)}).status_code == 422


def test_more_lines_than_an_address_holds_are_given_away_and_back(
    house: House, nurse: Client, url: Url
) -> None:
    for _ in range(2):
        operated(house)
    rows = FollowUp.objects.exclude(row_key="refill").filter(state="open")
    before = dict(rows.values_list("ref", "owner_id"))
    assert len(before) > 60
    other = house.administrator if house.nurse.id in before.values() else house.nurse
    ticked = nurse.post(url("follow_ups_ticked"), {"tick": ",".join(map(str, before)), "to": "give"})
    assert len(ticked.url) < 300
    page = nurse.post(ticked.url, {"owner": str(other.id)}, follow=True)
    assert set(rows.values_list("owner_id", flat=True)) == {other.id}
    undo(nurse, page)
    assert dict(rows.values_list("ref", "owner_id")) == before
    stranger = nurse.get(url("follow_ups_give") + "?kept=nothing")
    assert stranger.status_code == 302


def test_nothing_ticked_is_said(house: House, nurse: Client, url: Url) -> None:
    for name in ("follow_ups_ticked", "follow_ups_done"):
        page = nurse.post(url(name), {"tick": "x"}, follow=True).content.decode()
        assert "Tick" in page


def test_what_another_clinic_has_is_as_unknown_as_nothing(house: House, nurse: Client, url: Url) -> None:
    elsewhere = make_clinic(name="Other")
    theirs = of_row(operated(elsewhere), "wound_check")
    for ref in (theirs.ref, uuid4()):
        nurse.post(url("follow_ups_done"), {"only": str(ref)})
        nurse.post(url("follow_ups_reopen"), {"only": str(ref)})
        for name in (
            "follow_ups_give",
            "follow_ups_not_needed",
            "follow_ups_postpone",
            "follow_ups_done_with_note",
        ):
            assert nurse.post(url(name) + f"?only={ref}", {"reason": "x"}).status_code == 302
    theirs.refresh_from_db()
    assert theirs.state == "open"


def test_who_asked_to_be_called_back_stands_on_the_list_that_day(
    house: House, nurse: Client, url: Url
) -> None:
    for name, days in (("Ode", 0), ("Poe", 3)):
        log_call(
            clinic=house.clinic,
            patient_ref=make_patient(house, last_name=name).ref,
            entry=CallEntry(
                outcome="call_back", call_back_on=house.today + timedelta(days=days), note="after lunch"
            ),
            actor_id=house.nurse.id,
            now=house.now,
        )
    page = nurse.get(url("follow_ups")).content.decode()
    assert "Ode" in page
    assert "after lunch" in page
    assert "Poe" not in page
    alone = nurse.get(url("follow_ups") + "?part=callback").content.decode()
    assert "Poe" in alone
    assert nurse.get(url("follow_ups") + "?owner=mine").context["sections"]


def test_words_searched_for_are_posted_and_stand_in_no_address(house: House, nurse: Client, url: Url) -> None:
    operated(house, last_name="Ode")
    operated(house, last_name="Zed")
    page = nurse.post(url("follow_ups"), {"text": "zed"})
    assert {line.first.patient.last_name for line in page.context["listed"].lines} == {"Zed"}
    assert "=zed" not in page.content.decode().lower()
    part = nurse.post(url("follow_ups"), {"text": "nobody"}, headers={"HX-Request": "true"})
    assert "Nothing found" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_an_auditor_reads_and_presses_nothing(house: House, signed_in: SignIn, url: Url) -> None:
    operated(house)
    page = signed_in(house.person(Role.AUDITOR)).get(url("follow_ups")).content.decode()
    assert "Wound check" in page
    assert "formaction" not in page
    assert 'name="tick"' not in page


def test_the_number_of_queries_does_not_grow(house: House, nurse: Client, url: Url) -> None:
    def queries() -> int:
        nurse.get(url("follow_ups"))
        with CaptureQueriesContext(connection) as captured:
            nurse.get(url("follow_ups"))
        return len(captured)

    for _ in range(5):
        operated(house)
    few = queries()
    for _ in range(25):
        operated(house)
    assert queries() == few
