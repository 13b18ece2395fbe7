"""Forecasts: from the past alone, for any device, the same in numpy and in onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest

from custom_components.hunches.engine.bundle import Recording
from custom_components.hunches.engine.forecaster import Query, answer
from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.engine.localtime import DAY, HOUR
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.timeline import Timeline

from .conftest import START, make_recording

DEVICES = ("light.lounge", "light.hall", "lock.front", "switch.plug_1")


def queries(seed: int = 1, count: int = 16) -> list[Query]:
    rng = np.random.default_rng(seed)
    asof = START + rng.uniform(0.05, 30, count) * DAY
    return [
        Query(DEVICES[i % 4], float(a), float(a + h * HOUR))
        for i, (a, h) in enumerate(zip(asof, rng.uniform(0.2, 100, count), strict=True))
    ]


def test_no_future_reaches_an_answer(model: Model, recording: Recording) -> None:
    """Cutting the history at the moment of asking, and asking again, gives the same answer."""
    asked = queries()
    whole = answer(model, recording, asked)
    cut = [answer(model, recording.until(q.asof), [q])[0] for q in asked]
    np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-6)


def test_order_and_company_of_questions_do_not_matter(model: Model, recording: Recording) -> None:
    asked = queries()
    whole = answer(model, recording, asked)
    shuffled = np.random.default_rng(0).permutation(len(asked))
    np.testing.assert_allclose(answer(model, recording, [asked[i] for i in shuffled]), whole[shuffled], atol=1e-6)


def test_numpy_and_onnxruntime_agree(model: Model, recording: Recording) -> None:
    pytest.importorskip("onnxruntime")
    reference = Model.load(runtime="onnxruntime")
    assert reference.runtime == "onnxruntime"
    np.testing.assert_allclose(answer(model, recording, queries()), answer(reference, recording, queries()), atol=1e-5)


def test_habits_are_learned(model: Model, recording: Recording) -> None:
    """The lamp is on at eight in the evening of almost every day, and never at four in the morning."""
    midnight = START + 30 * DAY - HOUR
    evening, night = answer(
        model,
        recording,
        [
            Query("light.lounge", midnight - 12 * HOUR, midnight - 4 * HOUR),
            Query("light.lounge", midnight - 12 * HOUR, midnight + 4 * HOUR),
        ],
    )
    assert evening > 0.5
    assert night < 0.15


@pytest.mark.parametrize(
    "entity",
    [
        Entity("light.new"),
        Entity("switch.x", "<b>Ünïcödé</b> 💡 " * 20, "Küche | \x00"),
        Entity("vacuum.unheard_of", "Robbie"),
    ],
)
def test_an_unknown_entity_gets_the_fleets_answer(model: Model, entity: Entity) -> None:
    home = Home("bare", "UTC", None, None, {entity.entity_id: entity})
    asked = [Query(entity.entity_id, START, START + HOUR), Query("light.not_there", START, START + HOUR)]
    for timelines in ({}, {entity.entity_id: Timeline.empty()}):
        p = answer(model, Recording(home, timelines), asked)
        assert np.all((p > 0) & (p < 1))


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/St_Johns"])
def test_zones_far_from_utc(model: Model, zone: str) -> None:
    """The same life in another zone is forecast alike: hours are local everywhere."""
    here, there = make_recording("Europe/Berlin"), make_recording(zone)
    asked_here, asked_there = [], []
    for hour in (4, 12, 20, 21):
        for recording, asked in ((here, asked_here), (there, asked_there)):
            # The last change of the lamp comes about at the same local time in both homes
            asof = float(recording.timelines["light.lounge"].times[40]) + HOUR
            asked.append(Query("light.lounge", asof, asof + hour * HOUR))
    np.testing.assert_allclose(answer(model, here, asked_here), answer(model, there, asked_there), atol=0.2)
