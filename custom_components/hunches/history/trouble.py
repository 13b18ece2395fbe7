"""Why history cannot be read: what a database says, as one of a few reasons."""

import sqlite3
from collections.abc import Mapping
from typing import Final

ABSENT: Final = "recorder_absent"
MIGRATING: Final = "recorder_migrating"
LOCKED: Final = "recorder_locked"
SLOW: Final = "recorder_slow"
CORRUPT: Final = "recorder_corrupt"
FAILED: Final = "recorder_failed"

_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_INTERRUPT: SLOW,
    sqlite3.SQLITE_CORRUPT: CORRUPT,
    sqlite3.SQLITE_NOTADB: CORRUPT,
}
# The numbers of MySQL's and MariaDB's errors, by what they are about
_MYSQL: Final[Mapping[int, str]] = {
    **dict.fromkeys((1015, 1205, 1213), LOCKED),
    **dict.fromkeys((1317, 1969, 3024), SLOW),  # interrupted, out of time
    **dict.fromkeys((126, 127, 134, 141, 144, 145, 1034, 1035, 1194, 1195, 1712, 1877), CORRUPT),
}
_POSTGRESQL: Final = {"55P03": LOCKED, "40P01": LOCKED, "57014": SLOW, "XX001": CORRUPT, "XX002": CORRUPT}
_LONGEST: Final = 200


class HistoryUnavailable(Exception):
    """The recorder cannot be read now; `reason` is the key of a text, `detail` what the database said in one line."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep why."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Stopped(Exception):
    """The integration was unloaded meanwhile."""


def unavailable(error: Exception) -> HistoryUnavailable:
    """Return why history cannot be read, by an error of a database's driver, or one of SQLAlchemy's around it."""
    said = getattr(error, "orig", None) or error
    text = next((line for line in str(said).splitlines() if line.strip()), "")
    return HistoryUnavailable(_reason(said), " ".join(text.split())[:_LONGEST])


def _reason(said: BaseException) -> str:
    if isinstance(said, sqlite3.Error):
        if str(said).startswith("Could not decode"):  # a text that was overwritten; this one has no number
            return CORRUPT
        return _SQLITE.get(getattr(said, "sqlite_errorcode", 0) & 0xFF, FAILED)
    if state := getattr(said, "pgcode", None):
        return _POSTGRESQL.get(state, FAILED)
    if isinstance(said, TypeError | ValueError):  # a value that the recorder cannot have written
        return CORRUPT
    number = said.args[0] if said.args else None
    return _MYSQL.get(number, FAILED) if isinstance(number, int) else FAILED
