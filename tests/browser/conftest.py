"""A demo that runs, a browser, and somebody in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from browse import CHROMIUM, FLAGS, PATIENCE, ZONE, demo, log_in
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FIND = """() => {
  const find = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const found = node.localName === "hunches-panel" ? node : node.shadowRoot && find(node.shadowRoot);
      if (found) return found;
    }
  };
  return find(document);
}"""
CHECK = """async () => {
  const { violations } = await axe.run((%s)());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat(9).at(-1)).join(", ")}`);
}"""

WIDER = """() => {
  const main = (%s)().shadowRoot.querySelector("main");
  return main.scrollWidth - main.clientWidth;
}"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let pictures be kept, and another demo be looked at."""
    parser.addoption("--pictures", type=Path, metavar="DIR", help="keep a picture of all that was seen here")
    parser.addoption("--url", help="a demo that runs already (default: one is started)")


@dataclass
class Visitor:
    """Somebody with a browser window, logged in."""

    page: Page
    url: str
    pictures: Path | None
    complaints: list[str] = field(default_factory=list)

    @property
    def panel(self) -> Locator:
        """The page of Hunches."""
        return self.page.locator("hunches-panel")

    def open(self, view: str) -> Locator:
        """Go to one of its views, and wait until it is there."""
        self.page.goto(f"{self.url}/hunches/{view}")
        self.panel.locator(f"main[data-view={view}] > *").first.wait_for()
        return self.panel

    def state(self, entity_id: str) -> str:
        """Return how an entity stands."""
        found: str = self.page.evaluate(
            "entity => document.querySelector('home-assistant').hass.states[entity].state", entity_id
        )
        return found

    def becomes(self, entity_id: str, state: str) -> None:
        """Wait until an entity stands so."""
        self.page.wait_for_function(
            "([entity, state]) => document.querySelector('home-assistant').hass.states[entity].state === state",
            arg=[entity_id, state],
        )

    def command(self, kind: str, **fields: Any) -> Any:
        """Send a command of Home Assistant's, in this person's name."""
        return self.page.evaluate(
            "message => document.querySelector('home-assistant').hass.callWS(message)", {"type": kind, **fields}
        )

    def request(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        """Send a request to Home Assistant's API, in this person's name."""
        return self.page.evaluate(
            "given => document.querySelector('home-assistant').hass.callApi(...given)", [method, path, data]
        )

    def says(self, text: str) -> None:
        """Wait until the page says something below."""
        expect(self.panel.locator(".toast")).to_contain_text(text)

    def no_barrier(self) -> None:
        """See that axe finds nothing wrong with the page as it stands, and that nothing sticks out of it."""
        self.page.evaluate(AXE)
        assert self.page.evaluate(CHECK % FIND) == []
        assert self.page.evaluate(WIDER % FIND) == 0

    def picture(self, name: str) -> None:
        """Keep a picture, once nothing moves any more, if anybody wants them."""
        if self.pictures is not None:
            self.page.wait_for_timeout(800)
            self.page.screenshot(path=self.pictures / f"{name}.png")


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """Return where pictures are kept; None if nobody wants them."""
    folder: Path | None = request.config.getoption("--pictures")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a demo for all tests, unless one is given; return its address."""
    if (given := request.config.getoption("--url")) is not None:
        yield given
        return
    with demo() as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser of this machine."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def logged_in() -> dict[str, Any]:
    """Hold what a browser keeps of each user who has logged in."""
    return {}


@pytest.fixture
def visit(browser: Browser, url: str, logged_in: dict[str, Any], pictures: Path | None) -> Iterator[Visit]:
    """Return what opens a window for a user; afterwards, see that nothing went wrong in any."""
    windows: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def come(user: str = "demo", size: dict[str, int] = DESKTOP, scheme: str = "light") -> Visitor:
        # Without motion: what is half faded in has half its contrast, and axe says so
        window = browser.new_context(
            viewport=size,
            timezone_id=ZONE,
            color_scheme=scheme,
            reduced_motion="reduce",
            storage_state=logged_in.get(user),
        )
        windows.append(window)
        page = window.new_page()
        page.set_default_timeout(PATIENCE)
        visitor = Visitor(page, url, pictures)
        visitors.append(visitor)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        if user not in logged_in:
            log_in(page, url, user)
            logged_in[user] = window.storage_state()
        return visitor

    yield come
    for window in windows:
        window.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
