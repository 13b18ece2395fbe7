"""Reading a recorder's SQLite file: tables as Home Assistant makes them, `.storage` as it writes it."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from custom_components.hunches.engine.database import DatabaseError, read
from custom_components.hunches.engine.home import OFF, ON, UNKNOWN, Entity, Says
from custom_components.hunches.engine.timeline import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

# as the recorder's db_schema.py of schema 53 makes them in SQLite
SCHEMA = """
CREATE TABLE states_meta (metadata_id INTEGER NOT NULL, entity_id VARCHAR(255), PRIMARY KEY (metadata_id));
CREATE UNIQUE INDEX ix_states_meta_entity_id ON states_meta (entity_id);
CREATE TABLE state_attributes (
    attributes_id INTEGER NOT NULL, hash BIGINT, shared_attrs TEXT, PRIMARY KEY (attributes_id));
CREATE TABLE states (
    state_id INTEGER NOT NULL, entity_id CHAR(0), state VARCHAR(255), attributes CHAR(0), event_id SMALLINT,
    last_changed CHAR(0), last_changed_ts FLOAT, last_reported_ts FLOAT, last_updated CHAR(0), last_updated_ts FLOAT,
    old_state_id INTEGER, attributes_id INTEGER, context_id CHAR(0), context_user_id CHAR(0),
    context_parent_id CHAR(0), origin_idx SMALLINT, context_id_bin BLOB, context_user_id_bin BLOB,
    context_parent_id_bin BLOB, metadata_id INTEGER, PRIMARY KEY (state_id),
    FOREIGN KEY(attributes_id) REFERENCES state_attributes (attributes_id),
    FOREIGN KEY(metadata_id) REFERENCES states_meta (metadata_id));
CREATE INDEX ix_states_metadata_id_last_updated_ts ON states (metadata_id, last_updated_ts);
CREATE TABLE event_types (event_type_id INTEGER NOT NULL, event_type VARCHAR(64), PRIMARY KEY (event_type_id));
CREATE TABLE event_data (data_id INTEGER NOT NULL, hash BIGINT, shared_data TEXT, PRIMARY KEY (data_id));
CREATE TABLE events (
    event_id INTEGER NOT NULL, event_type CHAR(0), event_data CHAR(0), origin CHAR(0), origin_idx SMALLINT,
    time_fired CHAR(0), time_fired_ts FLOAT, context_id CHAR(0), context_user_id CHAR(0), context_parent_id CHAR(0),
    data_id INTEGER, context_id_bin BLOB, context_user_id_bin BLOB, context_parent_id_bin BLOB,
    event_type_id INTEGER, PRIMARY KEY (event_id),
    FOREIGN KEY(event_type_id) REFERENCES event_types (event_type_id));
CREATE TABLE recorder_runs (
    run_id INTEGER NOT NULL, start DATETIME NOT NULL, "end" DATETIME, closed_incorrect BOOLEAN NOT NULL,
    created DATETIME NOT NULL, PRIMARY KEY (run_id));
CREATE TABLE schema_changes (
    change_id INTEGER NOT NULL, schema_version INTEGER, changed DATETIME NOT NULL, PRIMARY KEY (change_id));
"""
T0 = 1_760_000_000.0


class Recorder:
    """Writes what a recorder writes."""

    def __init__(self, path: Path, version: int = 53) -> None:
        self.path = path
        self.database = sqlite3.connect(path)
        self.database.executescript(SCHEMA)
        self.database.execute("INSERT INTO schema_changes VALUES (1, 50, '2025-01-01')")
        self.database.execute("INSERT INTO schema_changes VALUES (2, ?, '2025-02-01')", (version,))
        self.database.commit()

    def state(
        self,
        entity_id: str,
        seconds: float,
        state: str | None,
        *,
        changed: float | None = None,
        attributes: dict[str, Any] | None = None,
        context: bytes | None = None,
        user: bytes | None = None,
        parent: bytes | None = None,
    ) -> None:
        self.database.execute("INSERT OR IGNORE INTO states_meta (entity_id) VALUES (?)", (entity_id,))
        (meta,) = self.database.execute(
            "SELECT metadata_id FROM states_meta WHERE entity_id = ?", (entity_id,)
        ).fetchone()
        shared = None
        if attributes is not None:
            shared = self.database.execute(
                "INSERT INTO state_attributes (shared_attrs) VALUES (?)", (json.dumps(attributes),)
            ).lastrowid
        self.database.execute(
            "INSERT INTO states (metadata_id, state, last_updated_ts, last_changed_ts, attributes_id, context_id_bin,"
            " context_user_id_bin, context_parent_id_bin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (meta, state, T0 + seconds, None if changed is None else T0 + changed, shared, context, user, parent),
        )

    def event(self, event_type: str, context: bytes, seconds: float = 0, data: str | None = None) -> None:
        row = self.database.execute("SELECT event_type_id FROM event_types WHERE event_type = ?", (event_type,))
        number = (row.fetchone() or (None,))[0]
        if number is None:
            number = self.database.execute("INSERT INTO event_types (event_type) VALUES (?)", (event_type,)).lastrowid
        shared = None
        if data is not None:
            shared = self.database.execute("INSERT INTO event_data (shared_data) VALUES (?)", (data,)).lastrowid
        self.database.execute(
            "INSERT INTO events (event_type_id, time_fired_ts, context_id_bin, data_id) VALUES (?, ?, ?, ?)",
            (number, T0 + seconds, context, shared),
        )

    def run(self, start: float, end: float | None, *, crashed: bool = False) -> None:
        def moment(seconds: float) -> str:
            return datetime.fromtimestamp(T0 + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

        self.database.execute(
            'INSERT INTO recorder_runs (start, "end", closed_incorrect, created) VALUES (?, ?, ?, ?)',
            (moment(start), None if end is None else moment(end), crashed, moment(start)),
        )

    def close(self) -> Path:
        self.database.commit()
        self.database.close()
        return self.path


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "home-assistant_v2.db")


def store(folder: Path, key: str, data: dict[str, Any]) -> None:
    path = folder / ".storage" / key
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": 1, "minor_version": 1, "key": key, "data": data}), encoding="utf-8")


def entry(entity_id: str, **more: Any) -> dict[str, Any]:
    return {"id": f"uuid-{entity_id}", "entity_id": entity_id, "platform": "demo", "labels": [], **more}


def write_registries(folder: Path, entities: list[dict[str, Any]]) -> None:
    store(folder, "core.entity_registry", {"entities": entities, "deleted_entities": []})
    store(
        folder,
        "core.device_registry",
        {
            "devices": [{"id": "d1", "area_id": "hall", "name": "Lock", "name_by_user": "Yale", "labels": ["keep"]}],
            "child_devices": [{"id": "d2", "parent_device_id": "d1", "area_id": None, "name": "Child", "labels": []}],
            "deleted_devices": [],
        },
    )
    store(folder, "core.area_registry", {"areas": [{"id": "hall", "name": "Flur <b>", "labels": ["downstairs"]}]})
    store(
        folder,
        "core.label_registry",
        {"labels": [{"label_id": "keep", "name": "Keep"}, {"label_id": "downstairs", "name": "Downstairs"}]},
    )
    store(
        folder,
        "core.config",
        {"location_name": "Zuhause", "time_zone": "Europe/Berlin", "latitude": 52.5, "longitude": 13.4},
    )


def changes(path: Path, entity_id: str) -> list[tuple[float, int]]:
    timeline = read(path)[0].timelines[entity_id]
    return [(float(t) - T0, int(s)) for t, s in zip(timeline.times, timeline.states, strict=True)]


def test_states_become_a_timeline(recorder: Recorder) -> None:
    for seconds, state in ((0, "off"), (60, "on"), (61.25, "unavailable"), (90, "on"), (120, None), (130, "off")):
        recorder.state("light.hall", seconds, state)
    recorder.state("light.hall", 125, "")
    assert changes(recorder.close(), "light.hall") == [
        (0.0, OFF),
        (60.0, ON),
        (61.25, UNKNOWN),
        (90.0, ON),
        (120.0, UNKNOWN),
        (130.0, OFF),
    ]


def test_rows_come_in_order_of_time_whatever_their_order_in_the_file(recorder: Recorder) -> None:
    for seconds, state in ((120, "off"), (0, "off"), (60, "on")):
        recorder.state("light.hall", seconds, state)
    assert changes(recorder.close(), "light.hall") == [(0.0, OFF), (60.0, ON), (120.0, OFF)]


def test_reports_of_attributes_are_no_changes_but_open_a_timeline(recorder: Recorder) -> None:
    recorder.state("climate.home", 100, "heat", changed=-5000)
    recorder.state("climate.home", 200, "heat", changed=-5000)
    recorder.state("climate.home", 300, "off", changed=300)
    recorder.state("climate.home", 400, "off", changed=300)
    assert changes(recorder.close(), "climate.home") == [(100.0, ON), (300.0, OFF)]


def test_of_several_states_at_one_moment_the_last_holds(recorder: Recorder) -> None:
    for seconds, state in ((0, "off"), (60, "on"), (60, "off"), (90, "on")):
        recorder.state("light.hall", seconds, state)
    assert changes(recorder.close(), "light.hall") == [(0.0, OFF), (90.0, ON)]


def test_who_did_it(recorder: Recorder) -> None:
    recorder.event("automation_triggered", b"a" * 16)
    recorder.event("script_started", b"s" * 16)
    recorder.event("script_started", b"p" * 16)
    recorder.event("hunches_acted", b"h" * 16)
    recorder.event("call_service", b"c" * 16)
    rows: list[tuple[str, dict[str, bytes], Cause]] = [
        ("off", {}, Cause.UNKNOWN),
        ("on", {"context": b"u" * 16, "user": b"1" * 16}, Cause.PERSON),
        ("off", {"context": b"a" * 16}, Cause.AUTOMATION),
        ("on", {"context": b"x" * 16, "parent": b"u" * 16}, Cause.AUTOMATION),
        ("off", {"context": b"s" * 16}, Cause.AUTOMATION),
        ("on", {"context": b"p" * 16, "user": b"1" * 16}, Cause.PERSON),
        ("off", {"context": b"h" * 16, "user": b"1" * 16}, Cause.OURS),
        ("on", {"context": b"w" * 16}, Cause.PHYSICAL),
        ("off", {"context": b"c" * 16}, Cause.UNKNOWN),
        ("on", {}, Cause.UNKNOWN),
        ("unavailable", {"context": b"w" * 16}, Cause.UNKNOWN),
        ("off", {"context": b"w" * 16}, Cause.UNKNOWN),
    ]
    for i, (state, context, _) in enumerate(rows):
        recorder.state("light.hall", 60 * i, state, **context)  # type: ignore[arg-type]
    timeline = read(recorder.close())[0].timelines["light.hall"]
    assert timeline.causes.tolist() == [int(cause) for *_, cause in rows]


def test_a_late_report_of_what_we_did(recorder: Recorder) -> None:
    recorder.event("call_service", b"c" * 16)
    recorder.event("hunches_acted", b"h" * 16, 100, '{"entity_id": "light.hall", "state": "off"}')
    for seconds, state in ((0, "on"), (108, "off"), (109, "on"), (110, "off")):
        recorder.state("light.hall", seconds, state, context=b"w" * 16)
    timeline = read(recorder.close())[0].timelines["light.hall"]
    assert timeline.causes.tolist() == [Cause.UNKNOWN, Cause.OURS, Cause.PHYSICAL, Cause.PHYSICAL]


def test_without_registries_names_come_from_attributes_and_there_is_one_warning(recorder: Recorder) -> None:
    recorder.state("light.hall", 0, "on", attributes={"friendly_name": "Old name"})
    recorder.state("light.hall", 9, "off", attributes={"friendly_name": "Flurlicht ☀"})
    recorder.state("binary_sensor.door", 0, "on", attributes={"device_class": "door"})
    recorder.state("light.bare", 0, "on")
    recording, warnings = read(recorder.close())
    assert recording.home.time_zone == "UTC"
    assert recording.home.latitude is None
    assert recording.home.entities == {
        "binary_sensor.door": Entity("binary_sensor.door", "", None, "door"),
        "light.bare": Entity("light.bare"),
        "light.hall": Entity("light.hall", "Flurlicht ☀"),
    }
    assert len(warnings) == 1
    assert ".storage" in warnings[0]
    assert "\n" not in warnings[0]


def test_only_devices_and_evidence_are_read(recorder: Recorder) -> None:
    for key in (
        "light.a",
        "sensor.power",
        "automation.x",
        "sun.sun",
        "zone.home",
        "zone.work",
        "person.ann",
        "update.y",
    ):
        recorder.state(key, 0, "on")
    recorder.state("sensor.lux", 0, "80", attributes={"device_class": "illuminance"})
    recorder.state("binary_sensor.battery", 0, "on", attributes={"device_class": "battery"})
    recording, _ = read(recorder.close())
    assert list(recording.home.entities) == ["light.a", "person.ann", "sensor.lux", "sun.sun", "zone.home"]


def test_registries_give_areas_labels_zone_and_position(recorder: Recorder) -> None:
    write_registries(
        recorder.path.parent,
        [
            entry("lock.front", device_id="d1", has_entity_name=True, original_name="Bolt", labels=["gone"]),
            entry("light.child", device_id="d2", name="Kind", area_id=None),
            entry("light.own", area_id="hall", original_name="Own"),
            entry("binary_sensor.door", original_device_class="door"),
            entry("light.placeless"),
        ],
    )
    for key in (
        "lock.front",
        "light.child",
        "light.own",
        "binary_sensor.door",
        "light.placeless",
        "light.unregistered",
    ):
        recorder.state(key, 0, "on")
    recording, warnings = read(recorder.close())
    home = recording.home
    assert warnings == ()
    assert (home.name, home.time_zone, home.latitude, home.longitude) == ("Zuhause", "Europe/Berlin", 52.5, 13.4)
    assert home.entities == {
        "binary_sensor.door": Entity("binary_sensor.door", "", None, "door"),
        "light.child": Entity("light.child", "Kind", "Flur <b>", None, ("Downstairs",)),
        "light.own": Entity("light.own", "Own", "Flur <b>", None, ("Downstairs",)),
        "light.placeless": Entity("light.placeless"),
        "light.unregistered": Entity("light.unregistered"),
        "lock.front": Entity("lock.front", "Yale Bolt", "Flur <b>", None, ("Downstairs", "Keep")),
    }


def test_registries_are_found_where_config_points(recorder: Recorder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "config"
    elsewhere.mkdir()
    recorder.state("light.own", 0, "on")
    path = recorder.close()
    with pytest.raises(DatabaseError, match=r"no \.storage"):
        read(path, elsewhere)
    write_registries(elsewhere, [entry("light.own", area_id="hall")])
    for config in (elsewhere, elsewhere / ".storage"):
        assert read(path, config)[0].home.entities["light.own"].area == "Flur <b>"


def test_hidden_disabled_configuration_and_diagnosis_are_left_out(recorder: Recorder) -> None:
    write_registries(
        recorder.path.parent,
        [
            entry("light.hidden", hidden_by="user"),
            entry("light.disabled", disabled_by="integration"),
            entry("switch.config", entity_category="config"),
            entry("binary_sensor.diagnostic", entity_category="diagnostic"),
            entry("light.shown"),
        ],
    )
    for key in ("light.hidden", "light.disabled", "switch.config", "binary_sensor.diagnostic", "light.shown"):
        recorder.state(key, 0, "on")
    recording, _ = read(recorder.close())
    assert list(recording.home.entities) == ["light.shown"]
    assert list(recording.timelines) == ["light.shown"]


def test_groups_are_left_out_beside_their_members(recorder: Recorder) -> None:
    write_registries(
        recorder.path.parent,
        [
            entry("light.all", platform="group", config_entry_id="g1"),
            entry("light.alone", platform="group", config_entry_id="g2"),
            entry("switch.unlisted", platform="group"),
            entry("fan.unlisted", platform="group"),
            entry("light.a"),
            entry("switch.a"),
        ],
    )
    store(
        recorder.path.parent,
        "core.config_entries",
        {
            "entries": [
                {"entry_id": "g1", "domain": "group", "options": {"entities": ["uuid-light.a"]}},
                {"entry_id": "g2", "domain": "group", "options": {"entities": ["light.not_recorded"]}},
            ]
        },
    )
    for key in ("light.all", "light.alone", "switch.unlisted", "fan.unlisted", "light.a", "switch.a"):
        recorder.state(key, 0, "on")
    recorder.state("light.zha_group", 0, "on", attributes={"entity_id": ["light.a"]})
    recorder.state("light.of_strangers", 0, "on", attributes={"group_entities": ["light.x"]})
    path = recorder.close()
    entities = read(path)[0].home.entities
    assert list(entities) == ["fan.unlisted", "light.a", "light.alone", "light.of_strangers", "switch.a"]
    assert [one.entity_id for one in entities["light.alone"].whole] == ["light.alone", "light.not_recorded"]
    assert [one.entity_id for one in entities["light.of_strangers"].whole] == ["light.of_strangers", "light.x"]
    assert entities["fan.unlisted"].members == ()
    options(path.parent, excluded=["light.x"])
    assert "light.of_strangers" not in read(path)[0].home.entities, "what is in it is left alone"


def test_what_a_thermostat_drives_is_left_out(recorder: Recorder) -> None:
    write_registries(recorder.path.parent, [entry("switch.radiator"), entry("switch.mist"), entry("switch.other")])
    made = [
        {"domain": "generic_thermostat", "entry_id": "t1", "options": {"heater": "uuid-switch.radiator"}},
        {"domain": "generic_hygrostat", "entry_id": "t2", "options": {"humidifier": "switch.mist"}},
        {
            "domain": "generic_hygrostat",
            "entry_id": "t3",
            "disabled_by": "user",
            "options": {"humidifier": "switch.other"},
        },
    ]
    store(recorder.path.parent, "core.config_entries", {"entries": made})
    for key in ("switch.radiator", "switch.mist", "switch.other"):
        recorder.state(key, 0, "on")
    assert list(read(recorder.close())[0].home.entities) == ["switch.other"]


def test_one_of_several_entities_of_one_thing_is_read(recorder: Recorder) -> None:
    write_registries(
        recorder.path.parent,
        [
            entry("light.dead", device_id="m1", labels=["keep"], created_at="2026-01-01T00:00:00+00:00"),
            entry("light.alive", device_id="m2", created_at="2026-02-01T00:00:00+00:00"),
            entry("switch.plug", area_id="hall"),
            entry("fan.vent", platform="switch_as_x", config_entry_id="x1"),
        ],
    )
    devices = [
        {"id": key, "config_entry_id": key, "connections": [["mac", "aa:bb:cc:00:11:22"]], "labels": []}
        for key in ("m1", "m2")
    ]
    store(recorder.path.parent, "core.device_registry", {"devices": devices, "child_devices": []})
    wrapper = {"entry_id": "x1", "domain": "switch_as_x", "options": {"entity_id": "uuid-switch.plug"}}
    store(recorder.path.parent, "core.config_entries", {"entries": [wrapper]})
    for key in ("light.dead", "light.alive", "switch.plug", "fan.vent"):
        recorder.state(key, 0, "on")
    recorder.state("light.dead", 9, "unavailable")
    recording, _ = read(recorder.close())
    assert list(recording.home.entities) == list(recording.timelines) == ["fan.vent", "light.alive"]
    assert recording.home.entities["light.alive"].labels == ("Keep",)


def test_an_unusable_zone_is_utc_with_a_warning(recorder: Recorder) -> None:
    write_registries(recorder.path.parent, [])
    store(recorder.path.parent, "core.config", {"time_zone": "Mars/Olympus", "latitude": 999, "longitude": "x"})
    recorder.state("light.a", 0, "on")
    recording, warnings = read(recorder.close())
    assert (recording.home.time_zone, recording.home.latitude, recording.home.longitude) == ("UTC", None, None)
    assert len(warnings) == 1


def test_an_empty_recorder_is_a_home_without_anything(recorder: Recorder) -> None:
    recording, _ = read(recorder.close())
    assert recording.home.entities == {}
    assert recording.timelines == {}


def fails(path: Path, message: str, config: Path | None = None) -> None:
    with pytest.raises(DatabaseError, match=message) as caught:
        read(path, config)
    assert "\n" not in str(caught.value)


def test_what_is_no_recorder_is_refused_in_one_line(tmp_path: Path) -> None:
    fails(tmp_path / "missing.db", "No such file")
    fails(tmp_path, "Is a directory")
    text = tmp_path / "text.db"
    text.write_text("entity_id,state\n", encoding="utf-8")
    fails(text, "not an SQLite database")
    empty = tmp_path / "empty.db"
    empty.touch()
    fails(empty, "not an SQLite database")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE states (x)")
    database.close()
    fails(other, "not a database of Home Assistant's recorder")


def test_schemas_that_are_not_understood_are_refused(tmp_path: Path) -> None:
    fails(Recorder(tmp_path / "old.db", 30).close(), "schema 30 is too old")
    changed = Recorder(tmp_path / "changed.db", 60)
    changed.database.execute("ALTER TABLE states RENAME COLUMN last_updated_ts TO updated")
    fails(changed.close(), r"schema 60 is not understood: no states\.last_updated_ts")
    newer = Recorder(tmp_path / "newer.db", 54)
    newer.state("light.a", 0, "on")
    recording, warnings = read(newer.close())
    assert "light.a" in recording.timelines
    assert any("schema 54" in warning for warning in warnings)


def test_a_corrupt_file_is_refused(recorder: Recorder) -> None:
    for i in range(3000):
        recorder.state("light.a", i, "on" if i % 2 else "off")
    path = recorder.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    fails(path, "corrupt")
    path.write_bytes(whole[:100])
    fails(path, "corrupt|not an SQLite database")


@pytest.mark.parametrize("nonsense", ["x'ff'", "'soon'", "9e999"])
def test_a_time_that_is_none_is_refused(recorder: Recorder, nonsense: str) -> None:
    for seconds in range(3):
        recorder.state("light.a", seconds, "on" if seconds % 2 else "off")
    recorder.database.execute(f"UPDATE states SET last_updated_ts = {nonsense} WHERE last_updated_ts > {T0}")
    fails(recorder.close(), "corrupt")


def test_nothing_is_known_of_the_time_that_home_assistant_was_off(recorder: Recorder) -> None:
    recorder.run(0, 1000)
    recorder.run(2000, 4000, crashed=True)
    recorder.run(4000, None)
    for seconds, state in ((10, "on"), (2001, "on"), (3000, "off"), (4500, "on")):
        recorder.state("light.a", seconds, state)
    recorder.state("light.b", 20, "on")
    path = recorder.close()
    assert changes(path, "light.a") == [
        (10.0, ON),
        (1000.0, UNKNOWN),
        (2001.0, ON),
        (3000.0, OFF),
        (pytest.approx(3000.0), UNKNOWN),
        (4500.0, ON),
    ]
    assert changes(path, "light.b") == [(20.0, ON), (1000.0, UNKNOWN)]


def test_a_corrupt_registry_is_refused(recorder: Recorder) -> None:
    write_registries(recorder.path.parent, [])
    path = recorder.close()
    for text in ("{", "[]", '{"data": 3}'):
        (path.parent / ".storage" / "core.area_registry").write_text(text, encoding="utf-8")
        fails(path, "core.area_registry")


def test_a_locked_database_is_refused(recorder: Recorder) -> None:
    recorder.state("light.a", 0, "on")
    recorder.database.commit()
    recorder.database.execute("BEGIN EXCLUSIVE")
    fails(recorder.path, "locked")
    recorder.database.rollback()
    recorder.close()


def test_a_database_in_use_is_read_and_never_written(recorder: Recorder) -> None:
    recorder.database.execute("PRAGMA journal_mode=WAL")
    recorder.state("light.a", 0, "on")
    recorder.database.commit()
    recorder.state("light.a", 60, "off")  # not yet committed
    before = recorder.path.read_bytes()
    assert changes(recorder.path, "light.a") == [(0.0, ON)]
    assert recorder.path.read_bytes() == before
    recorder.close()


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """Give an empty folder, and take from the test the right to write where it has no permission."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            Path(folder).chmod(0o755)
            if root:
                os.seteuid(0)


def test_a_database_whose_folder_cannot_be_written_is_read_as_it_is(unprivileged: Path) -> None:
    recorder = Recorder(unprivileged / "home-assistant_v2.db")
    recorder.database.execute("PRAGMA journal_mode=WAL")
    recorder.state("light.a", 0, "on")
    path = recorder.close()
    unprivileged.chmod(0o555)
    recording, warnings = read(path)
    assert len(recording.timelines["light.a"]) == 1
    assert len(warnings) == 1
    unprivileged.chmod(0o755)
    path.with_name(f"{path.name}-wal").write_bytes(b"pending")
    unprivileged.chmod(0o555)
    assert any("latest changes" in warning for warning in read(path)[1])


def test_times_keep_their_microseconds(recorder: Recorder) -> None:
    recorder.state("light.a", 0.123456, "on")
    assert np.isclose(read(recorder.close())[0].timelines["light.a"].times[0] - T0, 0.123456, atol=1e-6)


def options(folder: Path, **chosen: list[str]) -> None:
    """Let the integration be set up with these options."""
    entries = [{"domain": "hunches", "entry_id": "e1", "options": {"sensitivity": "rare", **chosen}}]
    store(folder, "core.config_entries", {"entries": entries})


def test_what_we_conclude_is_no_evidence(recorder: Recorder) -> None:
    for key in ("binary_sensor.hunches_home_away", "binary_sensor.plain"):
        recorder.state(key, 0, "on")
    write_registries(recorder.path.parent, [entry("binary_sensor.hunches_home_away", platform="hunches")])
    options(recorder.path.parent, presence_evidence=["binary_sensor.hunches_home_away"])
    assert list(read(recorder.close())[0].home.entities) == ["binary_sensor.plain"]


def test_what_the_options_leave_out_is_left_out(recorder: Recorder) -> None:
    keys = ["light.mine", "light.device", "light.area", "light.label", "light.of_area", "light.plain"]
    for key in keys:
        recorder.state(key, 0, "on")
    more: dict[str, dict[str, Any]] = {
        "light.device": {"device_id": "d2"},
        "light.area": {"area_id": "attic"},
        "light.label": {"labels": ["keep"]},
        "light.of_area": {"area_id": "hall"},
    }
    write_registries(recorder.path.parent, [entry(key, **more.get(key, {})) for key in keys])
    options(recorder.path.parent, excluded=["light.mine"], excluded_devices=["d2"], excluded_areas=["attic"])
    path = recorder.close()
    assert list(read(path)[0].home.entities) == ["light.label", "light.of_area", "light.plain"]
    options(path.parent, excluded_labels=["keep", "downstairs"])
    assert list(read(path)[0].home.entities) == ["light.area", "light.mine", "light.plain"]


def test_what_the_options_name_is_evidence(recorder: Recorder) -> None:
    for key, state in (("input_select.mode", "Night"), ("input_boolean.guest", "on"), ("light.plain", "on")):
        recorder.state(key, 0, state)
    write_registries(recorder.path.parent, [entry("input_boolean.guest", area_id="hall")])
    options(
        recorder.path.parent,
        sleep_evidence=["input_select.mode", "sensor.gone"],
        presence_evidence=["input_boolean.guest"],
        excluded_areas=["hall"],
    )
    recording = read(recorder.close())[0]
    assert {e.entity_id: e.says for e in recording.home.evidence} == {
        "input_boolean.guest": Says.PRESENCE,
        "input_select.mode": Says.SLEEP,
    }
    assert [e.entity_id for e in recording.home.devices] == ["light.plain"]
    assert recording.timelines["input_select.mode"].states.tolist() == [ON]
