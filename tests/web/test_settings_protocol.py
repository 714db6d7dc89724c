"""The care protocol's pages: changed in a draft, looked at, put in force; never over somebody else's version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import User
from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.models import FollowUp, Protocol, ProtocolRow, SweepRun
from scheduling.services.sweeps import run_everything
from tests.factories import House, make_implant, make_patient

Url = Callable[..., str]
RowPost = dict[str, object]


def row_form(**changed: object) -> RowPost:
    """The wound check as the form posts it."""
    return {
        "title": "Wound check",
        "instructions": "",
        "anchor": "surgery",
        "mode": "visit",
        "target_0": "10",
        "target_1": "d",
        "target_2": "after",
        "latest_0": "14",
        "latest_1": "d",
        "latest_2": "after",
        "visit_kind_key": "wound_check",
    } | changed


def shown(client: Client, url: Url) -> dict[str, Any]:
    """The rows of the protocol's page by key, in words."""
    phases = client.get(url("protocol")).context["phases"]
    return {words.row.key: words for _phase, rows in phases for words in rows}


def order(client: Client, url: Url) -> list[str]:
    return list(shown(client, url))


def stored(house: House, key: str) -> ProtocolRow:
    newest = Protocol.objects.filter(clinic=house.clinic).latest("version")
    return ProtocolRow.objects.get(protocol=newest, key=key)


def put_in_force(client: Client, url: Url, note: str = "Wounds later") -> Any:
    return client.post(url("protocol_review"), {"note": note})


def test_every_row_stands_under_its_phase_in_words(administrator: Client, url: Url) -> None:
    phases = {
        phase.key: [words.row.key for words in rows]
        for phase, rows in administrator.get(url("protocol")).context["phases"]
    }
    assert sum(map(len, phases.values())) == len(DEFAULT_PROTOCOL)
    assert "fasting" in phases["before"]
    assert "wound_check" in phases["after"]
    assert "titration_review" in phases["dose_change"]
    assert "mri_interrogation" in phases["mri"]
    assert phases["yearly"] == ["annual_review", "annual_outcomes"]
    assert "replacement_planning" in phases["end_of_service"]
    words = shown(administrator, url)
    assert words["fasting"].target == "1 day before"
    assert words["refill_observation"].target == "the same day"
    assert (
        words["infection_watch"].repeats
        == "every day until 14 days after, then every week until 90 days after"
    )
    assert words["annual_review"].repeats == "every year"


def test_a_row_is_changed_in_a_draft_looked_at_and_put_in_force(
    house: House, administrator: Client, url: Url
) -> None:
    make_implant(house, make_patient(house), implanted_on=house.today - timedelta(days=2))
    item = FollowUp.objects.get(row_key="wound_check")
    posted = row_form(target_0="12", latest_0="3", latest_1="w", instructions="Look at the stitches.")
    response = administrator.post(url("protocol_row", key="wound_check"), posted)
    assert response.url == url("protocol") + "#phase-after"
    assert "1 change is not in force yet" in administrator.get(url("protocol")).content.decode()
    assert Protocol.objects.filter(clinic=house.clinic).count() == 1
    review = administrator.get(url("protocol_review"))
    assert [change.title for change in review.context["changes"]] == ["Wound check"]
    fields = {str(name): (before, after) for name, before, after in review.context["changes"][0].fields}
    assert fields["aim for"] == ("10 days after", "12 days after")
    assert fields["at the latest"] == ("14 days after", "3 weeks after")
    assert review.context["preview"].moved == 1
    assert administrator.post(url("protocol_review"), {"note": ""}).status_code == 422
    done = put_in_force(administrator, url)
    run = SweepRun.objects.get(clinic=house.clinic, kind="recalculation")
    assert done.url == url("recalculation", run_id=run.id)
    run_everything(now=house.now)
    item.refresh_from_db()
    assert item.target_on == house.today + timedelta(days=10)
    row = stored(house, "wound_check")
    assert (row.target, row.latest, row.instructions) == ("+12 d", "+3 w", "Look at the stitches.")
    page = administrator.get(url("protocol")).content.decode()
    assert "not in force yet" not in page
    assert "Version 2 is in force" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"target_0": ""}, "target"),
        ({"target_0": "ten"}, "target"),
        ({"target_0": "99999"}, "target"),
        ({"latest_0": "9"}, "latest"),
        ({"visit_kind_key": ""}, "visit_kind_key"),
        ({"visit_kind_key": "nothing_here"}, "visit_kind_key"),
        ({"anchor": "birthday"}, "anchor"),
        ({"mode": "post"}, "mode"),
        ({"every_1_0": "0", "every_1_1": "d"}, "every_1"),
        ({"until_1_0": "5", "until_1_1": "d", "until_1_2": "after"}, "every_1"),
        ({"every_1_0": "1", "every_1_1": "d"}, "every_1"),
    ],
)
def test_a_row_that_cannot_be_is_refused_at_its_field(
    administrator: Client, url: Url, changed: RowPost, field: str
) -> None:
    for address in (url("protocol_row", key="wound_check"), url("protocol_row_new")):
        response = administrator.post(address, row_form(**changed))
        assert response.status_code == 422
        assert field in response.context["form"].errors
    assert "not in force yet" not in administrator.get(url("protocol")).content.decode()


def test_a_row_is_added_repeated_moved_and_taken_out_again(administrator: Client, url: Url) -> None:
    steps = {
        "every_1_0": "1", "every_1_1": "d", "until_1_0": "20", "until_1_1": "d", "until_1_2": "after",
        "every_2_0": "2", "every_2_1": "w", "until_2_0": "12", "until_2_1": "w", "until_2_2": "after",
    }  # fmt: skip
    added = row_form(title="Wound check", mode="call", visit_kind_key="", **steps)
    administrator.post(url("protocol_row_new") + "?anchor=surgery", added)
    keys = order(administrator, url)
    assert "wound_check_2" in keys
    assert shown(administrator, url)["wound_check_2"].repeats.endswith("every 2 weeks until 12 weeks after")
    place = keys.index("wound_check")
    administrator.post(url("protocol_row_move", key="wound_check"), {"to": "up"})
    assert order(administrator, url).index("wound_check") == place - 1
    administrator.post(url("protocol_row_move", key="wound_check"), {"to": "down"})
    assert order(administrator, url) == keys
    administrator.post(url("protocol_row_move", key="medical_evaluation"), {"to": "up"})
    assert order(administrator, url) == keys
    put_in_force(administrator, url, "More calls")
    assert "wound_check_2" in order(administrator, url)
    administrator.post(url("protocol_row_use", key="wound_check_2"))
    assert not shown(administrator, url)["wound_check_2"].row.is_active
    administrator.post(url("protocol_row_use", key="wound_check_2"))
    assert "not in force yet" not in administrator.get(url("protocol")).content.decode()


def test_a_new_row_that_is_only_in_the_draft_leaves_it_without_a_trace(
    administrator: Client, url: Url
) -> None:
    administrator.post(url("protocol_row_new"), row_form(title="Only a thought"))
    administrator.post(url("protocol_row_use", key="only_a_thought"))
    assert "only_a_thought" not in order(administrator, url)
    assert administrator.get(url("protocol_review")).url == url("protocol")


def test_the_default_comes_back_for_a_row_and_for_all(house: House, administrator: Client, url: Url) -> None:
    administrator.post(url("protocol_row", key="wound_check"), row_form(title="Changed"))
    assert (
        "default protocol says" in administrator.get(url("protocol_row", key="wound_check")).content.decode()
    )
    administrator.post(url("protocol_row_default", key="wound_check"))
    assert shown(administrator, url)["wound_check"].row.title == "Wound check"
    administrator.post(url("protocol_row", key="wound_check"), row_form(title="Changed"))
    administrator.post(url("protocol_row_new"), row_form(title="Own"))
    put_in_force(administrator, url)
    administrator.post(url("protocol_default"))
    words = shown(administrator, url)
    assert words["wound_check"].row.title == "Wound check"
    assert not words["own"].row.is_active
    administrator.post(url("protocol_discard"))
    assert shown(administrator, url)["own"].row.is_active


def test_two_people_at_once_and_the_second_is_told(
    house: House, administrator: Client, url: Url, signed_in: Callable[[User], Client]
) -> None:
    other = signed_in(house.administrator)
    administrator.post(url("protocol_row", key="wound_check"), row_form(title="First"))
    other.post(url("protocol_row", key="wound_check"), row_form(title="Second"))
    put_in_force(administrator, url)
    page = other.get(url("protocol")).content.decode()
    assert "Version 2 was put in force while you were changing version 1" in page
    refused = put_in_force(other, url)
    assert refused.status_code == 422
    assert "changed in the meantime" in refused.content.decode()
    assert stored(house, "wound_check").title == "First"
    other.post(url("protocol_discard"))
    assert shown(other, url)["wound_check"].row.title == "First"


def test_a_draft_is_nobody_elses(house: House, administrator: Client, url: Url, signed_in: Any) -> None:
    administrator.post(url("protocol_row", key="wound_check"), row_form(title="Mine"))
    assert shown(signed_in(house.administrator), url)["wound_check"].row.title == "Wound check"


def test_the_versions_say_who_when_and_what(house: House, administrator: Client, url: Url) -> None:
    administrator.post(url("protocol_row", key="wound_check"), row_form(target_0="11"))
    put_in_force(administrator, url, "One day later")
    page = administrator.get(url("protocol_versions")).content.decode()
    assert "One day later" in page
    assert "Ada Administrator" in page
    version = administrator.get(url("protocol_version", version=2))
    assert [change.title for change in version.context["changes"]] == ["Wound check"]
    first = administrator.get(url("protocol_version", version=1)).content.decode()
    assert "What it changed" not in first
    assert administrator.get(url("protocol_version", version=3)).status_code == 404


def test_a_row_that_is_not_there_is_not_found(administrator: Client, url: Url) -> None:
    assert administrator.get(url("protocol_row", key="nothing")).status_code == 404
    assert administrator.post(url("protocol_row_use", key="nothing")).status_code == 404


def test_the_page_costs_the_same_however_many_versions(house: House, administrator: Client, url: Url) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for name in ("protocol", "protocol_versions"):
                administrator.get(url(name))
        return len(queries)

    before = cost()
    for number in range(3):
        administrator.post(url("protocol_row", key="wound_check"), row_form(title=f"W{number}"))
        put_in_force(administrator, url)
    assert cost() == before
