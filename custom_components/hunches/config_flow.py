"""Adding the integration with one confirmation, and changing what it looks at, says and may do."""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, override

import voluptuous as vol
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .choices import chosen_home
from .const import CONF_PHONES, CONF_SATELLITES, DEFAULT_OPTIONS, DOMAIN, ENOUGH_DAYS
from .coordinator import HunchesCoordinator
from .data import Status
from .engine.localtime import DAY
from .engine.policy import Rule
from .errors import AnswerError
from .forms import RULES, errors_of, flat, options_form, sectioned, telling
from .listings import async_found, async_rules
from .phones import mistakable
from .renames import entities_in, moved, registry_ids, renamed_options
from .ruling import async_unrule
from .said import async_say, day


class _Following:
    """A form in which entities are chosen, some of which may get other ids while it is shown."""

    hass: HomeAssistant
    _ids: Mapping[str, str] = MappingProxyType({})
    """The registry's own ids of the entities that it has shown."""

    @callback
    def _remember(self, options: Mapping[str, Any]) -> None:
        self._ids = {**registry_ids(self.hass, entities_in(options), {}), **self._ids}

    @callback
    def _followed(self, options: Mapping[str, Any]) -> dict[str, Any]:
        names = {old: new for old, new in moved(self.hass, self._ids).items() if new is not None}
        return renamed_options(options, names)


class HunchesConfigFlow(_Following, ConfigFlow, domain=DOMAIN):
    """Add the integration: one step that says what it will look at and may do, and asks how to be told."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HunchesOptionsFlow:
        """Return the flow that changes the options."""
        return HunchesOptionsFlow()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what will be looked at, and add the entry when that is confirmed."""
        if user_input is not None and not _phones_wrong(self.hass, user_input):
            return self.async_create_entry(title="Hunches", data={}, options={**DEFAULT_OPTIONS, **user_input})
        return await self._async_show("user", DEFAULT_OPTIONS, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what is looked at by now, and change how people are told."""
        entry = self._get_reconfigure_entry()
        if user_input is not None and not _phones_wrong(self.hass, user_input):
            empty = {key: DEFAULT_OPTIONS[key] for key in (CONF_PHONES, CONF_SATELLITES)}
            chosen = {**empty, **self._followed(user_input)}
            return self.async_update_reload_and_abort(entry, options={**entry.options, **chosen})
        return await self._async_show("reconfigure", {**DEFAULT_OPTIONS, **entry.options}, user_input)

    async def _async_show(
        self, step: str, options: Mapping[str, Any], entered: Mapping[str, Any] | None
    ) -> ConfigFlowResult:
        home, _ = chosen_home(self.hass, options)
        shown = options if entered is None else self._followed(entered)
        self._remember(shown)
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(telling()), shown),
            errors=_phones_wrong(self.hass, entered or {}),
            description_placeholders={
                "devices": str(len(home.devices)),
                "evidence": str(len(home.evidence)),
                "found": await async_found(self.hass, home),
                "days": str(ENOUGH_DAYS),
            },
        )


class HunchesOptionsFlow(_Following, OptionsFlowWithReload):
    """Change when and about what is asked, who is told, what tells of people, and take back rules."""

    _listed: frozenset[str] = frozenset()
    """Keys of the rules that the form showed: others may have been made since."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options and keep what is chosen."""
        unit = self.hass.config.units.temperature_unit
        options = {**DEFAULT_OPTIONS, **self.config_entry.options}
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = errors_of(user_input) or _phones_wrong(self.hass, user_input.get("telling", {}))
            if not errors:
                await self._async_take_back(user_input.get(RULES))
                return self.async_create_entry(data=self._followed(flat(user_input, options, unit)))
        rules = await self._async_rules()
        shown = sectioned(options, unit, rules)
        if user_input is not None:
            shown |= {name: self._followed(chosen) for name, chosen in user_input.items()}
            left = shown[RULES].get(RULES, [])
            shown[RULES] = {RULES: [*left, *(key for key in rules if key not in {*self._listed, *left})]}
        self._listed = frozenset(rules)
        self._remember(options)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(options_form(unit, rules), shown),
            errors=errors,
            description_placeholders=await self._async_known(),
        )

    @callback
    def _coordinator(self) -> HunchesCoordinator | None:
        if self.config_entry not in self.hass.config_entries.async_loaded_entries(DOMAIN):
            return None
        coordinator: HunchesCoordinator = self.config_entry.runtime_data.coordinator
        return coordinator

    async def _async_rules(self) -> dict[str, str]:
        """Return the rules that hold in words, by their keys; none while nothing is loaded."""
        if (coordinator := self._coordinator()) is None:
            return {}
        rules = coordinator.feedback.ledger.rules
        texts = await async_rules(self.hass, coordinator.home, rules)
        return {self._key(rule): text for rule, text in zip(rules, texts, strict=True)}

    @callback
    def _key(self, rule: Rule) -> str:
        """Return what tells a rule from the others that hold, whatever its entity is called by now."""
        entity_id = rule.entity_id or ""
        about = registry_ids(self.hass, {entity_id}, {}).get(entity_id, entity_id)
        return f"{rule.verdict}|{about}|{rule.kind or ''}"

    async def _async_take_back(self, entered: Mapping[str, Any] | None) -> None:
        """Take back the rules that are no longer in the list. Who may see this form is an administrator."""
        if entered is None or (coordinator := self._coordinator()) is None:
            return
        cleared = self._listed - frozenset(entered.get(RULES, ()))
        for rule in [rule for rule in coordinator.feedback.ledger.rules if self._key(rule) in cleared]:
            with suppress(AnswerError):  # somebody else was faster
                await async_unrule(coordinator, Context(), rule.verdict, rule.entity_id, rule.kind)

    async def _async_known(self) -> dict[str, str]:
        """Return how much is known, and when habits will be."""
        coordinator = self._coordinator()
        status = coordinator.data if coordinator is not None else Status()
        now = dt_util.utcnow().timestamp()
        days = 0.0 if status.since is None else max(now - status.since, 0.0) / DAY
        enough = dt_util.as_local(dt_util.utc_from_timestamp(status.enough or now + ENOUGH_DAYS * DAY))
        return {"days": f"{days:.0f}", "enough": day(enough, await async_say(self.hass))}


@callback
def _phones_wrong(hass: HomeAssistant, told: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the phones that were chosen, as a form shows it."""
    return {"base": "phones_alike"} if mistakable(hass, told.get(CONF_PHONES, ())) is not None else {}
