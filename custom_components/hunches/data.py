"""What a loaded config entry carries, and what the coordinator tells its listeners."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry

from .const import ENOUGH_DAYS, Stage
from .engine.hunches import Context, Hunch
from .engine.localtime import DAY
from .engine.policy import Acting, Decision, Implied, Question, Record
from .engine.scan import Scan

if TYPE_CHECKING:
    from .coordinator import HunchesCoordinator
    from .news import News
    from .voice import Voice

type HunchesConfigEntry = ConfigEntry[HunchesData]


@dataclass(frozen=True, slots=True)
class HunchesData:
    """The parts of a loaded entry."""

    coordinator: HunchesCoordinator
    news: News
    voice: Voice


@dataclass(frozen=True, slots=True)
class Status:
    """How far things are.

    `open`: each open hunch; `questions`: the same, as they are asked.
    `reason`: why the integration waits, a key of the texts. `done`, `total`: entities read or devices learned in
    this stage. `declined`: candidates of the last look that are not shown, each with the reason. `timing`: seconds
    by what took them, and rows read. `proving`: how far the backtest is, in percent, None while it does not run.
    `since`: when what is known of the home begins (Unix seconds), None before anything was learned.
    """

    stage: Stage = Stage.STARTING
    reason: str | None = None
    done: int = 0
    total: int = 0
    devices: int = 0
    evidence: int = 0
    open: tuple[Hunch, ...] = ()
    questions: tuple[Question, ...] = ()
    context: Context | None = None
    declined: tuple[tuple[Hunch, str], ...] = ()
    timing: dict[str, Any] = field(default_factory=dict)
    proving: int | None = None
    since: float | None = None

    @property
    def enough(self) -> float | None:
        """Return when enough will have been seen to know habits, Unix seconds; None before anything was learned."""
        return None if self.since is None else self.since + ENOUGH_DAYS * DAY


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the home: what there was to see, what is shown (None in a dry run) and done, in how many seconds.

    `implied`: what the home has done by itself about hunches of before.
    """

    scan: Scan
    decision: Decision | None
    acting: Acting
    seconds: float
    implied: tuple[Implied, ...] = ()
    tried: tuple[Record, ...] = ()
