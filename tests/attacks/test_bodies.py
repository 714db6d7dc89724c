"""Forms that say more than the page asked for: numbers, clinics and people of somebody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from clinic.models import ContactPoint, Invitation, Patient, User
from clinic.services.patients import add_contact_point
from scheduling.models import CalendarFeed, Visit
from tests.attacks.pages import SCREENS, About, Url, addresses, body_of, rows_of_clinic, rows_of_patient
from tests.bookings import book, open_day
from tests.factories import PASSWORD, House, make_patient, make_running_pump
from tests.web.table_rows import plan_operation

pytestmark = pytest.mark.django_db


@dataclass
class Form:
    """A form of a page: where it goes, and what a browser would send."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page that are posted, filled as they are and with something where nothing is."""

    def __init__(self, address: str, today: str) -> None:
        super().__init__()
        self.address, self.today = address, today
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            posted = named.get("method", "").lower() == "post"
            self._form = Form(urljoin(self.address, named.get("action", ""))) if posted else None
            self.found += [self._form] if self._form else []
        elif self._form is None:
            return
        elif tag == "select":
            self._select = named.get("name", "")
        elif tag == "option" and self._select and named.get("value"):
            if "selected" in named or self._select not in self._form.values:
                self._form.values[self._select] = [named["value"]]
        elif tag in ("input", "textarea", "button") and named.get("name"):
            self._put(self._form, tag, named)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""

    def _put(self, form: Form, tag: str, named: dict[str, str]) -> None:
        kind = named.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in named:
            return
        plain = (
            "Filled" if "name" in named.get("name", "") else "12"
        )  # nobody's name is found in every log line
        filler = {"date": self.today, "time": "10:00", "email": "filled@example.org"}.get(kind, plain)
        value = named.get("value", "") or ("A reason" if tag == "textarea" else filler)
        form.values.setdefault(named["name"], []).append(value)


def forms_of(client: Client, address: str, today: str) -> list[Form]:
    forms = Forms(address, today)
    forms.feed(body_of(client.get(address)))
    own = urlsplit(address).path.split("/")[2]
    return [form for form in forms.found if f"/{own}/" in form.action]


def people() -> dict[int, tuple[object, ...]]:
    named = ("email", "display_name", "is_staff", "is_superuser", "is_active", "password")
    return {row[0]: row for row in User.objects.values_list("pk", *named)}


def test_a02_a13_a15_no_form_takes_numbers_clinics_or_people_that_it_did_not_ask_for(
    house: House, administrator: Client, about: About, url: Url
) -> None:
    """OpenEMR CVE-2026-25744, Cal.com CVE-2026-23478 and CVE-2026-16624: every form of every page, pressed with
    another patient's numbers, another clinic's, and another person's address planted among its fields."""
    there = House(**{**vars(house), "clinic": house.elsewhere, "nurse": house.outsider})
    foreign, sibling = make_patient(there), make_patient(house, last_name="Sibling")
    make_running_pump(there, foreign)
    before = rows_of_clinic(house.elsewhere), rows_of_patient(sibling.pk), people()
    planted = {"_method": ["DELETE"]}
    for names, value in (
        ("id pk patient_id patient_pk object_id", str(sibling.pk)),
        ("uuid ref patient patient_ref", str(foreign.ref)),
        ("clinic clinic_id clinic_slug tenant", str(house.elsewhere.pk)),
        ("user user_id owner actor_id created_by", str(house.outsider.pk)),
        ("is_staff is_superuser is_active", "on"),
    ):
        planted |= {name: [value] for name in names.split()}
    today, taken, refused = house.today.isoformat(), 0, 0
    for row, address in addresses(SCREENS, about, url):
        for form in forms_of(administrator, address, today):
            own = form.values | {name: sent for name, sent in planted.items() if name not in form.values}
            for sent in [form.values | planted, own] if set(planted) & set(form.values) else [own]:
                answer = administrator.post(form.action, sent)
                assert answer.status_code < 500, row.name
                taken += answer.status_code == 302
                refused += answer.status_code in (404, 422)
    assert taken > 40, "the forms do something"
    assert refused > 20
    assert rows_of_clinic(house.elsewhere) == before[0]
    assert rows_of_patient(sibling.pk) == before[1]
    assert {pk: row for pk, row in people().items() if pk in before[2]} == before[2]


def test_a02_a_number_in_the_body_never_turns_making_into_changing(
    house: House, administrator: Client, nurse: Client, url: Url
) -> None:
    """OpenEMR CVE-2026-25744 on the two ways by which a record is made: forms and the interface for programs."""
    old = make_patient(house, last_name="Old")
    contact = add_contact_point(
        clinic=house.clinic,
        patient_ref=old.ref,
        kind="email",
        value="old@example.org",
        actor_id=house.nurse.id,
        now=house.now,
    )
    booked = book(house, old, on=open_day(house))
    before = rows_of_patient(old.pk)
    number = {"id": str(old.pk), "pk": str(old.pk), "ref": str(old.ref), "uuid": str(old.ref)}
    new = {"last_name": "New", "first_name": "N", "mrn": "N1", "birth_date": "1970-01-01", "language": "en"}
    assert nurse.post(url("patient_new"), new | number).status_code == 302
    made = Patient.objects.get(mrn="N1")
    assert made.pk != old.pk
    more = {
        "kind": "email",
        "value": "new@example.org",
        "id": contact.pk,
        "pk": contact.pk,
        "patient": old.pk,
    }
    assert nurse.post(url("contact_new", ref=made.ref), more).status_code == 302
    assert ContactPoint.objects.get(value="new@example.org").patient_id == made.pk
    sent = {
        "patient": str(made.ref),
        "kind": str(booked.kind.ref),
        "nurse": str(booked.nurse.ref),
        "local_on": open_day(house, 14).isoformat(),
        "local_at": "10:00",
    }
    planted = {
        "id": booked.pk,
        "ref": str(booked.ref),
        "status": "done",
        "clinic": house.elsewhere.pk,
    }
    address = f"/api/v1/clinics/{house.clinic.slug}/visits"
    for name, value in planted.items():
        answer = nurse.post(address, sent | {name: value}, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"#/{name}")
    assert Visit.objects.count() == 1
    answer = nurse.post(address, sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    visit = Visit.objects.get(ref=answer.json()["ref"])
    assert (visit.pk != booked.pk, visit.patient_id, visit.status) == (True, made.pk, "booked")
    assert visit.clinic_id == house.clinic.pk
    for method in (nurse.put, nurse.patch, nurse.delete):
        assert method(f"{address}/{booked.ref}", sent, content_type="application/json").status_code == 405
    assert rows_of_patient(old.pk) == before


def test_a15_the_interface_takes_nothing_of_another_clinic(house: House, nurse: Client) -> None:
    """Cal.com CVE-2026-16624: each reference in a booking, in turn another clinic's."""
    there = House(**{**vars(house), "clinic": house.elsewhere, "nurse": house.outsider})
    theirs = book(there, make_patient(there), on=open_day(there))
    implant = make_running_pump(there, theirs.patient)
    follow_up = plan_operation(there, theirs.patient)
    mine = book(house, make_patient(house), on=open_day(house))
    good: dict[str, Any] = {
        "patient": str(mine.patient.ref),
        "kind": str(mine.kind.ref),
        "nurse": str(mine.nurse.ref),
        "local_on": open_day(house, 14).isoformat(),
        "local_at": "11:00",
    }
    foreign: dict[str, Any] = {
        "patient": str(theirs.patient.ref),
        "kind": str(theirs.kind.ref),
        "nurse": str(theirs.nurse.ref),
        "implant": str(implant.ref),
        "follow_ups": [str(follow_up.ref)],
    }
    before = Visit.objects.count()
    for name, value in foreign.items():
        answer = nurse.post(
            f"/api/v1/clinics/{house.clinic.slug}/visits",
            good | {name: value},
            content_type="application/json",
        )
        assert answer.status_code in (400, 404, 409, 422), (name, answer.content)
    assert Visit.objects.count() == before


VARIANTS = (
    *("Administrator", "ADMINISTRATOR", "administrator ", "administrator\x00", "nurse:administrator"),
    *("nurse/administrator", "nurse,administrator", "nurse administrator", "ａdministrator", "*", "owner"),
    *("administratör", "admini\u200dstrator", "\u202eadministrator", "Role.ADMINISTRATOR", "superuser"),
)


def test_a07_a_role_or_a_scope_is_one_of_the_known_words_and_nothing_like_one(
    house: House, administrator: Client, url: Url
) -> None:
    """OpenEMR CVE-2026-126473: scopes were compared after they were made alike. There is no OAuth here: roles
    and what a calendar holds are the words that grant."""
    for word in VARIANTS:
        sent = {"email": "variant@example.org", "role": word}
        assert administrator.post(url("member_invite"), sent).status_code == 422, word
        feed = {"label": "Mine", "scope": word, "detail": word}
        assert administrator.post(url("calendar_links"), feed).status_code == 422, word
    assert not Invitation.objects.filter(email="variant@example.org").exists()
    assert not CalendarFeed.objects.exists()


def test_a13_nothing_that_is_sent_makes_somebody_another_person(house: House, nurse: Client) -> None:
    """Cal.com CVE-2026-23478: the e-mail address of a session's update became whose session it is."""
    before = people()
    other = {"email": house.administrator.email, "id": house.administrator.pk, "user": house.administrator.pk}
    other |= {"login": house.administrator.email, "role": "administrator", "is_superuser": "on"}
    for path in ("/accounts/email/", "/accounts/password/set/", "/still-here/", "/clinics/", "/"):
        nurse.post(path, other)
        nurse.post(path, other, content_type="application/json")
    nurse.post("/accounts/reauthenticate/", other | {"password": PASSWORD})
    new = {"oldpassword": PASSWORD, "password1": "a-new-long-secret", "password2": "a-new-long-secret"}
    assert nurse.post("/accounts/password/change/", new | other).status_code == 302
    assert int(nurse.session["_auth_user_id"]) == house.nurse.pk
    changed = {pk for pk, row in people().items() if row != before[pk]}
    assert changed == {house.nurse.pk}, "her own password and nobody else's"
    assert User.objects.get(pk=house.nurse.pk).email == house.nurse.email
