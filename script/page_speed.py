"""Measures how fast the page is in a large home: how long its views take to open, and its frames while it scrolls."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from browse import CHROMIUM, FLAGS, PATIENCE, ZONE, WalkError, demo, log_in
from marked_block import MarksError, around, fill
from playwright.sync_api import Error, Page, WebSocket, sync_playwright

BEGIN, END = "<!-- page-speed -->", "<!-- /page-speed -->"
ROOT = Path(__file__).resolve().parent.parent
SIZE = {"width": 1280, "height": 800}
ROUNDS = 5
DEVICES = 200
USABLE = 1000.0
"""Milliseconds within which a view shall be usable."""
LATE = 25.0
"""Milliseconds after which a frame of 60 a second counts as dropped: one and a half of its time."""
ANSWER = 500.0
"""Kilobytes that no answer to the page shall exceed."""
BY = 57
"""Pixels a frame: fast, as with a wheel that is turned without a pause."""
SWEEPS = 6

# Each returns milliseconds until what was asked for has been drawn
OPEN = """async panel => {
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  panel.shadowRoot.querySelector("nav a[href$='/devices']").click();
  while (!panel.shadowRoot.querySelector("main[data-view=devices] [role=option]")) await frame();
  await frame();
  return performance.now() - began;
}"""
LONGER = """async panel => {
  const frame = () => new Promise(requestAnimationFrame);
  const axis = panel.shadowRoot.querySelector(".axis");
  const before = axis.textContent;
  const began = performance.now();
  panel.shadowRoot.querySelector("[data-id='days:14']").click();
  while (axis.textContent === before) await frame();
  await frame();
  return performance.now() - began;
}"""
# Return milliseconds from frame to frame: while the list goes down and up again, or while nothing moves
FRAMES = """async (panel, [by, sweeps]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const list = panel.shadowRoot.querySelector(".scroll");
  const steps = Math.ceil((list.scrollHeight - list.clientHeight) / Math.abs(by || 57));
  const found = [];
  let last = await frame();
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let step = 0; step < steps; step++) {
      list.scrollTop += sweep % 2 ? -by : by;
      const now = await frame();
      found.push(now - last);
      last = now;
    }
  }
  return found;
}"""


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, beside a page at rest, and the most that it shall be."""

    name: str
    value: float
    unit: str
    rest: float | None = None
    target: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it is more than it shall be."""
        return self.target is not None and self.value > self.target

    def cells(self) -> tuple[str, str, str, str]:
        """Return it as texts."""
        at_rest, target = (None if n is None else self._written(n) for n in (self.rest, self.target))
        return self.name, self._written(self.value), at_rest or "", f"≤ {target}" if target else ""

    def _written(self, number: float) -> str:
        return f"{number:.{0 if number >= 100.0 or not number else 1}f}{'' if self.unit == '%' else ' '}{self.unit}"


class Answers:
    """How large the answers are that a page is sent, from its first to its last."""

    def __init__(self, page: Page) -> None:
        """Listen to each connection that the page opens from now on."""
        self.largest = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        self.largest = max(self.largest, len(frame.encode() if isinstance(frame, str) else frame))


def measure(page: Page, url: str) -> list[Row]:
    """Measure all there is; a page is loaded anew for each round."""
    opened, longer = [], []
    answers = Answers(page)
    panel = page.locator("hunches-panel")
    for _ in range(ROUNDS):
        page.goto(f"{url}/hunches/now")
        panel.locator(".gauges").wait_for()
        page.wait_for_timeout(500)  # Home Assistant is still busy with itself
        answers.largest = 0
        opened.append(float(panel.evaluate(OPEN)))
        longer.append(float(panel.evaluate(LONGER)))
    size = answers.largest / 1000.0
    rest: list[float] = panel.evaluate(FRAMES, [0, SWEEPS])
    moving: list[float] = panel.evaluate(FRAMES, [BY, SWEEPS])
    late, late_at_rest = (100.0 * sum(each > LATE for each in frames) / len(frames) for frames in (moving, rest))
    return [
        Row("opening Devices", median(opened), "ms", target=USABLE),
        Row(f"the slowest of {ROUNDS}", max(opened), "ms", target=USABLE),
        Row("opening its 14 days", median(longer), "ms", target=USABLE),
        Row(f"the slowest of {ROUNDS}", max(longer), "ms", target=USABLE),
        Row("largest answer to the page for these", size, "kB", target=ANSWER),
        Row(f"frames while scrolling 14 days ({len(moving)}), median", median(moving), "ms", median(rest)),
        Row("of these, the 95th of 100", quantiles(moving, n=20)[-1], "ms", quantiles(rest, n=20)[-1]),
        Row("of these, the longest", max(moving), "ms", max(rest)),
        Row(f"of these, dropped (over {LATE:.0f} ms)", late, "%", late_at_rest, 0.0),
    ]


def text(rows: list[Row]) -> str:
    """Return the table for a screen: what is missed is said first."""
    asked = [row for row in rows if row.target is not None]
    lines = [f"{sum(row.missed for row in asked)} of {len(asked)} targets are missed"]
    lines.append(f"{'measured':>10} {'at rest':>10} {'target':>10}")
    for row in rows:
        name, value, rest, target = row.cells()
        lines.append(f"{value:>10} {rest:>10} {target:>10}   {name}{' MISSED' if row.missed else ''}")
    return "\n".join(lines)


def markdown(rows: list[Row], where: str) -> str:
    """Return the table for a README."""
    lines = ["| page | measured | page at rest | target |", "|---|---|---|---|"]
    for row in rows:
        name, value, rest, target = row.cells()
        lines.append(f"| {name} | {f'**{value}**' if row.missed else value} | {rest} | {target} |")
    return "\n".join((*lines, "", f"Printed by `script/page-speed` {where}."))


def make_home(folder: Path, devices: int) -> None:
    """Write a home of so many devices, as the benchmark makes them."""
    python = ROOT / ".venv" / "demo" / "bin" / "python"
    command = [str(python), "-P", "-m", "_benchmark.make_home", str(folder), "--devices", str(devices)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "script")}, check=True)


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="script/page-speed", description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES, metavar="N", help=f"default: {DEVICES}")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="fill the block of this file that is marked for it")
    arguments = parser.parse_args()
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        print("script/page-speed: no Chromium is installed here", file=sys.stderr)
        return 1
    # Frames are dropped wherever others want the processor: how much they did is part of what was measured
    busy = f"where {os.getloadavg()[0]:.1f} others ran" if os.getloadavg()[0] >= 1.0 else "otherwise idle"
    cores = f"{os.cpu_count()} cores ({platform.machine()}) without a graphics card, {busy}"
    try:
        if arguments.readme is not None:
            around(arguments.readme, BEGIN, END)
        with tempfile.TemporaryDirectory(prefix="hunches-page-speed-") as folder, sync_playwright() as playwright:
            make_home(Path(folder), arguments.devices)
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            page = browser.new_page(viewport=SIZE, timezone_id=ZONE)
            page.set_default_timeout(PATIENCE)
            with demo("--home", folder) as url:
                log_in(page, url)
                rows = measure(page, url)
            machine = f"{cores}, Chromium {browser.version}"
            browser.close()
    except (Error, MarksError, WalkError, subprocess.CalledProcessError) as error:
        print(f"script/page-speed: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return 1
    print(text(rows))
    if arguments.readme is not None:
        fill(arguments.readme, BEGIN, END, markdown(rows, f"in a home of {arguments.devices} devices, on {machine}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
