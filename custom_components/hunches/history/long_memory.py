"""The integration's own memory over restarts: two files in `.storage`, the latest and the one before.

The recorder keeps ten days, habits take weeks. What stands here is never more than the recorder once said, and what
is deleted there or in the registries is deleted here. All of it belongs into backups, and `.storage` is in them.
"""

import asyncio
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from homeassistant.components.recorder.entity_options import is_entity_recorded
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN, LOGGER
from ..disk import sweep, sync, write_beside
from ..engine.localtime import DAY
from ..engine.memory import WRONG_CLOCK, Kept
from ..engine.memory_file import MemoryFileError, dump, load
from ..own_thread import OwnThread

ABSENCE: Final = 180 * DAY
"""Seconds after which an entity that has not been seen is forgotten: by then next to nothing of it counts."""


class LongMemory:
    """What is kept of every entity, by entity id, and its files. One writer; its methods run in the event loop.

    In the files an entity goes by the id that the registry never changes, so that a new name does not matter even if
    it was given while the integration was not there to see it.
    """

    def __init__(self, hass: HomeAssistant, thread: OwnThread) -> None:
        """Start with nothing; `async_load` fills it."""
        self._hass = hass
        self._thread = thread
        self._files = _Files(Path(hass.config.path(STORAGE_DIR)))
        self._loading = asyncio.Lock()
        self._loaded = False
        self._failed = False
        self._deletion_due = False
        self.kept: dict[str, Kept] = {}
        self.bytes = 0

    async def async_load(self, now: float) -> bool:
        """Read the files, once; again only where the clock has turned out to be wrong (`now`: Unix seconds).

        Return whether what was known before no longer holds. Raises `OSError` where there are files that cannot be
        reached: they may be whole.
        """
        async with self._loading:
            return await self._async_load(now)

    async def _async_load(self, now: float) -> bool:
        ahead = [key for key, kept in self.kept.items() if kept.usage.until > now + WRONG_CLOCK]
        # Set aside while the clock was behind, as it is before a machine without one has asked the network
        due = self._files.ahead <= now
        if self._loaded and not ahead and not due:
            return False
        if ahead:
            LOGGER.warning("The clock went back. What was learned in the future is set aside, and learned again")
        found, self.bytes = await self._thread.run(self._files.read, now)
        self.kept = self._named(found)
        changed, self._loaded = self._loaded, True
        return changed

    async def async_keep(self, kept: Mapping[str, Kept], now: float) -> None:
        """Take in what was learned up to `now`, and write everything; a full disk is said once, and tried again."""
        self.kept = {key: k for key, k in {**self.kept, **kept}.items() if now - k.usage.until < ABSENCE}
        await self._async_write()

    async def async_forget(self, entity_ids: Collection[str]) -> None:
        """Forget entities for good, in both files."""
        if gone := self.kept.keys() & set(entity_ids):
            await self.async_replace(dict.fromkeys(gone))

    async def async_forget_unrecorded(self, excluded: Collection[str]) -> None:
        """Forget what the user does not want to be recorded, by the recorder or (`excluded`) by this integration."""
        recorder = DATA_INSTANCE in self._hass.data
        await self.async_forget(
            [key for key in self.kept if key in excluded or (recorder and not is_entity_recorded(self._hass, key))]
        )

    async def async_replace(self, changed: Mapping[str, Kept | None]) -> None:
        """Put other memories in place of some (None: none at all), so that the old ones are in no file any more."""
        if not changed:
            return
        self.kept = {key: k for key, k in {**self.kept, **changed}.items() if k is not None}
        await self._async_write(alone=True)

    @callback
    def async_rename(self, old: str, new: str) -> None:
        """Follow an entity to its new id. The files need no change, unless it is in no registry."""
        if (kept := self.kept.pop(old, None)) is not None:
            self.kept[new] = kept

    async def async_remove(self) -> None:
        """Delete both files."""
        self.kept = {}
        await self._thread.run(self._files.remove)

    async def _async_write(self, *, alone: bool = False) -> None:
        registry = er.async_get(self._hass)
        ids = {key: entry.id for key in self.kept if (entry := registry.async_get(key)) is not None}
        kept = {ids.get(key, key): value for key, value in self.kept.items()}
        # Until one succeeds, every write is a deletion: the earlier files still tell what was deleted
        alone = alone or self._deletion_due
        try:
            self.bytes = await self._thread.run(self._files.write, kept, alone)
        except OSError as error:
            if alone and not self._deletion_due:
                LOGGER.warning(
                    "What was to be deleted is still in a file (%s). It is tried again every night; after a restart, "
                    "delete it once more",
                    error,
                )
            elif not self._failed:
                LOGGER.warning("What was learned cannot be saved (%s). It is tried again every night", error)
            self._failed, self._deletion_due = True, self._deletion_due or alone
            return
        if self._failed:
            LOGGER.info("What was learned can be saved again")
        self._failed, self._deletion_due = False, self._deletion_due and not alone

    def _named(self, found: Mapping[str, Kept]) -> dict[str, Kept]:
        """Return memories by entity id; those of entities that were removed meanwhile are dropped."""
        registry = er.async_get(self._hass)
        ids = {entry.id: entry.entity_id for entry in registry.entities.values()}
        named = {key: key if "." in key else ids.get(key) for key in found}
        return {entity_id: found[key] for key, entity_id in named.items() if entity_id is not None}


class _Files:
    """The latest memory and the one before. All methods are for a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._latest = folder / f"{DOMAIN}.memory"
        self._previous = folder / f"{DOMAIN}.memory.previous"
        self._set_aside = folder / f"{DOMAIN}.memory.unreadable"
        self._of_the_future = folder / f"{DOMAIN}.memory.ahead"
        self.ahead = math.inf
        """When the memory that was set aside, as the clock was behind it, can be used: Unix seconds."""

    def read(self, now: float) -> tuple[dict[str, Kept], int]:
        """Return the latest memory that can be read and is not ahead of the clock, and its size.

        What is damaged is set aside, and so is what is ahead of the clock: for good where an earlier memory is not, as
        the clock was wrong when it was made; until then where all of it is, as the clock is wrong now. Raises `OSError`
        where there are files and none can be reached.
        """
        sweep(self._latest)
        self.ahead = math.inf
        trouble: OSError | None = None
        latest_is_ahead = False
        for path in (self._of_the_future, self._latest, self._previous):
            try:
                data = path.read_bytes()
                kept = load(data)
            except FileNotFoundError:
                continue
            except MemoryFileError as error:
                LOGGER.warning("%s cannot be used (%s). It is set aside; what can be learned again is", path, error)
                self._put_aside(path, self._set_aside)
                continue
            except OSError as error:
                LOGGER.warning("%s cannot be read: %s", path, error)
                trouble = error
                continue
            until = max((k.usage.until for k in kept.values()), default=0.0) - WRONG_CLOCK
            if until <= now:
                if path == self._of_the_future:
                    self._put_aside(path, self._latest)
                elif latest_is_ahead:
                    self._put_aside(self._latest, self._set_aside)
                return kept, len(data)
            latest_is_ahead |= path == self._latest
            self.ahead = min(self.ahead, until)
        if trouble is not None:
            raise trouble
        if latest_is_ahead:
            self._put_aside(self._latest, self._of_the_future)
        return {}, 0

    def write(self, kept: Mapping[str, Kept], alone: bool) -> int:
        """Write a memory in one step; `alone`: let there be no earlier one. Returns its size in bytes.

        Killed at any moment, this leaves a whole latest or a whole previous file.
        """
        data = dump(kept)
        if alone and self._latest.exists():
            self._remove_earlier()  # first: a disk that is full then has room for what is left
        new = write_beside(self._latest, data)
        try:
            if alone:
                self._remove_earlier()
            elif self._latest.exists():
                self._latest.replace(self._previous)
            new.replace(self._latest)
            sync(self._folder)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        return len(data)

    def remove(self) -> None:
        """Delete everything."""
        sweep(self._latest)
        self._latest.unlink(missing_ok=True)
        self._remove_earlier()

    def _remove_earlier(self) -> None:
        for path in (self._previous, self._set_aside, self._of_the_future):
            path.unlink(missing_ok=True)
        self.ahead = math.inf

    def _put_aside(self, path: Path, aside: Path) -> None:
        try:
            path.replace(aside)
        except OSError as error:
            LOGGER.warning("%s cannot be set aside: %s", path, error)
