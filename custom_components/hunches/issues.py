"""Open questions as Repairs issues, and actions that did not work: one each, gone as soon as the reason is."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .engine.home import Home
from .engine.policy import Outcome, Question, Record
from .said import cached_say
from .words import escape, listed, name_of, names_of, text_key


@callback
def async_show(
    hass: HomeAssistant, home: Home | None, questions: tuple[Question, ...], failures: tuple[Record, ...] = ()
) -> None:
    """Make the issues agree with the open questions, and with the actions that did not work."""
    wanted, say = {question.key: question for question in questions}, cached_say(hass)
    failed = {f"failed:{record.hunch.entity_id}": record for record in failures}
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id not in wanted and issue_id not in failed:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
    for key, question in wanted.items():
        hunch = question.leader
        ir.async_create_issue(
            hass,
            DOMAIN,
            key,
            data={"entity_id": hunch.entity_id, "kind": str(hunch.kind), "since": hunch.evidence.since},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=text_key(question),
            translation_placeholders={"name": listed(names_of(hass, home, question), say)},
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
