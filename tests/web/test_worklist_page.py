"""The work list's page: who stands where, nothing personal in an address, a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import Fill, Implant
from scheduling.models import Forecast
from tests.factories import (
    House,
    make_clinic,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_reading,
    make_running_pump,
)
from tests.web.conftest import SignIn

Url = Callable[..., str]


def groups(client: Client, address: str) -> list[tuple[str, list[str]]]:
    """Each section of the list with the last names in it."""
    response = client.get(address)
    return [
        (section["rows"][0]["row"].group, [entry["row"].last_name for entry in section["rows"]])
        for section in response.context["sections"]
    ]


def pump(house: House, name: str, days: int, **fill: str) -> Implant:
    """A 40 mL pump at 1 mL a day, filled so many days ago: low after 38 days, empty after 40."""
    return make_running_pump(
        house,
        make_patient(house, last_name=name),
        filled_on=house.today - timedelta(days=days),
        concentration="300",
        **fill,
    )


def test_the_most_urgent_pump_stands_first(house: House, nurse: Client, url: Url) -> None:
    for name, days in (("Later", 1), ("Due", 20), ("Risk", 36), ("Over", 38), ("Empty", 45), ("Drier", 60)):
        pump(house, name, days)
    make_implant(house, make_patient(house, last_name="New"))
    assert groups(nurse, url("worklist")) == [
        ("emergency", ["Drier", "Empty"]),
        ("overdue", ["Over"]),
        ("at_risk", ["Risk"]),
        ("due", ["Due"]),
        ("review", ["New"]),
        ("later", ["Later"]),
    ]


def test_a_row_says_when_what_binds_and_what_stands_in_doubt(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(house, make_patient(house, last_name="Ode"))
    stored = Forecast.objects.get(implant=implant)
    page = nurse.get(url("worklist")).content.decode()
    assert stored.must_refill_by is not None
    assert f"{stored.must_refill_by:%a} {stored.must_refill_by.day} {stored.must_refill_by:%b %Y}" in page
    assert "longest time in the pump" in page
    make_event(house, implant, kind="stalled")
    assert "Date void" in nurse.get(url("worklist")).content.decode()


def test_a_pump_for_which_nothing_was_worked_out_is_shown_above_everything(
    house: House, nurse: Client, url: Url
) -> None:
    pump(house, "Empty", 45)
    lost = pump(house, "Lost", 1)
    Forecast.objects.filter(implant=lost).delete()
    assert groups(nurse, url("worklist"))[0] == ("missing", ["Lost"])
    page = nurse.get(url("worklist")).content.decode()
    assert "No date at all" in page
    assert "tell whoever runs the system" in page


def test_filters_are_in_the_address_and_what_cannot_be_read_is_left_out(
    house: House, nurse: Client, url: Url
) -> None:
    pump(house, "Low", 30)
    make_running_pump(house, make_patient(house, last_name="Stable"))
    assert groups(nurse, url("worklist") + "?limit=low_reservoir") == [("due", ["Low"])]
    assert groups(nurse, url("worklist") + "?limit=stability&group=later") == [("later", ["Stable"])]
    nonsense = "?limit=x&drug=%00&hazard=9&weeks=-1&group=x&sort=x&page=999999999999999999999"
    assert len(groups(nurse, url("worklist") + nonsense)) == 2
    by_name = nurse.get(url("worklist") + "?sort=name").context["sections"]
    assert [entry["row"].last_name for entry in by_name[0]["rows"]] == ["Low", "Stable"]


@pytest.mark.parametrize(
    ("name", "query", "is_open"),
    [
        ("worklist", "", False),
        ("worklist", "?group=due", False),
        ("worklist", "?owner=mine&group=due", False),
        ("worklist", "?visit=booked", True),
        ("follow_ups", "?owner=mine&part=today", False),
        ("follow_ups", "?how=call", True),
    ],
)
def test_the_filters_open_only_where_the_chips_do_not_say_what_is_chosen(
    nurse: Client, url: Url, name: str, query: str, is_open: bool
) -> None:
    page = nurse.get(url(name) + query).content.decode()
    assert ('work-filter-box" open>' in page) is is_open


def test_words_searched_for_are_posted_and_stand_in_no_address(house: House, nurse: Client, url: Url) -> None:
    pump(house, "Ode", 1)
    pump(house, "Zed", 1)
    response = nurse.post(url("worklist") + "?group=emergency", {"text": "ode"})
    assert [entry["row"].last_name for part in response.context["sections"] for entry in part["rows"]] == [
        "Ode"
    ]
    assert "=ode" not in response.content.decode().lower()
    part = nurse.post(url("worklist"), {"text": "nobody"}, headers={"HX-Request": "true"})
    assert "Nobody found" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_an_empty_clinic_is_told_how_to_begin(house: House, nurse: Client, url: Url) -> None:
    page = nurse.get(url("worklist")).content.decode()
    assert "No pumps yet" in page
    assert url("patient_new") in page
    pump(house, "Ode", 1)
    assert "Nothing in this group" in nurse.get(url("worklist") + "?group=overdue").content.decode()


def test_only_who_may_record_a_refill_is_offered_to(house: House, signed_in: SignIn, url: Url) -> None:
    implant = pump(house, "Ode", 1)
    address = url("fill_new", ref=implant.ref)
    assert address in signed_in(house.nurse).get(url("worklist")).content.decode()
    assert address not in signed_in(house.person(Role.AUDITOR)).get(url("worklist")).content.decode()


def test_the_download_holds_every_page_and_is_harmless_in_a_spreadsheet(
    house: House, nurse: Client, url: Url
) -> None:
    pump(house, "=cmd|'/c calc'!A1", 45)
    pump(house, "Ode", 1)
    response = nurse.get(url("worklist_csv"))
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "'=cmd" in lines[1]
    assert ",=" not in "".join(lines)
    assert " late," in lines[1]
    only = nurse.get(url("worklist_csv") + "?group=later").content.decode("utf-8-sig").splitlines()
    assert len(only) == 2


def test_another_clinics_pumps_are_not_on_it(house: House, nurse: Client, url: Url) -> None:
    foreign = make_clinic()
    pump(foreign, "Foreign", 45)
    assert groups(nurse, url("worklist")) == []
    assert groups(nurse, url("worklist") + "?group=emergency") == []


@pytest.mark.parametrize(("name", "most"), [("worklist", 25), ("patient", 13)])
def test_a_page_costs_the_same_number_of_queries_however_much_there_is(
    house: House, nurse: Client, url: Url, name: str, most: int
) -> None:
    first = pump(house, "Ode", 30)

    def cost() -> int:
        address = url("worklist") if name == "worklist" else url("patient", ref=first.patient.ref)
        with CaptureQueriesContext(connection) as queries:
            assert nurse.get(address).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(8):
        pump(house, f"P{number}", 10 * number)
    for days in range(40, 100, 10):
        make_fill(house, first, filled_on=house.today - timedelta(days=days), concentration="300")
        make_reading(house, first, read_on=house.today - timedelta(days=days // 4))
    assert Fill.objects.filter(implant=first).count() == 7
    assert cost() == few
    assert few <= most  # one of them says who saw whom


# --- The patient's page --------------------------------------------------------------------------------------


def test_the_overview_says_when_why_and_how_sure(house: House, nurse: Client, url: Url) -> None:
    implant = pump(house, "Ode", 30)
    response = nurse.get(url("patient", ref=implant.patient.ref))
    (shown,) = response.context["pumps"]
    stored = Forecast.objects.get(implant=implant)
    assert shown["projection"].must_refill_by == stored.must_refill_by
    assert next((limit.kind, limit.binds) for limit in shown["limits"]) == ("low_reservoir", True)
    assert any("ml/day" in line.lower() for line in shown["reasons"])
    page = response.content.decode()
    for words in (implant.patient.mrn, implant.serial, "Visit on", "printout wins", "if the flow runs high"):
        assert words in page
    assert "<style" not in page
    assert " style=" not in page


def test_the_overview_of_a_pump_in_review_gives_no_date_and_says_what_to_do(
    house: House, nurse: Client, url: Url
) -> None:
    implant = make_implant(house)
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "No date can be trusted" in page
    assert "No fill is recorded" in page
    assert url("fill_new", ref=implant.ref) in page


def test_what_stops_a_date_leads_to_where_it_is_mended(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house)
    make_fill(house, implant, filled_on=house.today - timedelta(days=90))
    fill = make_fill(house, implant, concentration="500")
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "No program" in page
    assert url("program_new", ref=implant.ref) + '">Enter the program' in page
    make_program(house, implant, starts_on=house.today - timedelta(days=100))
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "Bridge missing" in page
    assert url("fill_edit", ref=fill.ref) + '">Correct the fill' in page
    assert "not drawn on" in page


def test_the_chart_stands_for_the_recorded_volumes_and_the_walk(
    house: House, nurse: Client, url: Url
) -> None:
    implant = make_implant(house)
    make_program(house, implant, starts_on=house.today - timedelta(days=200))
    for days, residual in ((200, None), (120, "27"), (30, "26.5")):
        make_fill(
            house,
            implant,
            filled_on=house.today - timedelta(days=days),
            residual_ml=Decimal(residual) if residual else None,
        )
    (shown,) = nurse.get(url("patient", ref=implant.patient.ref)).context["pumps"]
    wide, narrow = shown["charts"]
    assert [spot.text for spot in wide.found] == ["27", "26.5"]
    assert wide.walked
    assert wide.ahead
    assert wide.band
    assert {placed.mark.kind for placed in wide.marks} >= {"today", "binding"}
    for chart in (wide, narrow):
        for pair in f"{chart.walked} {chart.ahead}".split():
            x, y = (Decimal(number) for number in pair.split(","))
            assert chart.frame.left <= x <= chart.plot_right
            assert chart.frame.top <= y <= chart.plot_bottom
    rows = {(what, volume) for _on, what, volume in shown["chart_rows"]}
    assert ("found in the pump", "26.5 mL") in rows
    assert ("empty", "0 mL") in rows
