"""Files that are whole or not there, however the power fails. Everything here is for an executor."""

import os
import tempfile
from pathlib import Path

_PART = ".part"


def write_beside(path: Path, data: bytes) -> Path:
    """Write data into a new file beside `path` and see it on the disk; return it, to be put in place. Raises `OSError`.

    Nobody but Home Assistant may read it.
    """
    path.parent.mkdir(exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=_PART, dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def sync(folder: Path) -> None:
    """Let the names in a folder be on the disk too, where a folder can be asked for that. Raises `OSError`."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sweep(path: Path) -> None:
    """Delete what a crash left half written beside `path`."""
    for part in path.parent.glob(f"{path.name}.*{_PART}"):
        try:
            part.unlink()
        except OSError:
            return
