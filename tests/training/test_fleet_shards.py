"""A fleet on disk: what is read back is what was simulated, an interrupted run goes on, another fleet is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_training.fleet import shards, simulate
from model_training.fleet.__main__ import main
from model_training.fleet.home import SimulatedHome

SEED = 4
HOMES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fleet") / "new"
    shards.generate(path, HOMES, SEED, 3, workers=1)
    return path


def _assert_same(one: SimulatedHome, other: SimulatedHome) -> None:
    assert one.recording.home == other.recording.home
    assert one.recording.truth == other.recording.truth
    for name in ("roles", "unwanted", "groups", "same_as"):
        assert dict(getattr(one, name)) == dict(getattr(other, name))
    assert (one.generator, one.style, one.language) == (other.generator, other.style, other.language)
    assert one.answers == other.answers
    assert list(one.recording.timelines) == list(other.recording.timelines)
    for key, timeline in one.recording.timelines.items():
        again = other.recording.timelines[key]
        np.testing.assert_array_equal(timeline.times, again.times)
        np.testing.assert_array_equal(timeline.states, again.states)
        np.testing.assert_array_equal(timeline.causes, again.causes)
        assert timeline.states.dtype == again.states.dtype


def test_shards_hold_the_very_homes(folder: Path) -> None:
    homes = list(shards.read(folder))
    assert len(homes) == HOMES
    for index in (0, 7, 23, 49, 50, 59):
        _assert_same(homes[index], simulate.home(index, SEED, 3))


def test_a_homes_length_can_be_fixed(folder: Path) -> None:
    days = np.array([(h.recording.end - h.recording.start) / 86400 for h in shards.read(folder)])
    assert days.max() <= 21.1
    assert np.mean(days > 20) > 0.8


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shards.generate(again, HOMES, SEED, 3, workers=1)
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in again.iterdir()} == whole
    kept, lost = sorted(again.glob("homes-*"))
    stamp = kept.stat().st_mtime_ns
    lost.unlink()
    lost.with_suffix(".part").write_bytes(b"half a shard")
    shards.generate(again, HOMES, SEED, 3, workers=1)
    assert kept.stat().st_mtime_ns == stamp
    assert {path.name: path.read_bytes() for path in again.iterdir()} == whole


def test_a_fleet_can_grow(folder: Path, tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    shards.generate(grown, 20, SEED, 3, workers=1)
    totals = shards.generate(grown, HOMES, SEED, 3, workers=1)
    assert totals.homes == HOMES
    assert {path.name for path in grown.iterdir()} == {path.name for path in folder.iterdir()}


def test_another_fleet_is_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--homes", str(HOMES), "--weeks", "3", "--seed", "5", "--out", str(folder), "--workers", "1"]) == 2
    error = capsys.readouterr().err.strip()
    assert "another seed" in error
    assert len(error.splitlines()) == 1


def test_says_what_was_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--homes", str(HOMES), "--weeks", "3", "--seed", str(SEED), "--out", str(folder), "--workers", "1"]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    devices = sum(len(home.roles) for home in shards.read(folder))
    assert f"{HOMES} homes, {devices} devices" in text
    assert "peak memory" in text


def test_homes_are_bounded(folder: Path) -> None:
    for home in shards.read(folder):
        assert len(home.roles) <= 70
        rows = sum(len(t) for t in home.recording.timelines.values())
        assert rows < 400_000
    assert sum(path.stat().st_size for path in folder.iterdir()) < 60_000 * HOMES


@pytest.mark.parametrize("arguments", [["--homes", "0"], ["--homes", "5", "--weeks", "1"], ["--homes", "5"]])
def test_bad_arguments_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
