"""What is done without asking: named cases first, then properties over random homes, rules, answers and actions.

`HUNCHES_EXAMPLES=10000 script/test tests/engine/test_policy_acting.py` tries the properties on that many examples.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.always_on import is_gate, looks_always_on
from custom_components.hunches.engine.home import DEVICE_DOMAINS, OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.policy import (
    WRONG_ACTION_COSTS,
    Acting,
    Action,
    Answer,
    Answered,
    Bounds,
    Due,
    Ledger,
    Moment,
    Outcome,
    Policy,
    Record,
    Rule,
    Settings,
    Thermostat,
    Verdict,
    action_for,
    allowing,
    doors_of,
    due,
    forbidding,
    left_to_ask,
    may_undo,
    never_automatic,
    of_things,
    questions,
    setback,
)
from custom_components.hunches.engine.situations import situation

NOW = 1_760_000_000.0
PORCH, DOOR, CONTACT, HEATING = "light.porch", "lock.front_door", "binary_sensor.front_door", "climate.hall"
ENTITIES = (
    Entity(PORCH, "Porch light", "Porch"),
    Entity("switch.fridge", "Fridge plug", "Kitchen"),
    Entity("switch.kettle", "Kettle", "Kitchen"),
    Entity("cover.garage", "Garage", device_class="garage"),
    Entity("cover.blind", "Blind", device_class="blind"),
    Entity("cover.unknown", "Left"),
    Entity("valve.garden", "Garden"),
    Entity(DOOR, "Front door lock", "Hall"),
    Entity(CONTACT, "Front door", "Hall", "door"),
    Entity("lock.shed", "Shed lock", "Shed"),
    Entity(HEATING, "Hall heating", "Hall"),
)
HOME = Home("test", "Pacific/Auckland", entities={e.entity_id: e for e in ENTITIES})
AWAY, ASLEEP, AT_HOME = (0.02, 0.97), (0.97, 0.02), (0.05, 0.05)
READINGS = {e.entity_id: OFF if e.domain == "binary_sensor" else ON for e in ENTITIES}
WARM = {HEATING: Thermostat("heat", 21.0)}


def hunch(
    entity_id: str = PORCH,
    kind: Kind | None = None,
    *,
    p_low: float = 0.97,
    context: tuple[float, float] = AWAY,
    since: float = NOW - 7200,
    time: float = NOW,
    action: str | None = None,
    days: float = 20.0,
) -> Hunch:
    entity = HOME.entities.get(entity_id, Entity(entity_id))
    kind = kind or KIND_OF_DOMAIN.get(entity.domain, Kind.STILL_ON)
    safe = action_for(Entity(entity_id), kind)
    evidence = Evidence(since, (10.0, 40.0), 23.0, 0.1, days, "porch", Context(time, *context, 1.0))
    return Hunch(time, entity_id, kind, action or (safe.service if safe else "turn_off"), 0.98, evidence, p_low)


def allow(entity_id: str | None = PORCH, kind: Kind | None = None, time: float = NOW - 86400) -> Rule:
    return Rule(Verdict.ALLOW, entity_id, kind, time)


def forbid(entity_id: str | None = PORCH, kind: Kind | None = None) -> Rule:
    return Rule(Verdict.FORBID, entity_id, kind, NOW - 86400)


def done(
    of: Hunch, ago: float, outcome: Outcome = Outcome.DONE, *, automatic: bool = True, data: Any = (), mode: str = "on"
) -> Record:
    action = Action(of.entity_id.partition(".")[0], of.action, of.entity_id, OFF, data)
    return Record(f"{of.key}{ago}{outcome}", NOW - ago, of, action, automatic, before={"state": mode}, outcome=outcome)


def act(
    *candidates: Hunch,
    rules: tuple[Rule, ...] = (allow(),),
    limits: Settings | None = None,
    sustained: bool = True,
    readings: dict[str, int] | None = None,
    touched: dict[str, float] | None = None,
    home: Home = HOME,
    **ledger: Any,
) -> Acting:
    """Return what is done about candidates that have held for as long as they have to."""
    policy = Policy(limits or Settings())
    books = Ledger(**{"rules": rules, "automatic": True, **ledger})
    moment = Moment(NOW, {**READINGS, **(readings or {})}, WARM, touched or {})
    if sustained:
        policy.judge(home, candidates, books, NOW - policy.settings.sustain, moment.readings)
    policy.judge(home, candidates, books, NOW, moment.readings)
    return policy.act(home, candidates, books, moment)


def why(acting: Acting) -> str | None:
    """Return why the one candidate is not acted on; None if it is."""
    if acting.orders:
        assert not acting.declined
        return None
    ((_, reason),) = acting.declined
    return reason


def test_the_bar_follows_from_the_stated_cost() -> None:
    assert Settings().min_sure == pytest.approx(WRONG_ACTION_COSTS / (WRONG_ACTION_COSTS + 1)) == 0.95


def test_what_is_allowed_is_done() -> None:
    (order,) = act(hunch()).orders
    assert order.action == Action("light", "turn_off", PORCH, OFF)


@pytest.mark.parametrize("rules", [(), (allow("switch.kettle"),), (allow(PORCH, Kind.USUALLY_ON_BY_NOW),)])
def test_nothing_is_done_that_nobody_allowed(rules: tuple[Rule, ...]) -> None:
    assert why(act(hunch(), rules=rules)) == "not_allowed"


@pytest.mark.parametrize("rule", [allow(), allow(PORCH, Kind.STILL_ON), allow(None, Kind.STILL_ON)])
def test_a_device_a_kind_or_both_may_be_allowed(rule: Rule) -> None:
    assert why(act(hunch(), rules=(rule,))) is None


@pytest.mark.parametrize("rule", [forbid(), forbid(PORCH, Kind.STILL_ON), forbid(None, Kind.STILL_ON)])
def test_what_is_forbidden_is_neither_done_nor_asked(rule: Rule) -> None:
    rules = (allow(), allow(PORCH, Kind.STILL_ON), allow(None, Kind.STILL_ON), rule)
    assert why(act(hunch(), rules=rules)) == "never"
    policy = Policy(Settings(sustain=0.0))
    decision = policy.judge(HOME, [hunch()], Ledger(rules=rules), NOW)
    assert [reason for _, reason in decision.declined] == ["never"]


def test_a_rule_is_about_something() -> None:
    with pytest.raises(ValueError, match="an entity or a kind"):
        Rule(Verdict.ALLOW, None, None, NOW)


def test_the_switch_decides_last_and_shadow_only_records() -> None:
    assert why(act(hunch(), automatic=False)) == "switched_off"
    assert why(act(hunch(p_low=0.9), automatic=False)) == "unsure"
    for automatic in (True, False):
        shadow = act(hunch(), automatic=automatic, limits=Settings(shadow=True))
        assert not shadow.orders
        assert [order.hunch for order in shadow.shadow] == [hunch()]
    again = act(hunch(), limits=Settings(shadow=True), records=(done(hunch(), 60, Outcome.SHADOW),))
    assert why(again) == "recorded"


@pytest.mark.parametrize(
    ("reason", "candidate"),
    [
        ("unsure", hunch(p_low=0.949)),
        ("somebody_may_mind", hunch(context=AT_HOME)),
        ("somebody_may_mind", hunch(context=(0.4, 0.5))),
        ("just_used", hunch(since=NOW - 1799)),
        ("unknown_entity", hunch("light.gone")),
        ("not_safe", hunch(action="turn_on")),
        ("too_new", hunch(days=6.9)),
        (None, hunch(days=7.0)),
        ("not_proposable", hunch(kind=Kind.STILL_OPEN, action="turn_off")),
        ("not_proposable", hunch("switch.fridge")),
        (None, hunch(context=(0.5, 0.46))),
        (None, hunch(since=NOW - 1800)),
    ],
)
def test_reasons_not_to_act(reason: str | None, candidate: Hunch) -> None:
    assert why(act(candidate, rules=(allow(), allow("light.gone"), allow("switch.fridge")))) == reason


def test_only_what_has_held_after_the_quiet_of_a_start() -> None:
    assert why(act(hunch(), sustained=False)) == "not_sustained"
    assert why(act(hunch(), started=NOW - 599)) == "starting"
    assert why(act(hunch(), started=NOW - 600)) is None
    assert why(act(hunch(), started=NOW + 86400)) is None  # the clock was wrong


def test_excluded_out_of_reach_or_already_so() -> None:
    assert why(act(hunch(), limits=Settings(excluded=frozenset({PORCH})))) == "excluded"
    assert why(act(hunch(), readings={PORCH: UNKNOWN})) == "unavailable"
    assert why(act(hunch(), readings={PORCH: OFF})) == "moot"


def test_a_persons_hand_wins_for_a_while() -> None:
    assert why(act(hunch(), touched={PORCH: NOW - 600})) == "just_used"
    assert why(act(hunch(), touched={"switch.kettle": NOW - 600})) is None
    assert why(act(hunch(), touched={PORCH: NOW + 86400})) is None  # the clock was wrong


def test_a_device_is_left_alone_after_two_actions_a_day() -> None:
    early = (done(hunch(), 3600), done(hunch(), 23 * 3600, Outcome.SUPERSEDED))
    assert why(act(hunch(), records=early)) == "enough_today"
    assert why(act(hunch(), records=(early[0], done(hunch(), 25 * 3600)))) is None
    asked = tuple(replace(record, automatic=False) for record in early)
    assert why(act(hunch(), records=asked)) is None


def test_a_failure_is_tried_again_with_longer_waits_and_then_given_up() -> None:
    def after(*ago: float) -> str | None:
        return why(act(hunch(), records=tuple(done(hunch(), a, Outcome.FAILED) for a in ago)))

    assert after(299) == "waiting"
    assert after(300) is None
    assert after(1500, 1199) == "waiting"
    assert after(1500, 1200) is None
    assert after(4000, 3000, 2000) == "given_up"
    assert after(8000, 7900, 7800) is None  # it has changed since


def test_nothing_while_an_action_is_under_way() -> None:
    assert why(act(hunch(), records=(done(hunch(), 5, Outcome.STARTED),))) == "under_way"


@pytest.mark.parametrize("answer", [Answer.UNDONE, Answer.REJECTED])
def test_what_a_person_took_back_is_not_repeated_there_until_it_is_allowed_anew(answer: Answer) -> None:
    taken = (Answered(NOW - 400 * 86400, hunch(context=AWAY), answer),)
    early = (allow(time=NOW - 500 * 86400),)
    assert why(act(hunch(), answers=taken, rules=early)) == answer
    assert why(act(hunch(context=ASLEEP), answers=taken, rules=early)) is None
    assert why(act(hunch(), answers=taken, rules=(allow(time=NOW - 1),))) is None
    # a rule about the whole home says nothing new about this device
    assert why(act(hunch(), answers=taken, rules=(allow(None, Kind.STILL_ON, NOW - 1),))) == answer


def test_a_lock_is_locked_only_while_its_door_is_known_to_be_closed() -> None:
    candidate, rules = hunch(DOOR), (allow(None, Kind.STILL_UNLOCKED),)
    assert why(act(candidate, rules=rules)) is None
    for reading in (ON, UNKNOWN):
        assert why(act(candidate, rules=rules, readings={CONTACT: reading})) == "door_may_be_open"
    assert why(act(hunch("lock.shed"), rules=rules)) == "door_may_be_open"


def test_covers_that_may_hurt_somebody_move_only_when_asked() -> None:
    rules = (allow(None, Kind.STILL_OPEN),)
    assert why(act(hunch("cover.blind"), rules=rules)) is None
    for entity_id in ("cover.garage", "cover.unknown"):
        assert why(act(hunch(entity_id), rules=rules)) == "only_when_asked"
        assert never_automatic(HOME.entities[entity_id]) == "only_when_asked"


@pytest.mark.parametrize(("device_class", "name", "harmless"), [
    ("shutter", "Left", True),
    (None, "Left", True),
    ("garage", "Left", False),
    ("awning", "Left", False),
    (None, "Garage door", False),
])  # fmt: skip
def test_what_moves_with_a_group_of_covers_counts(device_class: str | None, name: str, harmless: bool) -> None:
    member = Entity("cover.left", name, device_class=device_class)
    group = Entity("cover.all", "All", device_class="shutter", members=(Entity("cover.row", members=(member,)),))
    assert (never_automatic(group) is None) is harmless
    assert (may_undo(group) is None) is harmless


@pytest.mark.parametrize("name", ["Brama wjazdowa", "Furtka", "Garaje", "Rolltor", "Basculante", "Portillon"])
def test_gates_are_known_by_name_in_the_languages_that_are_spoken(name: str) -> None:
    assert never_automatic(Entity("cover.roller", name, device_class="shutter")) == "only_when_asked"


@pytest.mark.parametrize(("lock", "door"), [
    ("Cerradura de la puerta principal", "Puerta de la terraza"),
    ("Serrure de la porte d'entrée", "Porte de la cave"),
    ("Serratura della porta d'ingresso", "Porta della cantina"),
    ("Zamek w drzwiach", "Drzwi w garażu"),
    ("Lock of the front door", "Door of the shed"),
    ("Slot van de voordeur", "Deur van de schuur"),
])  # fmt: skip
def test_no_other_doors_sensor_vouches_for_a_lock(lock: str, door: str) -> None:
    entities = (Entity("lock.one", lock), Entity("binary_sensor.other", door, None, "door"))
    home = replace(HOME, entities={e.entity_id: e for e in entities})
    assert doors_of(home, entities[0]) == ()


def test_what_forbids_a_member_forbids_its_group() -> None:
    never = Rule(Verdict.FORBID, "switch.fridge", None, 100.0)
    groups = {"switch.fridge": "switch.all"}
    found = of_things((never,), {}, groups)
    assert [(r.entity_id, r.verdict) for r in found] == [("switch.fridge", "forbid"), ("switch.all", "forbid")]
    assert of_things(found, {}, groups) == found
    allowed = (never, Rule(Verdict.ALLOW, "switch.all", None, 200.0))
    assert of_things(allowed, {}, groups) == allowed, "somebody knew better, later"
    earlier = (Rule(Verdict.ALLOW, "switch.all", None, 50.0), never)
    assert forbidding(of_things(earlier, {}, groups), "switch.all", Kind.STILL_ON) is not None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "EV charger",
            "Wallbox",
            "Ladegerät E-Bike",
            "Washing machine",
            "Waschmaschine",
            "Lave-linge",
            "Lavastoviglie",
        ),
        *("Tumble dryer", "3D printer", "Slow cooker", "Gaming PC", "Mähroboter", "Pralka", "Máquina de lavar"),
    ],
)
def test_what_works_alone_is_cut_off_without_asking_only_by_its_own_rule(name: str) -> None:
    plug = Entity("switch.kettle", name, "Kitchen")
    home = replace(HOME, entities={**HOME.entities, "switch.kettle": plug})
    assert action_for(plug) is not None, "it may have been forgotten: asked it is"
    assert never_automatic(plug) is None
    for rules, allowed in (((allow(None, Kind.STILL_ON),), False), ((allow("switch.kettle"),), True)):
        found = act(hunch("switch.kettle"), rules=rules, home=home)
        assert why(found) == (None if allowed else "not_allowed")
    whole = replace(plug, name="Corner", members=(Entity("switch.hidden", name),))
    assert allowing((allow(None, Kind.STILL_ON),), whole, Kind.STILL_ON) is None
    assert allowing((allow(None, Kind.STILL_ON),), Entity("switch.kettle", "Kettle"), Kind.STILL_ON) is not None


def test_what_a_helper_stands_for_takes_its_own_rule() -> None:
    guests = Entity("input_boolean.guests", "Guests")
    assert allowing((allow(None, Kind.STILL_ON),), guests, Kind.STILL_ON) is None
    assert allowing((allow("input_boolean.guests"),), guests, Kind.STILL_ON) is not None


def test_a_light_is_turned_on_only_after_an_always_and_never_in_the_night() -> None:
    kind, dark = Kind.USUALLY_ON_BY_NOW, {PORCH: OFF}
    for rule in (allow(), allow(None, kind)):
        assert why(act(hunch(kind=kind), rules=(rule,), readings=dark)) == "not_allowed"
    explicit = (allow(PORCH, kind),)
    (order,) = act(hunch(kind=kind, context=AT_HOME), rules=explicit, readings=dark).orders
    assert order.action == Action("light", "turn_on", PORCH, ON)
    assert why(act(hunch(kind=kind, context=ASLEEP), rules=explicit, readings=dark)) == "somebody_may_mind"
    assert why(act(hunch(kind=kind), rules=explicit)) == "moot"
    assert action_for(Entity("switch.kettle"), kind) is None


# --- heating


def test_heating_is_set_back() -> None:
    (order,) = act(hunch(HEATING, Kind.HEATING_WHILE_AWAY), rules=(allow(HEATING),)).orders
    assert order.action == Action("climate", "set_temperature", HEATING, ON, (("temperature", 18.0),))
    back = done(hunch(HEATING, Kind.HEATING_WHILE_AWAY), 3600, data=(("temperature", 18.0),))
    assert why(act(hunch(HEATING, Kind.HEATING_WHILE_AWAY), rules=(allow(HEATING),), records=(back,))) == "set_back"


@pytest.mark.parametrize(
    ("thermostat", "setting"),
    [
        (Thermostat("heat", 21.0), (("temperature", 18.0),)),
        (Thermostat("heat", 18.0), (("temperature", 16.0),)),
        (Thermostat("heat", 16.0), ()),
        (Thermostat("heat", 16.2), ()),
        (Thermostat("heat", 5.0), ()),
        (Thermostat("heat", 30.0), (("temperature", 22.0),)),
        (Thermostat("heat", 21.0, minimum=20.0), (("temperature", 20.0),)),
        (Thermostat("heat", 21.3, step=0.5), (("temperature", 18.5),)),
        (Thermostat("heat", 21.0, step=0.0), (("temperature", 18.0),)),
        (Thermostat("heat"), ()),
        (Thermostat("off", 21.0), ()),
        (Thermostat("cool", 21.0), ()),
        (Thermostat("auto", 21.0), ()),
        (Thermostat("heat_cool", None, 20.0, 25.0), (("target_temp_high", 25.0), ("target_temp_low", 17.0))),
    ],
)
def test_how_far_heating_is_set_back(thermostat: Thermostat, setting: tuple[tuple[str, float], ...]) -> None:
    assert setback(thermostat, Bounds()) == setting


def test_pipes_never_freeze() -> None:
    assert setback(Thermostat("heat", 12.0), Bounds(10.0, 2.0, 22.0)) == (("temperature", 7.0),)


def test_heating_comes_back_when_people_do_unless_it_was_changed() -> None:
    record = done(hunch(HEATING, Kind.HEATING_WHILE_AWAY), 3600, data=(("temperature", 18.0),), mode="heat")

    def then(thermostat: Thermostat | None, context: tuple[float, float]) -> list[Due]:
        return [what for _, what in due((record,), Context(NOW, *context, 1.0), {HEATING: thermostat})]

    low = Thermostat("heat", 18.02)
    assert then(low, AT_HOME) == [Due.RESTORE]
    assert then(low, AWAY) == then(low, ASLEEP) == then(None, AT_HOME) == []
    for changed in (Thermostat("heat", 19.0), Thermostat("off", 19.0), Thermostat("heat_cool", None, 18.0, 24.0)):
        assert then(changed, AT_HOME) == then(changed, AWAY) == [Due.LEAVE]
    # turned off by a window that is open: it comes back once it heats again
    for silent in (Thermostat("off", 18.0), Thermostat("off"), Thermostat("heat")):
        assert then(silent, AT_HOME) == then(silent, AWAY) == []
    assert not due((replace(record, outcome=Outcome.RESTORED),), Context(NOW, *AT_HOME, 1.0), {HEATING: low})


def test_heating_that_is_set_back_is_not_asked_about() -> None:
    record = done(hunch(HEATING, Kind.HEATING_WHILE_AWAY), 3600, data=(("temperature", 18.0),), mode="heat")
    again, policy = hunch(HEATING, Kind.HEATING_WHILE_AWAY), Policy(Settings(sustain=0.0))
    stands = {HEATING: Thermostat("heat", 18.0)}  # which could be lowered once more, and would come back to 18
    decision = policy.judge(HOME, [again], Ledger(records=(record,)), NOW, READINGS, stands)
    assert decision.declined == ((again, "moot"),)
    assert not decision.raised
    restored = Ledger(records=(replace(record, outcome=Outcome.RESTORED),))
    assert policy.judge(HOME, [again], restored, NOW, READINGS, stands).raised == (again,)


@pytest.mark.parametrize(
    ("entity_id", "reason"),
    [
        (PORCH, None),
        ("switch.kettle", None),
        (HEATING, None),
        ("cover.blind", None),
        ("cover.garage", "would_open"),
        ("cover.unknown", "would_open"),
        ("valve.garden", "would_open"),
        (DOOR, "would_unlock"),
    ],
)
def test_what_may_be_taken_back(entity_id: str, reason: str | None) -> None:
    assert may_undo(HOME.entities[entity_id]) == reason


def test_what_is_done_is_not_asked_as_well() -> None:
    policy, books = Policy(Settings(sustain=0.0)), Ledger(rules=(allow(),), automatic=True, open=(hunch(),))
    moment = Moment(NOW, READINGS, WARM)
    decision = policy.judge(HOME, [hunch()], books, NOW, READINGS)
    acting = policy.act(HOME, [hunch()], books, moment)
    assert decision.kept == (hunch(),)
    decision = left_to_ask(HOME, decision, acting.entity_ids)
    assert not decision.kept
    assert not decision.raised
    assert decision.withdrawn == ((hunch(), Answer.WITHDRAWN),)


# --- properties

MANY = settings(max_examples=max(200, settings().max_examples))
NAMES = ("Lamp", "Front door", "Left", "", "Desk", "Hall", "Fridge", "Garage", "Oxygen", "Kühlschrank", "电视")
DOMAINS = ("light", "light", "lock", "lock", "climate", "cover", "binary_sensor", "binary_sensor", *DEVICE_DOMAINS)
CLASSES = ("blind", "blind", None, "shutter", "garage", "gate", "door", "window", "awning")
KINDS = {**{d: [k] for d, k in KIND_OF_DOMAIN.items()}, "climate": [Kind.HEATING_WHILE_AWAY, Kind.HEATING_WHILE_ASLEEP]}
KINDS["light"] = [Kind.STILL_ON, Kind.STILL_ON, Kind.USUALLY_ON_BY_NOW]
_READINGS = {"binary_sensor": (OFF, OFF, OFF, ON, UNKNOWN)}
SAFE = {"turn_off", "close_cover", "close_valve", "lock", "set_temperature", "turn_on"}


def some_home(chance: random.Random) -> Home:
    """Return a home of up to ten things: harmless, dangerous, and with names that only look like either."""
    found = []
    for _ in range(chance.randint(1, 10)):
        domain, n, area = chance.choice(DOMAINS), chance.randint(0, 2), chance.choice(("Hall", "Hall", None, "Server"))
        if domain == "binary_sensor":
            found.append(Entity(f"{domain}.d{n}", chance.choice(("Front door", "Back")), area, "door"))
        else:
            kind = chance.choice(CLASSES) if domain == "cover" else None
            found.append(Entity(f"{domain}.d{n}", chance.choice(NAMES), area, kind))
    return Home("h", "Europe/Berlin", entities={e.entity_id: e for e in found})


@dataclass
class World:
    """A home that lives at random, and what it remembers of us."""

    chance: random.Random
    home: Home
    policy: Policy
    ledger: Ledger
    now: float = NOW
    touched: dict[str, float] = field(default_factory=dict)
    number: int = 0

    def one(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def candidates(self) -> list[Hunch]:
        """Draw hunches that are mostly sane and sure, and some that no sane scan would make."""
        found = []
        known = [key for key in sorted(self.home.entities) if not key.startswith("binary_sensor")]
        for _ in range(self.one(0, 2, 4, 6)):
            odd = self.one(*[False] * 19, True)
            entity_id = self.one("light.x", *known) if odd or not known else self.one(*known)
            domain = entity_id.partition(".")[0]
            kind = self.one(*(Kind if odd else KINDS.get(domain, list(Kind))))
            safe = action_for(Entity(entity_id), kind)
            wrong = self.one("turn_on", "unlock", "open_cover", "set_hvac_mode", "alarm_disarm", "start")
            context = Context(self.now, *self.one(AWAY, AWAY, AWAY, ASLEEP, (0.5, 0.46), AT_HOME), 1.0)
            since = self.now - self.one(7200.0, 7200.0, 90000.0, 90000.0, 7200.0, 60.0, -60.0)
            found.append(
                Hunch(
                    self.now,
                    entity_id,
                    kind,
                    wrong if odd or safe is None else self.one(safe.service, safe.name),
                    self.one(0.5, 0.97),
                    Evidence(since, None, None, 0.1, self.one(9.0, 9.0, 9.0, 2.0), "lamp", context),
                    self.one(0.99, 0.98, 0.97, 0.96, 0.94, 0.0),
                )
            )
        return found

    def rule(self) -> Rule:
        entity_id = self.one(None, *sorted(self.home.entities))
        kind = self.one(*Kind) if entity_id is None else self.one(None, None, *Kind)
        verdict = self.one(*[Verdict.ALLOW] * 5, Verdict.FORBID)
        return Rule(verdict, entity_id, kind, self.now - self.one(0.0, 1.0, 9000.0))

    def live(self) -> None:
        """Let people rule, answer and touch things, and time pass."""
        self.now += self.one(60.0, 300.0, 300.0, 600.0, 3600.0, 86400.0, -3600.0)
        if self.one(True, False, False):
            self.ledger = replace(self.ledger, rules=(*self.ledger.rules, self.rule()))
        if self.one(True, False, False, False):
            self.ledger = replace(self.ledger, automatic=self.one(True, True, False))
        for open_hunch in self.ledger.open:
            if self.one(True, False):
                self.ledger = self.ledger.answered(Answered(self.now, open_hunch, self.one(*Answer)))
        if self.one(True, False, False):
            self.touched[self.one(*sorted(self.home.entities))] = self.now - self.one(1.0, 1500.0)

    def moment(self) -> Moment:
        readings = {
            key: self.one(*_READINGS.get(key.partition(".")[0], (ON, ON, ON, OFF, UNKNOWN)))
            for key in sorted(self.home.entities)
        }
        warm = Thermostat(self.one("heat", "heat", "off", "heat_cool"), self.one(21.0, 16.5, 8.0, None), 20.0, 25.0)
        return Moment(self.now, readings, {key: self.one(warm, warm, None) for key in readings}, dict(self.touched))

    def carry_out(self, acting: Acting) -> None:
        """Record what is done, and let it end somehow."""
        for order in (*acting.orders, *acting.shadow):
            self.number += 1
            outcome = Outcome.SHADOW
            if order in acting.orders:
                outcome = self.one(Outcome.DONE, Outcome.DONE, Outcome.FAILED, Outcome.UNDONE, Outcome.STARTED)
            record = Record(str(self.number), self.now, order.hunch, order.action, automatic=True, outcome=outcome)
            self.ledger = self.ledger.recorded(record)
            if outcome is Outcome.UNDONE:
                self.ledger = self.ledger.answered(Answered(self.now, order.hunch, Answer.UNDONE))
        for record in self.ledger.records:
            if record.outcome is Outcome.STARTED and self.one(True, False):
                self.ledger = self.ledger.recorded(replace(record, outcome=Outcome.FAILED))


def check(world: World, acting: Acting, moment: Moment) -> None:
    """Hold what is done against the promises, in words of its own."""
    limits, ledger, now = world.policy.settings, world.ledger, world.now
    assert not (acting.orders and (limits.shadow or not ledger.automatic))
    assert not (acting.shadow and not limits.shadow)
    orders = (*acting.orders, *acting.shadow)
    assert len({order.hunch.entity_id for order in orders}) == len(orders)
    for order in orders:
        told, action = order.hunch, order.action
        key, entity = told.entity_id, world.home.entities[told.entity_id]
        assert action.entity_id == key
        assert action.domain == entity.domain
        assert action.service in SAFE
        assert told.action in (action.service, f"{action.domain}.{action.service}")
        assert not looks_always_on(entity)
        assert not is_gate(entity)
        assert entity.domain != "cover" or entity.device_class in ("blind", "shutter")
        matching = [r for r in ledger.rules if r.entity_id in (None, key) and r.kind in (None, told.kind)]
        assert all(r.verdict is Verdict.ALLOW for r in matching)
        assert matching
        if action.service == "turn_on":
            assert entity.domain == "light"
            assert any(r.entity_id == key and r.kind is Kind.USUALLY_ON_BY_NOW for r in matching)
            assert told.evidence.context.p_asleep <= 0.05
        else:
            assert told.evidence.context.p_asleep + told.evidence.context.p_away >= 0.95
        if entity.domain == "lock":
            near = [e for e in world.home.entities.values() if e.device_class == "door" and e.domain == "binary_sensor"]
            assert any(moment.readings[e.entity_id] == OFF for e in near)
        if entity.domain == "climate":
            thermostat = moment.thermostats[key]
            assert thermostat is not None
            assert thermostat.mode in ("heat", "heat_cool")
            before, after = dict(thermostat.setting), dict(action.data)
            lower = "temperature" if "temperature" in after else "target_temp_low"
            assert max(limits.bounds.lowest, 7.0) <= after[lower] < before[lower]
            assert {k: v for k, v in before.items() if k != lower} == {k: v for k, v in after.items() if k != lower}
        else:
            assert moment.readings[key] == (OFF if action.service == "turn_on" else ON)
        assert told.p_low >= 0.95
        assert told.evidence.history_days >= 7
        assert abs(now - told.evidence.since) >= limits.hands_off
        assert abs(now - world.touched.get(key, 0.0)) >= limits.hands_off
        own = [r.time for r in matching if r.entity_id is not None]
        assert not any(
            a.answer in (Answer.UNDONE, Answer.REJECTED)
            and a.hunch.key == told.key
            and situation(a.hunch.evidence.context) == situation(told.evidence.context)
            and a.time >= max(own, default=-1.0)
            for a in ledger.answers
        )
        assert not any(r.outcome is Outcome.STARTED and r.hunch.entity_id == key for r in ledger.records)


def counted(ledger: Ledger, entity_id: str, now: float) -> int:
    return sum(
        r.hunch.entity_id == entity_id and r.outcome is not Outcome.FAILED and abs(now - r.time) < 86400
        for r in ledger.records
    )


@MANY
@given(st.integers(0, 2**32 - 1))
def test_the_rules_hold_for_any_home_any_rules_and_any_past(seed: int) -> None:
    chance = random.Random(seed)
    home = some_home(chance)
    limits = Settings(
        shadow=chance.random() < 0.2,
        sustain=chance.choice((0.0, 0.0, 0.0, 300.0)),
        actions_a_day=chance.randint(0, 3),
        cool_down=chance.choice((0.0, 3600.0)),
    )
    world = World(chance, home, Policy(limits), Ledger(started=NOW - 1000, automatic=True))
    rules = [replace(world.rule(), verdict=Verdict.ALLOW) for _ in range(world.one(0, 2, 4))]
    rules += [Rule(Verdict.ALLOW, None, kind, NOW - 2000.0) for kind in Kind if world.one(True, True, False)]
    world.ledger = replace(world.ledger, rules=tuple(rules))
    for _ in range(chance.randint(1, 12)):
        world.live()
        found, moment = world.candidates(), world.moment()
        decision = world.policy.judge(home, found, world.ledger, world.now, moment.readings)
        asked = copy.deepcopy(world.policy)
        acting = world.policy.act(home, found, world.ledger, moment)

        # To ask what would be done changes nothing, and no order of anything matters.
        mixed = [
            found.copy(),
            *(list(rows) for rows in (world.ledger.rules, world.ledger.answers, world.ledger.records)),
        ]
        for rows in mixed:
            chance.shuffle(rows)
        other = replace(world.ledger, rules=tuple(mixed[1]), answers=tuple(mixed[2]), records=tuple(mixed[3]))
        assert world.policy.act(home, mixed[0], other, moment) == acting
        assert world.policy == asked
        assert {h.entity_id for h, _ in acting.declined} | {
            o.hunch.entity_id for o in (*acting.orders, *acting.shadow)
        } == {h.entity_id for h in found}

        check(world, acting, moment)
        for order in (*acting.orders, *acting.shadow):
            assert counted(world.ledger, order.hunch.entity_id, world.now) < limits.actions_a_day or (
                any(r.outcome is Outcome.SHADOW for r in world.ledger.records) != limits.shadow
            )
        decision = left_to_ask(home, decision, acting.entity_ids)
        open_now = decision.kept + decision.raised + decision.joined
        assert not {h.entity_id for h in open_now} & acting.entity_ids
        assert len(questions(home, open_now)) <= 3
        for h in open_now:
            assert not any(
                r.verdict is Verdict.FORBID and r.entity_id in (None, h.entity_id) and r.kind in (None, h.kind)
                for r in world.ledger.rules
            )
        world.ledger = world.ledger.decided(decision, world.now)
        world.carry_out(acting)
