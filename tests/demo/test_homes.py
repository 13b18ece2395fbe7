"""The demo home, and bundles that cannot be shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import BundleError
from custom_components.hunches.engine.model import ASSETS, Model
from custom_components.hunches.engine.policy import Settings
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.timeline import Cause
from script._demo.configuration import HOME_FILE, ROWS_FILE, prepare
from script._demo.homes import OWN_HOME, present

NOW = 1_795_400_000.0


@pytest.mark.parametrize("hours", [0, 5, 9, 14, 19])
def test_everybody_left_an_hour_ago(hours: int) -> None:
    """Whatever the time: the people are out, a light is on, and a door that is always locked then is not."""
    now = NOW + 3600.0 * hours
    recording = present(OWN_HOME, now)
    assert {key: recording.timelines[key].current(now)[0] for key in ("person.anna", "person.tom")} == {
        "person.anna": 0,
        "person.tom": 0,
    }
    assert recording.timelines["person.anna"].current(now)[1] == pytest.approx(now - 3600.0)
    on = {e.entity_id for e in recording.home.devices if recording.timelines[e.entity_id].current(now)[0] == 1}
    assert on == {"light.hallway", "light.coat_rack", "lock.front_door", "switch.fridge"}
    assert recording.end <= now


def test_the_demo_home_has_weeks_and_says_who_did_what() -> None:
    recording = present(OWN_HOME, NOW)
    assert NOW - recording.start > 35 * 86400.0
    causes = np.concatenate([t.causes for t in recording.timelines.values()])
    assert set(np.unique(causes)) == {Cause.UNKNOWN, Cause.PERSON, Cause.AUTOMATION}


def test_the_demo_home_has_a_name_with_markup_and_a_picture() -> None:
    names = [entity.name for entity in present(OWN_HOME, NOW).home.entities.values()]
    assert any("<b>" in name and not name.isascii() for name in names)
    assert sum(path.stat().st_size for path in OWN_HOME.iterdir()) < 300_000


def test_everything_is_handed_over(tmp_path: Path) -> None:
    recording = present(OWN_HOME, NOW)
    prepared = prepare(recording, tmp_path / "config", 8123)
    described = json.loads((prepared.folder / HOME_FILE).read_text(encoding="utf-8"))["entities"]
    assert described["light.hallway"]["state"] == "on"
    assert described["lock.front_door"]["state"] == "unlocked"
    rows = (prepared.folder / ROWS_FILE).read_text(encoding="utf-8").splitlines()
    assert len(rows) == prepared.rows == sum(map(len, recording.timelines.values()))
    times = [float(row.split(",")[2]) for row in rows]
    assert times == sorted(times)


def bundle(folder: Path, entity_id: str) -> Path:
    (folder / "home.json").write_text(json.dumps({"entities": {entity_id: {}}}), encoding="utf-8")
    (folder / "history.csv").write_text("entity_id,state,last_changed\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("entity_id", ["light.Kitchen", "light.küche", "light.", "light.a b", "light.a__b/../c"])
def test_an_entity_id_that_home_assistant_refuses(tmp_path: Path, entity_id: str) -> None:
    with pytest.raises(BundleError, match="is not an entity id"):
        present(bundle(tmp_path, entity_id), NOW)


def test_a_home_without_history(tmp_path: Path) -> None:
    recording = present(bundle(tmp_path, "light.kitchen"), NOW)
    assert prepare(recording, tmp_path / "config", 8123).rows == 0


@pytest.mark.parametrize("hours", [0, 5, 9, 14, 19])
def test_the_unlocked_door_is_worth_a_question_at_any_hour(hours: int) -> None:
    """Whoever starts the demo sees a hunch: it clears the bar for as long as it has to, and not just about."""
    now = NOW + 3600.0 * hours
    recording = present(OWN_HOME, now)
    settings = Settings()
    begin = now - settings.sustain
    mind = Mind(Model.load(ASSETS), recording.home)
    mind.learn(recording.until(begin).timelines, begin)
    for moment in (begin, (begin + now) / 2.0, now):
        sure = {hunch.entity_id: hunch.p_accept for hunch in mind.look(moment).candidates}
        assert sure["lock.front_door"] > settings.min_accept + 0.05
