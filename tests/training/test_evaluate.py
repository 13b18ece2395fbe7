"""The evaluation from end to end on a tiny fleet, and the report: bad news first, and nothing in it by hand."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_components.hunches.engine import bundle
from custom_components.hunches.engine.localtime import DAY
from custom_components.hunches.engine.model import ASSETS, CARD
from model_training import (
    ROOT,
    evaluate,
    evaluate_asked,
    evaluate_embedding,
    evaluate_unseen,
    figures,
    report,
)
from model_training.fleet import residents
from model_training.rivals import FITTED, MASKED, MODEL, OWN_PAST
from script.marked_block import MarksError

HOMES = 40


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two bundles: one with questions of its own, one without."""
    folder = tmp_path_factory.mktemp("homes")
    found = 0
    for index in range(500, 600):
        home = residents.simulate(index, 3).recording
        if not 10 * DAY < home.end - home.start < 25 * DAY:
            continue
        bundle.write(home, folder / f"home_{found}")
        found += 1
        if found == 2:
            break
    recording = bundle.read(folder / "home_0")
    with (folder / "home_0" / "queries.csv").open("w", encoding="utf-8", newline="") as lines:
        out = csv.writer(lines)
        out.writerow(("entity_id", "asof", "target"))
        asked = evaluate_asked.evaluate_questions.drawn(recording, 9, 120)
        out.writerows((q.entity_id, q.asof, q.target) for q in asked)
    return folder


@pytest.fixture(scope="module")
def outcome(work: Path, homes: Path) -> Iterator[tuple[dict[str, Any], evaluate.Seen]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate_unseen, "EPOCHS", 1)
        yield evaluate.run(
            evaluate.Options(homes, work, HOMES, HOMES, 3, room_homes=6, hunch_homes=1, context_homes=1, workers=1)
        )


@pytest.fixture(scope="module")
def found(outcome: tuple[dict[str, Any], evaluate.Seen]) -> dict[str, Any]:
    return outcome[0]


def test_every_method_answers_the_same_questions(found: dict[str, Any]) -> None:
    expected = {*OWN_PAST, *FITTED, MODEL, MASKED}
    assert set(found["simulated"]["methods"]) == expected
    for cut in (*found["by_horizon"].values(), *found["by_history"].values()):
        assert not cut or set(cut["methods"]) == expected
    assert {cut["questions"] for cut in found["by_history"].values()} == {found["about"]["questions_by_history"] // 6}
    assert found["about"]["held_out_homes"] == HOMES // 10


def test_recorded_homes_are_asked_their_own_questions(found: dict[str, Any]) -> None:
    scored = found["recorded"]["homes"]
    assert set(scored) == {"home_0", "home_1"}
    assert scored["home_0"]["questions"] == 120
    for home in scored.values():
        assert home["rivals"][home["best_rival"]] == min(home["rivals"][name] for name in OWN_PAST)
        assert home["to_best_95"][0] <= home["to_best"] <= home["to_best_95"][1]
    assert found["recorded"]["mean"]["model"] == pytest.approx(
        np.mean([home["model"]["log_loss"] for home in scored.values()]), abs=1e-4
    )
    assert set(found["context"]["homes"]) == {"home_0", "home_1"}
    assert set(found["recorded_hunches"]["shipped"]["homes"]) == {"home_0", "home_1"}
    assert "realism" not in found  # neither is a home that the fleet was calibrated on


def test_the_model_card_gets_numbers_and_no_single_home(found: dict[str, Any]) -> None:
    short = evaluate.summary(found)
    assert short["recorded"] == found["recorded"]["mean"]
    assert "home_0" not in json.dumps(short)
    assert json.loads(json.dumps(short)) == short


def test_figures_are_entered_in_the_card_and_kept_for_the_same_networks_only(
    found: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / CARD
    path.write_text((ASSETS / CARD).read_text(encoding="utf-8"), encoding="utf-8")
    evaluate.enter(tmp_path, found)
    card = json.loads(path.read_text(encoding="utf-8"))
    assert card["metrics"].items() >= evaluate.summary(found).items()

    results = tmp_path / report.RESULTS
    results.write_text(json.dumps(found), encoding="utf-8")
    assert evaluate.earlier(tmp_path, tmp_path) == found
    results.write_text(json.dumps({key: value for key, value in found.items() if key != "dark"}), encoding="utf-8")
    with pytest.raises(evaluate.ExamplesError, match="dark"):
        evaluate.earlier(tmp_path, tmp_path)
    results.write_text(json.dumps(found), encoding="utf-8")
    for name, refused in (("acceptance.onnx", False), ("encoder.onnx", True)):
        other = card | {"assets": card["assets"] | {name: "0"}}
        path.write_text(json.dumps(other), encoding="utf-8")
        with pytest.raises(evaluate.ExamplesError) if refused else nullcontext():
            evaluate.earlier(tmp_path, tmp_path)


def test_the_report_begins_with_what_is_missed(outcome: tuple[dict[str, Any], evaluate.Seen], tmp_path: Path) -> None:
    found, seen = outcome
    pictures = found["pictures"] = figures.draw(found, seen, tmp_path)
    report.write(found, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.index("bad news") < text.index("missed**") < text.index("## Simulated")
    listed = report.targets(found)
    assert [t.met for t in listed] == sorted(t.met for t in listed)
    for name in pictures:
        assert f"({name})" in text
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1_500_000
    assert json.loads((tmp_path / report.RESULTS).read_text(encoding="utf-8")) == found
    assert not re.search(r"\bnan\b", text)


def test_a_second_run_finds_what_the_first_kept(
    work: Path, homes: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        pytest.fail("was made already")

    monkeypatch.setattr(evaluate_asked.Rivals, "fit", forbidden)
    monkeypatch.setattr(evaluate_asked.evaluate_questions, "simulated", forbidden)
    again, _ = evaluate.run(
        evaluate.Options(
            homes, work, HOMES, HOMES, 3, unseen=False, room_homes=6, hunch_homes=1, context_homes=1, workers=1
        )
    )
    for key in ("simulated", "by_history", "recorded", "embedding", "acceptance"):
        assert again[key] == found[key], key


def test_figures_go_between_the_markers(found: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{report.BEGIN}\nSTALE\n{report.END}\nafter\n", encoding="utf-8")
    report.update(path, found)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "STALE" not in text
    assert report.block(found) in text
    path.write_text("no markers", encoding="utf-8")
    with pytest.raises(MarksError, match="README"):
        report.update(path, found)


def test_likeness_is_looked_for_in_other_homes() -> None:
    """Each device's nearest is itself, then its own home's; only then come other homes."""
    points = np.array([[0.0], [0.1], [1.0], [5.0]], dtype=np.float32)
    homes = np.array([1, 1, 2, 3])
    near = evaluate_embedding.nearest(points, points, homes, homes, 2)
    assert near.tolist() == [[2, 3], [2, 3], [1, 0], [2, 1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--homes", "nowhere"], "no folder with a home.json"),
        (["--fleet-homes", "20"], "40 or more"),
        (["--readme", "nowhere.md"], "nowhere.md"),
    ],
)
def test_bad_arguments_are_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate", *arguments])
    assert evaluate.main() == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["no_such_command"]])
def test_commands_are_named_where_one_is_missing(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "model_training", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "evaluate" in done.stderr
    assert done.stderr.count("\n") == 1
