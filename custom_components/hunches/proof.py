"""The backtest in the home itself: the integration's own past is gone through before anything is made automatic.

It works beside the mind that looks, a night at a time, so that neither looks nor stopping wait for it. What it found
is kept over restarts; it can always be found again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from sqlalchemy.exc import SQLAlchemyError

from .const import DOMAIN, LOGGER, STOP_PATIENCE
from .engine.context_filter import Correction
from .engine.home import Home
from .engine.hunches import Kind
from .engine.localtime import DAY
from .engine.model import Model
from .engine.policy import Settings
from .engine.timeline import Timeline
from .history.meters import async_watt_hours
from .history.reader import Stopped
from .own_thread import OwnThread, async_own_thread
from .renames import moved, registry_ids

if TYPE_CHECKING:
    from .engine.findings import Findings
    from .hindsight import Hindsight

DAYS: Final = 30
"""How far back is looked, in days, unless somebody asks for more or less."""
AGAIN: Final = 7 * DAY
"""Age at which what was found is found anew; after a day while less than a week could be looked at."""
STORAGE_VERSION: Final = 1
_REGISTRY_IDS: Final = "registry_ids"


@dataclass(frozen=True, slots=True)
class Past:
    """What there is to go through: the home, what is remembered of it, what people stated, the policy's numbers."""

    home: Home
    timelines: Mapping[str, Timeline]
    corrections: tuple[Correction, ...]
    settings: Settings


class Proof:
    """What a backtest of this home found, and how it is found.

    `past` gives what there is to go through, None before anything was learned. `progress` is told the percentage that
    is done, None at the end.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        model: Model,
        past: Callable[[], Past | None],
        progress: Callable[[int | None], None],
    ) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._entry = entry
        self._model = model
        self._past = past
        self._progress = progress
        self._store = _store(hass)
        self._lock = asyncio.Lock()
        self._stopped = False
        self._proving: asyncio.Task[None] | None = None
        self._moved: list[tuple[str, str | None]] = []  # what became of entities while a proof runs; None: forgotten
        self.found: dict[str, Any] | None = None

    async def async_load(self) -> None:
        """Restore what was found before, if it can be read."""
        try:
            data = await self._store.async_load()
        # `NotImplementedError` is how a store says that its file is of another version
        except (HomeAssistantError, NotImplementedError, OSError) as error:
            LOGGER.warning("What the backtest found cannot be read (%s); it is found again", error)
            return
        if not isinstance(data, dict) or not isinstance(data.get("devices"), dict) or "made" not in data:
            return
        if "judged" in data.get("raised", ()):  # an earlier version counted otherwise: it is found again
            names = moved(self._hass, data.pop(_REGISTRY_IDS, {}))  # while nobody was there to see it
            now = ((names.get(key, key), device) for key, device in data["devices"].items())
            self.found = _shared({**data, "devices": {key: device for key, device in now if key is not None}})

    def of(self, entity_id: str, kind: Kind | None = None) -> dict[str, Any] | None:
        """Return what was found for one device, of one kind or of all; None while nothing is known of its past."""
        if self.found is None or not self.found["days"] or (device := self.found["devices"].get(entity_id)) is None:
            return None
        if kind is not None:  # what is not told apart is of one kind, or nothing at all
            device = device.get("kinds", {}).get(str(kind), device)
        return {**{name: self.found[name] for name in ("from", "until", "days")}, **device}

    @callback
    def async_begin(self) -> None:
        """Look back in the background, if it is time to and that is not under way."""
        past, idle = self._past(), self._proving is None or self._proving.done()
        if past is not None and self._is_due(past.settings) and idle and not self._stopped:
            self._proving = self._entry.async_create_background_task(
                self._hass, self._async_begun(), f"{DOMAIN} backtest"
            )

    async def _async_begun(self) -> None:
        try:
            await self.async_prove()
        except Stopped:
            return
        except Exception:  # noqa: BLE001 - nothing is made automatic without it, and the log says why
            LOGGER.warning("The backtest failed, trying again at night", exc_info=True)

    def _is_due(self, settings: Settings) -> bool:
        """Return whether nothing is known, it is old, or another bar or another model holds."""
        if self.found is None or self.found.get("min_accept") != settings.min_accept:
            return True
        if self.found.get("model") != _version(self._model):
            return True
        age = dt_util.utcnow().timestamp() - float(self.found["made"])
        return not 0 <= age < (AGAIN if self.found["days"] * DAY >= AGAIN else DAY)

    async def async_prove(self, days: float = DAYS) -> dict[str, Any] | None:
        """Look back over so many days and return what was found; that of the usual number is kept.

        None before anything was learned. Raises `Stopped` when the integration is unloaded meanwhile.
        """
        async with self._lock:
            if (past := self._past()) is None:
                return None
            self._progress(0)
            self._moved.clear()
            try:
                async with async_own_thread(self._hass) as thread:
                    found = await self._async_find(past, days, thread)
            finally:
                self._progress(None)
            told = _shared(
                {
                    **found.as_json(),
                    "made": dt_util.utcnow().timestamp(),
                    "min_accept": past.settings.min_accept,
                    "model": _version(self._model),
                }
            )
            for old, new in self._moved:
                _move(told, old, new)
            if days == DAYS:
                self.found = told
                await self._async_keep()
            return told

    async def _async_find(self, past: Past, days: float, thread: OwnThread) -> Findings:
        hindsight = await thread.run(_hindsight, self._model, past, days)
        while not self._stopped:
            done = await thread.run(hindsight.night)
            if done is None:
                counted = hindsight.counted()
                try:
                    drawn = await async_watt_hours(self._hass, counted.spans)
                except (HomeAssistantError, SQLAlchemyError, OSError) as error:
                    LOGGER.debug("What devices draw cannot be read: %s", error)
                    drawn = {}
                return hindsight.counted(drawn) if drawn else counted
            self._progress(done)
        raise Stopped

    async def async_stop(self) -> None:
        """Let the night that is gone through be the last, and wait for it."""
        self._stopped = True
        if self._proving is not None:
            await asyncio.wait([self._proving], timeout=STOP_PATIENCE)

    async def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id."""
        await self._async_move([(old, new)])

    async def async_forget(self, *entity_ids: str) -> None:
        """Forget what was found for entities that are gone, or whose past is."""
        await self._async_move([(entity_id, None) for entity_id in entity_ids])

    async def _async_move(self, moved: list[tuple[str, str | None]]) -> None:
        if self._lock.locked():  # what is looked at was as it was before
            self._moved += moved
        if self.found is not None:
            told = [_move(self.found, old, new) for old, new in moved]
            if any(told):
                await self._async_keep()

    async def _async_keep(self) -> None:
        if self.found is not None:
            ids = registry_ids(self._hass, self.found["devices"].keys(), {})
            await self._store.async_save({**self.found, _REGISTRY_IDS: ids})


async def async_remove(hass: HomeAssistant) -> None:
    """Delete the file."""
    await _store(hass).async_remove()


def _hindsight(model: Model, past: Past, days: float) -> Hindsight:
    """Begin to look back, in a thread: what that takes is needed once a week, and half a megabyte until it is."""
    from .hindsight import Hindsight  # noqa: PLC0415

    return Hindsight(model, past, days)


def _move(found: dict[str, Any], old: str, new: str | None) -> bool:
    """Let what was found for an entity be under its new id, or nowhere (None); return whether there was anything."""
    if (device := found["devices"].pop(old, None)) is None:
        return False
    if new is not None:
        found["devices"][new] = device
    return True


def _shared(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was found with one object for all that was found alike: of most devices there was nothing."""
    known: dict[str, Any] = {}
    devices = {
        key: {name: known.setdefault(repr(told), told) for name, told in device.items()}
        for key, device in found["devices"].items()
    }
    return {**found, "devices": devices}


def _store(hass: HomeAssistant) -> Store[dict[str, Any]]:
    return Store(
        hass, STORAGE_VERSION, f"{DOMAIN}.backtest", atomic_writes=True, private=True, serialize_in_event_loop=False
    )


def _version(model: Model) -> Any:
    """Return what tells one trained model from another."""
    assets = model.card.get("assets")
    return assets.get("acceptance.onnx") if isinstance(assets, dict) else model.card.get("version")
