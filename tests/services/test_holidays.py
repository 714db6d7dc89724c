"""Public holidays become closed days, and what the clinic decided itself stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.models import Closure
from clinic.selectors.accounts import closures, lifted_holidays
from clinic.selectors.facts import clinic_facts
from clinic.services.closures import add_closure, close_days, open_days, remove_closure
from clinic.services.holidays import bring_up_holidays
from scheduling.models import SweepRun
from scheduling.services.sweeps import begin_due_nights
from tests.factories import House, make_clinic

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
CHRISTMAS = date(2026, 12, 25)
PLAIN = date(2026, 12, 1)


@pytest.fixture
def house() -> House:
    house = make_clinic(now=datetime(2026, 11, 21, 18, tzinfo=UTC))
    set_place(house, "US")
    return house


def set_place(house: House, country: str, region: str = "", language: str = "en") -> None:
    house.clinic.holiday_country, house.clinic.holiday_region = country, region
    house.clinic.language = language
    with recording(actor_id=house.administrator.id, reason="clinic settings changed"):
        house.clinic.save()


def bring_up(house: House, today: date = TODAY) -> int:
    return bring_up_holidays(clinic=house.clinic, today=today, actor_id=house.administrator.id)


def closed(house: House) -> dict[date, str]:
    return {row.closed_on: row.reason for row in closures(clinic_id=house.clinic.id)}


def test_three_years_of_holidays_are_closed_from_today_on(house: House) -> None:
    changed = bring_up(house)

    found = closed(house)
    assert len(found) == changed > 25
    assert found[CHRISTMAS] == "Christmas Day"
    assert min(found) == date(2026, 11, 26)
    assert {day.year for day in found} == {2026, 2027, 2028}
    assert clinic_facts(clinic_id=house.clinic.id).closed_on == set(found)


def test_asked_again_nothing_changes_and_the_new_year_brings_one_more(house: House) -> None:
    bring_up(house)

    assert bring_up(house) == 0
    assert bring_up(house, date(2027, 1, 2)) > 8
    assert max(closed(house)).year == 2029


def test_a_lifted_holiday_stays_lifted(house: House) -> None:
    bring_up(house)
    row = Closure.objects.get(clinic=house.clinic, closed_on=CHRISTMAS)

    remove_closure(clinic=house.clinic, closure_id=row.pk, actor_id=house.administrator.id)

    assert bring_up(house) == 0
    assert CHRISTMAS not in closed(house)
    assert CHRISTMAS not in clinic_facts(clinic_id=house.clinic.id).closed_on
    assert [row.closed_on for row in lifted_holidays(clinic_id=house.clinic.id)] == [CHRISTMAS]


def test_a_lifted_holiday_can_be_closed_again_by_the_clinic(house: House) -> None:
    bring_up(house)
    open_days(clinic=house.clinic, days=[CHRISTMAS], actor_id=house.administrator.id)
    add_closure(clinic=house.clinic, closed_on=CHRISTMAS, reason="After all", actor_id=house.administrator.id)

    assert bring_up(house) == 0
    assert closed(house)[CHRISTMAS] == "After all"


def test_the_clinics_own_days_are_never_touched(house: House) -> None:
    for day in (CHRISTMAS, PLAIN):
        add_closure(clinic=house.clinic, closed_on=day, reason="Ours", actor_id=house.administrator.id)

    bring_up(house)
    set_place(house, "")
    bring_up(house)

    assert closed(house) == {PLAIN: "Ours", CHRISTMAS: "Ours"}


def test_a_holiday_that_the_clinic_had_closed_itself_and_opens_again_is_not_closed_the_next_night(
    house: House,
) -> None:
    own = add_closure(
        clinic=house.clinic, closed_on=CHRISTMAS, reason="Ours", actor_id=house.administrator.id
    )
    bring_up(house)

    remove_closure(clinic=house.clinic, closure_id=own.pk, actor_id=house.administrator.id)
    bring_up(house)

    assert CHRISTMAS not in closed(house)


def test_another_country_takes_the_former_ones_coming_days_away(house: House) -> None:
    bring_up(house)
    thanksgiving = date(2026, 11, 26)
    set_place(house, "DE", "BY", "de")

    bring_up(house, thanksgiving + timedelta(days=1))

    found = closed(house)
    assert thanksgiving in found  # past: it was closed
    assert date(2027, 11, 25) not in found
    assert found[date(2027, 1, 6)] == "Heilige Drei Könige"


def test_names_follow_the_clinics_language(house: House) -> None:
    set_place(house, "DE", "", "en")
    bring_up(house)
    set_place(house, "DE", "", "de")

    assert bring_up(house) == len(closed(house))
    assert closed(house)[CHRISTMAS] == "Erster Weihnachtstag"


def test_a_country_that_is_not_known_is_refused_and_changes_nothing(house: House) -> None:
    bring_up(house)
    before = closed(house)
    set_place(house, "ZZ")

    with pytest.raises(RecordError):
        bring_up(house)
    assert closed(house) == before


def test_other_clinics_are_left_alone(house: House) -> None:
    bring_up(house)

    assert not Closure.objects.for_clinic(house.elsewhere.id).exists()


def test_the_night_brings_holidays_up_and_works_the_dates_out_anew_only_when_they_changed(
    house: House,
) -> None:
    night = datetime(2026, 11, 22, 10, tzinfo=UTC)
    begin_due_nights(now=night)
    kinds = list(SweepRun.objects.filter(clinic=house.clinic).values_list("kind", flat=True))
    begin_due_nights(now=night + timedelta(days=1))

    assert closed(house)[CHRISTMAS] == "Christmas Day"
    assert sorted(kinds) == ["night", "recalculation"]
    assert SweepRun.objects.filter(clinic=house.clinic, kind="recalculation").count() == 1
    assert not Closure.objects.for_clinic(house.elsewhere.id).exists()


def test_a_country_unknown_to_the_package_does_not_stop_the_night(house: House) -> None:
    set_place(house, "ZZ")

    begun = begin_due_nights(now=datetime(2026, 11, 22, 10, tzinfo=UTC))

    assert SweepRun.objects.filter(pk__in=begun, clinic=house.clinic).exists()


def test_closing_days_says_which_were_open(house: House) -> None:
    bring_up(house)
    days = [CHRISTMAS, PLAIN]

    added = close_days(clinic=house.clinic, days=days, reason="Move", actor_id=house.administrator.id)
    open_days(clinic=house.clinic, days=added, actor_id=house.administrator.id)

    assert added == [PLAIN]
    assert closed(house)[CHRISTMAS] == "Christmas Day"
    assert PLAIN not in closed(house)
