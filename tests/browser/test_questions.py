"""The card of several things that are asked as one: what it shows, and that one answer and one undo are about all."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .conftest import DESKTOP, FIND, PHONE, Visit, Visitor

SEVERAL = """names => {
  const panel = (%s)();
  const [one] = panel.now.hunches;
  const hunches = names.map((name, i) => {
    const entity_id = `light.ceiling_${i}`;
    const key = `still_on:${entity_id}`;
    return { ...one, name, entity_id, key, kind: "still_on", may_always: true, p_accept: 0.9 - 0.1 * i };
  });
  const now = { ...panel.now, hunches, questions: [hunches.map(({ key }) => key)] };
  const update = panel.view.update.bind(panel.view);
  panel.view.update = () => update(now);
  panel.sent = [];
  panel.link.ask = async (command, fields) => {
    panel.sent.push({ command, ...fields });
    return { action_id: "last", exactly: true };
  };
  panel.view.update();
}"""
"""Let the page be told of one question about lamps of these names, and keep what it sends."""


def question(admin: Visitor, *names: str) -> Locator:
    """Open the page with one question; return its card."""
    panel = admin.open("now")
    panel.locator("article").first.wait_for()
    admin.page.evaluate(SEVERAL % FIND, list(names))
    return panel.locator("article")


def sent(admin: Visitor) -> Any:
    return admin.page.evaluate(f"() => ({FIND})().sent")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_one_card_lists_all_and_what_each_rests_on(visit: Visit, size: dict[str, int], scheme: str) -> None:
    admin = visit(size=size, scheme=scheme)
    card = question(admin, "Ceiling 1", "<b>Ceiling</b> 2", "Spots")
    expect(card).to_have_count(1)
    expect(card.get_by_role("heading", level=3)).to_have_text("Ceiling 1, <b>Ceiling</b> 2 and Spots are still on")
    expect(card.get_by_role("heading", level=4)).to_have_text(["Ceiling 1", "<b>Ceiling</b> 2", "Spots"])
    expect(card.locator("ul.evidence li")).to_have_count(3)
    admin.no_barrier()
    admin.picture(f"several-{'phone' if size is PHONE else 'desktop'}-{scheme}")
    card.get_by_role("button", name="Why?").click()
    expect(card.get_by_text("it would not have been asked")).to_have_count(3)
    admin.no_barrier()


def test_many_names_are_counted(visit: Visit) -> None:
    admin = visit()
    card = question(admin, *(f"Ceiling {n}" for n in range(1, 6)))
    title = "Ceiling 1, Ceiling 2, Ceiling 3 and 2 more are still on"
    expect(card.get_by_role("heading", level=3)).to_have_text(title)
    expect(card.get_by_role("heading", level=4)).to_have_count(5)


def test_one_answer_and_one_undo_are_about_all(visit: Visit) -> None:
    admin = visit()
    card = question(admin, "Ceiling 1", "Ceiling 2")
    card.get_by_role("button", name="Turn them off").click()
    admin.says("Done: Ceiling 1 and Ceiling 2")
    admin.panel.locator(".toast").get_by_role("button", name="Undo").click()
    admin.says("Ceiling 1 and Ceiling 2 are as they were before.")
    lamps = [f"light.ceiling_{n}" for n in range(2)]
    assert sent(admin) == [
        {"command": "answer", "hunch": "still_on:light.ceiling_0", "answer": "accept", "shown": lamps},
        {"command": "undo", "action_id": "last", "whole": True},
    ]
    card.get_by_role("button", name="Never for these devices").click()
    expect(admin.panel.locator("dialog")).to_contain_text("Ceiling 1 and Ceiling 2 stay as they are")
    admin.panel.locator("dialog").get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Always do this").click()
    expect(admin.panel.locator("dialog p")).to_contain_text(["Ceiling 1", "Ceiling 2"])
    assert len(sent(admin)) == 2
