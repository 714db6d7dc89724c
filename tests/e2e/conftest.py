"""A real browser on the real application: gunicorn on the database of this run, or the processes of the compose file."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.deploy import stack
from tests.e2e import chromium
from tests.servers import SOURCE, answers, environment, free_port, start_web

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
_AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def browser(_web: str) -> Iterator[Browser]:
    """One Chromium for all tests; every test gets a profile of its own from `page` or `new_page`."""
    found = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program,
            env={**os.environ, **found.environment},
            args=["--no-sandbox", "--no-zygote", "--disable-gpu", *stack.trusted()],
        )
        yield browser
        browser.close()
        connections.close_all()  # those of code that ran beside the driver's event loop: Django keeps them apart


@contextmanager
def served(broker_address: str, folder: Path, **settings: str) -> Iterator[str]:
    """The address of an application of one's own, with these settings, by their names in capitals.

    On `localhost`: without TLS, browsers encrypt and keep passkeys only there.
    """
    if stack.found is not None:
        yield stack.found.another_web(**settings)
        return
    address = f"http://localhost:{(port := free_port())}"
    web = start_web(environment(broker_url=broker_address, PORT=str(port), **settings), folder)
    try:
        web.wait_until(lambda: answers(address))
        yield address
    finally:
        web.kill()


@pytest.fixture(scope="session")
def _web(
    django_db_setup: None, broker_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if stack.found is not None:
        stack.found.start_application()
        yield stack.found.address
        return
    with served(broker_address, tmp_path_factory.mktemp("web")) as address:
        yield address


@pytest.fixture
def live_app(_web: str, transactional_db: None) -> str:
    """The address of the running application. Rows that a test makes are seen by it at once."""
    return _web


@pytest.fixture
def web_itself(live_app: str) -> str:
    """The address of the web server, behind whatever proxy there is."""
    return stack.found.web if stack.found is not None else live_app


@pytest.fixture
def at_work(request: pytest.FixtureRequest, transactional_db: None) -> None:
    """Somebody takes tasks: the compose file's worker, or one of this test's own."""
    if stack.found is None:
        request.getfixturevalue("start_worker")()


@pytest.fixture
def still(transactional_db: None) -> Iterator[None]:
    """For a scene that no record would make: whoever is at work would put it right, and waits meanwhile."""
    if stack.found is None:
        yield
        return
    with stack.found.paused("worker", "beat", "dispatcher"):
        yield


@pytest.fixture
def new_page(browser: Browser, live_app: str) -> Iterator[Callable[..., Page]]:
    """Opens pages, each with a profile of its own: `new_page(viewport=PHONE)`, `new_page(java_script_enabled=False)`.

    The test fails when a page broke the content policy or threw an error that nobody caught.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(
            **({"base_url": live_app, "viewport": DESK, "ignore_https_errors": True} | options)
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda line: troubles.append(line.text) if _is_trouble(line.text) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page on a desk's screen."""
    return new_page()


@pytest.fixture
def sign_in() -> Callable[[Page, str, str], None]:
    """`sign_in(page, email, password)` by the form, as a person does."""

    def by_form(page: Page, email: str, password: str) -> None:
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return by_form


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """`assert_accessible(page)`: no finding of axe under WCAG 2.2 AA, and no sideways scrolling."""

    def check(page: Page) -> None:
        page.evaluate(_AXE.read_text())
        found = page.evaluate(
            "async tags => (await axe.run({runOnly: {type: 'tag', values: tags}})).violations"
            ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))",
            _WCAG,
        )
        assert found == [], f"{page.url}:\n" + "\n".join(found)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{page.url} is wider than the screen"
        )

    return check


def _is_trouble(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text
