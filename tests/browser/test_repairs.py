"""A hunch where Home Assistant shows it by itself: in Repairs; and what is left of it in the logbook.

In a home of its own: what is asked here is answered for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browse import OPTIONS, PATIENCE, answer, ask, close, demo, open_repairs
from playwright.sync_api import expect

from .conftest import Visit

WHY = "because a person accepted the hunch"
RECORDED = """async why => {
  const { hass } = document.querySelector("home-assistant");
  const start_time = new Date(Date.now() - 3_600_000).toISOString();
  const entries = await hass.callWS({ type: "logbook/get_events", start_time });
  return entries.some(({ message }) => message?.includes(why));
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Run a demo for this file alone; return its address."""
    with demo() as address:
        yield address


@pytest.fixture(scope="module")
def logged_in() -> dict[str, Any]:
    """Hold what a browser keeps of who has logged in there."""
    return {}


def test_a_hunch_is_answered_in_repairs_and_stands_in_the_logbook(visit: Visit) -> None:
    admin = visit()
    issues = open_repairs(admin.page, admin.url)
    asked = next(issue for issue in admin.command("repairs/list_issues")["issues"] if issue["domain"] == "hunches")
    # Somebody else looks at it, too, and answers a moment later: they hear that it is over, and nothing is done twice
    late = visit()
    dialog = ask(late.page, open_repairs(late.page, late.url), asked)
    answer(admin.page, issues, asked, admin.pictures, [0])
    dialog.locator(OPTIONS).first.click()
    expect(dialog).to_contain_text("no longer open", timeout=PATIENCE)
    late.picture("gone")
    close(dialog)
    # The logbook can miss the first event of a new kind, for good, if it is opened while that event is being recorded
    admin.page.wait_for_function(RECORDED, arg=WHY)
    admin.page.goto(f"{admin.url}/logbook")
    expect(admin.page.locator("ha-logbook-renderer")).to_contain_text(WHY, timeout=PATIENCE)
