"""Bad input to `script/demo`: one line that says what and why, exit code 2, and no Home Assistant is started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "script"


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Where somebody has a Home Assistant of their own, its port is taken
        [sys.executable, "-P", "-m", "_demo", "--port", "0", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SCRIPT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2
    assert result.stderr.startswith("script/demo: ")
    assert len(result.stderr.splitlines()) == 1
    for word in words:
        assert word in result.stderr


def test_a_missing_folder(tmp_path: Path) -> None:
    refused(demo("--home", tmp_path / "nowhere"), "nowhere", "no such folder")


def test_a_broken_bundle(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{}", encoding="utf-8")
    refused(demo("--home", tmp_path), "home.json", "entities")


def test_a_missing_column(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text('{"entities": {"light.a": {}}}', encoding="utf-8")
    (tmp_path / "history.csv").write_text("entity_id,state\nlight.a,on\n", encoding="utf-8")
    refused(demo("--home", tmp_path), "last_changed")


def test_a_port_that_is_taken(socket_enabled: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(demo("--port", port), str(port), "taken")


@pytest.mark.parametrize("port", ["-1", "70000", "http"])
def test_what_is_no_port(port: str) -> None:
    refused(demo("--port", port), port)


def test_an_unknown_argument() -> None:
    refused(demo("--hoem", "x"), "--hoem")


def test_json_without_once(tmp_path: Path) -> None:
    refused(demo("--json", tmp_path / "x.json"), "--once")


def test_json_into_a_missing_folder(tmp_path: Path) -> None:
    refused(demo("--once", "--json", tmp_path / "nowhere" / "x.json"), "nowhere")


def test_a_configuration_that_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("default_config:\n", encoding="utf-8")
    refused(demo("--config", tmp_path), "empty")
    assert (tmp_path / "configuration.yaml").read_text(encoding="utf-8") == "default_config:\n"
