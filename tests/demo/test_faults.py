"""What looks for losses has to find them; and bad input to `script/faults` is refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from _faults.evidence import Given, Promises, complaints, look
from _faults.kills import Score

from custom_components.hunches.engine.folded import Folded
from custom_components.hunches.engine.memory import Kept
from custom_components.hunches.engine.memory_file import dump
from custom_components.hunches.engine.timeline import Timeline
from custom_components.hunches.engine.usage import Usage

SCRIPT = Path(__file__).parents[2] / "script"
YES = Given(1_000.25, "light.porch", "accepted")


def faults(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "_faults", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SCRIPT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def answer(given: Given) -> dict[str, Any]:
    return {"time": given.time + 5, "answer": given.answer, "hunch": {"time": given.time, "entity_id": given.entity_id}}


def leave(storage: Path, *given: Given, statements: tuple[float, ...] = (), until: float = 2_000.0) -> None:
    """Leave behind what a Home Assistant would have."""
    data = {"answers": [answer(one) for one in given], "corrections": [{"start": start} for start in statements]}
    text = json.dumps({"version": 1, "minor_version": 3, "key": "hunches.feedback", "data": data})
    for name in ("hunches.feedback", "hunches.feedback.copy"):
        (storage / name).write_text(text, encoding="utf-8")
    changes = Folded.of(Timeline.from_readings([until - 60], [1]))
    kept = Kept(changes, Usage(start=until - 60, until=until, changed=until, state=1))
    for name in ("hunches.memory", "hunches.memory.previous"):
        (storage / name).write_bytes(dump({"a": kept}))


def test_all_is_there(tmp_path: Path) -> None:
    leave(tmp_path, YES, statements=(500.0,))
    found = look(tmp_path, Promises([YES], [YES], [500.0], [500.0, 900.0], 2_000.0))
    assert found.problems == ()
    assert (found.answers, found.statements) == (1, 1)


def test_what_was_under_way_may_be_there_or_not(tmp_path: Path) -> None:
    leave(tmp_path)
    assert look(tmp_path, Promises(unsure_answers=[YES])).problems == ()
    leave(tmp_path, YES)
    assert look(tmp_path, Promises(unsure_answers=[YES])).problems == ()


@pytest.mark.parametrize(
    ("there", "promises", "problem"),
    [
        ((), Promises(answers=[YES]), "accepted about light.porch at 1000.250 is there 0 times"),
        ((YES, YES), Promises(answers=[YES]), "is there 2 times"),
        ((YES, YES), Promises(unsure_answers=[YES]), "not acknowledged, is there 2 times"),
        ((), Promises(statements=[500.0]), "the statement about 500 is there 0 times"),
        ((), Promises(learned=2_001.0), "the memory on disk is 1.000 s older"),
    ],
)
def test_what_was_lost_or_doubled_is_found(
    tmp_path: Path, there: tuple[Given, ...], promises: Promises, problem: str
) -> None:
    leave(tmp_path, *there)
    (found,) = look(tmp_path, promises).problems
    assert problem in found


def test_the_copy_is_looked_at_where_the_first_is_damaged(tmp_path: Path) -> None:
    leave(tmp_path, YES)
    (tmp_path / "hunches.feedback").write_text("{", encoding="utf-8")
    (tmp_path / "hunches.memory").write_bytes(b"")
    assert look(tmp_path, Promises(answers=[YES], learned=2_000.0)).problems == ()
    (tmp_path / "hunches.feedback.copy").unlink()
    assert "no file of answers can be read" in look(tmp_path, Promises()).problems


def test_errors_of_ours_are_told_from_others() -> None:
    log = """\
2026-11-25 04:00:00.000 ERROR (ImportExecutor_0) [homeassistant.components.camera.img_util] no libturbojpeg
2026-11-25 04:00:01.000 ERROR (MainThread) [homeassistant] Error doing job
Traceback (most recent call last):
  File "/config/custom_components/hunches/coordinator.py", line 1, in x
  File "/usr/lib/somewhere.py", line 1, in y
"""
    found = complaints(log)
    assert len(found) == 2
    assert "Error doing job" in found[0]
    assert "coordinator.py" in found[1]


def test_a_run_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    promises = Promises([YES], [YES], [1.0], [1.0, 2.0], 3.0)
    score = Score(kills=7, stages=Counter(saving=4, learning=3), changes=9, saves=2, promises=promises, problems=["x"])
    score.save(tmp_path)
    assert Score.load(tmp_path) == score
    assert Score.load(tmp_path / "elsewhere") == Score()


def test_bad_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for arguments, word in (
        (("--kills", -1), "--kills"),
        (("--kills", "many"), "many"),
        (("--json", tmp_path / "nowhere" / "x.json"), "no such folder"),
        (("--folder", tmp_path), "neither an empty folder"),
        (("--folder", tmp_path / "file"), "not a folder"),
    ):
        result = faults(*arguments)
        assert result.returncode == 2
        assert result.stderr.startswith("script/faults: ")
        assert len(result.stderr.splitlines()) == 1
        assert word in result.stderr
