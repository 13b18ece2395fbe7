"""Training of the models that Hunches ships: a simulated fleet, networks, export and evaluation.

Training shares `custom_components.hunches.engine` with the integration, so that no feature is computed in two
ways. Importing this package makes the engine importable where Home Assistant is not installed, in this process
and in every spawned worker.
"""

from __future__ import annotations

from script.hunches_bootstrap import ROOT

__all__ = ["ROOT"]
