"""The table of variants says what was measured, and how far it varies."""

import json
from pathlib import Path

import pytest

from model_training import compare


def test_the_table_has_means_and_spreads() -> None:
    found = {
        "full": [
            {"log_loss": 0.17, "ami_named": 0.8, "seconds": 60},
            {"log_loss": 0.18, "ami_named": 0.7, "seconds": 62},
        ],
        compare.BOOSTED: [{"log_loss": 0.2, "seconds": 30}],
    }
    lines = compare.table(found, 4000, 8).splitlines()
    full, boosted = lines[-2:]
    assert full == "| full | 2 | 0.1750 ± 0.0050 | – | – | 0.750 ± 0.050 | – | 61 |"
    assert boosted == f"| {compare.BOOSTED} | 1 | 0.2000 | – | – | – | – | 30 |"


def test_what_was_measured_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fleet-1-40"
    folder.mkdir()
    asked = []
    monkeypatch.setattr(compare.make_examples, "make", lambda *_: None)
    monkeypatch.setattr(compare.make_examples, "load", lambda *_: {})

    def score(name: str, *_: object) -> dict[str, float]:
        asked.append(name)
        return {"log_loss": 0.1, "seconds": 1}

    monkeypatch.setattr(compare, "_score", score)
    known = {name: [{"log_loss": 0.2, "seconds": 1}] for name in list(compare.VARIANTS)[:2]}
    (folder / "variants-6.json").write_text(json.dumps(known))
    arguments = ["compare", "--homes", "40", "--seeds", "1", "--work", str(tmp_path), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    assert compare.main() == 0
    assert asked == [*list(compare.VARIANTS)[2:], compare.BOOSTED]
    assert "0.2000" in (tmp_path / "out" / "variants.md").read_text()


def test_too_few_homes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["compare", "--homes", "5"])
    assert compare.main() == 2
    assert "--homes must be 20 or more" in capsys.readouterr().err
