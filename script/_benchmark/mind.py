"""What the engine costs by itself: learning, the daily increment, looks, descriptions."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from custom_components.hunches.engine import acceptance, features
from custom_components.hunches.engine.backtest import STEP, stretches
from custom_components.hunches.engine.context import Tracker
from custom_components.hunches.engine.experts import Forecasts
from custom_components.hunches.engine.localtime import DAY, LocalTime
from custom_components.hunches.engine.lookback import Lookback
from custom_components.hunches.engine.model import Model
from custom_components.hunches.engine.policy import Policy, Settings
from custom_components.hunches.engine.scan import Mind
from custom_components.hunches.engine.usage import Usage, advance

from .home import MadeHome, make
from .table import Row, growth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from custom_components.hunches.engine.bundle import Recording

END: Final = 1_795_500_000.0
"""When all of these homes end: the same hour of the same day on every machine."""
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the homes are that are measured: `grown` devices for exponents, `rows` of 50 devices, `looked` at.

    `days` of history each. `tried`: devices of a backtest, and days of it.
    """

    learned: int
    grown: tuple[int, ...]
    rows: tuple[int, ...]
    looked: tuple[int, ...]
    tried: tuple[int, int]
    days: int = 90


FULL: Final = Sizes(200, (50, 100, 200, 400), (100_000, 300_000, 1_000_000), (1, 10, 100, 1_000), (100, 30))
QUICK: Final = Sizes(20, (10, 20, 40, 80), (30_000, 100_000, 300_000), (1, 10, 50, 100), (20, 14))


def seconds(job: Callable[[], object], rounds: int = 1) -> float:
    """Return the median of the seconds that a job takes."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        job()
        took.append(time.perf_counter() - began)
    return median(took)


def measure(sizes: Sizes, say: Callable[[str], None]) -> Iterator[Row]:
    """Yield the lines of the engine alone."""
    model = Model.load()
    say("the engine alone: learning")
    yield from _learning(model, sizes)
    say("the engine alone: looking")
    yield from _looking(model, sizes)
    say("the engine alone: looking back")
    yield _looking_back(model, sizes)


def _taught(model: Model, made: MadeHome) -> tuple[Mind, Recording, float]:
    """Return a mind that knows a home, its recording, and the seconds that learning took."""
    recording = made.recording()
    mind = Mind(model, made.home)
    return mind, recording, seconds(lambda: mind.learn(recording.timelines, made.end))


def _learning(model: Model, sizes: Sizes) -> Iterator[Row]:
    took, described = [], []
    for devices in sizes.grown:
        mind, _, learning = _taught(model, make(devices, sizes.days, END))
        took.append(learning)
        described.append(seconds(mind.describe))
    yield growth(f"learning in devices ({_listed(sizes.grown)})", sizes.grown, took)
    yield growth(f"describing every device on demand ({_listed(sizes.grown)})", sizes.grown, described)
    by_rows = [_taught(model, make(50, sizes.days, END, rows=rows))[2] for rows in sizes.rows]
    yield growth(f"learning in rows ({_listed(sizes.rows)} of 50 devices)", sizes.rows, by_rows)

    made = make(sizes.learned, sizes.days + 1, END + DAY)
    recording = made.recording()
    mind = Mind(model, made.home)
    first = seconds(lambda: mind.learn(recording.until(END).timelines, END))
    news = {key: timeline.since(END) for key, timeline in recording.timelines.items()}
    daily = seconds(lambda: mind.learn(news, END + DAY))
    yield Row.of(
        f"learning one day more of {sizes.learned} devices; rival: the first {sizes.days} days", daily, "s", first
    )


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes)


def _looking(model: Model, sizes: Sizes) -> Iterator[Row]:
    """Everything is on, so that every device has to be judged: the longest look there is."""
    costs: dict[int, float] = {}
    for devices in sizes.looked:
        mind, recording, _ = _taught(model, make(devices, sizes.days, END, left_on=1.0))
        costs[devices] = _look_seconds(mind)
        if devices == 1:
            continue
        limit = {10: None, 100: 0.3}.get(devices)
        name = f"a look at {devices:,} devices, all on; rival: as many looks at one"
        yield Row.of(name, costs[devices], "s", devices * costs[1], limit)
        if devices == 100:
            yield from _apart(model, recording, costs[devices])
    many = [devices for devices in sizes.looked if devices > 1]
    yield growth(f"a look in devices ({_listed(many)})", many, [costs[devices] for devices in many])


def _looking_back(model: Model, sizes: Sizes) -> Row:
    """Go through the last days as the integration does before anything may be made automatic."""
    devices, days = sizes.tried
    made = make(devices, sizes.days, END)
    recording = made.recording()
    policy = Policy(Settings(shadow=True))

    def look_back() -> None:
        deque(stretches(Lookback(model, made.home), recording, policy, begin=made.end - days * DAY), maxlen=0)

    took = seconds(look_back)
    steps = days * DAY / STEP
    name = f"backtest of {devices} devices × {days} days, {steps:,.0f} looks; rival: as many looks"
    look = _look_seconds(_taught(model, made)[0])
    return Row.of(name, took, "s", steps * look, 30.0 if (devices, days) == (100, 30) else None)


def _look_seconds(mind: Mind) -> float:
    moments = iter((END + 60.0 * np.arange(1, 2 + _ROUNDS)).tolist())
    mind.look(next(moments))  # what is worked out once is worked out
    return seconds(lambda: mind.look(next(moments)), _ROUNDS)


def _apart(model: Model, recording: Recording, whole: float) -> Iterator[Row]:
    """Yield what a look is made of: what is worked out for each device, and what the networks say of all of them."""
    home, now = recording.home, END + 30.0
    clock, inputs = LocalTime(home.time_zone, home.latitude, home.longitude), features.home_inputs(home)
    devices = [e for e in home.devices if e.entity_id in recording.timelines]
    timelines = [recording.timelines[e.entity_id] for e in devices]
    usages = [advance(Usage(), timeline, now, clock) for timeline in timelines]
    context = Tracker(home, recording.timelines, END).step(recording.timelines, now)
    activity = features.Activity.of(home, recording.timelines)

    def gather() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], list[acceptance.Outlook]]:
        around = features.Surroundings.of(activity, now, context, clock)
        things = list(zip(devices, timelines, usages, strict=True))
        return (
            np.stack([features.stable(e, u, inputs) for e, _, u in things]),
            np.stack([features.tokens(e) for e in devices]),
            np.stack([features.dynamic(t, u, around) for _, t, u in things]),
            [acceptance.look_out(t, u, now, clock) for _, t, u in things],
        )

    stable, tokens, dynamic, outlooks = gather()
    horizons = len(acceptance.HORIZONS)
    forecasts = Forecasts(
        np.concatenate([o.ahead.logit for o in outlooks] + [o.usual.logit for o in outlooks]),
        np.concatenate([o.ahead.support for o in outlooks] + [o.usual.support for o in outlooks]),
    )
    queries = np.concatenate([o.ahead_query for o in outlooks] + [o.usual_query for o in outlooks])

    def predict() -> None:
        behaviour = model.encode(stable, tokens).behaviour
        model.predict(
            np.concatenate((np.repeat(behaviour, horizons, axis=0), behaviour)),
            np.concatenate((np.repeat(dynamic, horizons, axis=0), dynamic)),
            queries,
            forecasts,
        )

    share = "rival: the whole look"
    yield Row.of(f"features of {len(devices)} devices; {share}", seconds(gather, _ROUNDS), "s", whole)
    asked = f"state prediction of {len(devices)} devices at {horizons + 1} times each"
    yield Row.of(f"{asked}, {model.runtime}; {share}", seconds(predict, _ROUNDS), "s", whole)
