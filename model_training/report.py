"""The report in Markdown, made from nothing but the figures of `evaluate.run`: what is missed comes first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .rivals import BOOSTED, EWMA, LINEAR

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
RESULTS: Final = "results.json"
MODEL, MASKED = "model", "model, names masked"


class ReportError(ValueError):
    """A file cannot take the figures; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One figure that was promised: what is measured, the bar, what was reached, and whether more is better."""

    measure: str
    bar: float
    reached: float
    more: bool = True

    @property
    def met(self) -> bool:
        """Whether the bar is reached."""
        return self.reached >= self.bar if self.more else self.reached <= self.bar

    @property
    def shortfall(self) -> float:
        """Return how far off it is, as a share of the bar: the largest first in the report."""
        gap = self.bar - self.reached if self.more else self.reached - self.bar
        return gap / max(abs(self.bar), 1e-9)


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Return every target that these figures can be held against: missed ones first, by how much."""
    ratios = found["simulated"]["ratios"]
    seen = found["embedding"]
    own = found["simulated"]["methods"][MODEL]

    def better(name: str) -> float:
        return round(1 - ratios[name]["ratio"], 3)

    listed = [
        Target("simulated: log-loss below EWMA by", 0.27, better(f"{MODEL} ÷ {EWMA}")),
        Target("simulated: log-loss below logistic regression by", 0.15, better(f"{MODEL} ÷ {LINEAR}")),
        Target("simulated: log-loss below the fleet's boosted trees by", 0.06, better(f"{MODEL} ÷ {BOOSTED}")),
        Target("simulated, names masked: log-loss below EWMA by", 0.25, better(f"{MASKED} ÷ {EWMA}")),
        Target("simulated: calibration error", 0.005, own["ece"], more=False),
        Target("archetypes: AMI with true roles, named", 0.72, seen["ami"]["named"]),
        Target("archetypes: AMI with true roles, masked", 0.65, seen["ami"]["masked"]),
        Target("archetypes: stability over seeds (AMI)", 0.95, seen["stability"]["seeds"]),
        Target("unnamed device: nearest neighbour has its role", 0.75, seen["neighbour_has_role"]["masked"]),
    ]
    if "recorded" in found:
        mean = found["recorded"]["mean"]
        listed += [
            Target("recorded homes: mean log-loss", 0.150, mean["model"], more=False),
            Target("recorded homes: every home ÷ its best rival", 0.95, mean["worst_to_best"], more=False),
            Target("recorded homes: calibration error of the worst", 0.03, mean["worst_ece"], more=False),
        ]
    if "context" in found:
        mean = found["context"]["mean"]
        listed += [
            Target("recorded homes: asleep, mean F1", 0.96, mean["asleep"]),
            Target("recorded homes: away, mean F1", 0.95, mean["away"]),
            Target("recorded homes: asleep, worst F1", 0.90, mean["worst_asleep"]),
            Target("recorded homes: away, worst F1", 0.85, mean["worst_away"]),
        ]
    if "rooms" in found:
        listed += [
            Target("area of an unnamed device: right where told", 0.95, found["rooms"]["right"]),
            Target("area of an unnamed device: told", 0.60, found["rooms"]["answered"]),
        ]
    return sorted(listed, key=lambda t: (t.met, -t.shortfall))


def reached(found: Mapping[str, Any]) -> str:
    """Return the table of targets."""
    rows = [
        (t.measure, ("≥ " if t.more else "≤ ") + _number(t.bar), _number(t.reached), "met" if t.met else "**missed**")
        for t in targets(found)
    ]
    return table(("measure", "target", "reached", ""), rows)


def write(found: Mapping[str, Any], pictures: Mapping[str, str], folder: Path) -> None:
    """Write `report.md` and `results.json` into `folder`; `pictures`: file name → caption, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.md").write_text("\n\n".join(_parts(found, pictures)) + "\n", encoding="utf-8")


def update(path: Path, found: Mapping[str, Any]) -> None:
    """Put the short tables between the markers of a file. Raises `ReportError` if it has none."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ReportError(f"{path}: no {BEGIN} … {END} to put figures between")
    path.write_text(f"{before}{BEGIN}\n{block(found)}\n{END}{after}", encoding="utf-8")


def block(found: Mapping[str, Any]) -> str:
    """Return the short tables of a README: what is missed, and forecasts beside their rivals."""
    missed = [t for t in targets(found) if not t.met]
    every = len(targets(found))
    methods = found["simulated"]["methods"]
    shown = (MODEL, MASKED, BOOSTED, LINEAR, EWMA)
    lines = [(name, *(_number(methods[name][key]) for key in ("log_loss", "brier", "auc", "ece"))) for name in shown]
    worst = "; ".join(f"{t.measure} {_number(t.reached)} (target {_number(t.bar)})" for t in missed[:4])
    parts = [
        f"{len(missed)} of {every} targets are missed" + (f", first of all: {worst}." if missed else "."),
        "Held-out simulated homes:\n\n" + table(("forecasts by", "log-loss", "Brier", "AUC", "ECE"), lines),
    ]
    if "recorded" in found:
        homes, mean = found["recorded"]["homes"], found["recorded"]["mean"]
        rows = [
            (name, home["model"]["log_loss"], home["rivals"][home["best_rival"]], home["best_rival"], home["to_best"])
            for name, home in _worst_first(homes)
        ]
        rows.append(("mean", mean["model"], mean["best_rival"], "", ""))
        head = ("recorded home, never trained on", "model", "its best simple rival", "which", "ratio")
        parts.append(table(head, [tuple(map(_cell, row)) for row in rows]))
    return "\n\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _parts(found: Mapping[str, Any], pictures: Mapping[str, str]) -> list[str]:
    about = found["about"]
    missed = [t for t in targets(found) if not t.met]
    parts = [
        "# How good the model is",
        f"Made by `python -m model_training evaluate --fleet-homes {about['fleet_homes']} --seed {about['seed']}` from"
        f" the shipped assets: {about['questions']:,} questions to {about['held_out_homes']} simulated homes that no"
        f' training saw ({about["share_on"]:.0%} of answers are "on"), and recorded homes where their bundles are at'
        " hand. Intervals are 95 %, by bootstrap over homes. All figures are also in `results.json`.",
        "## The bad news first",
        f"{len(missed)} of {len(targets(found))} targets are missed, the farthest off first.",
        reached(found),
    ]
    parts += _weak(found)
    parts += ["## Simulated homes that were held out", _methods(found), _ratios(found)]
    parts += ["By how far ahead is asked (log-loss):", _cuts(found["by_horizon"])]
    parts += [
        "The same questions by days of history that were left (log-loss). The device is new, its home is not.",
        _cuts(found["by_history"]),
        "## What was never seen",
        *_unseen(found),
    ]
    if "recorded" in found:
        parts += ["## Recorded homes", *_recorded(found)]
    if "context" in found:
        parts += ["## Asleep and away", _context(found)]
    parts += ["## Hunches: what nobody wanted on (simulated)", _acceptance(found)]
    if "rooms" in found:
        parts += ["## The room of a device", table(("measure", "value"), _plain(found["rooms"]))]
    parts += ["## Embedding, archetypes and map", *_embedding(found)]
    parts += [f"![{caption}]({name})\n\n*{caption}*" for name, caption in pictures.items()]
    return parts


def _weak(found: Mapping[str, Any]) -> list[str]:
    """Return sentences on where rivals win: everything that the tables below would hide in their middle."""
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
        lost = [name for name, home in found["recorded"]["homes"].items() if home["to_best"] >= 1]
        unsure = [
            name for name, home in found["recorded"]["homes"].items() if home["to_best"] < 1 <= home["to_best_95"][1]
        ]
        if lost:
            said.append(f"On recorded homes its best simple rival is as good or better at: {', '.join(lost)}.")
        if unsure:
            said.append(f"Better there, but the interval includes no difference: {', '.join(unsure)}.")
    return said


def _best(methods: Mapping[str, Mapping[str, float]]) -> str:
    return min((name for name in methods if name != MASKED), key=lambda name: methods[name]["log_loss"])


def _methods(found: Mapping[str, Any]) -> str:
    methods = found["simulated"]["methods"]
    rows = [
        (name, _number(m["log_loss"]), _span(m["log_loss_95"]), *(_number(m[k]) for k in ("brier", "auc", "ece")))
        for name, m in sorted(methods.items(), key=lambda item: item[1]["log_loss"])
    ]
    return table(("forecasts by", "log-loss", "95 %", "Brier", "AUC", "ECE"), rows)


def _ratios(found: Mapping[str, Any]) -> str:
    rows = [(name, _number(r["ratio"]), _span(r["ratio_95"])) for name, r in found["simulated"]["ratios"].items()]
    return table(("log-loss of … ÷ that of …", "ratio", "95 %"), rows)


def _cuts(cuts: Mapping[str, Any]) -> str:
    cuts = {name: cut for name, cut in cuts.items() if cut}
    methods = next(iter(cuts.values()))["methods"]
    rows = [(name, *(_number(cut["methods"][name]["log_loss"]) for cut in cuts.values())) for name in methods]
    rows.append(("*model: AUC*", *(_number(cut["methods"][MODEL]["auc"]) for cut in cuts.values())))
    rows.append(("*model: ECE*", *(_number(cut["methods"][MODEL]["ece"]) for cut in cuts.values())))
    rows.append(("*questions*", *(str(cut["questions"]) for cut in cuts.values())))
    return table(("", *cuts), rows)


def _unseen(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (title, str(asked["questions"]), *(_number(asked[k]["log_loss"]) for k in ("own names", "in Finnish", "masked")),
         _span(asked["finnish_to_own_95"]), _span(asked["finnish_to_masked_95"]))
        for title, asked in found["language"].items()
    ]  # fmt: skip
    head = (
        "asked with",
        "questions",
        "own names",
        "in Finnish",
        "masked",
        "Finnish ÷ own, 95 %",
        "Finnish ÷ masked, 95 %",
    )
    parts = [
        "**An unseen language.** The same homes, their names and areas put into Finnish, which no training saw (log-loss):",
        table(head, rows),
    ]
    if "unseen_roles" in found:
        unseen = found["unseen_roles"]
        rows = [
            (name, str(group["questions"]), *(_number(group[k]) for k in ("with", "without", "ewma")),
             _span(group["without_to_with_95"]))
            for name, group in unseen.items() if isinstance(group, dict)
        ]  # fmt: skip
        parts += [
            f"**Unseen kinds of devices.** Two networks trained briefly ({unseen['examples']:,} examples,"
            f" {unseen['epochs']} epochs), one without any device of the first rows' roles; log-loss on held-out homes."
            " The random processes among the fleet's homes, which have no roles, stay in both.",
            table(("devices", "questions", "known", "unknown", "own past (EWMA)", "unknown ÷ known, 95 %"), rows),
        ]
    return parts


def _worst_first(homes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(homes.items(), key=lambda item: -item[1]["to_best"])


def _recorded(found: Mapping[str, Any]) -> list[str]:
    homes, mean = found["recorded"]["homes"], found["recorded"]["mean"]
    rows = [
        (name, str(home["questions"]), _number(home["model"]["log_loss"]), _number(home["rivals"][home["best_rival"]]),
         home["best_rival"], _number(home["to_best"]), _span(home["to_best_95"]), _number(home["model"]["brier"]),
         _number(home["model"]["auc"]), _number(home["model"]["ece"]))
        for name, home in _worst_first(homes)
    ]  # fmt: skip
    rows.append(("**mean**", "", _number(mean["model"]), _number(mean["best_rival"]), "picked for each home", "", "",
                 "", _number(mean["auc"]), ""))  # fmt: skip
    names = list(next(iter(homes.values()))["rivals"])
    every = [(name, *(_number(h["rivals"][name]) for h in homes.values()), _number(mean[name])) for name in names]
    every.append((MODEL, *(_number(h["model"]["log_loss"]) for h in homes.values()), _number(mean["model"])))
    head = ("home", "questions", "model", "best rival", "which", "ratio", "95 % over days", "Brier", "AUC", "ECE")
    return [
        "Never trained on. The best rival is picked for each home afterwards, from those that need nothing but the"
        " device's own past. Log-loss, the worst home first:",
        table(head, rows),
        "Every rival's log-loss, with those fitted on the simulated fleet:",
        table(("", *homes, "mean"), every),
    ]


def _context(found: Mapping[str, Any]) -> str:
    keys = {"asleep": "asleep", "away": "away", "asleep_quiet": "asleep, quiet rule", "asleep_clock": "asleep, clock",
            "away_quiet": "away, quiet rule"}  # fmt: skip
    homes = {**found["context"]["homes"], "**mean**": found["context"]["mean"]}
    return table(("F1", *keys.values()), [(name, *(_number(home[k]) for k in keys)) for name, home in homes.items()])


def _acceptance(found: Mapping[str, Any]) -> str:
    seen = found["acceptance"]
    rows = [
        (name, _number(seen[name]["auc"]), _number(seen[name]["precision_at_half_recall"]))
        for name in (MODEL, "away or asleep", "off when away", "off after N hours")
    ]
    return (
        f"{seen['moments']:,} moments at which a device is on; nobody wants {seen['share_of_yes']:.1%} of them so.\n\n"
        + table(("ranked by", "AUC", "precision where half is found"), rows)
    )


def _embedding(found: Mapping[str, Any]) -> list[str]:
    seen = found["embedding"]
    named = seen["useless_names"]
    rows = [("AMI of archetypes with roles, " + k, _number(v)) for k, v in seen["ami"].items()]
    rows += [("AMI with kinds of behaviour, " + k, _number(v)) for k, v in seen["ami_with_behaviours"].items()]
    rows += [("stability: " + k.replace("_", " "), _number(v)) for k, v in seen["stability"].items()]
    rows += [
        ("nearest neighbour has its role: " + k.replace("_", " "), _number(v))
        for k, v in seen["neighbour_has_role"].items()
    ]
    parts = [
        f"{seen['devices']:,} devices of held-out homes, {seen['devices_with_a_role']:,} of them with one of"
        f" {seen['roles']} roles.",
        table(("measure", "value"), rows),
    ]
    on = seen["on_time"]
    parts.append(
        f"**On-time is a dominant direction.** The logarithm of the typical on-time correlates {on['r_by_direction'][0]:.2f}"
        f" with the first principal direction of the embedding ({on['variance'][0]:.0%} of its variance), and"
        f" {on['r_by_direction'][1]:.2f} and {on['r_by_direction'][2]:.2f} with the next two. A linear fit explains"
        f" {on['r2_embedding']:.0%} of it on other homes; the ten nearest on the map, {on['r2_map']:.0%}."
    )
    if out := seen["outdoors"]:
        parts.append(
            f"**Islands carry meaning.** {out['share']:.0%} of lights are outdoors (on for {out['median_minutes_outdoor']:.0f}"
            f" minutes, others for {out['median_minutes_other']:.0f}); among the ten lights nearest to an outdoor one on"
            f" the map, {out['neighbours_outdoor_map']:.0%} are, and {out['neighbours_outdoor_of_long_ones_map']:.0%} for"
            " the longer-burning half."
        )
    rows = [
        (
            title,
            *(
                _number(named[key][k])
                for k in ("nearest_has_role", "among_ten_nearest", "archetype_is_of_role", "chance")
            ),
        )
        for key, title in (("own", "useless names of the fleet"), ("renamed", "every device, renamed uselessly"))
        if key in named
    ]
    head = (
        "devices with a useless name",
        "nearest named one has its role",
        "among ten nearest",
        "archetype is of its role",
        "chance, same domain",
    )
    parts += ["**Useless names, right island.** By use and domain alone:", table(head, rows)]
    if first := named.get("first_light"):
        example = first["example"]
        parts.append(
            f'Called "First Light", the {first["porch_lights"]} porch lights have {first["outdoor_among_ten_nearest"]:.0%}'
            f" outdoor lights among their ten nearest named lights (chance {first['chance']:.0%}). The best of them, in"
            f' truth "{example["true_name"]}", lies among: {", ".join(example["nearest"])}.'
        )
    return parts


def _plain(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key.replace("_", " "), _cell(value)) for key, value in values.items()]


def _span(values: Sequence[float]) -> str:
    return f"{values[0]:.3f}–{values[1]:.3f}"


def _cell(value: object) -> str:
    return _number(value) if isinstance(value, float | int) else str(value)


def _number(value: float) -> str:
    """Return a figure with no more places than it can bear."""
    return f"{value:.3f}" if abs(value) < 10 and value != int(value) else f"{value:g}"
