"""The pictures of the documentation: the demo clinic on one day of November 2026.

An ordinary run looks at the pages and writes nothing; `make pictures` writes them into docs/images. The day is always the
same, and so is the demo, so a picture differs only where a page does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from clinic.models import Implant, User
from config.demo.clinic import PASSWORD, DemoClinic
from config.demo.messages import DemoMessages
from notifications.services.delivery import deliver_batch
from scheduling.models import ImportCheck, Visit
from scheduling.services.register_import import check_slice, confirm_import, import_slice, upload_register
from scheduling.services.sweeps import run_everything
from tests.deploy import stack
from tests.e2e.conftest import DESK, PHONE
from tests.factories import House
from tests.patient_links import send_link
from tests.register_files import register
from tests.servers import SOURCE, answers, environment, free_port, start_web

NOW = datetime(2026, 11, 18, 19, 20, tzinfo=UTC)
"""A Wednesday, 14:20 in New York."""
IMAGES = SOURCE / "docs" / "images"
STILL: Any = {"animations": "disabled", "caret": "hide"}
NURSE, ADMINISTRATOR = "nora@demo.example", "alex@demo.example"
REGISTER = register(
    {"mrn": "R2041", "last_name": "Okafor", "first_name": "Chidi", "pump_serial": "NGV204101H"},
    {
        "mrn": "R2042",
        "last_name": "Lindqvist",
        "first_name": "Maja",
        "pump_serial": "NGV204102H",
        "dose": "180",
    },
    {"mrn": "R2043", "last_name": "Tanaka", "first_name": "Ren", "pump_serial": "NGV204103H", "unit_1": "mg"},
    {
        "mrn": "R2044",
        "last_name": "Moreau",
        "first_name": "Inès",
        "pump_serial": "NGV204104H",
        "dose": "300000",
    },
    {
        "mrn": "R2045",
        "last_name": "Haddad",
        "first_name": "Samir",
        "pump_serial": "NGV204105H",
        "filled_on": "03/04/2026",
    },
)
"""Two rows that can be read, and three slips: a unit, a dose a thousand times off, a day that is two."""


@pytest.fixture
def address(live_app: str, broker_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application, standing still at NOW."""
    if stack.found is not None:
        pytest.skip(
            "the compose file's processes go by the clock and would work on in a clinic that stands still"
        )
    port = free_port()
    given = environment(broker_url=broker_address, PORT=str(port), STILL_AT=NOW.isoformat())
    web = start_web(given, tmp_path_factory.mktemp("still"), application="tests.e2e.still")
    try:
        web.wait_until(lambda: answers(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"
    finally:
        web.kill()


@pytest.fixture
def house(live_app: str) -> House:
    """The demo clinic, with what has become of its messages."""
    demo = DemoClinic(now=NOW, time_zone="America/New_York")
    demo.make()
    run_everything(now=NOW)
    DemoMessages(demo.clinic, demo.numbers, demo.last_noon, NOW).play()
    while deliver_batch(now=NOW):  # what became due since noon
        pass
    alex, nora = (User.objects.get(email=email) for email in (ADMINISTRATOR, NURSE))
    return House(demo.clinic, alex, nora, demo.clinic, alex, nora, NOW)


class Album:
    """Looks at one page after the other, and keeps each where that was asked for."""

    def __init__(self, house: House, page: Page, check: Callable[[Page], None]) -> None:
        self.page, self._at, self._check = page, f"/c/{house.clinic.slug}/", check

    def open(self, path: str) -> None:
        answer = self.page.goto(
            path if path.startswith("/") else f"{self._at}{path}", wait_until="networkidle"
        )
        assert answer is not None
        assert answer.ok, path

    def take(self, name: str, *, height: int, words: str) -> None:
        """The page as it is, so high; it must say the words and be accessible."""
        expect(self.page.get_by_text(words).first).to_be_visible()
        self._check(self.page)
        width = (self.page.viewport_size or DESK)["width"]
        clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
        self._keep(name, lambda path: self.page.screenshot(path=path, clip=clip, full_page=True, **STILL))

    def take_part(self, name: str, part: Locator) -> None:
        """A part of the page that was looked at already."""
        expect(part).to_be_visible()
        self._keep(name, lambda path: part.screenshot(path=path, **STILL))

    @staticmethod
    def _keep(name: str, take: Callable[[Path], object]) -> None:
        if "PICTURES" in os.environ:
            take(IMAGES / f"{name}.png")


def test_the_pages_of_the_pictures_are_there_and_accessible(
    address: str,
    house: House,
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, str, str], None],
    assert_accessible: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    def album(viewport: dict[str, int], person: str = "") -> Album:
        page = new_page(
            base_url=address, viewport=viewport, reduced_motion="reduce", timezone_id="America/New_York"
        )
        page.clock.set_fixed_time(NOW)
        if person:
            sign_in(page, person, PASSWORD)
        return Album(house, page, assert_accessible)

    nurse = album(DESK, NURSE)
    nurses_pages(nurse)
    patients_page(album(PHONE), house)
    brought_in(album(DESK, ADMINISTRATOR), nurse, house, tmp_path)


def nurses_pages(nurse: Album) -> None:
    """The list, a pump with a history, a refill of it, the week, what is due."""
    nurse.open("worklist/")
    nurse.take("worklist", height=860, words="most urgent first")
    implant = Implant.objects.get(serial="DEMO00010H")
    nurse.open(f"patients/{implant.patient.ref}/")
    nurse.take("patient", height=820, words="Must refill by")
    nurse.take_part("chart", nurse.page.locator("section:has(> div > svg.reservoir)").first)
    nurse.open(f"implants/{implant.ref}/refill/")
    nurse.take("refill", height=920, words="What this gives")
    nurse.open(f"calendar/?view=week&date={NOW.date()}")
    nurse.take("calendar", height=800, words="18")
    nurse.open("followups/")
    nurse.take("follow-ups", height=740, words="due")


def patients_page(phone: Album, house: House) -> None:
    """What opens behind the link of a reminder."""
    visit = (
        Visit.objects.filter(status="booked", starts_at__gt=NOW + timedelta(days=1), patient__language="en")
        .order_by("starts_at", "patient__mrn")
        .first()
    )
    assert visit is not None
    phone.open(send_link(house, visit).address)
    phone.take("patient-page", height=844, words="Riverside Clinic")


def brought_in(administrator: Album, nurse: Album, house: House, folder: Path) -> None:
    """A register before it is confirmed, and as its second person finds it."""
    by = {"clinic": house.clinic, "now": NOW}
    alex = house.administrator
    run = upload_register(file_name="register.csv", content=REGISTER, uploaded_by_id=alex.id, **by)
    check_slice(import_id=run.pk, now=NOW, seconds=600)
    administrator.open(f"register/{run.ref}/")
    administrator.take("import", height=800, words="register.csv")
    confirm_import(import_ref=run.ref, actor_id=alex.id, **by)
    import_slice(import_id=run.pk, now=NOW, seconds=600)
    check = ImportCheck.objects.get(state="open")
    nurse.open(f"to-check/import/{check.ref}/")
    nurse.take("import-check", height=704, words="register.csv")  # below stand pumps drawn by chance
