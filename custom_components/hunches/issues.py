"""Open hunches as Repairs issues, and actions that did not work: one each, gone as soon as the reason is."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .engine.home import Home
from .engine.hunches import Hunch
from .engine.policy import Outcome, Record
from .words import escape, name_of


@callback
def async_show(
    hass: HomeAssistant, home: Home | None, hunches: tuple[Hunch, ...], failures: tuple[Record, ...] = ()
) -> None:
    """Make the issues agree with the open hunches, and with the actions that did not work."""
    wanted = {hunch.key: hunch for hunch in hunches}
    failed = {f"failed:{record.hunch.entity_id}": record for record in failures}
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id not in wanted and issue_id not in failed:
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
    for key, record in failed.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            key,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="not_restored" if record.outcome is Outcome.DONE else "not_done",
            translation_placeholders={
                "name": (name := name_of(hass, home, record.hunch.entity_id)),
                "escaped_name": escape(name),
                "action": record.action.name,
                "detail": escape(record.detail),
            },
        )
