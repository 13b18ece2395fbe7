"""Opens a demo in a browser, answers its hunches as a person would, and checks what follows."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

USER = PASSWORD = "demo"  # noqa: S105 (of a home that does not exist)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Without a display, and without calling anybody
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZE = {"width": 1000, "height": 640}
ZONE = "Europe/Berlin"  # the demo home's, so that pages show the times of the home
PATIENCE = 60_000
AT_REST = {"lock": "locked", "cover": "closed", "valve": "closed"}
OPTIONS = "step-flow-menu ha-list-item"
STATE = "entity => document.querySelector('home-assistant').hass.states[entity].state"
CLOSED = "() => history.state?.dialog === undefined"
ISSUES = "() => document.querySelector('home-assistant').hass.callWS({type: 'repairs/list_issues'})"


class WalkError(RuntimeError):
    """Something is not as it should be; the message says what in one line."""


@contextmanager
def demo(*arguments: str) -> Iterator[str]:
    """Run a demo on any free port; yield its address."""
    command = [str(Path(__file__).with_name("demo")), "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                if found := re.match(r"Open (http://\S+)", line):
                    yield found[1]
                    return
            raise WalkError("the demo has ended")
        finally:
            process.terminate()
            process.communicate()  # it has something to say until its end


def log_in(page: Page, url: str, user: str = USER) -> None:
    """Log in as the demo's user, or as another with the same password."""
    page.goto(url)
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("home-assistant-main").wait_for()
    print(f"logged in at {url}")


def shoot(page: Page, out: Path | None, name: str, number: list[int]) -> None:
    """Take a picture, once nothing moves any more."""
    if out is None:
        return
    page.wait_for_timeout(1000)
    number[0] += 1
    page.screenshot(path=out / f"{number[0]:02d}-{name}.png")


def open_repairs(page: Page, url: str) -> Locator:
    """Go to Settings → Repairs; return the list of issues."""
    page.goto(f"{url}/config/repairs")
    issues = page.locator("ha-config-repairs ha-list-item-button")
    issues.first.wait_for()
    return issues


def walk(page: Page, url: str, out: Path | None) -> None:
    """See each hunch in Repairs, answer it, and check that the device did as it was told."""
    number = [0]
    log_in(page, url)
    page.locator("hui-card").first.wait_for()
    shoot(page, out, "overview", number)
    items = open_repairs(page, url)
    shoot(page, out, "repairs", number)
    hunches = [issue for issue in page.evaluate(ISSUES)["issues"] if issue["domain"] == "hunches"]
    if not hunches:
        raise WalkError("there is no hunch in Repairs")
    print(f"{len(hunches)} hunches in Repairs")
    for issue in hunches:
        answer(page, items, issue, out, number)
    if out is not None:
        page.goto(f"{url}/logbook")
        page.locator("ha-logbook-renderer").wait_for()
        shoot(page, out, "activity", number)


def ask(page: Page, items: Locator, issue: dict[str, Any]) -> Locator:
    """Open a hunch; return the dialog, which shows its answers."""
    items.filter(has_text=issue["translation_placeholders"]["name"]).first.click()
    dialog = page.locator("dialog-data-entry-flow")
    dialog.locator(OPTIONS).first.wait_for()
    return dialog


def close(dialog: Locator) -> None:
    """Close a dialog that has come to its end, and wait until it is closed.

    Once it has faded, Home Assistant takes a step back in the browser's history. Whoever has gone to another page
    by then is taken back from there.
    """
    dialog.get_by_role("button", name=re.compile("finish|close", re.IGNORECASE)).last.click()
    dialog.page.wait_for_function(CLOSED)


def answer(page: Page, items: Locator, issue: dict[str, Any], out: Path | None, number: list[int]) -> None:
    """Open a hunch, press its first answer, and see that it is done."""
    entity = issue["issue_id"].partition(":")[2]
    before = page.evaluate(STATE, entity)
    dialog = ask(page, items, issue)
    options = dialog.locator(OPTIONS)
    shoot(page, out, f"asked-{entity}", number)
    print(f"{entity} is {before}; answers: {', '.join(' '.join(text.split()) for text in options.all_inner_texts())}")
    options.first.click()
    dialog.locator("step-flow-create-entry").wait_for()
    shoot(page, out, f"done-{entity}", number)
    told = " ".join(dialog.locator("step-flow-create-entry ha-markdown-element").inner_text().split())
    after = page.evaluate(STATE, entity)
    if after != AT_REST.get(entity.partition(".")[0], "off"):
        raise WalkError(f"{entity} was {before} and is {after}")
    close(dialog)
    expect(items.filter(has_text=issue["translation_placeholders"]["name"])).to_have_count(0, timeout=PATIENCE)
    print(f"{entity} is {after}: {told}")


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="script/browse", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep pictures of every page here")
    parser.add_argument("--url", help="a demo that runs already (default: one is started)")
    arguments = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if browser_path is None:
        print("script/browse: no Chromium is installed here", file=sys.stderr)
        return 1
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
            page = browser.new_page(viewport=SIZE, timezone_id=ZONE)
            page.set_default_timeout(PATIENCE)
            if arguments.url is not None:
                walk(page, arguments.url, arguments.out)
            else:
                with demo() as url:
                    walk(page, url, arguments.out)
            browser.close()
    except (Error, AssertionError, WalkError) as error:
        print(f"script/browse: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
