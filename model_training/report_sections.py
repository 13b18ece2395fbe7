"""The sections of the report, each from its part of the figures of `evaluate.run`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from . import report_recorded
from .report_tables import either, number, span, table
from .rivals import EWMA, MASKED, MODEL

Figures = Mapping[str, Any]

LEADS: Final = 0.7  # correlation from which on half of what one varies is what the other does
_VERDICT: Final = {
    True: "It is the first direction, as in Amazon's article.",
    False: "So it is *not* the first direction: the embedding knows on-time, but not along any one axis of its own.",
}
_KNOWN: Final = {"people": "who is home, by phone or person", "sensors": "other sensors only", "neither": "neither"}


def weak(found: Figures) -> list[str]:
    """Return sentences on where rivals win: what the tables below would hide in their middle."""
    said: list[str] = []
    for title, name in (("how far ahead", "by_horizon"), ("days of history", "by_history")):
        lost = [
            f"{key} ({best}: {cut['methods'][best]['log_loss']:.4f} against {cut['methods'][MODEL]['log_loss']:.4f})"
            for key, cut in found[name].items()
            if cut and (best := _best(cut["methods"])) != MODEL
        ]
        if lost:
            said.append(f"By {title}, a rival is ahead at: " + "; ".join(lost) + ".")
    if "recorded" in found:
        said += report_recorded.weak(found)
    if "recorded_hunches" in found:
        said.append(f"Hunches on recorded homes: {report_recorded.summed_up(found)}")
    if not on_time_leads(found):
        said.append(
            "Amazon's finding that on-time is a dominant direction of the embedding is not reproduced: it is not the"
            " first direction (figures below)."
        )
    return said


def on_time_leads(found: Figures) -> bool:
    """Whether on-time is the first principal direction of the embedding: they go together, more than it does others."""
    first, *others = found["embedding"]["on_time"]["r_by_direction"]
    return bool(abs(first) >= LEADS and abs(first) > max(map(abs, others)))


def _best(methods: Figures) -> str:
    return min((name for name in methods if name != MASKED), key=lambda name: float(methods[name]["log_loss"]))


def methods(found: Figures) -> str:
    """Return the table of all methods on held-out simulated homes, the best first."""
    rows = [
        (name, number(m["log_loss"]), span(m["log_loss_95"]), *(number(m[k]) for k in ("brier", "auc", "ece")))
        for name, m in sorted(found["simulated"]["methods"].items(), key=lambda item: float(item[1]["log_loss"]))
    ]
    chance = found["simulated"]["methods"][MODEL]["ece_of_chance"]
    return (
        table(("forecasts by", "log-loss", "95 %", "Brier", "AUC", "ECE"), rows)
        + f"\n\nThe calibration error that chance alone would give the model's forecasts: {chance:.4f}."
    )


def ratios(found: Figures) -> str:
    """Return the table of log-losses relative to rivals."""
    rows = [(name, number(r["ratio"]), span(r["ratio_95"])) for name, r in found["simulated"]["ratios"].items()]
    return table(("log-loss of … ÷ that of …", "ratio", "95 %"), rows)


def cuts(given: Figures) -> str:
    """Return the table of log-losses by method, a column for each part of the questions."""
    parts = {name: cut for name, cut in given.items() if cut}
    if not parts:
        return "No home is known for long enough to ask."
    names = next(iter(parts.values()))["methods"]
    rows = [(name, *(number(cut["methods"][name]["log_loss"]) for cut in parts.values())) for name in names]
    for key, title in (("brier", "Brier"), ("auc", "AUC"), ("ece", "ECE")):
        rows.append((f"*model: {title}*", *(number(cut["methods"][MODEL][key]) for cut in parts.values())))
    rows.append(("*questions*", *(str(cut["questions"]) for cut in parts.values())))
    return table(("", *parts), rows)


def unseen(found: Figures) -> list[str]:
    """Return what becomes of a language and of kinds of devices that were never seen."""
    names = ("own names", "in Finnish", "masked")
    rows = [
        (
            title,
            str(asked["questions"]),
            *(number(asked[name]["log_loss"]) for name in names),
            span(asked["finnish_to_own_95"]),
            span(asked["finnish_to_masked_95"]),
        )
        for title, asked in found["language"].items()
    ]
    parts = [
        "**An unseen language.** The same homes, names and areas put into Finnish, which no training saw (log-loss):",
        table(("asked with", "questions", *names, "Finnish ÷ own, 95 %", "Finnish ÷ masked, 95 %"), rows),
    ]
    rows = [
        (name, str(spoken["homes"]), str(spoken["questions"]), *(number(spoken[k]) for k in (MODEL, MASKED, EWMA)))
        for name, spoken in sorted(found["by_language"].items(), key=lambda item: -int(item[1]["homes"]))
    ]
    parts += [
        "The languages that the fleet speaks, for comparison (“none”: names tell nothing in any language), log-loss:",
        table(("language", "homes", "questions", MODEL, MASKED, EWMA), rows),
    ]
    if "unseen_roles" not in found:
        return parts
    trained = found["unseen_roles"]
    rows = [
        (
            name,
            str(group["questions"]),
            *(number(group[k]) for k in ("with", "without", "ewma")),
            span(group["without_to_with_95"]),
        )
        for name, group in trained.items()
        if isinstance(group, dict)
    ]
    told = (
        f"**Unseen kinds of devices.** Two networks trained briefly ({trained['examples']:,} examples,"
        f" {trained['epochs']} epochs), one without any device of the first rows' roles; log-loss on held-out homes."
        " The random processes among the fleet's homes, which have no roles, stay in both."
    )
    return [*parts, told, table(("devices", "questions", "known", "unknown", "EWMA", "unknown ÷ known, 95 %"), rows)]


def acceptance(found: Figures) -> list[str]:
    """Return the tables of what is right, what is accepted, and what is acted on."""
    seen = found["acceptance"]
    right, yes, acting = seen["right"], seen["yes"], seen["acting"]
    parts = [
        (
            f"{seen['proposals']:,} proposals of all kinds to {seen['homes']} homes; {right['share']:.1%} of the time"
            " that devices stand so, carrying one out is right. What is right:"
        ),
        table(
            ("ranked by", "AUC", "precision where half is found"),
            [
                (name, number(right[name]["auc"]), number(right[name]["precision_at_half_recall"]))
                for name in (MODEL, "away or asleep", "off when away", "off after N hours")
            ],
        ),
        table(
            ("where the model says at least", "of these right", "of what is right"),
            [
                (key.removeprefix("at_"), number(value["precision"]), number(value["recall"]))
                for key, value in right.items()
                if key.startswith("at_")
            ],
        ),
    ]
    rows = [
        (name, *(number(value.get(key)) for key in ("auc", "log_loss", "ece")))
        for name, value in yes.items()
        if isinstance(value, dict)
    ]
    said = "What people say, if they answer; all homes before any answer, then"
    parts += [
        f"{said} {yes['homes']} homes that answered twenty, of {yes.get('left', 0):,} proposals they were not asked:",
        table(("told by", "AUC", "log-loss", "ECE"), rows),
        (
            f"Acting needs a lower credible bound of {acting['bar']:.2f}, and nobody up at home as surely."
            f" {acting['devices']} devices of which somebody said “always” once, and their other proposals:"
        ),
        table(
            ("", "acted on", "of these right", "of what is right"),
            [
                (title, str(row["proposals"]), number(row["right"]), number(row["of_what_is_right"]))
                for title, row in (("before anybody said anything", acting["unasked"]), ("after it", acting["always"]))
            ],
        ),
    ]
    lived = seen["hunches"]
    kinds = [(kind, str(n["raised"]), str(n["right"])) for kind, n in lived["kinds"].items()]
    return [
        *parts,
        (
            f"As the policy raises them, at a bar of {lived['min_accept']:.2f}, in the last week of {lived['homes']}"
            f" other homes whose people do not answer: {lived['raised']} hunches, {lived['right']} of them right"
            f" ({number(lived['precision'])}, 95 % {either(lived['precision_95'])}; {lived['false_a_week']:.2f} wrong"
            " ones a home a week). What is asked as one counts once, and as right only if all of it is; of the"
            f" {lived['devices']['asked']} devices in them {number(lived['devices']['right'])}"
            f" ({either(lived['devices']['right_95'])}) are right. {number(lived['recall'])}"
            f" ({either(lived['recall_95'])}) of {lived['stretches']} things forgotten for half an hour were found."
            f" Done without asking, if all were allowed: {lived['acted']['actions']}."
        ),
        table(("kind", "raised", "right"), kinds),
        known(found),
    ]


def known(found: Figures) -> str:
    """Return the table of hunches by what a home knows of its people."""
    rows = [
        (
            *(_KNOWN[name], str(n["homes"]), str(n["raised"]), str(n["right"])),
            *(either(n["precision_95"]), number(n["false_a_week"]), number(n["recall"]), either(n["recall_95"])),
        )
        for name, n in found["acceptance"]["hunches"]["known"].items()
    ]
    counts = ("the home knows", "homes", "hunches", "right", "95 %")
    return table((*counts, "wrong a home a week", "of what was forgotten", "95 %"), rows)


def rooms(found: Figures) -> list[str]:
    """Return the table of how often the room of a device whose name is hidden is told, and how often rightly."""
    rows = [
        (
            *(name, str(r["homes"]), str(r["devices"]), number(r["answered"]), either(r["answered_95"])),
            *(str(r["guesses"]), number(r["right"]), either(r["right_95"]), number(r["said"])),
        )
        for name, r in found["rooms"].items()
    ]
    head = ("names hidden", "homes", "devices", "answered", "95 %", "guesses", "right of these", "95 %", "said to be")
    return [
        table(head, rows),
        "Where every guess is right, drawing homes tells nothing of how sure that is: Wilson's interval stands there.",
    ]


def embedding(found: Figures) -> list[str]:
    """Return what embeddings, archetypes and the map say of devices."""
    seen = found["embedding"]
    rows = [
        (f"{title}: {key.replace('_', ' ')}", number(value))
        for name, title in (
            ("ami", "AMI of archetypes with roles"),
            ("ami_with_behaviours", "AMI of archetypes with kinds of behaviour"),
            ("stability", "stability"),
            ("neighbour_has_role", "nearest neighbour has its role"),
        )
        for key, value in seen[name].items()
    ]
    on = seen["on_time"]
    first, second, third = on["r_by_direction"]
    parts = [
        (
            f"{seen['devices']:,} devices of held-out homes, {seen['devices_with_a_role']:,} of them with one of"
            f" {seen['roles']} roles."
        ),
        table(("measure", "value"), rows),
        (
            "**Is on-time a dominant direction?** The logarithm of a device's typical on-time correlates"
            f" {first:.2f} with the first principal direction of the embedding ({on['variance'][0]:.0%} of its"
            f" variance), {second:.2f} and {third:.2f} with the next two. A linear fit on the embedding explains"
            f" {on['r2_embedding']:.0%} of its variance in other homes; the ten nearest devices on the map,"
            f" {on['r2_map']:.0%}. {_VERDICT[on_time_leads(found)]}"
        ),
    ]
    if out := seen["outdoors"]:
        parts.append(
            "**Do islands carry meaning?** Outdoor lights (half of them on for more than"
            f" {out['median_minutes_outdoor']:.0f} minutes, other lights {out['median_minutes_other']:.0f}) are"
            f" {out['share']:.0%} of all lights; among the ten lights nearest to one on the map,"
            f" {out['neighbours_outdoor_map']:.0%}, and {out['neighbours_outdoor_of_long_ones_map']:.0%} for the half"
            f" that burns longer. In the embedding, without names: {out['neighbours_outdoor_embedding_masked']:.0%}."
        )
    return [*parts, *_useless(seen["useless_names"])]


def _useless(named: Figures) -> list[str]:
    keys = {
        "nearest_has_role": "nearest named one has its role",
        "among_ten_nearest": "one of the ten nearest has",
        "archetype_is_of_role": "archetype is mostly of its role",
        "chance": "chance, same domain",
    }
    rows = [
        (title, str(named[key]["devices"]), *(number(named[key][k]) for k in keys))
        for key, title in (("own", "named so by the fleet"), ("renamed", "every device, renamed"))
        if key in named
    ]
    parts = [
        "**Do useless names land in the right island?** Names such as “Plug 1” or “0x00158d…”, by use alone:",
        table(("devices with a useless name", "", *keys.values()), rows),
    ]
    if first := named.get("first_light"):
        shown = first["example"]
        parts.append(
            f"Called “First Light”, the {first['porch_lights']} porch lights have"
            f" {first['outdoor_among_ten_nearest']:.0%} outdoor lights among their ten nearest named lights (chance:"
            f" {first['chance']:.0%}). The best of them, in truth “{shown['true_name']}”, lies among:"
            f" {', '.join(shown['nearest'])}."
        )
    return parts
