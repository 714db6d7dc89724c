"""The care plan of a patient: what is open with its acts, what is closed and why, when the plan has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import SurgeryEntry
from clinic.domain.roles import Role
from clinic.models import Implant
from clinic.services.implants import record_explant
from clinic.services.patients import record_death
from clinic.services.surgeries import plan_surgery
from scheduling.models import FollowUp
from scheduling.services.follow_ups import complete_follow_ups, mark_not_needed
from tests.care_rows import make_visit
from tests.factories import House, make_implant, make_patient, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]


def operated(house: House, days: int = 10) -> Implant:
    return make_implant(house, make_patient(house), implanted_on=house.today - timedelta(days=days))


def of_row(implant: Implant, row_key: str) -> FollowUp:
    return FollowUp.objects.filter(patient=implant.patient, row_key=row_key).order_by("latest_on")[0]


def page_of(client: Client, url: Url, implant: Implant) -> str:
    return client.get(url("patient_care", ref=implant.patient.ref)).content.decode()


def test_what_is_open_says_when_and_what_it_is_counted_from(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    page = page_of(nurse, url, implant)
    wound = of_row(implant, "wound_check")
    assert wound.target_on is not None
    assert wound.anchored_on is not None
    days = (wound.target_on - wound.anchored_on).days
    assert f"{days} days after: operation" in page
    assert "Refill" in page
    assert "no certain date" in page
    assert page.count("Infection check-in") < 12


def test_what_is_closed_is_folded_below_with_who_when_and_why(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    act = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    complete_follow_ups(refs=[of_row(implant, "wound_check").ref], note="dry", **act)
    mark_not_needed(refs=[of_row(implant, "suture_removal").ref], reason="glued", **act)
    response = nurse.get(url("patient_care", ref=implant.patient.ref))
    closed = {group["state"]: group["rows"] for group in response.context["closed"]}
    assert [row["why"] for row in closed["done"]] == ["dry"]
    assert [row["why"] for row in closed["not_needed"]] == ["glued"]
    page = response.content.decode()
    assert "Nora Nurse" in page
    assert "Reopen" in page


def test_one_press_does_it_and_one_press_reopens_it(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    here, wound = url("patient_care", ref=implant.patient.ref), of_row(implant, "wound_check")
    done = nurse.post(url("follow_ups_done"), {"only": str(wound.ref), "next": here})
    assert done.url == here
    wound.refresh_from_db()
    assert wound.state == "done"
    nurse.post(url("follow_ups_reopen"), {"only": str(wound.ref), "next": here})
    wound.refresh_from_db()
    assert wound.state == "open"


def test_an_explant_ends_the_plan_and_says_so(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    record_explant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        explanted_on=house.today,
        why="infection",
        actor_id=house.nurse.id,
        now=house.now,
    )
    page = page_of(nurse, url, implant)
    assert f"The plan for pump {implant.serial} has ended: it was taken out on" in page
    assert "the pump was taken out" in page


def test_a_death_ends_the_plan_and_says_so(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    record_death(
        clinic=house.clinic,
        patient_ref=implant.patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    page = page_of(nurse, url, implant)
    assert "The care plan has ended: the patient died on" in page
    assert "Nothing is due any more" in page
    assert "Book a visit" not in page


def test_a_planned_operation_stands_above_what_is_due_before_it(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    plan_surgery(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=SurgeryEntry(planned_on=house.today + timedelta(days=20), purpose="implant"),
        actor_id=house.nurse.id,
        now=house.now,
    )
    page = nurse.get(url("patient_care", ref=patient.ref)).content.decode()
    assert "Operation planned" in page
    assert "days before: planned operation" in page


def test_a_patient_without_anything_due_is_told_what_would_come(
    house: House, nurse: Client, url: Url
) -> None:
    page = nurse.get(url("patient_care", ref=make_patient(house).ref)).content.decode()
    assert "Nothing is due yet" in page


def test_an_auditor_reads_and_presses_nothing(house: House, signed_in: SignIn, url: Url) -> None:
    page = page_of(signed_in(house.person(Role.AUDITOR)), url, operated(house))
    assert "Wound check" in page
    assert "formaction" not in page


def test_the_refill_is_recorded_and_never_ticked_off(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(house)
    rows = nurse.get(url("patient_care", ref=implant.patient.ref)).context["rows"]
    (refill,) = [row for row in rows if row["is_refill"]]
    page = page_of(nurse, url, implant)
    assert url("fill_new", ref=implant.ref) in page
    assert f'value="{refill["only"]}"' not in page


def test_the_number_of_queries_does_not_grow_with_the_plan(house: House, nurse: Client, url: Url) -> None:
    def queries(implant: Implant) -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(nurse, url, implant)
        return len(captured)

    few, many = operated(house, days=1500), operated(house, days=3)
    page_of(nurse, url, few)
    assert queries(few) == queries(many)


def test_the_overview_shows_the_next_visit_and_what_is_due_now_with_the_acts(
    house: House, nurse: Client, url: Url
) -> None:
    implant = operated(house)
    wound = of_row(implant, "wound_check")
    here = url("patient", ref=implant.patient.ref)
    response = nurse.get(here)
    steps = response.context["steps"]
    assert steps["visits"] == []
    assert "Wound check" in [row["follow_up"].title for row in steps["rows"]]
    assert all(row["has_begun"] for row in steps["rows"])
    assert f'value="{wound.ref}"' in response.content.decode()
    visit = make_visit(house, implant.patient, on=house.today + timedelta(days=2), kind="wound_check")
    page = nurse.get(here).content.decode()
    assert url("visit", ref=visit.ref) in page
    assert url("visit_move", ref=visit.ref) in page


def test_what_is_wrong_with_the_next_visit_stands_with_it(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(house, filled_on=house.today - timedelta(days=20), concentration="300")
    make_visit(house, implant.patient, on=house.today + timedelta(days=30), kind="refill", implant=implant)
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "Too late for the refill" in page


def test_the_overview_of_the_dead_offers_nothing(house: House, nurse: Client, url: Url) -> None:
    implant = operated(house)
    record_death(
        clinic=house.clinic,
        patient_ref=implant.patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    steps = nurse.get(url("patient", ref=implant.patient.ref)).context["steps"]
    assert (steps["visits"], steps["rows"]) == ([], [])


def test_what_repeats_is_apart_from_what_is_to_come_and_only_that_is_ticked_off(
    house: House, nurse: Client, url: Url
) -> None:
    implant = operated(house)
    rows = [
        row
        for row in nurse.get(url("patient_care", ref=implant.patient.ref)).context["rows"]
        if row["follow_up"].row_key == "infection_watch"
    ]
    begun, coming = rows
    assert (begun["has_begun"], coming["has_begun"]) == (True, False)
    page = page_of(nurse, url, implant)
    assert f'value="{begun["only"]}"' in page
    assert f'value="{coming["only"]}"' not in page
