"""What may be shown and done: named cases first, then properties over random homes, candidates and answers."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.hunches.engine.always_on import is_gate, looks_always_on
from custom_components.hunches.engine.home import DEVICE_DOMAINS, OFF, ON, UNKNOWN, Entity, Home
from custom_components.hunches.engine.hunches import KIND_OF_DOMAIN, Context, Evidence, Hunch, Kind
from custom_components.hunches.engine.policy import (
    Action,
    Answer,
    Answered,
    Decision,
    Ledger,
    Policy,
    Settings,
    Thermostat,
    action_for,
    bar,
    doors_of,
    may_carry_out,
    questions,
)
from custom_components.hunches.engine.situations import situation

NOW = 1_760_000_000.0
LAMP = Entity("light.porch", "Porch light", "Porch")
HOME = Home(
    "test",
    "Pacific/Auckland",
    entities={
        e.entity_id: e
        for e in (
            LAMP,
            Entity("light.hall", "Hall light", "Hall"),
            Entity("light.attic", "Attic light", "Attic"),
            Entity("light.shed", "Shed light", "Shed"),
            Entity("light.study", "Study light", "Study"),
            Entity("switch.fridge", "Fridge plug", "Kitchen"),
            Entity("lock.front_door", "Front door lock", "Hall"),
            Entity("climate.home", "Heating"),
            Entity("cover.garage", "Garage", device_class="garage"),
        )
    },
)
AWAY, ASLEEP, AT_HOME = (0.05, 0.95), (0.95, 0.05), (0.05, 0.05)


def hunch(
    entity_id: str = "light.porch",
    p: float = 0.9,
    *,
    time: float = NOW,
    context: tuple[float, float] = AWAY,
    kind: Kind | None = None,
    action: str | None = None,
    days: float = 20.0,
) -> Hunch:
    """Return a hunch about an entity; `context` is (p_asleep, p_away), `days` its past."""
    entity = HOME.entities.get(entity_id, Entity(entity_id))
    safe = action_for(Entity(entity_id))
    evidence = Evidence(time - 3600, (10.0, 40.0), 23.0, 0.1, days, "porch", Context(time, *context, 1.0))
    return Hunch(
        time,
        entity_id,
        kind or KIND_OF_DOMAIN.get(entity.domain, Kind.STILL_ON),
        action or (safe.service if safe else "turn_off"),
        p,
        evidence,
    )


def held(policy: Policy, ledger: Ledger, *candidates: Hunch, at: float = NOW) -> Decision:
    """Return the decision after the candidates have held for as long as they have to."""
    policy.judge(HOME, candidates, ledger, at - policy.settings.sustain)
    return policy.judge(HOME, candidates, ledger, at)


def reasons(decision: Decision) -> dict[str, str]:
    return {h.entity_id: why for h, why in decision.declined}


# --- what may be proposed


@pytest.mark.parametrize(
    ("entity_id", "service"),
    [
        ("light.a", "turn_off"),
        ("switch.a", "turn_off"),
        ("fan.a", "turn_off"),
        ("media_player.a", "turn_off"),
        ("humidifier.a", "turn_off"),
        ("input_boolean.a", "turn_off"),
        ("cover.a", "close_cover"),
        ("valve.a", "close_valve"),
        ("lock.a", "lock"),
    ],
)
def test_the_safe_side_of_every_domain(entity_id: str, service: str) -> None:
    assert action_for(Entity(entity_id)) == Action(entity_id.partition(".")[0], service, entity_id, OFF)


@pytest.mark.parametrize(
    "entity_id", ["climate.a", "alarm_control_panel.a", "vacuum.a", "binary_sensor.door", "siren.a"]
)
def test_nothing_is_proposed_for_what_has_no_safe_side(entity_id: str) -> None:
    assert action_for(Entity(entity_id)) is None


@pytest.mark.parametrize(
    "name",
    [
        "Fridge",
        "kitchen FRIDGES",
        "Beer fridge plug",
        "FridgePlug2",
        "Ｆｒｉｄｇｅ",
        "Chest Freezer",
        "Wi-Fi Router",
        "NAS",
        "Home server",
        "UPS",
        "Aquarium heater",
        "CPAP",
        "Oxygen concentrator",
        "Egg incubator",
        "Alarm system",
        "Sump pump",
        "Pumps",
        "Kühlschrank",
        "Kuehlschranksteckdose",
        "Gefriertruhe Keller",
        "Umwälzpumpe",
        "Réfrigérateur",
        "Congélateur",
        "Pompe piscine",
        "Frigorífico",
        "Bomba de agua",
        "Congelatore",
        "Koelkast",
        "Vriezer",
        "Kylskåp",
        "Värmepump",
        "Jääkaappi",
        "Lodówka",
        "Lednička",
        "Buzdolabı",
        "Холодильник на кухне",
        "冷蔵庫",
        "冰箱插座",
        "냉장고",
        "Fish tank",
        "Beatmungsgerät",
        "Hühnerstall",
        "Wechselrichter",
        "Chauffe-eau",
        "Weidezaun",
        "Starlink",
        "Pi-hole",
        *(
            "Koncentrator tlenu",
            "Montascale",
            "Chłodziarka",
            "Surgelatore",
            "Roteador",
            "Kocioł",
            "Wechseldruckmatratze",
        ),
    ],
)
def test_what_looks_always_on_is_never_proposed(name: str) -> None:
    assert looks_always_on(Entity("switch.plug", name))
    assert action_for(Entity("switch.plug", name)) is None


@pytest.mark.parametrize(
    "name",
    [
        "Kettle",
        "Toaster",
        "Pumpkin lights",
        "TV",
        "Desk lamp",
        "Washing machine",
        "Wi-Fi plug",
        "Ananas",
        "Luce camera",
        "",
    ],
)
def test_other_plugs_are_proposed(name: str) -> None:
    assert action_for(Entity("switch.plug_7", name)) is not None


def test_always_on_is_read_from_the_entity_id_the_labels_and_a_plugs_area() -> None:
    assert looks_always_on(Entity("switch.kuhlschrank"))
    assert looks_always_on(Entity("switch.plug", "Plug", labels=("Medical",)))
    assert looks_always_on(Entity("switch.plug", "Plug", "Server closet"))
    assert not looks_always_on(Entity("light.lamp", "Lamp", "Server closet"))
    assert not looks_always_on(Entity("light.fridge", "Fridge light"))


def test_what_keeps_something_alive_is_never_proposed_whatever_switches_it() -> None:
    for entity_id in ("light.aquarium", "valve.oxygen_supply", "fan.incubator", "cover.reptile_house"):
        assert action_for(Entity(entity_id)) is None


# --- what may be carried out


def test_an_accepted_proposal_is_carried_out_and_nothing_else() -> None:
    lamp = action_for(LAMP)
    assert lamp is not None
    assert may_carry_out(LAMP, lamp, asked=True) is None
    for other in (
        replace(lamp, service="turn_on", target_state=ON),
        replace(lamp, service="toggle"),
        replace(lamp, entity_id="light.hall"),
        replace(lamp, domain="homeassistant"),
    ):
        assert may_carry_out(LAMP, other, asked=True, allowed=frozenset({LAMP.entity_id})) == "not_safe"
    fridge = HOME.entities["switch.fridge"]
    assert may_carry_out(fridge, Action("switch", "turn_off", "switch.fridge", OFF), asked=True) == "not_safe"
    lock = HOME.entities["lock.front_door"]
    assert may_carry_out(lock, Action("lock", "unlock", lock.entity_id, ON), asked=True, doors={}) == "not_safe"


def test_without_being_asked_only_what_the_user_allowed() -> None:
    lamp = action_for(LAMP)
    assert lamp is not None
    assert may_carry_out(LAMP, lamp, asked=False) == "not_allowed"
    assert may_carry_out(LAMP, lamp, asked=False, allowed=frozenset({"light.hall"})) == "not_allowed"
    assert may_carry_out(LAMP, lamp, asked=False, allowed=frozenset({"light.porch"})) is None


def test_a_garage_door_closes_only_when_asked() -> None:
    for entity in (
        Entity("cover.left", "Left", device_class="garage"),
        Entity("cover.garagentor"),
        Entity("cover.drive", "Front gate"),
    ):
        action = action_for(entity)
        assert is_gate(entity)
        assert action is not None
        assert may_carry_out(entity, action, asked=True) is None
        assert may_carry_out(entity, action, asked=False, allowed=frozenset({entity.entity_id})) == "only_when_asked"
    blind = Entity("cover.blind", "Bedroom blind", device_class="blind")
    action = action_for(blind)
    assert not is_gate(blind)
    assert action is not None
    assert may_carry_out(blind, action, asked=False, allowed=frozenset({"cover.blind"})) is None


def test_a_lock_is_never_locked_while_its_door_is_or_may_be_open() -> None:
    lock = HOME.entities["lock.front_door"]
    action = action_for(lock)
    assert action is not None
    allowed = frozenset({lock.entity_id})
    for asked in (True, False):
        for doors in (None, {"binary_sensor.d": ON}, {"binary_sensor.d": UNKNOWN}, {"a.b": OFF, "a.c": ON}):
            assert may_carry_out(lock, action, asked=asked, doors=doors, allowed=allowed) == "door_may_be_open"
        assert may_carry_out(lock, action, asked=asked, doors={"binary_sensor.d": OFF}, allowed=allowed) is None
    # a person who accepts can see the door; nobody sees it otherwise
    assert may_carry_out(lock, action, asked=True, doors={}) is None
    assert may_carry_out(lock, action, asked=False, doors={}, allowed=allowed) == "door_may_be_open"


def test_the_door_of_a_lock_is_found_by_name_then_by_area() -> None:
    front = Entity("lock.front_door", "Front door lock", "Hall")
    sensors = (
        Entity("binary_sensor.front_door", "Front door", "Hall", "door"),
        Entity("binary_sensor.cellar_door", "Cellar door", "Hall", "door"),
        Entity("binary_sensor.front_window", "Front window", "Hall", "window"),
        Entity("binary_sensor.back_door", "Back door", "Kitchen", "door"),
    )
    home = Home("h", entities={e.entity_id: e for e in (front, *sensors)})
    assert doors_of(home, front) == ("binary_sensor.front_door",)
    assert doors_of(home, Entity("lock.yale", "Smart lock", "Hall")) == (
        "binary_sensor.cellar_door",
        "binary_sensor.front_door",
    )
    assert doors_of(home, Entity("lock.yale", "Smart lock")) == ()


# --- what is shown


def test_the_threshold_follows_from_the_stated_cost() -> None:
    assert Settings().min_accept == pytest.approx(1 / 2)
    assert Settings().keep_accept < Settings().min_accept


def test_a_candidate_is_raised_after_it_has_held() -> None:
    policy, ledger, candidate = Policy(), Ledger(), hunch()
    assert reasons(policy.judge(HOME, [candidate], ledger, NOW)) == {"light.porch": "not_sustained"}
    assert not policy.judge(HOME, [candidate], ledger, NOW + Settings().sustain - 1).raised
    assert policy.judge(HOME, [candidate], ledger, NOW + Settings().sustain).raised == (candidate,)


def test_a_dip_below_the_threshold_starts_the_wait_again() -> None:
    policy, ledger = Policy(), Ledger()
    policy.judge(HOME, [hunch()], ledger, NOW)
    policy.judge(HOME, [hunch(p=0.4)], ledger, NOW + 200)
    assert not policy.judge(HOME, [hunch()], ledger, NOW + 400).raised
    assert policy.judge(HOME, [hunch()], ledger, NOW + 400 + Settings().sustain).raised


@pytest.mark.parametrize("jump", [7200.0, -7200.0])
def test_a_clock_that_jumps_is_not_sustained_evidence(jump: float) -> None:
    policy, ledger = Policy(), Ledger()
    policy.judge(HOME, [hunch()], ledger, NOW)
    assert reasons(policy.judge(HOME, [hunch()], ledger, NOW + jump)) == {"light.porch": "not_sustained"}


@pytest.mark.parametrize(
    ("entity_id", "days", "why"),
    [
        ("light.porch", 6.9, "too_new"),
        ("light.porch", 7.0, None),
        ("lock.front_door", 2.9, "too_new"),
        ("lock.front_door", 3.0, None),
        ("cover.garage", 3.0, None),
    ],
)
def test_a_device_is_known_for_a_while_before_it_is_asked_about(entity_id: str, days: float, why: str | None) -> None:
    decision = held(Policy(), Ledger(), hunch(entity_id, days=days))
    assert reasons(decision) == ({entity_id: why} if why else {})
    assert [h.entity_id for h in decision.raised] == ([] if why else [entity_id])


def test_at_most_three_are_open_best_first() -> None:
    lamps = [hunch(f"light.{n}", p) for n, p in (("porch", 0.85), ("hall", 0.97), ("attic", 0.9), ("shed", 0.95))]
    decision = held(Policy(), Ledger(), *lamps)
    assert [h.entity_id for h in decision.raised] == ["light.hall", "light.shed", "light.attic"]
    assert reasons(decision) == {"light.porch": "too_many_open"}
    later = held(Policy(), Ledger(open=decision.raised), hunch("light.study", 0.99), *lamps)
    assert not later.raised
    assert set(later.kept) == set(decision.raised)


def test_a_day_has_a_cap() -> None:
    raised = tuple((NOW - h * 3600, f"still_on:light.x{h}") for h in (1, 5, 9, 23))
    assert reasons(held(Policy(), Ledger(raised=raised), hunch())) == {"light.porch": "too_many_today"}
    assert held(Policy(), Ledger(raised=(*raised[:3], (NOW - 25 * 3600, "k"))), hunch()).raised


def test_quiet_after_a_start() -> None:
    assert reasons(held(Policy(), Ledger(started=NOW - 599), hunch())) == {"light.porch": "starting"}
    assert held(Policy(), Ledger(started=NOW - 600), hunch()).raised


def test_quiet_hours_are_local_and_cross_midnight() -> None:
    # 2025-10-09 08:53 UTC is 21:53 in Auckland
    at_nine = 1_760_000_000.0
    quiet = Policy(Settings(quiet_hours=(21.0, 7.0)))
    assert reasons(held(quiet, Ledger(), hunch(), at=at_nine)) == {"light.porch": "quiet_hours"}
    assert held(Policy(Settings(quiet_hours=(22.0, 7.0))), Ledger(), hunch(), at=at_nine).raised
    assert held(Policy(Settings(quiet_hours=(8.0, 9.0))), Ledger(), hunch(), at=at_nine).raised
    assert not held(Policy(Settings(quiet_hours=(21.5, 22.0))), Ledger(), hunch(), at=at_nine).raised


def test_excluded_unknown_and_forbidden_are_declined_with_their_reason() -> None:
    policy = Policy(Settings(excluded=frozenset({"light.porch"})))
    decision = held(
        policy,
        Ledger(),
        hunch(),
        hunch("light.gone"),
        hunch("switch.fridge"),
        hunch("climate.home"),
        hunch("light.hall", action="turn_on"),
        hunch("light.attic", kind=Kind.STILL_OPEN),
        hunch("light.shed", p=0.49),
    )
    assert not decision.raised
    assert reasons(decision) == {
        "light.porch": "excluded",
        "light.gone": "unknown_entity",
        "switch.fridge": "not_proposable",
        "climate.home": "not_proposable",
        "light.hall": "not_safe",
        "light.attic": "not_proposable",
        "light.shed": "unlikely",
    }


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.EXPIRED, Answer.ALWAYS])
def test_after_an_answer_the_same_thing_rests(answer: Answer) -> None:
    def ledger(hours: float) -> Ledger:
        then = NOW - hours * 3600
        return Ledger(answers=(Answered(then, hunch(time=then), answer),))

    decision = held(Policy(), ledger(11.9), hunch(), hunch("light.hall"))
    assert reasons(decision) == {"light.porch": "cool_down"}
    assert [h.entity_id for h in decision.raised] == ["light.hall"]
    assert held(Policy(), ledger(12), hunch()).raised


def test_a_lamp_that_burns_for_days_is_asked_about_once_in_each_situation() -> None:
    """Whoever did not answer has seen it; what is open or unlocked is worth another question, and so is another use."""
    left = Ledger(answers=(Answered(NOW - 13 * 3600, hunch(time=NOW), Answer.EXPIRED),))
    assert reasons(held(Policy(), left, hunch())) == {"light.porch": "asked"}
    assert held(Policy(), left, hunch(context=ASLEEP)).raised
    assert held(Policy(), left, hunch(time=NOW + 60), at=NOW + 60).raised
    door = Ledger(answers=(Answered(NOW - 13 * 3600, hunch("lock.front_door"), Answer.EXPIRED),))
    assert held(Policy(), door, hunch("lock.front_door")).raised


@pytest.mark.parametrize("answer", [Answer.SETTLED, Answer.WITHDRAWN])
def test_what_went_by_itself_may_come_back_sooner(answer: Answer) -> None:
    assert not held(Policy(), Ledger(answers=(Answered(NOW - 3599, hunch(), answer),)), hunch()).raised
    assert held(Policy(), Ledger(answers=(Answered(NOW - 3600, hunch(), answer),)), hunch()).raised


def test_one_no_binds_at_once_in_that_situation_only() -> None:
    no = Answered(NOW - 13 * 3600, hunch(context=ASLEEP), Answer.REJECTED)
    assert reasons(held(Policy(), Ledger(answers=(no,)), hunch(context=ASLEEP))) == {"light.porch": "rejected"}
    assert held(Policy(), Ledger(answers=(no,)), hunch(context=AWAY)).raised
    assert held(Policy(), Ledger(answers=(no,)), hunch("light.hall", context=ASLEEP)).raised
    just = Answered(NOW - 60, hunch(context=ASLEEP), Answer.REJECTED)
    assert not held(Policy(), Ledger(answers=(just,)), hunch(context=AWAY)).raised


def test_a_second_no_binds_for_longer() -> None:
    day = 86400.0
    first = Answered(NOW - 31 * day, hunch(), Answer.REJECTED)
    second = Answered(NOW - 32 * day, hunch(), Answer.REJECTED)
    assert held(Policy(), Ledger(answers=(first,)), hunch()).raised
    assert reasons(held(Policy(), Ledger(answers=(first, second)), hunch())) == {"light.porch": "rejected"}


def test_what_was_undone_is_never_repeated_in_that_situation() -> None:
    undone = Answered(NOW - 400 * 86400, hunch(), Answer.UNDONE)
    assert reasons(held(Policy(), Ledger(answers=(undone,)), hunch())) == {"light.porch": "undone"}
    assert held(Policy(), Ledger(answers=(undone,)), hunch(context=AT_HOME)).raised


def test_never_is_for_good_and_for_every_situation() -> None:
    never = Answered(NOW - 4000 * 86400, hunch(context=ASLEEP), Answer.NEVER)
    assert reasons(held(Policy(), Ledger().answered(never), hunch(context=AWAY))) == {"light.porch": "never"}
    ledger = Ledger().answered(never)
    decision = held(Policy(), replace(ledger, open=(hunch(),)), hunch())
    assert decision.withdrawn == ((hunch(), Answer.WITHDRAWN),)


def test_an_open_hunch_ends_the_moment_its_device_is_off() -> None:
    policy, ledger = Policy(), Ledger(open=(hunch(time=NOW - 600),))
    assert policy.judge(HOME, [hunch()], ledger, NOW, {"light.porch": ON}).kept == ledger.open
    decision = policy.judge(HOME, [], ledger, NOW + 60, {"light.porch": OFF})
    assert decision.withdrawn == ((ledger.open[0], Answer.SETTLED),)
    assert not decision.kept


def test_an_open_hunch_outlasts_a_flicker_but_not_a_change_of_mind() -> None:
    policy, ledger = Policy(), Ledger(open=(hunch(time=NOW),))
    assert policy.judge(HOME, [hunch(p=0.61)], ledger, NOW).kept  # hysteresis: below .8, above .6
    assert policy.judge(HOME, [hunch(p=0.5)], ledger, NOW + 60).kept
    assert policy.judge(HOME, [hunch(p=0.7)], ledger, NOW + 900).kept
    assert policy.judge(HOME, [], ledger, NOW + 1200).kept
    assert policy.judge(HOME, [], ledger, NOW + 2099).kept
    assert policy.judge(HOME, [], ledger, NOW + 2100).withdrawn == ((ledger.open[0], Answer.WITHDRAWN),)


def test_an_unanswered_hunch_expires() -> None:
    old = hunch(time=NOW - 12 * 3600)
    decision = held(Policy(), Ledger(open=(old,)), hunch())
    assert decision.withdrawn == ((old, Answer.EXPIRED),)
    assert not decision.raised


def heating(kind: Kind = Kind.HEATING_WHILE_AWAY, context: tuple[float, float] = AWAY, time: float = NOW) -> Hunch:
    """Return a hunch about the thermostat."""
    return hunch("climate.home", kind=kind, context=context, time=time, action="set_temperature")


@pytest.mark.parametrize(
    ("thermostat", "asked"),
    [
        (Thermostat("heat", 21.0), True),
        (Thermostat("heat_cool", low=20.0, high=25.0), True),
        (Thermostat("cool", 21.0), False),
        (Thermostat("auto", 21.0), False),
        (Thermostat("heat", Settings().bounds.lowest), False),
        (Thermostat("heat"), False),
        (None, True),  # out of reach: judged by its reading alone
    ],
)
def test_nobody_is_asked_about_heating_that_cannot_be_lowered(thermostat: Thermostat | None, asked: bool) -> None:
    candidate, policy, stands = heating(context=AWAY), Policy(), {"climate.home": thermostat}
    policy.judge(HOME, [candidate], Ledger(), NOW - Settings().sustain, {"climate.home": ON}, stands)
    decision = policy.judge(HOME, [candidate], Ledger(), NOW, {"climate.home": ON}, stands)
    assert bool(decision.raised) is asked
    assert reasons(decision) == ({} if asked else {"climate.home": "moot"})
    decision = policy.judge(HOME, [candidate], Ledger(open=(candidate,)), NOW, {"climate.home": ON}, stands)
    assert decision.withdrawn == (() if asked else ((candidate, Answer.SETTLED),))


def test_heating_is_asked_about_only_where_it_is_sure_that_nobody_is_there() -> None:
    assert held(Policy(), Ledger(), heating()).raised
    assert reasons(held(Policy(), Ledger(), heating(context=(0.1, 0.7)))) == {"climate.home": "unlikely"}


@pytest.mark.parametrize(("kind", "usual"), [(Kind.HEATING_WHILE_ASLEEP, "unlikely"), (Kind.HEATING_WHILE_AWAY, None)])
def test_who_always_heats_at_night_is_not_asked_every_night(kind: Kind, usual: str | None) -> None:
    context = ASLEEP if kind is Kind.HEATING_WHILE_ASLEEP else AWAY
    odd = heating(kind, context)
    always = replace(odd, evidence=replace(odd.evidence, p_on=0.9))
    assert held(Policy(), Ledger(), odd).raised
    assert reasons(held(Policy(), Ledger(), always)) == ({} if usual is None else {"climate.home": usual})


@pytest.mark.parametrize("answer", [Answer.WITHDRAWN, Answer.SETTLED, Answer.EXPIRED])
def test_heating_is_asked_about_once_in_half_a_day_whatever_everybody_seems_to_do(answer: Answer) -> None:
    before = Answered(NOW - 6 * 3600, heating(time=NOW - 7 * 3600), answer)
    ledger = Ledger(answers=(before,))
    again = heating(Kind.HEATING_WHILE_ASLEEP, ASLEEP)
    assert reasons(held(Policy(), ledger, again)) == {"climate.home": "cool_down"}
    later = replace(again, time=NOW + 7 * 3600)
    assert held(Policy(), ledger, later, at=NOW + 7 * 3600).raised


def test_situations() -> None:
    assert [situation(Context(0.0, *c, 0.0)) for c in (AWAY, ASLEEP, AT_HOME, (0.9, 0.9))] == [
        "away",
        "asleep",
        "home",
        "away",
    ]


def test_a_ledger_follows_decisions_and_answers() -> None:
    policy, ledger = Policy(), Ledger(raised=((NOW - 2 * 86400, "old"),))
    first = held(policy, ledger, hunch())
    ledger = ledger.decided(first, NOW)
    assert ledger.open == first.raised
    assert ledger.raised == ((NOW, "still_on:light.porch"),)
    ledger = ledger.answered(Answered(NOW + 5, first.raised[0], Answer.REJECTED, "somebody"))
    assert ledger.open == ()
    assert ledger.answers[-1].by == "somebody"


# --- properties

MANY = settings(max_examples=max(200, settings().max_examples))
NAMES = ("Lamp", "Fridge", "Front door", "Garage", "Server", "Oxygen", "Kühlschrank", "", "<b>x</b>", "电视")
ANSWERS = list(Answer)
entities = st.builds(
    lambda domain, n, name, area: Entity(f"{domain}.d{n}", name, area),
    st.sampled_from(DEVICE_DOMAINS),
    st.integers(0, 3),
    st.sampled_from(NAMES),
    st.sampled_from((None, "Hall", "Server room")),
)
homes = st.lists(entities, max_size=12).map(lambda es: Home("h", entities={e.entity_id: e for e in es}))


@st.composite
def candidates(draw: st.DrawFn, home: Home, time: float) -> list[Hunch]:
    """Draw hunches that are mostly sane, and some that no sane scan would make."""
    found = []
    ids = [*sorted(home.entities), "light.stranger"]
    for entity_id in draw(st.lists(st.sampled_from(ids), max_size=10)):
        context = draw(st.sampled_from((AWAY, ASLEEP, AT_HOME)))
        odd = draw(st.integers(0, 9)) == 0
        found.append(
            hunch(
                entity_id,
                draw(st.sampled_from((0.3, 0.65, 0.81, 0.9, 0.99))),
                time=time,
                context=context,
                kind=draw(st.sampled_from(list(Kind))) if odd else None,
                action=draw(st.sampled_from(("turn_on", "unlock", "open_cover", "turn_off"))) if odd else None,
                days=draw(st.sampled_from((20.0, 20.0, 7.0, 5.0, 1.0))),
            )
        )
    return found


@MANY
@given(st.data())
def test_the_rules_hold_for_any_home_any_candidates_and_any_answers(data: st.DataObject) -> None:
    home = data.draw(homes)
    limits = Settings(
        max_open=data.draw(st.integers(0, 4)),
        a_day=data.draw(st.integers(0, 6)),
        sustain=data.draw(st.sampled_from((0.0, Settings().sustain))),
        cool_down=data.draw(st.sampled_from((0.0, 3600.0))),
        excluded=frozenset(data.draw(st.sets(st.sampled_from(["light.d0", "lock.d1", "switch.d2"])))),
    )
    one, other, shuffle = Policy(limits), Policy(limits), random.Random(data.draw(st.integers(0, 9)))
    never: set[str] = set()
    ledger, now = Ledger(started=NOW - 1000), NOW
    for _ in range(data.draw(st.integers(1, 12))):
        now += data.draw(st.sampled_from((60.0, 300.0, 1200.0, 3600.0)))
        found = data.draw(candidates(home, now))
        states = {key: data.draw(st.sampled_from((ON, ON, ON, OFF, UNKNOWN))) for key in sorted(home.entities)}
        decision = one.judge(home, found, ledger, now, states)
        mixed = found.copy()
        shuffle.shuffle(mixed)
        answers = list(ledger.answers)
        shuffle.shuffle(answers)
        assert other.judge(home, mixed, replace(ledger, answers=tuple(answers)), now, states) == decision

        shown = decision.kept + decision.raised + decision.joined
        asked = questions(home, shown)
        assert len(asked) <= limits.max_open
        begun = {h.key for h in decision.kept + decision.raised}
        assert all(begun & {h.key for h in question.hunches} for question in asked), "who joins, joins something"
        assert len({h.entity_id for h in shown}) == len(shown)
        assert set(decision.kept) | {h for h, _ in decision.withdrawn} == set(ledger.open)
        assert [h.p_accept for h in decision.raised] == sorted((h.p_accept for h in decision.raised), reverse=True)
        for h in shown:
            entity = home.entities[h.entity_id]
            action = action_for(entity)
            assert action is not None
            assert action.target_state == OFF
            assert h.action == action.service
            assert h.action in {"turn_off", "close_cover", "close_valve", "lock"}
            assert not looks_always_on(entity)
            assert h.entity_id not in never | limits.excluded
            assert states[h.entity_id] != OFF
        for h in decision.raised:
            assert h.p_accept >= bar(home, ledger.answers, limits, now) >= limits.min_accept
        for h in decision.raised + decision.joined:
            assert h.p_accept >= limits.min_accept
            assert h.evidence.history_days >= (3 if h.action in {"lock", "close_cover", "close_valve"} else 7)
            here = situation(h.evidence.context)
            assert not any(
                a.answer in (Answer.REJECTED, Answer.UNDONE)
                and a.hunch.key == h.key
                and situation(a.hunch.evidence.context) == here
                for a in ledger.answers
            )
        ledger = ledger.decided(decision, now)
        assert sum(now - moment < 86400 for moment, _ in ledger.raised) <= limits.a_day
        for h in ledger.open:
            if data.draw(st.booleans()):
                given_answer = data.draw(st.sampled_from(ANSWERS))
                ledger = ledger.answered(Answered(now, h, given_answer))
                if given_answer is Answer.NEVER:
                    never.add(h.entity_id)


@MANY
@given(
    entity=entities,
    service=st.sampled_from(
        ("turn_on", "turn_off", "toggle", "unlock", "lock", "open", "open_cover", "close_cover", "set_position")
    ),
    target=st.sampled_from((OFF, ON)),
    asked=st.booleans(),
    doors=st.sampled_from((None, {}, {"binary_sensor.d": OFF}, {"binary_sensor.d": ON}, {"binary_sensor.d": UNKNOWN})),
    user_allows=st.booleans(),
)
def test_nothing_away_from_the_safe_side_is_ever_carried_out(
    *, entity: Entity, service: str, target: int, asked: bool, doors: dict[str, int] | None, user_allows: bool
) -> None:
    action = Action(entity.domain, service, entity.entity_id, target)
    allowed = frozenset({entity.entity_id}) if user_allows else frozenset()
    if may_carry_out(entity, action, asked=asked, doors=doors, allowed=allowed) is None:
        assert target == OFF
        assert service in {"turn_off", "close_cover", "close_valve", "lock"}
        assert not looks_always_on(entity)
        assert asked or user_allows
        assert asked or not is_gate(entity)
        if entity.domain == "lock":
            assert doors is not None
            assert all(reading == OFF for reading in doors.values())
