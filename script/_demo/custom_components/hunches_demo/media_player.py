"""Media players of the demo home."""

from typing import override

from homeassistant.components.media_player import (
    MediaPlayerDeviceClass,
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DemoEntity, known_class, things_of
from .home import Thing


class DemoMediaPlayer(DemoEntity, MediaPlayerEntity):
    """A media player that plays nothing in particular."""

    _attr_supported_features = (
        MediaPlayerEntityFeature.TURN_ON
        | MediaPlayerEntityFeature.TURN_OFF
        | MediaPlayerEntityFeature.PLAY
        | MediaPlayerEntityFeature.PAUSE
        | MediaPlayerEntityFeature.STOP
    )

    def __init__(self, thing: Thing) -> None:
        """Be the player that is described."""
        super().__init__(thing)
        self._attr_device_class = known_class(MediaPlayerDeviceClass, thing)

    @property
    @override
    def state(self) -> MediaPlayerState | None:
        """Return what it does."""
        try:
            return MediaPlayerState(self.text)
        except ValueError:
            return None

    @override
    async def async_media_play(self) -> None:
        """Play."""
        self.be("playing")

    @override
    async def async_media_pause(self) -> None:
        """Pause."""
        self.be("paused")

    @override
    async def async_media_stop(self) -> None:
        """Stop."""
        self.be("idle")


async def async_setup_entry(hass: HomeAssistant, _: ConfigEntry, add: AddConfigEntryEntitiesCallback) -> None:
    """Add the home's media players."""
    add([DemoMediaPlayer(thing) for thing in things_of(hass, Platform.MEDIA_PLAYER)])
