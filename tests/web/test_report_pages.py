"""The pages of the reports: what they say, what they admit not to know, and what they cost."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from clinic.audit import recording
from clinic.models import Clinic
from clinic.services.closures import add_closure
from scheduling.models import PaperList, ResidualTrend, Resource
from scheduling.services.paper_lists import write_due_list
from scheduling.services.residual_trends import forget_trends, renew_stale_trends
from scheduling.services.sweeps import run_everything
from tests.factories import (
    House,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_running_pump,
)

Url = Callable[..., str]
REPORTS = ("reports", "report_refills", "report_preparation", "report_discrepancy", "report_outcomes")
TABLES = ("report_refills_csv", "report_preparation_csv", "report_discrepancy_csv", "report_outcomes_csv")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PAPER_LIST_DIR=str(tmp_path)):
        yield tmp_path


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


def table(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def pump(house: House, *, filled_days_ago: int = 30, residuals: tuple[str, ...] = (), **patient: Any) -> Any:
    """A pump at 0.15 mL/day with a fill every 100 days before the newest, each finding a residual of these."""
    implant = make_implant(house, make_patient(house, **patient))
    newest = house.today - timedelta(days=filled_days_ago)
    first = newest - timedelta(days=100 * len(residuals))
    make_program(house, implant, starts_on=first)
    make_fill(house, implant, filled_on=first)
    for number, residual in enumerate(residuals, 1):
        make_fill(
            house, implant, filled_on=first + timedelta(days=100 * number), residual_ml=Decimal(residual)
        )
    return implant


# --- Empty, and full ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*REPORTS, *TABLES])
def test_a_new_clinic_has_reports_that_say_there_is_nothing(
    house: House, nurse: Client, url: Url, name: str
) -> None:
    assert nurse.get(url(name)).status_code == 200


def test_a_report_costs_the_same_number_of_queries_for_3_and_for_15_pumps(
    house: House, nurse: Client, url: Url
) -> None:
    def add(count: int) -> None:
        for number in range(count):
            implant = pump(house, filled_days_ago=175 + number % 3, residuals=("25", "24"))
            make_event(house, implant, kind="outcome_score", scale="Pain (0-10)", score=Decimal(5))
        make_implant(house, make_patient(house))

    def queries() -> dict[str, int]:
        return {name: count(name) for name in (*REPORTS, *TABLES)}

    def count(name: str) -> int:
        nurse.get(url(name))
        with CaptureQueriesContext(connection) as seen:
            assert nurse.get(url(name)).status_code == 200
        return len(seen)

    add(3)
    few = queries()
    add(12)
    assert queries() == few


@pytest.mark.parametrize(
    "bad", ["?page=x", "?page=99", "?page=-1", "?week=yesterday", "?week=1900-01-01", "?scale=%00", "?only=1"]
)
def test_what_an_address_may_hold_is_never_an_error(house: House, nurse: Client, url: Url, bad: str) -> None:
    pump(house, residuals=("25",))
    for name in (*REPORTS, *TABLES):
        assert nurse.get(url(name) + bad).status_code == 200


# --- Refills due ----------------------------------------------------------------------------------------------


def test_refills_due_stand_in_the_week_of_their_target_and_overdue_ones_in_this(
    house: House, nurse: Client, url: Url
) -> None:
    pump(house, filled_days_ago=178)  # 180 days in the pump: the target has passed
    pump(house, filled_days_ago=100)
    rows = table(nurse, url("report_refills_csv"))
    assert len(rows) == 26
    assert (rows[0]["Refills due"], rows[0]["of them past their target"]) == ("1", "1")
    assert sum(int(row["Refills due"]) for row in rows) == 2
    assert int(rows[1]["Refills that fit"]) > 0


def test_a_week_with_more_due_than_fits_says_so_in_words(house: House, nurse: Client, url: Url) -> None:
    for _ in range(3):
        pump(house, filled_days_ago=100)
    rows = table(nurse, url("report_refills_csv"))
    (due,) = [row for row in rows if row["Refills due"] == "3"]
    for number in range(7):
        day = house.today.fromisoformat(due["Week from"]) + timedelta(days=number)
        add_closure(clinic=house.clinic, closed_on=day, reason="closed", actor_id=house.nurse.id)
    seen = page(nurse, url("report_refills"))
    after = table(nurse, url("report_refills_csv"))
    (closed,) = [row for row in after if row["Week from"] == due["Week from"]]
    assert closed["Refills that fit"] == "0"
    assert closed["Refills due"] == "3"
    assert closed["Note"] == "3 more than fit"
    assert "3 more than fit" in seen


def test_a_clinic_without_nurses_does_not_know_what_fits(house: House, nurse: Client, url: Url) -> None:
    Resource.objects.update(is_active=False)
    pump(house)
    assert {row["Refills that fit"] for row in table(nurse, url("report_refills_csv"))} == {""}


def test_pumps_without_a_certain_date_are_told_and_not_counted(house: House, nurse: Client, url: Url) -> None:
    make_implant(house)
    assert "1 pump without a certain date is in no week" in page(nurse, url("report_refills"))


# --- For the pharmacy -----------------------------------------------------------------------------------------


def test_a_syringe_is_ordered_the_pharmacys_days_before_its_target(
    house: House, nurse: Client, url: Url
) -> None:
    with recording(actor_id=house.administrator.id, reason="test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(pharmacy_lead_days=5)
    pump(house, filled_days_ago=178, last_name="Ode")
    (row,) = table(nurse, url("report_preparation_csv"))
    assert row["Patient"] == "Ode, Ursula"
    assert (row["Mixture"], row["mL"]) == ("Baclofen 2000 mcg/mL", "40")
    assert row["Needed on"] == house.today.isoformat()
    assert row["Order by"] <= (house.today - timedelta(days=5)).isoformat()
    assert "order at once" in page(nurse, url("report_preparation"))


def test_a_pump_in_review_is_listed_apart_and_nothing_is_guessed(
    house: House, nurse: Client, url: Url
) -> None:
    make_implant(house, make_patient(house, last_name="Doubt"))
    seen = page(nurse, url("report_preparation"))
    assert "Not certain: 1 pump" in seen
    assert "Doubt, Ursula" in seen
    (row,) = table(nurse, url("report_preparation_csv"))
    assert (row["Order by"], row["mL"], row["Needed on"]) == ("", "", "")
    assert row["Why it is not certain"]


def test_another_week_can_be_chosen(house: House, nurse: Client, url: Url) -> None:
    pump(house, filled_days_ago=150, last_name="Later")
    weeks = [
        table(nurse, url("report_preparation_csv") + f"?week={house.today + timedelta(days=7 * number)}")
        for number in range(12)
    ]
    assert sorted(len(rows) for rows in weeks) == [0] * 11 + [1]


# --- Discrepancies --------------------------------------------------------------------------------------------


def test_pumps_stand_flagged_ones_first_then_by_their_trend(house: House, nurse: Client, url: Url) -> None:
    # 100 days at 0.15 mL/day: 25 mL are expected.
    pump(house, last_name="Fine", residuals=("25", "25", "25"))
    pump(house, last_name="Drifting", residuals=("26.4", "26.5", "26.6"))
    pump(house, last_name="Flagged", residuals=("25", "25", "29"))
    seen = page(nurse, url("report_discrepancy"))
    assert seen.index("Flagged") < seen.index("Drifting") < seen.index("Fine")
    assert "volume off by over 2 mL" in seen
    assert "Fine" not in page(nurse, url("report_discrepancy") + "?only=flagged")
    rows = [
        row for row in table(nurse, url("report_discrepancy_csv")) if row["Patient"].startswith("Flagged")
    ]
    assert [bool(row["Flagged"]) for row in rows] == [False, False, True]


def test_a_corrected_fill_changes_the_trend_at_once(house: House, nurse: Client, url: Url) -> None:
    implant = pump(house, residuals=("25",))
    assert ResidualTrend.objects.get(implant=implant).flagged == 0
    make_fill(house, implant, filled_on=house.today - timedelta(days=1), residual_ml=Decimal("20"))
    assert ResidualTrend.objects.get(implant=implant).is_flagged_now


def test_what_is_still_to_be_judged_is_told_and_made_up_for(house: House, nurse: Client, url: Url) -> None:
    pump(house, residuals=("25",))
    forget_trends(house.now, None)
    assert "1 pump is still being worked out" in page(nurse, url("report_discrepancy"))
    ResidualTrend.objects.all().delete()
    assert "1 pump is still being worked out" in page(nurse, url("report_discrepancy"))
    assert renew_stale_trends(now=house.now, seconds=30) == 1
    assert "still being worked out" not in page(nurse, url("report_discrepancy"))
    assert renew_stale_trends(now=house.now, seconds=30) == 0


def test_renewing_twice_changes_nothing(house: House) -> None:
    pump(house, residuals=("25", "24"))
    before = ResidualTrend.objects.values().get()
    forget_trends(house.now, None)
    renew_stale_trends(now=house.now, seconds=30)
    assert ResidualTrend.objects.values().get() | {"computed_at": None} == before | {"computed_at": None}


# --- Outcomes -------------------------------------------------------------------------------------------------


def test_scales_are_never_put_together_and_few_patients_are_marked(
    house: House, nurse: Client, url: Url
) -> None:
    first, second = pump(house, last_name="Ode"), pump(house, last_name="Poe")
    for implant, scale, score in (
        (first, "Pain (0-10)", "8"), (second, "pain  (0-10)", "5"), (first, "Ashworth", "3"),
    ):  # fmt: skip
        make_event(house, implant, kind="outcome_score", scale=scale, score=Decimal(score))
    seen = page(nurse, url("report_outcomes") + "?scale=pain+(0-10)")
    assert "6.5" in seen
    assert "2 patients only" in seen
    assert "Poe, Ursula" in seen
    seen = page(nurse, url("report_outcomes") + "?scale=ashworth")
    assert "1 patient only" in seen
    assert "Poe, Ursula" not in seen
    assert len(table(nurse, url("report_outcomes_csv"))) == 3


def test_a_name_that_is_a_formula_is_harmless_in_every_table(house: House, nurse: Client, url: Url) -> None:
    implant = pump(house, last_name="=cmd()", filled_days_ago=178, residuals=("25",))
    make_event(house, implant, kind="outcome_score", scale="=1+1", score=Decimal(5))
    for name in TABLES[1:]:
        for row in table(nurse, url(name)):
            assert row["Patient"] == "'=cmd(), Ursula"
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


# --- Not of another clinic ------------------------------------------------------------------------------------


def test_nothing_of_another_clinic_is_in_any_report(
    house: House, signed_in: Callable[[Any], Client], folder: Path
) -> None:
    implant = pump(house, last_name="Ours", filled_days_ago=178, residuals=("25", "20"))
    make_event(house, implant, kind="outcome_score", scale="Pain", score=Decimal(5))
    outsider = signed_in(house.outsider)
    for name in (*REPORTS, *TABLES):
        from django.urls import reverse

        answer = outsider.get(reverse(f"nurse:{name}", kwargs={"clinic_slug": house.elsewhere.slug}))
        assert answer.status_code == 200
        assert "Ours" not in answer.content.decode()


# --- The paper list -------------------------------------------------------------------------------------------


def test_the_newest_list_is_told_and_can_be_taken_away(house: House, nurse: Client, url: Url) -> None:
    make_running_pump(
        house, make_patient(house, last_name="Onit"), filled_on=house.today - timedelta(days=150)
    )
    assert "There is no paper list yet" in page(nurse, url("reports"))
    assert nurse.get(url("paper_list_page")).status_code == 302
    run_everything(now=house.now)
    assert write_due_list(clinic_id=house.clinic.id, now=house.now)
    assert "0 hours ago" in page(nurse, url("reports"))
    answer = nurse.get(url("paper_list_page"))
    assert "attachment" in answer["Content-Disposition"]
    assert "Onit" in answer.content.decode()
    assert "Onit" in nurse.get(url("paper_list_table")).content.decode()


def test_an_old_list_is_a_loud_note(house: House, nurse: Client, url: Url) -> None:
    run_everything(now=house.now)
    write_due_list(clinic_id=house.clinic.id, now=house.now)
    PaperList.objects.update(made_at=house.now - timedelta(hours=27))
    assert "The list is 27 hours old" in page(nurse, url("reports"))
