"""Whose language a page is written in, and how numbers and days are written in it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.register.values import read_decimal
from clinic.domain.roles import Role
from clinic.models import Clinic, User
from clinic.services.accounts import choose_language
from clinic.writing import written_in
from tests.factories import House, make_fill, make_implant, make_patient, make_running_pump
from web.words import figure_words, plain_words, quantity_typed, quantity_words

pytestmark = pytest.mark.django_db
Address = Callable[..., str]


def language_of(page: object) -> str:
    """What the page says of itself; its header and its first tag agree."""
    text = page.content.decode()  # type: ignore[attr-defined]
    said = str(page.headers["Content-Language"])  # type: ignore[attr-defined]
    assert f'<html lang="{said}"' in text
    return said


def speaks(clinic: Clinic, language: str) -> None:
    changed(clinic, language=language)


def changed(clinic: Clinic, **values: str) -> None:
    with recording(actor_id=None, reason="test"):
        Clinic.objects.filter(pk=clinic.pk).update(**values)


# --- Whose ----------------------------------------------------------------------------------------------


def test_a_page_speaks_the_clinic_s_language_whatever_the_browser_asks_for(
    house: House, nurse: Client, url: Address
) -> None:
    assert language_of(nurse.get(url("worklist"), headers={"accept-language": "es"})) == "en"
    speaks(house.clinic, "fr")
    page = nurse.get(url("worklist"), headers={"accept-language": "es"})
    assert language_of(page) == "fr"
    assert "Liste de travail" in page.content.decode()


def test_a_person_s_own_choice_goes_before_the_clinic_s(house: House, nurse: Client, url: Address) -> None:
    speaks(house.clinic, "fr")
    back = f"http://testserver{url('patients')}?q=ode"
    answer = nurse.post("/language/", {"language": "es"}, headers={"referer": back})
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert language_of(nurse.get(url("worklist"))) == "es"
    assert language_of(nurse.get("/clinics/")) == "es"
    assert User.objects.get(pk=house.nurse.pk).language == "es"
    assert User.objects.get(pk=house.administrator.pk).language == ""
    history: Any = User.objects.get(pk=house.nurse.pk).history  # type: ignore[attr-defined]
    assert history.latest("pgh_id").language == "es"


def test_pages_of_no_clinic_speak_as_the_clinic_where_one_works(house: House, nurse: Client) -> None:
    speaks(house.clinic, "fr")
    assert language_of(nurse.get("/clinics/", headers={"accept-language": "es"})) == "fr"
    assert language_of(nurse.get("/accounts/password/change/")) == "fr"


def test_what_is_refused_is_refused_in_the_language_of_the_clinic(
    house: House, signed_in: Callable[[User], Client], url: Address
) -> None:
    speaks(house.clinic, "es")
    page = signed_in(house.person(Role.AUDITOR)).get(url("patient_new"))
    assert (page.status_code, language_of(page)) == (403, "es")


def test_without_an_account_the_browser_is_asked_until_somebody_chooses(house: House) -> None:
    client = Client()
    page = client.get("/accounts/login/", headers={"accept-language": "fr-CA,fr;q=0.9"})
    assert language_of(page) == "fr"
    assert "Accept-Language" in page.headers["Vary"]
    assert language_of(client.get("/accounts/login/", headers={"accept-language": "de"})) == "en"
    client.post("/language/", {"language": "es"})
    page = client.get("/accounts/login/", headers={"accept-language": "fr"})
    assert language_of(page) == "es"
    assert "Iniciar sesión" in page.content.decode()


def test_what_was_chosen_at_the_door_lasts_after_signing_in(
    house: House, nurse: Client, url: Address
) -> None:
    nurse.cookies["language"] = "es"
    assert language_of(nurse.get(url("worklist"))) == "es"
    assert User.objects.get(pk=house.nurse.pk).language == ""
    nurse.cookies["language"] = "tlh"
    assert language_of(nurse.get(url("worklist"))) == "en"


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_the_switch_leads_nowhere_else(nurse: Client, back: str) -> None:
    assert nurse.post("/language/", {"language": "fr"}, headers={"referer": back})["Location"] == "/"


def test_a_language_that_there_is_not_is_refused(house: House, nurse: Client) -> None:
    assert nurse.post("/language/", {"language": "tlh"}).status_code == 422
    with pytest.raises(RecordError):
        choose_language(user_id=house.nurse.pk, language="")
    assert User.objects.get(pk=house.nurse.pk).language == ""


def test_one_answer_s_language_is_not_the_next_one_s(house: House, nurse: Client, url: Address) -> None:
    speaks(house.clinic, "fr")
    nurse.get(url("worklist"))
    assert translation.get_language() == "en"
    assert quantity_words(Decimal("0.35")) == "0.35"


# --- What programs read ---------------------------------------------------------------------------------


def test_programs_are_answered_in_english(house: House, nurse: Client) -> None:
    choose_language(user_id=house.nurse.pk, language="fr")
    answer = nurse.get("/api/v1/nowhere", headers={"accept-language": "es"})
    assert answer.headers["Content-Language"] == "en"
    assert answer.json()["title"] == "Not Found" or "not" in answer.json()["title"].lower()
    assert nurse.get("/api/v1/docs/").headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    "name",
    ["worklist_csv", "report_refills_csv", "report_preparation_csv", "report_discrepancy_csv", "audit_csv"],
)
def test_a_table_to_take_away_is_the_same_in_every_language(
    house: House, administrator: Client, url: Address, name: str
) -> None:
    make_running_pump(house, make_patient(house))
    first = administrator.get(url(name)).content
    choose_language(user_id=house.administrator.pk, language="fr")
    again = administrator.get(url(name)).content
    assert again.splitlines()[0] == first.splitlines()[0]
    assert name == "audit_csv" or again == first


# --- Numbers and days -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "country", "written"),
    [
        ("en", "US", "0.35"),
        ("es", "ES", "0,35"),
        ("es", "MX", "0.35"),
        ("es", "US", "0.35"),
        ("fr", "FR", "0,35"),
        ("fr", "CA", "0,35"),
    ],
)
def test_a_number_has_the_sign_of_the_language_in_its_country(
    language: str, country: str, written: str
) -> None:
    with translation.override(language), written_in(country):
        assert quantity_words(Decimal("0.350")) == written
        assert figure_words(Fraction(35, 100)) == written
        assert plain_words(Decimal("0.35")) == written
        assert quantity_typed(Decimal("0.35")) == "0.35"


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("number", ["1234.5", "12345.678", "0.125", "1.234", "999999"])
def test_no_number_has_a_sign_between_its_thousands(language: str, number: str) -> None:
    with translation.override(language), written_in("FR"):
        said = quantity_words(Decimal(number))
        assert len(said) == len(number)
        assert said.replace(",", ".") == number
        assert read_decimal(quantity_typed(Decimal(number))) == Decimal(number), (
            "what a field shows is read back"
        )


def test_a_comma_is_read_alike_in_every_language() -> None:
    for language in ("en", "es", "fr"):
        with translation.override(language):
            assert read_decimal("12,5") == Decimal("12.5")
            with pytest.raises(ValueError, match="thousands"):
                read_decimal("1,250")


@pytest.mark.parametrize(("language", "shown"), [("es", "37,25"), ("fr", "37,25")])
def test_a_field_keeps_the_point_beside_text_with_a_comma(
    house: House, nurse: Client, url: Address, language: str, shown: str
) -> None:
    changed(house.clinic, holiday_country="FR")
    implant = make_implant(house, make_patient(house))
    fill = make_fill(house, implant, volume_ml="37.25")
    choose_language(user_id=house.nurse.pk, language=language)
    assert f"{shown} mL" in nurse.get(url("fill", ref=fill.ref)).content.decode()
    page = nurse.get(url("fill_edit", ref=fill.ref)).content.decode()
    assert 'value="37.25"' in page
    assert f'value="{shown}"' not in page
