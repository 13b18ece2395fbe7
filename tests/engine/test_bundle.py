"""Home bundles: written, read back, and refused in one line where they are wrong."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.bundle import (
    BundleError,
    Interval,
    Recording,
    format_time,
    parse_time,
    read,
    write,
)
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "entity_id,state,last_changed\n"
ROWS = "light.a,off,2025-01-01T00:00:00.000Z\nlight.a,on,2025-01-01T01:00:00.000Z\n"


def bundle(folder: Path, history: str | bytes | None = HEADER + ROWS, truth: str | None = None, **home: Any) -> Path:
    described = {"entities": {"light.a": {"name": "A", "area": None, "device_class": None}}, **home}
    (folder / "home.json").write_text(json.dumps(described), encoding="utf-8")
    if isinstance(history, str):
        (folder / "history.csv").write_text(history, encoding="utf-8")
    elif history is not None:
        (folder / "history.csv.gz").write_bytes(history)
    if truth is not None:
        (folder / "truth.csv").write_text(truth, encoding="utf-8")
    return folder


def fails(folder: Path, message: str) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        read(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def recording() -> Recording:
    home = Home(
        "Zuhause <b>",
        "Asia/Kathmandu",
        27.7,
        85.3,
        {
            "light.a": Entity("light.a", "Küche, „Decke“\n2", "Flur", None, ("keep", "x")),
            "binary_sensor.d": Entity("binary_sensor.d", "", None, "door"),
            "lock.f": Entity("lock.f", "前門"),
            "switch.all": Entity("switch.all", members=(Entity("switch.x", "X", twins=(Entity("switch.y", "Y"),)),)),
        },
        "made up",
        "CC0",
    )
    timelines = {
        "light.a": Timeline.from_readings([1e9, 1e9 + 0.001, 1e9 + 60.5], [OFF, ON, UNKNOWN]),
        "lock.f": Timeline.from_readings([1e9 + 1], [ON]),
    }
    return Recording(home, timelines, (Interval(1e9, 1e9 + 3600, "away"), Interval(1e9 + 7200, 1e9 + 9000, "asleep")))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    before = recording()
    write(before, tmp_path)
    after = read(tmp_path)
    assert after.home == before.home
    assert after.truth == before.truth
    assert list(after.timelines) == list(before.timelines)
    for key, timeline in before.timelines.items():
        assert after.timelines[key].times.tolist() == pytest.approx(timeline.times.tolist(), abs=1e-6)
        assert after.timelines[key].states.tolist() == timeline.states.tolist()


def test_the_same_recording_is_the_same_bytes(tmp_path: Path) -> None:
    write(recording(), tmp_path / "one")
    write(read(tmp_path / "one"), tmp_path / "two")
    for name in ("home.json", "history.csv.gz", "truth.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_home_assistants_own_download_writes_is_read(tmp_path: Path) -> None:
    # a byte order mark, further columns, another order of columns, other ways to write UTC, an empty line
    text = (
        "\ufefflast_changed,entity_id,state,note\n"
        "2025-01-01T00:00:00Z,light.a,off,\n"
        "\n"
        "2025-01-01T02:00:00+01:00,light.a,on,x\n"
        "2025-01-01T02:00:00,light.a,off,naive is UTC\n"
    )
    timeline = read(bundle(tmp_path, text)).timelines["light.a"]
    assert [t - parse_time("2025-01-01") for t in timeline.times.tolist()] == [0.0, 3600.0, 7200.0]


def test_history_may_hold_what_the_registry_has_forgotten(tmp_path: Path) -> None:
    home = read(bundle(tmp_path, HEADER + ROWS + "switch.old,on,2025-01-01T00:00:00Z\n")).home
    assert home.entities["switch.old"] == Entity("switch.old")
    assert home.entities["light.a"].name == "A"


def test_defaults(tmp_path: Path) -> None:
    found = read(bundle(tmp_path, HEADER))
    assert (found.home.name, found.home.time_zone, found.home.latitude) == (tmp_path.name, "UTC", None)
    assert found.timelines == {}
    assert found.truth == ()
    assert (found.start, found.end) == (0.0, 0.0)


def test_no_future_and_no_truth_is_known_at_a_moment() -> None:
    whole = recording()
    then = whole.until(1e9 + 1)
    assert then.truth == ()
    assert {key: len(t) for key, t in then.timelines.items()} == {"light.a": 2, "lock.f": 1}
    assert (whole.start, whole.end, then.end) == (1e9, 1e9 + 60.5, 1e9 + 1)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ("entity_id,last_changed\n", "missing column state"),
        ("", "missing column entity_id, state, last_changed"),
        (HEADER + "light.a,on\n", "line 2: 2 columns in place of 3"),
        (HEADER + "light.a,on,yesterday\n", "line 2: 'yesterday' is not a time"),
        (
            HEADER + "light.a,on,2025-01-02T00:00:00Z\nlight.a,off,2025-01-01T00:00:00Z\n",
            "line 3: times of light.a run",
        ),
        (HEADER + "light,on,2025-01-01T00:00:00Z\n", "line 2: 'light' is not an entity id"),
        (None, "neither history"),
        (b"not gzip", "history.csv.gz"),
        (gzip.compress((HEADER + ROWS * 50).encode())[:40], "history.csv.gz"),
        (gzip.compress(HEADER.encode() + b"light.\xff,on,x\n"), "history.csv.gz"),
    ],
)
def test_wrong_histories_are_refused(tmp_path: Path, history: str | bytes | None, message: str) -> None:
    fails(bundle(tmp_path, history), message)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress((HEADER + ROWS * 500).encode()))
    for place in range(12, len(packed) - 8, 3):
        packed[place] ^= 0xFF
    fails(bundle(tmp_path, bytes(packed)), "history.csv.gz")


@pytest.mark.parametrize(
    ("home", "message"),
    [
        ({"entities": []}, "no 'entities'"),
        ({"entities": {"light": {}}}, "'light' is not an entity id"),
        ({"entities": {"light.a": "Lamp"}}, "'light.a' is not described"),
        ({"entities": {"light.a": {"labels": "keep"}}}, "'light.a' is not described"),
        ({"entities": {"light.a": {"members": ["light.b"]}}}, "'light.a' is not described"),
        ({"entities": {"light.a": {"twins": {"light.b": "Lamp"}}}}, "'light.b' is not described"),
        ({"time_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"time_zone": "../UTC"}, "no time zone"),
        ({"time_zone": 3}, "no time zone"),
        ({"latitude": "north"}, "latitude is 'north'"),
        ({"latitude": float("nan")}, "latitude is nan"),
        ({"longitude": 200}, "longitude is 200"),
    ],
)
def test_wrong_homes_are_refused(tmp_path: Path, home: dict[str, Any], message: str) -> None:
    fails(bundle(tmp_path, **home), message)


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    fails(tmp_path / "nowhere", "no such folder")
    fails(tmp_path, "home.json")
    (tmp_path / "home.json").write_text("{", encoding="utf-8")
    fails(tmp_path, "home.json")
    (tmp_path / "home.json").write_bytes(b'{"home": "\xff"}')
    fails(tmp_path, "home.json")


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ("start,end\n", "truth.csv: missing column label"),
        ("start,end,label\nx,y,away\n", "truth.csv, line 2: not a time"),
        ("start,end,label\n2025-01-02T00:00:00Z,2025-01-01T00:00:00Z,away\n", "truth.csv, line 2: ends before"),
    ],
)
def test_wrong_truth_is_refused(tmp_path: Path, truth: str, message: str) -> None:
    fails(bundle(tmp_path, truth=truth), message)


def test_unreadable_truth_names_its_own_file(tmp_path: Path) -> None:
    (bundle(tmp_path) / "truth.csv").write_bytes(b"start,end,label\n\xff,,\n")
    fails(tmp_path, "truth.csv")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.floats(0, 4e9))
def test_times_are_written_to_the_millisecond(moment: float) -> None:
    assert parse_time(format_time(moment)) == pytest.approx(moment, abs=0.0005 + 1e-6)
    assert format_time(parse_time(format_time(moment))) == format_time(moment)
    assert format_time(moment).endswith("Z")
