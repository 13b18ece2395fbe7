"""The report in Markdown, made from nothing but the figures of `evaluate.run`: what is missed comes first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from script.marked_block import fill

from . import evaluate_acceptance, report_context, report_recorded, report_sections, speed
from .report_tables import cell, number, table
from .rivals import BOOSTED, EWMA, LINEAR, MASKED, MODEL

if TYPE_CHECKING:
    from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
RESULTS: Final = "results.json"


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
    own, accepted = found["simulated"]["methods"][MODEL], found["acceptance"]

    lived = accepted["hunches"]
    took, acts = found["speed"], accepted["hunches"]["acted"]["actions"]

    def better(name: str) -> float:
        return round(1 - float(ratios[name]["ratio"]), 3)

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
        Target("acceptance before any answer: AUC", 0.80, accepted["yes"]["before"]["auc"]),
        Target("acceptance before any answer: calibration error", 0.02, accepted["yes"]["before"]["ece"], more=False),
        Target("hunches: precision where half is found", 0.80, accepted["right"][MODEL]["precision_at_half_recall"]),
        Target("hunches as the policy raises them: found of what was forgotten", 0.50, lived["recall"] or 0.0),
        Target("hunches as the policy raises them: right", 0.80, lived["precision"] or 0.0),
        Target("hunches as the policy raises them: wrong ones a home a week", 0.50, lived["false_a_week"], more=False),
        Target(
            f"automatic actions, all allowed, before any answer ({acts} of them): false ones a home a month",
            0.25,
            lived["acted"]["false_a_month"],
            more=False,
        ),
        Target("one device's forecast, batches of 64: ms by numpy", took["limit"], took["ms"][speed.TOGETHER], False),
    ]
    if after := accepted["yes"].get(evaluate_acceptance.AFTER):
        listed.append(Target("acceptance after twenty answers: AUC", 0.86, after["auc"]))
    if (right := accepted["acting"]["always"]["right"]) is not None:
        listed.append(Target('automatic actions after "always": right', 0.98, right))
    if "recorded" in found:
        mean = found["recorded"]["mean"]
        listed += [
            Target("recorded homes: mean log-loss", 0.150, mean["model"], more=False),
            Target("recorded homes: every home ÷ its best rival", 0.95, mean["worst_to_best"], more=False),
            Target("recorded homes: calibration error of the worst", 0.03, mean["worst_ece"], more=False),
        ]
    if "realism" in found:
        listed.append(
            Target(
                "a classifier tells simulated from recorded devices: AUC of the best",
                0.75,
                found["realism"]["worst"],
                more=False,
            )
        )
    if "context" in found:
        mean = found["context"]["mean"]
        listed += [
            Target("recorded homes: asleep, mean F1", 0.96, mean["asleep"]),
            Target("recorded homes: away, mean F1", 0.95, mean["away"]),
            Target("recorded homes: asleep, worst F1", 0.90, mean["worst_asleep"]),
            Target("recorded homes: away, worst F1", 0.85, mean["worst_away"]),
        ]
    if found["rooms"]["simulated"]["answered"]:
        listed += [
            Target("area of an unnamed device: right where told", 0.95, found["rooms"]["simulated"]["right"]),
            Target("area of an unnamed device: told", 0.60, found["rooms"]["simulated"]["answered"]),
        ]
    return sorted(listed, key=lambda t: (t.met, -t.shortfall))


def reached(found: Mapping[str, Any]) -> str:
    """Return the table of targets."""
    rows = [
        (t.measure, ("≥ " if t.more else "≤ ") + number(t.bar), number(t.reached), "met" if t.met else "**missed**")
        for t in targets(found)
    ]
    return table(("measure", "target", "reached", ""), rows)


def write(found: Mapping[str, Any], folder: Path) -> None:
    """Write `report.md` and `results.json` into `folder`, beside the pictures that `found` has captions of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULTS).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.md").write_text("\n\n".join(_parts(found)) + "\n", encoding="utf-8")


def update(path: Path, found: Mapping[str, Any]) -> None:
    """Put the short tables between the markers of a file. Raises `MarksError` if it has none."""
    fill(path, BEGIN, END, block(found))


def block(found: Mapping[str, Any]) -> str:
    """Return the short tables of a README: what is missed, and forecasts beside their rivals."""
    missed = [t for t in targets(found) if not t.met]
    every = len(targets(found))
    methods = found["simulated"]["methods"]
    shown = (MODEL, MASKED, BOOSTED, LINEAR, EWMA)
    lines = [(name, *(number(methods[name][key]) for key in ("log_loss", "brier", "auc", "ece"))) for name in shown]
    worst = "; ".join(f"{t.measure} {number(t.reached)} (target {number(t.bar)})" for t in missed[:4])
    parts = [
        f"{len(missed)} of {every} targets are missed" + (f", first of all: {worst}." if missed else "."),
        "Held-out simulated homes:\n\n" + table(("forecasts by", "log-loss", "Brier", "AUC", "ECE"), lines),
    ]
    if "recorded" in found:
        rows = [
            (
                report_recorded.title(name),
                home["model"]["log_loss"],
                home["rivals"][BOOSTED],
                home["rivals"][home["best_rival"]],
                home["best_rival"],
                home["to_best"],
            )
            for name, home in report_recorded.worst_first(found["recorded"]["homes"])
        ]
        rows += [(name, m["model"], m[BOOSTED], m["best_rival"], "", "") for name, m in report_recorded.means(found)]
        head = ("recorded home, never trained on", "model", BOOSTED, "its best simple rival", "which", "ratio")
        parts.append(table(head, [tuple(map(cell, row)) for row in rows]))
        parts.append(f"{report_recorded.MARK}: the fleet was calibrated on a summary of this home.")
    if "context" in found:
        parts.append(report_context.f1(found))
    if "recorded_hunches" in found:
        parts.append("Hunches on the recorded homes: " + report_recorded.summed_up(found))
    lived = found["acceptance"]["hunches"]["homes"]
    title = f"A week of hunches in each of {lived} held-out simulated homes, what is asked as one counted once:"
    parts += [title, report_sections.known(found)]
    return "\n\n".join(parts)


def _parts(found: Mapping[str, Any]) -> list[str]:
    about = found["about"]
    missed = [t for t in targets(found) if not t.met]
    parts = [
        "# How good the model is",
        _about(about),
        "## The bad news first",
        f"{len(missed)} of {len(targets(found))} targets are missed: the table below, the farthest off first.",
    ]
    if said := report_sections.weak(found):
        parts += ["Beside these:", "\n".join(f"- {sentence}" for sentence in said)]
    parts.append(reached(found))
    parts += ["## Simulated homes that were held out", report_sections.methods(found), report_sections.ratios(found)]
    parts += ["By how far ahead is asked (log-loss):", report_sections.cuts(found["by_horizon"])]
    parts += [
        "The same questions by days of history that were left (log-loss). The device is new, its home is not.",
        report_sections.cuts(found["by_history"]),
        "## What was never seen",
        *report_sections.unseen(found),
    ]
    if "recorded" in found:
        parts += ["## Recorded homes", *report_recorded.forecasts(found)]
    if "recorded_hunches" in found:
        parts += ["## Hunches on recorded homes", *report_recorded.hunches(found)]
    if "realism" in found:
        parts += ["## Can the fleet be told from recorded homes?", *report_recorded.realism(found)]
    if "context" in found:
        parts += ["## Asleep, away and dark", *report_context.section(found)]
    parts += ["## Hunches: what is right, and what is accepted (simulated)", *report_sections.acceptance(found)]
    parts += ["## The room of a device", *report_sections.rooms(found)]
    parts += ["## Embedding, archetypes and map", *report_sections.embedding(found)]
    parts += [f"![{caption}]({name})\n\n*{caption}*" for name, caption in found["pictures"].items()]
    return parts


def _about(about: Mapping[str, Any]) -> str:
    command = f"python -m model_training evaluate --fleet-homes {about['fleet_homes']} --seed {about['seed']}"
    return (
        f"Made by `{command}` from the shipped assets: {about['questions']:,} questions to {about['held_out_homes']}"
        f" simulated homes that no training saw ({about['share_on']:.0%} of the answers are “on”), and recorded homes"
        " where `--homes` names a folder of them. Intervals are 95 %, by bootstrap over homes. All figures are in"
        " `results.json`."
    )
