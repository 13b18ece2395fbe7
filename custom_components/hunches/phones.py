"""Questions on people's phones: asked there, answered with one tap, and withdrawn as soon as anybody has answered.

A phone belongs to a user: it is told what that user may answer, and its answers are that user's.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from homeassistant.util import slugify
from homeassistant.util.hass_dict import HassKey

from .answers import async_accept, async_reject
from .const import CONF_PHONES, DOMAIN, LOGGER
from .coordinator import HunchesCoordinator
from .engine.policy import Question, wakes_nobody
from .errors import AnswerError
from .rights import async_check_administrator, async_is_administrator, async_may
from .said import async_say
from .sayings import async_question, async_refusal
from .words import async_reason

EVENT_TAPPED: Final = "mobile_app_notification_action"
PAGE: Final = f"/{DOMAIN}"
_APP: Final = "mobile_app"
"""The integration of the phones; literal, because importing it loads much else."""
_ASKED: HassKey[list[Phone]] = HassKey(f"{DOMAIN}_asked_phones")
"""Which phones were asked last: one that the options leave out from now on still shows what is open."""
_SHOWN: HassKey[dict[str, frozenset[str]]] = HassKey(f"{DOMAIN}_shown_phones")
"""What notifications were about (entity ids), by the mark in their buttons: a tap answers for that alone."""
_MOST_SHOWN: Final = 200
_ACCEPT, _NOT_NOW, _NEVER = "accept", "not_now", "never"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that was chosen: the action that notifies it, and the user whose it is."""

    service: str
    user_id: str


@callback
def phones_of(hass: HomeAssistant, device_ids: Iterable[str]) -> Iterator[Phone]:
    """Yield the phones of devices that were chosen and can be reached by a notification, each as nobody else's."""
    entries = (entry for entry in _entries_of(hass, device_ids) if not _is_mistakable(hass, entry))
    # One action reaches one phone, also where somebody has two of one name.
    for phone in dict.fromkeys(Phone(_service(entry), _user(entry)) for entry in entries):
        if hass.services.has_service("notify", phone.service):
            yield phone


@callback
def mistakable(hass: HomeAssistant, device_ids: Iterable[str]) -> str | None:
    """Return the name of a phone that is called as one of another user's, so that nobody knows which one is told."""
    return next((_name(entry) for entry in _entries_of(hass, device_ids) if _is_mistakable(hass, entry)), None)


def _entries_of(hass: HomeAssistant, device_ids: Iterable[str]) -> Iterator[ConfigEntry[Any]]:
    for device_id in device_ids:
        device = dr.async_get(hass).async_get(device_id)
        entry = hass.config_entries.async_get_entry(device.config_entry_id) if device is not None else None
        if entry is not None and entry.domain == _APP:
            yield entry


def _is_mistakable(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Return whether another user's phone has the same action: the app's integration names it by the phone alone."""
    others = hass.config_entries.async_entries(_APP, include_ignore=False, include_disabled=False)
    return any(_service(other) == _service(entry) and _user(other) != _user(entry) for other in others)


def _service(entry: ConfigEntry[Any]) -> str:
    return slugify(f"{_APP}_{_name(entry)}")


def _name(entry: ConfigEntry[Any]) -> str:
    return str(entry.data.get("device_name", ""))


def _user(entry: ConfigEntry[Any]) -> str:
    return str(entry.data.get("user_id", ""))


class _How(Enum):
    """How a question comes to a phone: as a new one, in place of itself, or as what is left of one that led it."""

    NEW = auto()
    RENEWED = auto()
    LEFT = auto()


class Phones:
    """Keeps the phones that were chosen in step with the open questions."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], coordinator: HunchesCoordinator) -> None:
        """Take what is asked by now as told: it was, before the restart."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._told = coordinator.questions
        self._order = asyncio.Lock()  # what is sent later arrives later: a question before its withdrawal
        self._shown = hass.data.setdefault(_SHOWN, {})
        chosen = self._chosen
        before = hass.data.get(_ASKED, chosen)  # after a restart nobody knows; what is shown there is asked still
        hass.data[_ASKED] = chosen
        if new := [phone for phone in chosen if phone not in before]:
            for question in self._told:
                self._begin(self._async_ask(question.key, _How.NEW, new))
        if (name := mistakable(hass, entry.options.get(CONF_PHONES, ()))) is not None:
            LOGGER.warning('Phones of two people are called "%s": neither is told. Rename one of them in its app', name)
        if left := [phone for phone in before if phone not in chosen]:
            self._begin(async_withdraw(hass, left, [question.key for question in self._told], self._order))

    @callback
    def async_update(self) -> None:
        """Ask what is new, withdraw what is asked no longer, and renew without a sound what has changed."""
        before, self._told = self._told, self._coordinator.data.questions
        asked, known = {q.key for q in self._told}, {q.key: q for q in before}
        if gone := [key for key in known if key not in asked]:
            self._begin(async_withdraw(self._hass, self._chosen, gone, self._order))
        told = {hunch.key for question in before for hunch in question.hunches}
        for question in self._told:
            if (old := known.get(question.key)) is not None:
                if old.entity_ids != question.entity_ids:
                    self._begin(self._async_ask(question.key, _How.RENEWED))
            elif told.isdisjoint(hunch.key for hunch in question.hunches):
                self._begin(self._async_ask(question.key, _How.NEW))
            else:
                self._begin(self._async_ask(question.key, _How.LEFT))

    @callback
    def on_tap(self, event: Event[dict[str, Any]]) -> None:
        """Take an answer that was tapped on a notification of ours, whether or not the phone is still chosen."""
        ours, _, rest = str(event.data.get("action", "")).partition("|")
        answer, _, rest = rest.partition("|")
        key, _, mark = rest.partition("|")
        if ours == DOMAIN and answer in (_ACCEPT, _NOT_NOW, _NEVER):
            self._begin(self._async_answer(answer, key, mark, event.context))

    @property
    def _chosen(self) -> list[Phone]:
        return list(phones_of(self._hass, self._entry.options.get(CONF_PHONES, ())))

    @callback
    def _begin(self, job: Any) -> None:
        self._entry.async_create_background_task(self._hass, job, f"{DOMAIN} phones")

    async def _async_ask(self, key: str, how: _How, among: Iterable[Phone] | None = None) -> None:
        """Ask, or show what has become of a question: on all phones that were chosen, or `among` them."""
        async with self._order:
            question = next((q for q in self._coordinator.questions if q.key == key), None)
            if not (phones := self._chosen) or question is None:
                return
            self._hass.data[_ASKED] = phones
            for phone in phones if among is None else among:
                if (theirs := question.of(await async_may(self._hass, phone.user_id))) is not None:
                    await self._async_tell(phone, key, theirs, how)
                elif how is _How.RENEWED:  # what was theirs to answer may have been in it before
                    await _async_clear(self._hass, phone, key)

    async def _async_tell(
        self, phone: Phone, key: str, theirs: Question, how: _How, message: str | None = None
    ) -> None:
        """Show somebody their part of a question; `message`: in place of the reason."""
        say, now = await async_say(self._hass), dt_util.utcnow().timestamp()
        quiet = how is _How.LEFT or wakes_nobody(theirs.leader)
        data: dict[str, Any] = {
            "tag": _tag(key),
            "group": DOMAIN,
            "channel": say("channel_quiet" if quiet else "channel"),
            "notification_icon": "mdi:lightbulb-question-outline",
            "url": PAGE,
            "clickAction": PAGE,
        }
        if quiet:
            data |= {"importance": "low"}
        if how is _How.RENEWED:
            data |= {"alert_once": True}
        if quiet or how is _How.RENEWED:
            data |= {"push": {"interruption-level": "passive"}}
        title, accept = await async_question(self._hass, self._coordinator.home, theirs)
        actions = [(_ACCEPT, accept), (_NOT_NOW, say("answer_not_now")), (_NEVER, say("answer_never"))]
        may_rule = await async_is_administrator(self._hass, phone.user_id)
        mark = self._mark(theirs)
        buttons = [
            {"action": f"{DOMAIN}|{answer}|{key}|{mark}", "title": text}
            for answer, text in actions
            if may_rule or answer != _NEVER
        ]
        message = message or await async_reason(self._hass, theirs.leader, now)
        await _async_notify(
            self._hass, phone, {"title": title, "message": message, "data": {**data, "actions": buttons}}
        )

    def _mark(self, question: Question) -> str:
        """Return the mark of what a notification is about, and remember what it stands for."""
        mark = _mark_of(question)
        self._shown[mark] = frozenset(question.entity_ids)
        while len(self._shown) > _MOST_SHOWN:
            del self._shown[next(iter(self._shown))]
        return mark

    async def _async_shown(self, key: str, mark: str, user_id: str | None) -> frozenset[str]:
        """Return what the notification with a mark was about (entity ids).

        After a restart it is what is asked still, if that has the same mark: else nobody knows.
        """
        if (shown := self._shown.get(mark)) is not None:
            return shown
        question = self._coordinator.question(key)
        theirs = question.of(await async_may(self._hass, user_id)) if question is not None and user_id else None
        return frozenset(theirs.entity_ids) if theirs is not None and _mark_of(theirs) == mark else frozenset()

    async def _async_answer(self, answer: str, key: str, mark: str, context: Context) -> None:
        """Carry out an answer in the name of whoever tapped; say so on their phones if it could not be."""
        caller = Context(user_id=context.user_id, parent_id=context.id)
        # One of an earlier version has no mark: it answers for all that is asked.
        shown = await self._async_shown(key, mark, context.user_id) if mark else None
        try:
            if answer == _ACCEPT:
                await async_accept(self._coordinator, key, caller, shown=shown)
            else:
                if answer == _NEVER:
                    await async_check_administrator(self._hass, caller)
                await async_reject(self._coordinator, key, caller, never=answer == _NEVER, shown=shown)
        except AnswerError as error:
            await self._async_reply(context.user_id, key, await async_refusal(self._hass, error))
        except Unauthorized:
            await self._async_reply(context.user_id, key, (await async_say(self._hass))("not_yours"))

    async def _async_reply(self, user_id: str | None, key: str, message: str) -> None:
        """Tell somebody why what they tapped was not done, with the answers if it is asked still."""
        async with self._order:
            question = next((q for q in self._coordinator.questions if q.key == key), None)
            for phone in self._chosen:
                if phone.user_id != user_id:
                    continue
                theirs = None if question is None else question.of(await async_may(self._hass, phone.user_id))
                if theirs is not None:
                    await self._async_tell(phone, key, theirs, _How.NEW, message)
                else:
                    await _async_notify(self._hass, phone, {"message": message, "data": {"tag": _tag(key)}})


async def async_withdraw(
    hass: HomeAssistant, phones: Iterable[Phone], keys: Iterable[str], order: asyncio.Lock | None = None
) -> None:
    """Take back the questions of these keys from phones, if they are still shown there."""
    async with order or asyncio.Lock():
        for key in keys:
            for phone in phones:
                await _async_clear(hass, phone, key)


async def _async_clear(hass: HomeAssistant, phone: Phone, key: str) -> None:
    await _async_notify(hass, phone, {"message": "clear_notification", "data": {"tag": _tag(key)}})


async def _async_notify(hass: HomeAssistant, phone: Phone, data: dict[str, Any]) -> None:
    try:
        await hass.services.async_call("notify", phone.service, data, blocking=True)
    except HomeAssistantError as error:  # a phone that is off; whoever has it is told another way, or not at all
        LOGGER.debug("%s cannot be told: %s", phone.service, error)


def _mark_of(question: Question) -> str:
    return hashlib.sha256("\n".join(sorted(question.entity_ids)).encode()).hexdigest()[:12]


def _tag(key: str) -> str:
    return f"{DOMAIN}-{key}"
