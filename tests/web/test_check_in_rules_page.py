"""The page on which a prescriber or administrator changes how check-ins are graded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from clinic.domain.roles import Role
from clinic.models import User
from notifications.domain.check_in.rules import Grade
from notifications.models import CheckInRules
from notifications.selectors.check_in_rules import table_in_force
from tests.factories import House

Url = Callable[..., str]


def values_of(client: Client, address: str) -> dict[str, Any]:
    """What the form would send unchanged."""
    form = client.get(address).context["form"]
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_the_shipped_table_is_shown_to_everybody_who_sees_patients(
    nurse: Client, administrator: Client, url: Url
) -> None:
    shown = nurse.get(url("check_in_rules")).content.decode()

    assert "Alarm with two tones" in shown
    assert "At most 7 days before the alarm date, or past it" in shown
    assert url("check_in_rule", key="two_tones") not in shown
    assert url("check_in_rule", key="two_tones") in administrator.get(url("check_in_rules")).content.decode()


def test_the_table_is_a_tab_of_the_settings_for_those_who_have_them(
    nurse: Client, administrator: Client, url: Url
) -> None:
    tab = f'href="{url("check_in_rules")}" aria-current="page"'
    assert f'href="{url("check_in_rules")}"' in administrator.get(url("settings")).content.decode()
    assert tab in administrator.get(url("check_in_rules")).content.decode()
    shown = nurse.get(url("check_in_rules")).content.decode()
    assert tab not in shown
    assert f'<a href="{url("watch")}">Watch</a>' in shown
    row = administrator.get(url("check_in_rule", key="two_tones")).content.decode()
    assert f'<a href="{url("settings")}">Settings</a>' in row


def test_opening_a_row_and_putting_it_in_force_unchanged_makes_no_version(
    house: House, administrator: Client, url: Url
) -> None:
    for rule in table_in_force(clinic_id=house.clinic.pk).rules:
        address = url("check_in_rule", key=rule.key)
        assert administrator.post(address, values_of(administrator, address)).status_code == 302, rule.key

    assert not CheckInRules.objects.exists()


def test_a_grade_is_raised_and_who_did_it_is_kept(house: House, administrator: Client, url: Url) -> None:
    address = url("check_in_rule", key="single_tone")

    administrator.post(
        address, values_of(administrator, address) | {"grade": "emergency", "note": "Local advice"}
    )

    table = table_in_force(clinic_id=house.clinic.pk)
    rule = table.rule("single_tone")
    assert rule is not None
    assert (table.version, rule.grade) == (1, Grade.EMERGENCY)
    version = CheckInRules.objects.get()
    assert (version.created_by, version.note) == (house.administrator, "Local advice")
    assert "Local advice" in administrator.get(url("check_in_rules")).content.decode()
    earlier = administrator.get(url("check_in_rules_version", version=0)).content.decode()
    assert "This is an earlier version." in earlier


def test_lowering_an_emergency_row_asks_for_a_reason(house: House, administrator: Client, url: Url) -> None:
    address = url("check_in_rule", key="weakness")
    lower = values_of(administrator, address) | {"grade": "same_day"}

    refused = administrator.post(address, lower)
    assert refused.status_code == 422
    assert "an emergency row may catch less: say why" in refused.content.decode().lower()

    administrator.post(address, lower | {"note": "Agreed with neurosurgery"})
    assert table_in_force(clinic_id=house.clinic.pk).version == 1


def test_what_is_shipped_as_an_emergency_cannot_be_put_out_of_use(
    house: House, administrator: Client, url: Url
) -> None:
    address = url("check_in_rule", key="weakness")
    off = values_of(administrator, address) | {"note": "Too many"}
    del off["is_active"]

    refused = administrator.post(address, off)

    assert refused.status_code == 422
    assert "must stay same day or sooner" in refused.content.decode()
    assert not CheckInRules.objects.exists()


def test_a_change_can_be_tried_before_it_is_put_in_force(administrator: Client, url: Url) -> None:
    address = url("check_in_rule", key="headache_mild")
    raised = values_of(administrator, address) | {"grade": "emergency"}

    by_button = administrator.post(address, raised | {"try": "1"})
    live = administrator.post(address, raised, headers={"HX-Request": "true"})

    for response in (by_button, live):
        assert response.status_code == 200
        changed = [sample["title"] for sample in response.context["samples"] if sample["is_changed"]]
        assert changed == ["Mild headache", "Severe headache with vomiting"]
    assert not CheckInRules.objects.exists()


def test_a_row_of_the_clinics_own_is_added(house: House, administrator: Client, url: Url) -> None:
    address = url("check_in_rule_new")
    row = {
        "title": "Red and swollen in the first week",
        "grade": "same_day",
        "is_active": "on",
        "wound": ["redness", "swelling"],
        "operation_within_days": "7",
        "version": "0",
    }

    nothing = administrator.post(address, {**row, "wound": []})
    assert "would hold for everybody" in nothing.content.decode()
    assert administrator.post(address, row).status_code == 302

    table = table_in_force(clinic_id=house.clinic.pk)
    rule = table.rule("red_and_swollen_in_the_first_week")
    assert rule is not None
    assert [condition.kind.value for condition in rule.conditions] == ["wound", "operation_within_days"]


def test_a_change_made_on_an_older_table_is_refused(house: House, administrator: Client, url: Url) -> None:
    address = url("check_in_rule", key="single_tone")
    stale = values_of(administrator, address)
    administrator.post(address, stale | {"grade": "emergency"})

    refused = administrator.post(address, stale | {"grade": "working_day"})

    assert refused.status_code == 422
    assert CheckInRules.objects.count() == 1


def test_a_prescriber_may_change_it_and_a_nurse_may_not(
    house: House, signed_in: Callable[[User], Client], nurse: Client, url: Url
) -> None:
    address = url("check_in_rule", key="single_tone")

    assert signed_in(house.person(Role.PRESCRIBER)).get(address).status_code == 200
    assert nurse.get(address).status_code == 403
