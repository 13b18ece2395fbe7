"""A hunch where Home Assistant shows it by itself: in Repairs; and what is left of it in the logbook.

In a home of its own: here the light that the other tests talk about is answered for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browse import answer, demo, open_repairs
from playwright.sync_api import expect

from .conftest import Visit


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
    asked = [issue for issue in admin.command("repairs/list_issues")["issues"] if issue["domain"] == "hunches"]
    light = next(issue for issue in asked if "light." in issue["issue_id"])
    answer(admin.page, issues, light, admin.pictures, [0])
    admin.page.goto(f"{admin.url}/logbook")
    expect(admin.page.locator("ha-logbook-renderer")).to_contain_text("because a person accepted the hunch")
