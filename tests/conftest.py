"""What all tests share: where the integration is found, and how a test switches it on.

These tests run in two environments: beside Home Assistant (all but `tests/training`), and beside torch
(`tests/training` and `tests/engine`), where Home Assistant is not installed.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from typing import TYPE_CHECKING

import hypothesis
import pytest

# Registers a stand-in for the integration where Home Assistant is not installed, and does nothing where it is
from script import hunches_bootstrap  # noqa: F401

# Before anything else does: the test plug-in has a `custom_components` of its own, which would hide ours
import custom_components  # noqa: F401  # isort: skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.components.recorder import Recorder

# Each run beside what it needs (script/test --training, script/test-browser)
collect_ignore = [
    folder
    for folder, needed in (("training", "torch"), ("browser", "playwright"))
    if importlib.util.find_spec(needed) is None
]

# The test plug-in logs every statement that the recorder runs, which buries what a failed test has to say
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# The same examples in every run, and no limit of time for any of them: a slow machine is not a fault. With
# HUNCHES_EXAMPLES=10000 every property is tried on that many examples, other ones each time.
EXAMPLES = int(os.environ.get("HUNCHES_EXAMPLES", "0"))
hypothesis.settings.register_profile(
    "hunches", deadline=None, derandomize=not EXAMPLES, database=None, max_examples=EXAMPLES or 100
)
hypothesis.settings.load_profile("hunches")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give every test a folder of its own for what the integration writes to disk."""
    return hass_tmp_config_dir


@pytest.fixture
def ended_threads(verify_cleanup: None) -> Iterator[None]:
    """Wait, once Home Assistant has stopped, for the integration's thread, which was told to end, to do so.

    The test plug-in looks for threads that are left in the next moment. One that does not end is still there then.
    """
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("hunches"):
            thread.join(timeout=10.0)


@pytest.fixture
def hunches_allowed(ended_threads: None, recorder_mock: Recorder, enable_custom_integrations: None) -> Recorder:
    """Let Home Assistant find this integration, with a recorder running in memory.

    The recorder comes first: it has to be there before `hass` is, and `enable_custom_integrations` brings `hass`.
    """
    return recorder_mock
