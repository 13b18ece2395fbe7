"""What is lived through, handed to the harness as a fixture. Nothing here imports Home Assistant: the harness does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Plan:
    """How many of a home's last weeks are lived, and after how many of those everything may be done without asking.

    `home`: the file with the simulated home. `folder`: for Home Assistant's configuration. `min_accept`: another bar
    than the policy's. `out`: where to write what came of it.
    """

    home: Path
    folder: Path
    weeks: int
    allow_after: int
    min_accept: float | None = None
    out: Path | None = None

    @pytest.fixture(name="plan")
    def fixture(self) -> Plan:
        """Return it, for the life."""
        return self
