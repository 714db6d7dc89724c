"""The Messages page in a real browser, on a desk's screen and on a phone's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test.utils import override_settings
from playwright.sync_api import Page, expect

from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.states import State
from notifications.models import Message
from notifications.services.delivery import deliver_batch
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_clinic_pages import keep
from tests.factories import PASSWORD, House, make_clinic, make_patient, make_running_pump

NOON = datetime.now(UTC).replace(hour=18, minute=0)  # noon in Chicago, near enough


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    """A clinic with one letter sent, one planned, and one that nobody can tell about."""
    house = make_clinic()
    with override_settings(EMAIL_BACKEND="notifications.backends.InAppBackend"):
        sent, _, unknown = (_plan(house, name) for name in ("Ode", "Poe", "Roe"))
        Message.objects.filter(pk=sent.pk).update(due_at=NOON - timedelta(hours=1))
        deliver_batch(now=NOON)
        Message.objects.filter(pk=unknown.pk).update(state=State.UNKNOWN, first_sent_at=house.now)
        yield house


def _plan(house: House, last_name: str) -> Message:
    patient = make_patient(house, last_name=last_name)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now, "patient_ref": patient.ref}
    add_contact_point(kind="email", value=f"{last_name.lower()}@example.org", **by)
    record_consent(channel="email", is_granted=True, wording="May we? Yes.", **by)
    return Message.objects.get(implant=make_running_pump(house, patient))


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_nurse_reads_a_letter_finds_what_needs_a_person_and_looks_at_one_patients_messages(
    house: House,
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    viewport: dict[str, int],
) -> None:
    page = new_page(viewport=viewport)
    sign_in(page, house.nurse.email, PASSWORD)
    page.goto(f"/c/{house.clinic.slug}/messages/")
    assert_accessible(page)
    keep(page, "messages")
    letter = page.get_by_text("Read the letter")
    letter.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dear Ursula,")).to_be_visible()
    page.get_by_role("link", name="1 message needs a person.").click()
    expect(page.get_by_text("May not have arrived")).to_be_visible()
    expect(page.get_by_text("Poe")).to_have_count(0)
    assert_accessible(page)
    keep(page, "messages-attention")
    page.get_by_role("link", name="Time to book a visit").click()
    expect(page.get_by_role("heading", name="What became of it")).to_be_visible()
    expect(page.get_by_text("It is time to arrange your next visit")).to_be_visible()
    assert_accessible(page)
    keep(page, "message")
    page.get_by_role("link", name="Every message about this patient").click()
    expect(page.get_by_text("Only those about")).to_be_visible()
    page.get_by_label("Through").select_option("sms")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No message here")).to_be_visible()
    assert_accessible(page)
    keep(page, "messages-none")
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="Not sent 0").click()
    expect(page.get_by_text("No message here")).to_be_visible()
    assert_accessible(page)
