"""The page in the sidebar: there while the entry is loaded, its modules fetched only when it is opened."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hunches.const import DOMAIN, Stage
from custom_components.hunches.engine.policy import Outcome, Verdict
from custom_components.hunches.frontend import ELEMENT, FOLDER, LEAVE_SECONDS

from .conftest import SetUp, later


async def test_it_is_there_while_the_entry_is_loaded(
    porch: HomeAssistant, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    entry = await set_up()
    panel = porch.data[DATA_PANELS][DOMAIN]
    assert (panel.sidebar_title, panel.require_admin, panel.config_panel_domain) == ("Hunches", False, None)
    assert await porch.config_entries.async_reload(entry.entry_id)
    await later(porch, freezer, LEAVE_SECONDS + 1)
    assert porch.data[DATA_PANELS][DOMAIN] is panel  # nobody was sent away by that
    assert await porch.config_entries.async_unload(entry.entry_id)
    await later(porch, freezer, LEAVE_SECONDS + 1)
    assert DOMAIN not in porch.data[DATA_PANELS]
    assert await porch.config_entries.async_setup(entry.entry_id)
    assert DOMAIN in porch.data[DATA_PANELS]
    assert await porch.config_entries.async_remove(entry.entry_id)
    assert DOMAIN not in porch.data[DATA_PANELS]


async def test_every_module_can_be_fetched_and_is_kept_by_browsers(
    porch: HomeAssistant, set_up: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await set_up()
    custom = porch.data[DATA_PANELS][DOMAIN].config["_panel_custom"]
    assert custom["name"] == ELEMENT
    client = await hass_client_no_auth()
    place, _, first = custom["module_url"].rpartition("/")
    waiting, fetched = [first], dict[str, str]()
    while waiting:
        name = waiting.pop()
        answer = await client.get(f"{place}/{name}")
        assert answer.status == 200, name
        assert "max-age" in answer.headers["Cache-Control"]
        assert "javascript" in answer.headers["Content-Type"]
        fetched[name] = await answer.text()
        imported = re.findall(r'^import .* from "\./([^"]+)"', fetched[name], re.MULTILINE)
        waiting += [module for module in imported if module not in (*fetched, *waiting)]
    assert set(fetched) == {file.name for file in FOLDER.glob("*.js")}
    # Nothing comes from elsewhere, and what people typed is text
    for name, text in fetched.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


async def test_nothing_of_it_is_loaded_with_other_pages(porch: HomeAssistant, set_up: SetUp) -> None:
    await async_setup_component(porch, "frontend", {})
    await set_up()
    assert not any(DOMAIN in url for url in porch.data["frontend_extra_module_url"].urls)


FAMILIES = {
    "view": ("now", "devices", "map", "actions", "trust"),
    "column": (
        *("device", "what", "chance", "why_not", "hour", "expected", "was", "right", "answers"),
        *("area", "archetype", "on_time", "interval", "saved", "allowed"),
    ),
    "headline": ("right", "false_a_week", "saved", "acted"),
    "by": ("archetype", "on_time"),
    "said": tuple(f"{word}_{form}" for word in ("accept", "always", "not_now", "never") for form in ("one", "other")),
    "outcome": tuple(Outcome),
    "rule": tuple(Verdict),
    "never": ("not_safe", "only_when_asked"),
    **dict.fromkeys(
        ("did", "would", "could_not"), ("turn_off", "turn_on", "close_cover", "close_valve", "lock", "set_temperature")
    ),
    "declined": (
        *("unlikely", "never", "excluded", "not_safe", "not_proposable", "unknown_entity", "moot", "starting"),
        *("quiet_hours", "not_sustained", "undone", "rejected", "cool_down", "too_many_open", "too_many_today"),
        *("carried_out", "seldom_answered", "too_new", "asked"),
    ),
}
"""Texts whose keys are put together when they are shown, by what they begin with."""


def test_every_text_exists_and_is_used() -> None:
    texts = json.loads((FOLDER.parent / "translations" / "en.json").read_text(encoding="utf-8"))
    there = {key.removeprefix("page_") for key in texts["common"] if key.startswith("page_")}
    source = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js"))
    plain, counted, made = set[str](), set[str](), set[str]()
    for call in re.finditer(r"texts\.([tn])\((?=(.*))", source):
        first = re.split(r",|\)", call[2])[0]
        made |= set(re.findall(r"`(\w+)_\$\{", first))
        (plain if call[1] == "t" else counted).update(re.findall(r'"([a-z_]+)"', first))
    plain |= set(re.findall(r'\bt\("([a-z_]+)"', source))
    plain |= {"away", "asleep", "dark"}
    made |= {"did", "would", "could_not"}  # named a line above
    assert made == set(FAMILIES)
    wanted = plain | {f"{key}_{form}" for key in counted for form in ("one", "other")}
    wanted |= {f"{family}_{member}" for family, members in FAMILIES.items() for member in members}
    assert wanted == there
    for stage in Stage:
        assert str(stage) in texts["entity"]["sensor"]["open_hunches"]["state_attributes"]["stage"]["state"]


def test_every_reason_of_the_policy_has_its_text() -> None:
    source = (FOLDER.parent / "engine" / "policy" / "showing.py").read_text(encoding="utf-8")
    words = set(re.findall(r'(?:return|why =|else|,) "([a-z_]+)"', source))
    assert words - {"carried_out"} <= set(FAMILIES["declined"])


needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="node, which runs modules of the page, is not here"
)


def run(module: str, code: str) -> Any:
    """Run code in a module of the page, without what it imports; return what the code writes."""
    text = re.sub(r"^import .*$", "", (FOLDER / module).read_text(encoding="utf-8"), flags=re.MULTILINE)
    command = ["node", "--input-type=module", "--eval", text + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def texts_in(zone: str, code: str) -> Any:
    """Run code with the texts of somebody in a zone."""
    hass = {"language": "en", "locale": {"time_zone": "server", "time_format": "24"}, "config": {"time_zone": zone}}
    return run("texts.js", f"const texts = new Texts(); texts.adopt({json.dumps(hass)}); {code}")


@needs_node
@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Europe/Berlin", "2026-04-02T12:00:00Z"),
        ("Europe/Berlin", "2026-10-29T12:00:00Z"),
        ("America/New_York", "2026-03-12T16:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-08T03:00:00Z"),
    ],
)
def test_each_day_has_one_mark_while_clocks_are_changed(zone: str, end: str) -> None:
    marks = texts_in(
        zone,
        f"""
        const end = Date.parse("{end}") / 1000;
        const days = [...texts.midnights(end - 7 * 86400, end)];
        console.log(JSON.stringify(days.map((day) => [texts.weekday(day), texts.time(day)])));
        """,
    )
    assert len({day for day, _ in marks}) == len(marks) == 8
    assert {time for _, time in marks} <= {"00:00", "24:00"}


@needs_node
def test_a_day_without_a_midnight_begins_when_its_clock_is_put_forward() -> None:
    marks = texts_in(
        "America/Havana",
        """
        const noon = Date.parse("2026-03-08T16:00:00Z") / 1000;
        const days = [...texts.midnights(noon, noon + 1)];
        console.log(JSON.stringify(days.map((day) => [texts.weekday(day), texts.time(day)])));
        """,
    )
    assert marks == [["Sun, 3/8", "01:00"]]


@needs_node
@pytest.mark.parametrize(("zone", "hour"), [("Asia/Kolkata", "17:30"), ("Europe/Berlin", "14")])
def test_an_hour_is_named_with_its_minutes_where_it_has_some(zone: str, hour: str) -> None:
    named = texts_in(zone, 'console.log(JSON.stringify(texts.hour(Date.parse("2026-04-02T12:00:00Z") / 1000)))')
    assert named == hour


@needs_node
def test_texts_that_could_not_be_fetched_are_fetched_again() -> None:
    told = run(
        "texts.js",
        """
        const texts = new Texts();
        const there = { resources: { "component.hunches.common.page_title": "Ahnungen" } };
        const told = [];
        for (const callWS of [() => Promise.reject(new Error("connection lost")), () => Promise.resolve(there)]) {
          const hass = { language: "de", callWS };
          await texts.load(hass).catch(() => undefined);
          told.push([texts.outdated(hass), texts.t("title")]);
        }
        console.log(JSON.stringify(told));
        """,
    )
    assert told == [[True, "common.page_title"], [False, "Ahnungen"]]


@needs_node
@pytest.mark.parametrize(("module", "view"), [("view_actions.js", "ActionsView"), ("view_trust.js", "TrustView")])
def test_a_view_that_shows_rules_loads_anew_when_they_are_others(module: str, view: str) -> None:
    loaded = run(
        module,
        f"""
        const view = Object.create({view}.prototype);
        const loaded = [];
        view._load = () => loaded.push(view._asked);
        for (const rules of ["a", "a", "b"]) view.update({{ rules: (view._asked = rules), recent: [], hunches: [] }});
        console.log(JSON.stringify(loaded));
        """,
    )
    assert loaded == ["b"]
