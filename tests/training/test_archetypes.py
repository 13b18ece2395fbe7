"""Titles of archetypes: the words that their members' names have and others' have not."""

from __future__ import annotations

import numpy as np

from model_training.archetypes import titles


def named(*groups: tuple[str, ...]) -> list[str]:
    """Return the titles of groups of devices, ten of each name."""
    names = [name for group in groups for name in group for _ in range(10)]
    labels = np.repeat(np.arange(len(groups)), [10 * len(group) for group in groups])
    return titles(labels, names, ["thing"] * len(names), len(groups))


def test_a_title_is_what_the_others_are_not_called() -> None:
    assert named(("Kitchen kettle", "Kettle"), ("Kitchen fridge", "Fridge")) == ["kettle", "fridge"]


def test_the_thing_comes_last_whatever_the_language() -> None:
    assert named(("Luce bagno",), ("Bathroom fan",)) == ["bathroom light", "bathroom fan"]


def test_names_that_tell_nothing_make_no_title() -> None:
    assert named(("First Light", "Plug 1"), ("Kettle",)) == ["thing", "kettle"]


def test_no_two_share_a_title() -> None:
    assert named(("Socket",), ("Socket",)) == ["socket", "socket 2"]
