"""Open hunches as Repairs issues: one each, gone as soon as the hunch is."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .engine.home import Home
from .engine.hunches import Hunch
from .words import name_of


@callback
def async_show(hass: HomeAssistant, home: Home | None, hunches: tuple[Hunch, ...]) -> None:
    """Make the issues agree with the open hunches."""
    wanted = {hunch.key: hunch for hunch in hunches}
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id not in wanted:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for key, hunch in wanted.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            key,
            data={"entity_id": hunch.entity_id, "kind": str(hunch.kind), "since": hunch.evidence.since},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=str(hunch.kind),
            translation_placeholders={"name": name_of(hass, home, hunch.entity_id)},
        )
