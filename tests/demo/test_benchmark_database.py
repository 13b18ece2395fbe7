"""What the benchmark measures on: homes that are lived in, in databases that a recorder takes for its own."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.util import async_migration_in_progress
from homeassistant.core import HomeAssistant

from custom_components.hunches.engine.folded import Folded
from custom_components.hunches.engine.home import ON, UNKNOWN
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.timeline import Cause
from custom_components.hunches.history import async_read

END = 1_795_400_000.0
DEVICES, DAYS, ROWS = 4, 12, 4_000


@pytest.fixture
def recorder_db_url(hass_fixture_setup: list[bool], tmp_path: Path) -> str:
    """Return the address of a database that the benchmark made."""
    from _benchmark.database import fill
    from _benchmark.home import make

    assert not hass_fixture_setup
    path = tmp_path / "made.db"
    fill(path, make(DEVICES, DAYS, END, rows=ROWS))
    return f"sqlite:///{path}"


async def test_a_recorder_goes_on_with_it(hunches_allowed: None, hass: HomeAssistant) -> None:
    """No migration, and the integration reads what was made up: states, moments, and who did what."""
    from _benchmark.home import make

    made = make(DEVICES, DAYS, END, rows=ROWS)
    assert not async_migration_in_progress(hass)
    assert get_instance(hass).schema_version > 0
    found = await async_read(hass, made.home, threading.Event())
    for key, line in made.recording().timelines.items():
        wanted = Folded.of(line).unfolded()
        got = found.timelines[key].until(END)
        assert got.times[: len(wanted)].tolist() == wanted.times.tolist()
        assert got.states[: len(wanted)].tolist() == wanted.states.tolist()
        if made.home.entities[key].is_device:
            # The first row opens the timeline, and before the first event nobody knows what leaves one
            pairs = list(zip(got.causes[1 : len(wanted)], wanted.causes[1:], strict=True))
            assert all(g == w or (g == Cause.UNKNOWN and w == Cause.PHYSICAL) for g, w in pairs)
            assert sum(g != w for g, w in pairs) < len(pairs) / 4
            assert {Cause.PERSON, Cause.AUTOMATION, Cause.PHYSICAL} <= set(got.causes.tolist())


def test_a_home_has_as_many_rows_as_asked_for_and_lasts_as_long() -> None:
    from _benchmark.home import make

    made = make(DEVICES, DAYS, END, rows=ROWS)
    assert made.rows == ROWS
    assert len(made.home.devices) == DEVICES
    for track in made.tracks:
        assert (np.diff(track.times) > 0).all()
        assert END - (DAYS + 1) * DAY < track.times[0] < track.times[-1] < END
    again = make(DEVICES, DAYS, END, rows=ROWS)
    assert all((a.times == b.times).all() for a, b in zip(made.tracks, again.tracks, strict=True))


def test_attributes_alone_and_what_is_not_read_are_among_the_rows() -> None:
    from _benchmark.home import make

    made = make(40, DAYS, END)
    assert any(not track.changed.all() for track in made.tracks)
    assert made.rows > sum(len(timeline) for timeline in made.recording().timelines.values())
    assert any(not (track.entity.is_device or track.entity.is_evidence) for track in made.tracks)


def test_everything_can_be_left_on() -> None:
    from _benchmark.home import make

    for left_on, wanted in ((1.0, {ON}), (0.0, {0})):
        home = make(20, DAYS, END, left_on=left_on)
        ends = {int(home.recording().timelines[e.entity_id].states[-1]) for e in home.home.devices}
        assert ends == wanted


def test_a_kept_database_is_moved_to_now_by_whole_days(tmp_path: Path) -> None:
    from _benchmark.database import Kept, fill
    from _benchmark.home import make

    made = make(DEVICES, DAYS, END, rows=ROWS)
    fill(tmp_path / "kept.db", made)
    Kept(tmp_path / "kept.db", made).copy(tmp_path / "copy.db", END + 2.5 * DAY)
    query = "SELECT max(last_updated_ts), count(*) FROM states"
    with closing(sqlite3.connect(tmp_path / "kept.db")) as old, closing(sqlite3.connect(tmp_path / "copy.db")) as new:
        before, after = old.execute(query).fetchone(), new.execute(query).fetchone()
        runs = new.execute("SELECT count(*), min(start) < max(end) FROM recorder_runs").fetchone()
    assert after == (pytest.approx(before[0] + 2 * DAY), before[1])
    assert runs == (1, 1)


def test_the_live_home_stands_as_the_database_ends(tmp_path: Path) -> None:
    from _benchmark.database import Kept
    from _benchmark.home import make

    made = make(DEVICES, DAYS, END, rows=ROWS)
    last = Kept(tmp_path / "kept.db", made).last()
    whole = made.recording()
    for entity in made.home.devices:
        assert last.timelines[entity.entity_id].states[-1] == whole.timelines[entity.entity_id].states[-1] != UNKNOWN


def test_a_made_home_is_a_bundle_that_a_demo_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from _benchmark.make_home import DAYS, main
    from _demo.homes import present

    monkeypatch.setattr("sys.argv", ["make_home", str(tmp_path / "home"), "--devices", "3"])
    assert main() == 0
    assert re.fullmatch(rf"3 devices, [\d,]+ changes in {DAYS} days\n", capsys.readouterr().out)
    shown = present(tmp_path / "home", END + 100 * DAY)
    assert len(shown.home.devices) == 3
    assert END + 99 * DAY < shown.end <= END + 100 * DAY
    assert shown.end - shown.start > 14 * DAY
    monkeypatch.setattr("sys.argv", ["make_home", str(tmp_path / "home"), "--devices", "none"])
    with pytest.raises(SystemExit):
        main()
    assert "is not a number of devices" in capsys.readouterr().err
