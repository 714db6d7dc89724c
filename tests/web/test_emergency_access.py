"""Emergency access: one hour, with a reason, seen by everybody, reviewed by somebody else, and never more than care."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from clinic.audit import recording
from clinic.domain.roles import EMERGENCY, PERMISSIONS, Permission, Role
from clinic.models import AccessRecord, EmergencyAccess, User
from tests.factories import House, make_implant
from tests.web.matrix.clinic_pages import PAGES
from tests.web.table_rows import emergency_of

Url = Callable[..., str]
SignIn = Callable[[User], Client]
REASON = {"reason": "alarm sounds and no nurse is here"}


def ask(client: Client, slug: str, **more: str) -> int:
    return client.post("/emergency/", {"clinic": slug, **REASON, **more}).status_code


def test_it_never_gives_more_than_care() -> None:
    assert {Permission.VIEW_PATIENTS, Permission.RECORD_CARE} == EMERGENCY


def test_a_scheduler_records_care_for_an_hour(house: House, signed_in: SignIn, url: Url) -> None:
    client, implant = signed_in(house.person(Role.SCHEDULER)), make_implant(house)
    page = url("reading_new", ref=implant.ref)
    assert "/emergency/" in client.get(page).content.decode()
    assert client.get(page).status_code == 403
    assert ask(client, house.clinic.slug) == 302
    shown = client.get(page)
    assert shown.status_code == 200
    assert "Emergency access until" in shown.content.decode()
    for row in PAGES:
        if row.needs not in EMERGENCY | PERMISSIONS[Role.SCHEDULER] and not row.about and row.is_looked_at:
            assert client.get(url(row.name)).status_code == 403, row.name
    with recording(actor_id=None, reason="an hour passes"):
        EmergencyAccess.objects.update(
            began_at=house.now - timedelta(hours=2), ends_at=house.now - timedelta(hours=1)
        )
    after = client.get(page)
    assert after.status_code == 403
    assert "Emergency access until" not in after.content.decode()


def test_it_is_ended_by_its_person_and_holds_in_that_browser_only(
    house: House, signed_in: SignIn, url: Url
) -> None:
    here, there = (signed_in(house.person(Role.AUDITOR)) for _ in range(2))
    page = url("reading_new", ref=make_implant(house).ref)
    ask(here, house.clinic.slug)
    assert (here.get(page).status_code, there.get(page).status_code) == (200, 403)
    here.post("/emergency/end/")
    assert here.get(page).status_code == 403
    assert EmergencyAccess.objects.get().ended_at is not None


@pytest.mark.parametrize("reason", ["", "   ", "help"])
def test_without_a_reason_nothing_opens(house: House, nurse: Client, reason: str) -> None:
    assert ask(nurse, house.clinic.slug, reason=reason) == 422
    assert not EmergencyAccess.objects.exists()


def test_another_organisations_clinic_cannot_be_asked_for(house: House, signed_in: SignIn, url: Url) -> None:
    client = signed_in(house.outsider)
    assert house.clinic.name not in client.get("/emergency/").content.decode()
    assert ask(client, house.clinic.slug) == 422
    assert ask(client, "no-such-clinic") == 422
    assert client.get(url("patients")).status_code == 404


def test_within_one_organisation_a_colleague_of_another_clinic_sees_and_records(
    house: House, signed_in: SignIn, url: Url, settings: Settings
) -> None:
    settings.ONE_ORGANISATION = True
    client, implant = signed_in(house.outsider), make_implant(house)
    assert client.get(url("patients")).status_code == 404
    assert ask(client, house.clinic.slug) == 302
    assert client.get(url("patient", ref=implant.patient.ref)).status_code == 200
    seen = AccessRecord.objects.get(route="nurse:patient")
    assert (seen.user, seen.reason) == (house.outsider, EmergencyAccess.objects.get().reason)
    answer = client.post(
        url("reading_new", ref=implant.ref), {"read_on": str(house.today), "reservoir_ml": "21"}
    )
    assert answer.status_code == 302, answer.content
    assert implant.readings.get().recorded_by == house.outsider
    for row in PAGES:
        if row.needs not in EMERGENCY and not row.about and row.is_looked_at:
            assert client.get(url(row.name)).status_code == 403, row.name
    assert client.get(f"/api/v1/clinics/{house.clinic.slug}/forecasts").status_code == 404


def test_who_gives_no_care_anywhere_asks_nowhere_else(
    house: House, signed_in: SignIn, settings: Settings
) -> None:
    settings.ONE_ORGANISATION = True
    assert ask(signed_in(house.person(Role.AUDITOR)), house.elsewhere.slug) == 422
    assert ask(signed_in(User.objects.create_user("idle@example.org")), house.clinic.slug) == 422
    assert Client().get("/emergency/").url.startswith("/accounts/login/")


def test_a_grant_opens_no_other_clinic_and_no_other_account(
    house: House, signed_in: SignIn, url: Url, settings: Settings
) -> None:
    client = signed_in(house.nurse)
    ask(client, house.clinic.slug)
    other = reverse("nurse:patients", kwargs={"clinic_slug": house.elsewhere.slug})
    assert client.get(other).status_code == 404
    thief = signed_in(house.outsider)
    session = thief.session
    session["emergency_access"] = str(EmergencyAccess.objects.get().ref)
    session.save()
    assert thief.get(url("patients")).status_code == 404


def test_every_administrator_is_told_until_it_is_reviewed(
    house: House, administrator: Client, nurse: Client, url: Url
) -> None:
    taken = emergency_of(house)
    assert "waits for a review" in administrator.get(url("patients")).content.decode()
    assert "waits for a review" not in nurse.get(url("patients")).content.decode()
    assert taken.reason in administrator.get(url("emergencies")).content.decode()
    address = url("emergency_review", ref=taken.ref)
    assert administrator.post(address, {"comment": " "}).status_code == 422
    assert administrator.post(address, {"comment": "a real one"}).status_code == 302
    taken.refresh_from_db()
    assert (taken.reviewed_by, taken.review_comment) == (house.administrator, "a real one")
    assert "waits for a review" not in administrator.get(url("patients")).content.decode()
    again = administrator.post(address, {"comment": "another view"})
    assert "reviewed already" in again.content.decode()
    actors = [row.pgh_context.metadata["actor"] for row in taken.history.order_by("pgh_id")]
    assert actors == [house.nurse.id, house.administrator.id]


def test_nobody_reviews_their_own(house: House, administrator: Client, url: Url) -> None:
    ask(administrator, house.clinic.slug)
    own = EmergencyAccess.objects.get()
    assert "Somebody else reviews it" in administrator.get(url("emergencies")).content.decode()
    refused = administrator.post(url("emergency_review", ref=own.ref), {"comment": "fine"})
    assert "somebody else reviews" in refused.content.decode().lower()
    with pytest.raises(IntegrityError), transaction.atomic(), recording(actor_id=None, reason="by hand"):
        EmergencyAccess.objects.update(
            reviewed_at=house.now, reviewed_by=house.administrator, review_comment="fine"
        )


def test_the_database_keeps_it_to_an_hour(house: House) -> None:
    taken = emergency_of(house)
    with pytest.raises(IntegrityError), transaction.atomic(), recording(actor_id=None, reason="by hand"):
        EmergencyAccess.objects.update(ends_at=taken.began_at + timedelta(hours=2))
