"""`script/replay hunches`: one object a line as the design says, and in short what came of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from custom_components.hunches.engine import bundle

from .conftest import make_recording

SCRIPT = Path(__file__).parents[2] / "script" / "replay.py"


@pytest.mark.parametrize(("bar", "least"), [("0.01", 5), ("0.99", 0)])
def test_hunches_of_a_bundle(tmp_path: Path, bar: str, least: int) -> None:
    bundle.write(make_recording(days=12), tmp_path / "home")
    out = tmp_path / "out.jsonl"
    command = [sys.executable, SCRIPT, "hunches", "--home", tmp_path / "home", "--out", out, "--min-accept", bar]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= least
    assert all(list(row) == ["time", "entity_id", "kind", "action", "p_accept", "evidence", "outcome"] for row in rows)
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert all(row["evidence"]["archetype"] for row in rows)
    first, *rest = done.stdout.splitlines()
    assert f" {len(rows)} hunches " in first
    assert bool(rest) == bool(rows)
    for outcome in ("done", "anyway", "contradicted", "left"):
        if count := sum(row["outcome"] == outcome for row in rows):
            assert f"{count} {outcome}" in rest[0]
