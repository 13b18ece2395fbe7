"""The table of the benchmark: ratios, limits, exponents, and where it is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "script"


def rows() -> list[object]:
    from _benchmark.table import Row

    return [
        Row.of("kept", 1.0, "s", 2.0, 1.5),
        Row.of("missed", 4.0, "s", 2.0, times=1.5),
        Row.of("alone", 3.0, "MB", None),
    ]


def benchmark(*arguments: object, module: str = "_benchmark") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SCRIPT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_json_is_an_array_of_the_six_things() -> None:
    from _benchmark.table import as_json

    kept, missed, alone = json.loads(as_json(rows()))
    assert kept == {"name": "kept", "value": 1.0, "unit": "s", "rival": 2.0, "ratio": 0.5, "limit": 1.5}
    assert (missed["ratio"], missed["limit"]) == (2.0, 3.0)
    assert alone["rival"] is alone["ratio"] is alone["limit"] is None


def test_what_is_missed_is_said_first() -> None:
    from _benchmark.table import markdown, text

    lines = text(rows()).splitlines()
    assert lines[0] == "1 of 2 limits are missed"
    assert "MISSED" in lines[1]
    assert lines[1].endswith("missed")
    table = markdown(rows(), "this machine").splitlines()
    assert table[0].startswith("1 of 2 limits are missed; they are bold")
    assert table[4].startswith("| missed | **4 s** | 2 | 2 | 3 |")
    assert table[5].startswith("| kept | 1 s |")


def test_what_has_no_limit_is_folded_away() -> None:
    from _benchmark.table import markdown

    shown, folded = markdown(rows(), "this machine").split("<summary>1 more, without a limit</summary>")
    assert "| alone |" not in shown
    assert "| alone | 3 MB |  |  |  |" in folded
    assert "| alone |" not in markdown(rows()[:2], "this machine")


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_growth_is_the_exponent(exponent: float) -> None:
    from _benchmark.table import growth

    row = growth("something", (10, 100, 1000), [3.0 * size**exponent for size in (10, 100, 1000)])
    assert row.value == pytest.approx(exponent)
    assert row.missed == (exponent > 1.1)


def test_a_readme_is_filled_between_its_marks(tmp_path: Path) -> None:
    from _benchmark.table import BEGIN, END, markdown
    from marked_block import fill

    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        fill(readme, BEGIN, END, markdown(rows(), "this machine"))
    whole = readme.read_text(encoding="utf-8")
    assert whole.startswith("before\n<!-- benchmark -->\n1 of 2 limits")
    assert whole.endswith("\n<!-- /benchmark -->\nafter\n")
    assert "\nold\n" not in whole
    assert whole.count("| missed |") == 1


def test_the_engine_alone_gives_every_kind_of_line() -> None:
    from _benchmark import mind

    tiny = mind.Sizes(2, (2, 4), (1_000, 2_000), (1, 2, 100), (2, 1), days=8)
    said: list[str] = []
    found = list(mind.measure(tiny, said.append))
    assert len(said) == 3
    for words in ("learning in devices", "learning in rows", "one day more", "describing", "a look at 100 devices",
                  "features", "state prediction", "a look in devices", "backtest of 2 devices"):  # fmt: skip
        assert sum(words in row.name for row in found) >= 1, words
    assert all(row.value > 0 for row in found if "exponent" not in row.name)


def test_bad_input_is_refused_in_one_line(tmp_path: Path) -> None:
    no_marks = tmp_path / "README.md"
    no_marks.write_text("nothing to fill\n", encoding="utf-8")
    for arguments, word in (
        (("--json", tmp_path / "nowhere" / "table.json"), "no such folder"),
        (("--markdown", tmp_path), "is a folder"),
        (("--readme", tmp_path / "none.md"), "No such file"),
        (("--readme", no_marks), "benchmark -->"),
        (("--fast",), "--fast"),
    ):
        result = benchmark(*arguments)
        assert result.returncode == 2, arguments
        assert result.stderr.startswith("script/benchmark: ")
        assert len(result.stderr.splitlines()) == 1
        assert word in result.stderr


def test_a_database_is_refused_in_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "there.db"
    taken.touch()
    for arguments in (("--rows", 5), ("--out", taken), ("--out", tmp_path / "nowhere" / "new.db")):
        result = benchmark(*arguments, module="_benchmark.make_database")
        assert result.returncode == 2
        assert result.stderr.startswith("script/make-database: ")
        assert len(result.stderr.splitlines()) == 1
