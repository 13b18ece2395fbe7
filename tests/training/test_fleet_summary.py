"""The summary of the fleet: a table for each generator, and one line for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_training.fleet import residents
from model_training.fleet.summary import Summary, main, report


def test_prints_a_table_for_each_generator(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "12", "--workers", "1", "--roles"]) == 0
    text = capsys.readouterr().out
    assert "residents: " in text
    assert "processes: " in text
    assert "changes a device a day" in text


def test_counts_what_it_was_given() -> None:
    summary = Summary()
    homes = [residents.simulate(index, 2) for index in range(3)]
    for home in homes:
        summary.add(home)
    devices = sum(len(home.roles) for home in homes)
    assert f"three: 3 homes, {devices} devices" in report("three", summary)
    assert len(summary.on_share) == devices
    assert all(0.0 <= share <= 1.0 for share in summary.on_share)


def test_bad_input_is_one_line_and_code_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "1", "--workers", "1", "--homes", str(tmp_path / "nowhere")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    for arguments in (["--count", "0"], ["--count", "many"], ["--seed", "-1"], ["--no-such-option"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
