"""Saved filters on the lists: kept from the address, shown as chips, one's own alone."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.utils.html import escape

from scheduling.models import SavedFilter
from tests.factories import House, make_running_pump
from web.undo import undo_of

Url = Callable[..., str]


def keep(client: Client, url: Url, query: str = "drug=baclofen&group=due", **more: str) -> str:
    """Keep the filters of the work list as a person does; where one lands."""
    page = client.get(f"{url('worklist')}?{query}")
    here = page.context["keep_filter_url"]
    assert escape(here) in page.content.decode()
    answer = client.post(here, {"name": "Baclofen, due", **more}, follow=True)
    return str(answer.redirect_chain[-1][0]) if answer.redirect_chain else ""


def chips(client: Client, address: str) -> list[tuple[str, bool]]:
    return [(chip.name, chip.is_here) for chip in client.get(address).context["saved_chips"]]


def test_the_filters_that_are_set_are_kept_under_a_name_and_stand_above_the_list(
    house: House, nurse: Client, administrator: Client, url: Url
) -> None:
    make_running_pump(house)
    landed = keep(nurse, url)
    assert landed == url("worklist") + "?drug=baclofen&group=due"
    assert chips(nurse, url("worklist")) == [("Baclofen, due", False)]
    assert chips(nurse, landed) == [("Baclofen, due", True)]
    assert chips(administrator, landed) == []
    assert chips(nurse, url("follow_ups")) == []
    assert nurse.get(landed).context["keep_filter_url"] == ""


def test_a_name_that_is_taken_is_refused_at_its_field_and_replaced_when_asked(
    house: House, nurse: Client, url: Url
) -> None:
    make_running_pump(house)
    keep(nurse, url)
    here = url("filter_new") + "?page=worklist&query=weeks%3D8"
    refused = nurse.post(here, {"name": "Baclofen, due"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["name"] == ["You already have a filter of this name"]
    nurse.post(here, {"name": "Baclofen, due", "overwrite": "on"})
    assert SavedFilter.objects.get().query == "weeks=8"


def test_no_word_that_was_searched_for_is_kept(house: House, nurse: Client, url: Url) -> None:
    here = url("filter_new") + "?page=followups&query=how%3Dcall%26text%3DOde"
    assert "Ode" not in nurse.get(here).content.decode()
    nurse.post(here, {"name": "Calls"})
    assert SavedFilter.objects.get().query == "how=call"


def test_a_filter_is_renamed_and_deleted_and_kept_again(house: House, nurse: Client, url: Url) -> None:
    make_running_pump(house)
    keep(nurse, url)
    here = f"{url('filter_edit')}?filter={SavedFilter.objects.get().id}"
    nurse.post(here, {"name": "Mine"})
    assert chips(nurse, url("worklist")) == [("Mine", False)]
    page = nurse.post(url("filter_delete"), {"filter": str(SavedFilter.objects.get().id)}, follow=True)
    assert chips(nurse, url("worklist")) == []
    button = undo_of(list(page.context["messages"])[-1])
    assert button is not None
    nurse.post(button.url, dict(button.fields))
    assert chips(nurse, url("worklist")) == [("Mine", False)]


def test_anothers_filter_is_not_there(house: House, nurse: Client, administrator: Client, url: Url) -> None:
    make_running_pump(house)
    keep(nurse, url)
    mine = str(SavedFilter.objects.get().id)
    for answer in (
        administrator.get(f"{url('filter_edit')}?filter={mine}"),
        administrator.post(f"{url('filter_edit')}?filter={mine}", {"name": "Hers"}),
        administrator.post(url("filter_delete"), {"filter": mine}),
        administrator.get(f"{url('filter_edit')}?filter=x"),
    ):
        assert answer.status_code == 302
    assert SavedFilter.objects.get().name == "Baclofen, due"
