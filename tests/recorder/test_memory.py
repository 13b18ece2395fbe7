"""A million rows pass through, and none of them stays."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest
from homeassistant.components.recorder.db_schema import StatesMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import session_scope
from sqlalchemy import text

from custom_components.hunches.engine.home import Entity, Home
from custom_components.hunches.history import async_read

from .conftest import Row, Write, fill

LAMP = "light.lamp"
ROWS = 1_000_000
EACH = 100
"""Rows in a state, one after the other: what is kept of them is a hundredth."""
LIMIT = 40.0
_INSERT = "INSERT INTO states (metadata_id, state, last_updated_ts, context_id_bin) "
# A row as a tuple takes about 230 bytes, so that all of them would be some 230 MB
_FILL = {
    "sqlite": f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) {_INSERT}"
    f"SELECT :id, CASE i / {EACH} % 2 WHEN 0 THEN 'on' ELSE 'off' END, i, CAST(printf('%016d', i) AS BLOB) FROM n",
    "mysql": f"{_INSERT} SELECT :id, IF(seq DIV {EACH} % 2 = 0, 'on', 'off'), seq, LPAD(seq, 16, '0')"
    f" FROM seq_1_to_{ROWS}",
    "postgresql": f"{_INSERT} SELECT :id, CASE i / {EACH} % 2 WHEN 0 THEN 'on' ELSE 'off' END, i,"
    f" convert_to(lpad(i\\:\\:text, 16, '0'), 'UTF8') FROM generate_series(1, {ROWS}) i",
}


def megabytes(what: str) -> float:
    """Return a figure of this process's memory, by its name in /proc/self/status."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(what)


def most_from_now() -> float:
    """Let the most that this process used be counted anew, and return what it uses now, in megabytes."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return megabytes("VmRSS")


def a_million(hass: HomeAssistant) -> None:
    """Write a million rows of one lamp."""
    with session_scope(hass=hass) as session:
        meta = StatesMeta(entity_id=LAMP)
        session.add(meta)
        session.flush()
        session.execute(text(_FILL[session.connection().dialect.name]), {"id": meta.metadata_id})


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the most that a process used")
async def test_a_million_rows_are_streamed(hass_with_recorder: HomeAssistant, write: Write) -> None:
    await write(fill, "light.other", [Row(float(i), "on" if i % 2 else "off") for i in range(5_000)])
    await write(a_million)
    other = Home("test", entities={"light.other": Entity("light.other")})
    await async_read(hass_with_recorder, other, threading.Event())  # loads what is loaded once
    before = most_from_now()
    home = Home("test", entities={LAMP: Entity(LAMP)})
    history = await async_read(hass_with_recorder, home, threading.Event())
    assert history.rows == ROWS
    assert len(history.timelines[LAMP]) == ROWS // EACH + 1
    assert megabytes("VmHWM") - before < LIMIT
