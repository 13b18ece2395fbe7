"""The page as people meet it: set up, asked, answered, taken back; in every width and colour, with and without rights.

In order: each test goes on in the home that the one before has left.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .conftest import DESKTOP, FIND, PHONE, Visit, Visitor

VIEWS = ("now", "devices", "map", "actions", "trust")
MEMBER = "grace"
NASTY = "<img src=x onerror=alert(1)> & \u0645\u0635\u0628\u0627\u062d 💡 " + "x" * 170


def hunch(visitor: Visitor) -> Locator:
    """Return the hunch about a light."""
    found = visitor.open("now").locator("article", has_text=re.compile("light|lamp", re.IGNORECASE)).first
    found.wait_for()
    return found


def subject(visitor: Visitor) -> str:
    """Return the light that is asked about."""
    keys: list[str] = visitor.page.evaluate(f"() => ({FIND})().now.hunches.map(({{ entity_id }}) => entity_id)")
    return next(key for key in keys if key.startswith("light."))


def test_it_is_set_up_from_the_pages_of_home_assistant(visit: Visit) -> None:
    admin = visit()
    for entry in admin.command("config_entries/get", domain="hunches"):
        admin.request("DELETE", f"config/config_entries/entry/{entry['entry_id']}")
    sidebar = admin.page.locator("ha-sidebar")
    expect(sidebar.get_by_text("Hunches", exact=True)).to_have_count(0)
    admin.page.goto(f"{admin.url}/config/integrations/dashboard/add?domain=hunches")
    admin.page.get_by_role("button", name="OK", exact=True).click()
    dialog = admin.page.locator("dialog-data-entry-flow")
    expect(dialog.get_by_text("devices", exact=False).first).to_be_visible()
    admin.picture("set-up")
    dialog.get_by_role("button", name=re.compile("submit", re.IGNORECASE)).click()
    dialog.get_by_role("button", name=re.compile("finish|skip", re.IGNORECASE)).first.click()
    sidebar.get_by_text("Hunches", exact=True).click()
    admin.panel.locator(".gauges").wait_for()
    assert re.search(r"/hunches(/now)?$", admin.page.url)
    # How readily it asks is changed in the options; the page that is open goes on, and shows what that brings
    [entry] = admin.command("config_entries/get", domain="hunches")
    flow = admin.request("POST", "config/config_entries/options/flow", {"handler": entry["entry_id"]})["flow_id"]
    admin.request("POST", f"config/config_entries/options/flow/{flow}", {"asking": {"sensitivity": "eager"}})
    admin.panel.locator("article").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_view_in_every_width_and_colour(visit: Visit, size: dict[str, int], scheme: str) -> None:
    admin = visit(size=size, scheme=scheme)
    name = f"{'phone' if size is PHONE else 'desktop'}-{scheme}"
    for view in VIEWS:
        panel = admin.open(view)
        if view == "now":
            panel.locator("article").first.get_by_role("button", name="Why?").click()
            expect(panel.get_by_text("it would not have been asked").first).to_be_visible()
        elif view == "devices":
            panel.get_by_role("option", name="Porch light").click()
            panel.locator(".detail svg.chart").wait_for()
        else:
            expect(panel.get_by_text("Loading…")).to_have_count(0)
            panel.locator("main .card").first.wait_for()
        admin.no_barrier()
        admin.picture(f"{view}-{name}")


def test_with_keys_alone(visit: Visit) -> None:
    admin = visit()
    panel = admin.open("devices")
    grid = panel.get_by_role("listbox")
    panel.get_by_role("option").first.wait_for()
    grid.focus()
    for _ in range(3):
        admin.page.keyboard.press("ArrowDown")
    name = panel.locator("[aria-selected=true] bdi").inner_text()
    expect(panel.locator(".detail h2")).to_contain_text(name)
    admin.page.keyboard.press("End")
    expect(panel.locator("[aria-selected=true] bdi")).not_to_have_text(name)
    admin.page.keyboard.press("Escape")
    expect(panel.locator(".detail")).to_be_hidden()
    panel.get_by_role("button", name="14 days").click()
    expect(panel.get_by_role("button", name="14 days")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("searchbox").fill("kitchen")
    expect(panel.get_by_role("option", name=re.compile("porch", re.IGNORECASE))).to_have_count(0)
    panel.get_by_role("link", name="Map").press("Enter")
    panel.locator("canvas").press("+")
    panel.get_by_text("As a table").press("Enter")
    expect(panel.get_by_role("cell", name=re.compile("%")).first).to_be_visible()


def test_names_are_text(visit: Visit) -> None:
    admin = visit(size=PHONE)
    hunch(admin)
    key = subject(admin)
    old = admin.command("config/entity_registry/get", entity_id=key)["name"]
    admin.command("config/entity_registry/update", entity_id=key, name=NASTY)
    try:
        for view in VIEWS:
            panel = admin.open(view)
            if view == "now":
                expect(panel.get_by_text("<img src=x").first).to_be_visible()
            expect(panel.locator("main img")).to_have_count(0)
            admin.page.wait_for_timeout(500)
            admin.no_barrier()
            admin.picture(f"{view}-nasty")
    finally:
        admin.command("config/entity_registry/update", entity_id=key, name=old)


def test_a_view_that_is_shown_again_has_what_is_new(visit: Visit) -> None:
    admin = visit()
    panel = admin.open("devices")
    panel.get_by_role("option", name="Porch light").wait_for()
    admin.command("config/entity_registry/update", entity_id="light.porch", name="Welcome lamp")
    try:
        for view in ("Map", "Devices"):
            panel.get_by_role("link", name=view).click()
        panel.get_by_role("option", name="Welcome lamp").wait_for()
    finally:
        admin.command("config/entity_registry/update", entity_id="light.porch", name=None)


def test_numbers_and_times_are_the_viewers_own(visit: Visit) -> None:
    admin = visit()
    admin.open("now")
    admin.page.evaluate("() => localStorage.setItem('selectedLanguage', JSON.stringify('de'))")
    panel = admin.open("now")
    expect(panel.locator(".gauges dd").first).to_have_text(re.compile(r"\d\u00a0%$"))
    admin.no_barrier()
    panel = admin.open("devices")
    panel.get_by_role("option").first.wait_for()
    expect(panel.locator(".axis")).to_have_text(re.compile(r"\d\d Uhr"))
    expect(panel.locator(".axis")).not_to_have_text(re.compile("PM"))


def test_always_is_asked_about_and_shows_its_proof(visit: Visit) -> None:
    admin = visit()
    hunch(admin).get_by_role("button", name="Always do this").click()
    dialog = admin.panel.locator("dialog")
    expect(dialog).to_contain_text(re.compile("Looking back over|Nothing has been proven"))
    admin.no_barrier()
    admin.picture("always")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert admin.command("hunches/actions")["rules"] == []


def make_member(admin: Visitor) -> None:
    """Let there be a member of the household who is no administrator."""
    user = admin.command("config/auth/create", name="Grace", group_ids=["system-users"])["user"]
    login = {"user_id": user["id"], "username": MEMBER, "password": "demo"}
    admin.command("config/auth_provider/homeassistant/create", **login)


def test_a_member_answers_and_takes_it_back_and_two_windows_agree(visit: Visit) -> None:
    admin = visit()
    asked_too = hunch(admin)
    make_member(admin)
    member = visit(MEMBER, size=PHONE)
    question = hunch(member)
    light = subject(member)
    assert member.state(light) == "on"
    for name in ("Always do this", "Never for"):
        expect(question.get_by_role("button", name=name)).to_have_count(0)
    # The other window does not hear of it, and answers too
    admin.page.evaluate(f"() => {{ ({FIND})().link._hear = () => undefined; }}")
    question.get_by_role("button", name="Turn them off").click()
    member.says("Done")
    assert member.state(light) == "off"
    expect(member.panel.locator("article", has_text="still on")).to_have_count(0)
    asked_too.get_by_role("button", name="Not now").click()
    admin.says("no longer open")
    member.no_barrier()
    member.picture("answered")
    named = light.partition(".")[2].replace("_", " ").capitalize()  # two were answered about; this one is taken back
    member.panel.locator("li", has_text=named).get_by_role("button", name="Undo").click()
    member.says("as it was before")
    member.becomes(light, "on")
    panel = member.open("actions")
    expect(panel.get_by_role("switch")).to_be_disabled()
    expect(panel.get_by_text("by Grace").first).to_be_visible()
    expect(panel.get_by_text("taken back")).to_be_visible()
    panel = member.open("trust")
    expect(panel.get_by_text("Somebody who manages this home can allow")).to_be_visible()
    assert all(switch.is_disabled() for switch in panel.get_by_role("switch").all())


def test_a_rule_is_made_after_its_proof_and_deleted(visit: Visit) -> None:
    admin = visit()
    panel = admin.open("trust")
    panel.get_by_role("heading", name=re.compile("Looking back over")).wait_for()
    switch = panel.get_by_role("switch", name=re.compile("Do without asking: .*light")).first
    switch.scroll_into_view_if_needed()
    switch.click()
    expect(panel.locator("dialog")).to_contain_text(re.compile("hunch"))
    admin.no_barrier()
    panel.locator("dialog").get_by_role("button", name="Allow").click()
    admin.says("Allowed")
    expect(panel.get_by_role("switch", checked=True)).to_have_count(1)
    panel = admin.open("actions")
    panel.get_by_role("switch", name="Automatic actions").click()
    admin.says("done without asking from now on")
    expect(panel.get_by_role("switch", name="Automatic actions")).to_be_checked()
    admin.picture("rules")
    admin.no_barrier()
    panel.get_by_role("switch", name="Automatic actions").click()
    panel.get_by_role("button", name="Delete this rule").click()
    admin.says("deleted")
    expect(panel.get_by_text("Nothing is allowed, and nothing is ruled out")).to_be_visible()


def test_a_page_that_nobody_saw_for_a_while_is_brought_back(visit: Visit) -> None:
    admin = visit()
    panel = admin.open("trust")
    panel.get_by_role("switch").first.wait_for()
    hide = f"() => {{ const page = ({FIND})(); const place = page.parentNode; page.remove(); place.append(page); }}"
    admin.page.evaluate(hide)
    panel.get_by_role("switch").first.wait_for()
    panel.get_by_role("link", name="Now").click()
    panel.locator(".gauges").wait_for()


def test_the_page_comes_back_after_the_connection_and_the_integration(visit: Visit) -> None:
    admin = visit()
    panel = admin.open("now")
    panel.locator(".gauges").wait_for()
    admin.page.context.set_offline(True)
    admin.page.evaluate("() => document.querySelector('home-assistant').hass.connection.socket.close()")
    expect(panel.locator(".banner")).to_contain_text("connection to Home Assistant is lost")
    admin.no_barrier()
    admin.page.context.set_offline(False)
    expect(panel.locator(".banner")).to_have_count(0)
    [entry] = admin.command("config_entries/get", domain="hunches")
    disable: dict[str, Any] = {"entry_id": entry["entry_id"]}
    admin.command("config_entries/disable", disabled_by="user", **disable)
    expect(panel.locator(".banner")).to_contain_text("not set up, or not loaded")
    admin.command("config_entries/disable", disabled_by=None, **disable)
    expect(panel.locator(".banner")).to_have_count(0)
    panel.locator(".gauges").wait_for()
