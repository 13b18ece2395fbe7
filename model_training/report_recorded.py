"""The report's sections on recorded homes: forecasts, hunches, and whether the fleet can be told from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from custom_components.hunches.engine.aftermath import OUTCOMES

from .evaluate_recorded import CALIBRATED, KEPT_APART
from .report_tables import number, span, table
from .rivals import BOOSTED, MODEL

Figures = Mapping[str, Any]

MARK: Final = "†"
"""Stands after the homes that the fleet was calibrated on."""
_HEAD: Final = (
    *("home", "model", "best rival", "which", "ratio", "95 % over days", "to the best of four"),
    *("Brier", "AUC", "ECE", "ECE of chance"),
)


def title(name: str) -> str:
    """Return a home's name, marked if the fleet was calibrated on it."""
    return f"{name} {MARK}" if name in CALIBRATED else name


def worst_first(homes: Figures) -> list[tuple[str, Any]]:
    """Return recorded homes by their ratio to the best rival, the worst first."""
    return sorted(homes.items(), key=lambda item: -float(item[1]["to_best"]))


def means(found: Figures) -> list[tuple[str, Any]]:
    """Return the means over all homes, and over each of the two sets where there are both."""
    mean, parts = found["recorded"]["mean"], found["recorded"].get("parts", {})
    named = {KEPT_APART: "mean of the others", "calibrated": f"mean of those with {MARK}"}
    rows = [("mean", mean)]
    if all(parts.get(key) for key in named):
        rows += [(f"{words} ({parts[key]['homes']})", parts[key]) for key, words in named.items()]
    return rows


def weak(found: Figures) -> list[str]:
    """Return sentences on where rivals win on recorded homes."""
    homes = found["recorded"]["homes"]
    said: list[str] = []
    lost = [title(name) for name, home in homes.items() if home["to_best"] >= 1]
    unsure = [title(name) for name, home in homes.items() if home["to_best"] < 1 <= home["to_best_95"][1]]
    if lost:
        said.append(f"On recorded homes the best simple rival is as good or better at: {', '.join(lost)}.")
    if unsure:
        said.append(f"The model is better, but the interval includes no difference, at: {', '.join(unsure)}.")
    said += _trees(found)
    if "parts" in found["recorded"]:
        means_of = "; ".join(
            f"{name}: {mean['model']:.4f} (the best simple rival {mean['best_rival']:.4f}, trees {mean[BOOSTED]:.4f})"
            for name, mean in means(found)
        )
        said.append(
            f"Of these homes, {', '.join(sorted(CALIBRATED & homes.keys())) or 'none'} were looked at to calibrate the"
            f" fleet, and are marked {MARK} in all tables; no other was. Log-loss, {means_of}."
        )
    return said


def _trees(found: Figures) -> list[str]:
    """Say where boosted trees on the same fleet, which know no names, are as good as the networks."""
    homes, mean = found["recorded"]["homes"], found["recorded"]["mean"]
    ahead = [
        f"{title(name)} ({home['rivals'][BOOSTED]:.4f} against {home['model']['log_loss']:.4f})"
        for name, home in homes.items()
        if home["rivals"][BOOSTED] <= home["model"]["log_loss"]
    ]
    if not ahead:
        return []
    verdict = "as good or better" if mean[BOOSTED] <= mean["model"] else "worse"
    told = (
        f"Boosted trees on the same fleet, without names, are as good as the model or better at {len(ahead)} of"
        f" {len(homes)} recorded homes: {', '.join(ahead)}. Over all of them they are {verdict}: mean log-loss"
        f" {mean[BOOSTED]:.4f} against {mean['model']:.4f}."
    )
    return [told]


def forecasts(found: Figures) -> list[str]:
    """Return the tables of recorded homes: beside the best rival, and beside every one."""
    homes, mean = found["recorded"]["homes"], found["recorded"]["mean"]
    rows = [
        (
            title(name),
            number(home["model"]["log_loss"]),
            number(home["rivals"][home["best_rival"]]),
            home["best_rival"],
            number(home["to_best"]),
            span(home["to_best_95"]),
            number(home["to_simple"]),
            *(number(home["model"][key]) for key in ("brier", "auc", "ece")),
            number(home["ece_of_chance"]),
        )
        for name, home in worst_first(homes)
    ]
    for name, of in means(found):
        picked = ("picked for each", *([""] * 4))
        rows.append((f"**{name}**", number(of["model"]), number(of["best_rival"]), *picked, number(of["auc"]), "", ""))
    names = list(next(iter(homes.values()))["rivals"])
    every = [(name, *(number(h["rivals"][name]) for h in homes.values()), number(mean[name])) for name in names]
    every.append((MODEL, *(number(h["model"]["log_loss"]) for h in homes.values()), number(mean["model"])))
    return [
        (
            "Never trained on. The best rival is picked for each home afterwards, from the six below that need nothing"
            " but the device's own past; “the best of four” is picked from the first four of them, the plainest: mean"
            f" {number(mean['best_simple_rival'])}. {MARK}: looked at to calibrate the fleet. Log-loss, the worst home"
            " first:"
        ),
        table(_HEAD, rows),
        "Every rival's log-loss, with those fitted on the simulated fleet:",
        table(("", *map(title, homes), "mean"), every),
    ]


def hunches(found: Figures) -> list[str]:
    """Return what is raised on recorded homes at the policy's bar, what came of it, and the worst in words."""
    seen = found["recorded_hunches"]
    shipped, half = seen["shipped"], seen["half"]
    return [
        (
            "The shipped policy over each recording, by the code of `script/replay hunches`; nobody answers. `done`:"
            " somebody came and then did just that; `anyway`: done before anybody came, or by an automation;"
            " `contradicted`: undone, or left so by somebody in the room; `left`: nothing happened; `untold`: heating"
            " that stayed on, which may have been turned down."
        ),
        summed_up(found),
        _counts(shipped),
        *_worst(shipped),
        f"What lies below that bar: the same where a yes has to be {half['min_accept']:.2f} likely only.",
        _counts(half),
        *_worst(half),
    ]


def summed_up(found: Figures) -> str:
    """Return in a sentence how many hunches recorded homes would see, and how many of these people then did."""
    shipped = found["recorded_hunches"]["shipped"]
    raised, homes = shipped["all"]["raised"], shipped["homes"]
    told = f"At a bar of {shipped['min_accept']:.2f}, in {shipped['all']['days']:.0f} days of {len(homes)} homes"
    acted = f" Done without asking, if all were allowed: {shipped['all']['acted']}."
    if not raised["hunches"]:
        none = "there is not a single hunch**: nothing on recorded homes shows that any would be right."
        return f"**{told} {none}{acted}"
    silent = sum(not home["raised"]["hunches"] for home in homes.values())
    how_sure = []
    if raised["judged"]:
        how_sure.append(f"95 %, Wilson: {span((raised['precision_low'], raised['precision_high']))}")
    if raised["untold"]:
        how_sure.append(f"{raised['untold']} cannot be judged")
    there = "is one hunch" if raised["hunches"] == 1 else f"are {raised['hunches']} hunches"
    return (
        f"**{told} there {there}, {raised['done']} of them done** ({', '.join(how_sure)});"
        f" {silent} of the homes see none at all.{acted}"
    )


def _counts(seen: Figures) -> str:
    rows = []
    whole = seen["all"]
    for name, home in (*((title(n), h) for n, h in seen["homes"].items()), ("**all**", whole)):
        raised, days = home["raised"], home["days"]
        a_week = raised["hunches"] * 7 / days if days > 0 else None
        counts = (raised["hunches"], *(raised[key] for key in OUTCOMES))
        rows.append((name, f"{days:.0f}", str(counts[0]), number(a_week), *map(str, counts[1:])))
    return table(("home", "days", "hunches", "a week", *OUTCOMES), rows)


def _worst(seen: Figures) -> list[str]:
    listed = [f"- {title(name)}: {words}" for name, home in seen["homes"].items() for words in home["worst"]]
    return ["The worst of each home, by what came of it, then by how sure it was:", "\n".join(listed)] if listed else []


def realism(found: Figures) -> list[str]:
    """Return how well two classifiers tell simulated devices from recorded ones."""
    seen = found["realism"]
    rows = [(f"{one['held_out']}s", one["by"], number(one["auc"]), span(one["auc_95"])) for one in seen["scores"]]
    real, simulated = seen["real"], seen["simulated"]
    return [
        (
            f"Two classifiers are shown {real['devices']} devices of the {real['homes']} homes that the fleet was"
            f" calibrated on, and {simulated['devices']} of the same kinds in {simulated['homes']} simulated homes,"
            " recorded alike. What they were not shown is asked; 0.5 is guessing. Where single devices are held out, a"
            " classifier may know the home by its other devices. Few devices: wide intervals."
        ),
        table(("recorded ones held out", "classifier", "AUC", "95 %"), rows),
        f"{number(seen['covered'])} of the recorded values lie within 95 % of the simulated ones of their kind.",
    ]
