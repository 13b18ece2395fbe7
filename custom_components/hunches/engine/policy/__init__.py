"""The only place that decides what may be shown to a person and what may be done to a device.

Nothing here knows how likely a hunch is to be right: candidates carry that. The policy is the bar they have to
clear (`showing`, `acting`), what is asked as one (`together`), how people are told (`telling`), what people ruled
(`rules`), and the list of what is never done whatever the score (`safety`).
"""

from .acting import Acting, Moment, Order, asked_for, is_done
from .heating import HEATING, Due, Setting, Thermostat, due, has_taken, same_setting, setback
from .ledger import (
    Action,
    Answer,
    Answered,
    Decision,
    Implied,
    Ledger,
    Outcome,
    Record,
    is_pending,
    rule_of,
    stretch,
)
from .patience import BY_PEOPLE, bar, unanswered
from .rules import (
    Rule,
    Rules,
    Verdict,
    allowing,
    forbidding,
    left,
    named,
    of_things,
    renamed,
    takes_own_rule,
    with_rule,
    without_rule,
)
from .safety import action_for, allowable_kinds, doors_of, may_carry_out, may_undo, never_automatic
from .settings import WRONG_ACTION_COSTS, WRONG_COSTS, Bounds, Settings
from .showing import Policy, left_to_ask
from .stopping import Stops, stops
from .telling import is_quiet, not_by_voice, somebody_listens, wakes_nobody
from .together import Question, done_together, questions

__all__ = [
    "BY_PEOPLE",
    "HEATING",
    "WRONG_ACTION_COSTS",
    "WRONG_COSTS",
    "Acting",
    "Action",
    "Answer",
    "Answered",
    "Bounds",
    "Decision",
    "Due",
    "Implied",
    "Ledger",
    "Moment",
    "Order",
    "Outcome",
    "Policy",
    "Question",
    "Record",
    "Rule",
    "Rules",
    "Setting",
    "Settings",
    "Stops",
    "Thermostat",
    "Verdict",
    "action_for",
    "allowable_kinds",
    "allowing",
    "asked_for",
    "bar",
    "done_together",
    "doors_of",
    "due",
    "forbidding",
    "has_taken",
    "is_done",
    "is_pending",
    "is_quiet",
    "left",
    "left_to_ask",
    "may_carry_out",
    "may_undo",
    "named",
    "never_automatic",
    "not_by_voice",
    "of_things",
    "questions",
    "renamed",
    "rule_of",
    "same_setting",
    "setback",
    "somebody_listens",
    "stops",
    "stretch",
    "takes_own_rule",
    "unanswered",
    "wakes_nobody",
    "with_rule",
    "without_rule",
]
