"""The admin site: the catalogue alone, for superusers alone, behind the ordinary way of signing in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from clinic.models import Drug, PumpModel, PumpModelValue, User
from scheduling.models import SweepRun
from tests.factories import PASSWORD, House
from tests.second_factors import give_app, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def pump_model() -> PumpModel:
    return PumpModel.objects.get(key="synchromed-ii-40")


def form_of(pump_model: PumpModel, **changed: str) -> dict[str, str]:
    """What the browser posts for a pump model: the model's fields and each of its values."""
    values = list(pump_model.values.order_by("id"))
    data = {
        "manufacturer": pump_model.manufacturer,
        "name": pump_model.name,
        "mri_action": pump_model.mri_action,
        "mri_source": pump_model.mri_source,
        "mri_confidence": pump_model.mri_confidence,
        "is_offered": "on",
        "values-TOTAL_FORMS": str(len(values)),
        "values-INITIAL_FORMS": str(len(values)),
    }
    for number, value in enumerate(values):
        stored = f"{value.value.normalize():f}"
        data |= {
            f"values-{number}-id": str(value.id),
            f"values-{number}-pump_model": str(pump_model.id),
            f"values-{number}-quantity": value.quantity,
            f"values-{number}-value": changed.get(value.quantity, stored),
            f"values-{number}-source": value.source,
            f"values-{number}-confidence": value.confidence,
            f"values-{number}-stated_on": value.stated_on.isoformat() if value.stated_on else "",
        }
    return data


def test_nobody_is_sent_to_the_ordinary_sign_in() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


def test_there_is_no_second_door(house: House) -> None:
    """What is posted to the admin's own address signs nobody in, and neither does a session without a factor."""
    form = {"username": house.administrator.email, "password": PASSWORD, "next": "/admin/"}
    client = Client()
    for path in ("/admin/login/", "/admin/"):
        answer = client.post(path, form, follow=True)
        assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_without_a_second_factor_the_catalogue_is_shut(house: House, settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    assert sign_in(house.administrator).get("/admin/").url == "/accounts/2fa/"
    secret = give_app(house.administrator)
    assert sign_in(house.administrator, secret).get("/admin/").status_code == 200


def test_a_nurse_may_not_enter(house: House, nurse: Client) -> None:
    assert nurse.get("/admin/", follow=True).status_code == 403


def test_staff_that_is_no_superuser_may_not_enter(house: House, signed_in: Callable[[User], Client]) -> None:
    house.nurse.is_staff = True
    house.nurse.save()
    assert signed_in(house.nurse).get("/admin/", follow=True).status_code == 403


def test_only_the_catalogue_and_its_history_are_there() -> None:
    names = {model.__name__ for model in admin.site._registry}
    catalogue = {"PumpModel", "Drug"}
    history = {
        f"{name}History" for name in ("PumpModel", "PumpModelValue", "Drug", "Stability", "MarketedStrength")
    }
    assert names == catalogue | history


def test_every_page_of_the_site_opens(house: House, administrator: Client, pump_model: PumpModel) -> None:
    drug = Drug.objects.get(key="baclofen")
    pages = [reverse("admin:index")]
    pages += [reverse(f"admin:clinic_{model._meta.model_name}_changelist") for model in admin.site._registry]
    pages += [reverse("admin:clinic_pumpmodel_change", args=[pump_model.id])]
    pages += [reverse("admin:clinic_drug_change", args=[drug.id]), reverse("admin:clinic_drug_add")]
    for page in pages:
        assert administrator.get(page).status_code == 200, page


def test_an_edited_value_is_signed_and_every_clinic_is_worked_out_again(
    house: House, administrator: Client, pump_model: PumpModel
) -> None:
    address = reverse("admin:clinic_pumpmodel_change", args=[pump_model.id])
    response = administrator.post(address, form_of(pump_model, threshold_ml="4"))
    assert response.status_code == 302, response.context["errors"]
    value = PumpModelValue.objects.get(pump_model=pump_model, quantity="threshold_ml")
    assert value.value == Decimal("4")
    newest = value.history.order_by("-pgh_id").first()
    assert newest.pgh_context.metadata == {"actor": house.administrator.id, "reason": "catalogue edited"}
    assert set(SweepRun.objects.values_list("clinic_id", flat=True)) == {house.clinic.id, house.elsewhere.id}


def test_what_the_record_points_at_is_never_deleted(
    house: House, administrator: Client, pump_model: PumpModel
) -> None:
    address = reverse("admin:clinic_pumpmodel_delete", args=[pump_model.id])
    assert administrator.post(address, {"post": "yes"}).status_code == 403
    assert PumpModel.objects.filter(pk=pump_model.pk).exists()
