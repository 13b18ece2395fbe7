"""Weeks of a simulated home, lived through in a real Home Assistant.

The home is simulated beside torch, where all of the fleet can be imported, and lived in beside Home Assistant, in the
harness of its tests: it moves the clock. Recorder, services, entities and the integration are the real ones.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
