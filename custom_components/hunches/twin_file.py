"""A small file that is kept twice, because there is nowhere else to learn again what is in it.

Each time, one copy is replaced after the other has been: a crash leaves a whole one of each. Everything is for an
executor.
"""

from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

from .const import LOGGER
from .disk import sweep, sync, write_beside


class TwinFile:
    """Two files with the same content, `name` and `name.copy`."""

    def __init__(self, folder: Path, name: str) -> None:
        """Touch nothing yet."""
        self._path = folder / name
        self._copy = folder / f"{name}.copy"

    def read[T](self, understand: Callable[[bytes], T]) -> T | None:
        """Return what the file says, or its copy if that cannot be; None if there are neither.

        `understand` raises `ValueError` at what it cannot read; that is set aside, never overwritten. Raises `OSError`
        where there is a file that cannot be reached: it may be whole.
        """
        sweep(self._path)
        sweep(self._copy)
        trouble: OSError | None = None
        for path in (self._path, self._copy):
            try:
                return understand(path.read_bytes())
            except FileNotFoundError:
                continue
            except OSError as error:
                LOGGER.warning("%s cannot be read: %s", path, error)
                trouble = error
            except ValueError as error:
                aside = path.with_name(f"{path.name}.unreadable")
                LOGGER.warning("%s cannot be used (%s). It is set aside as %s", path, error, aside.name)
                _move(path, aside)
        if trouble is not None:
            raise trouble
        return None

    def write(self, data: bytes) -> None:
        """Put data in place of what there was, in both copies. Raises `OSError`; a whole file of before stays then."""
        for path in (self._copy, self._path):
            new = write_beside(path, data)
            try:
                new.replace(path)
            except OSError:
                new.unlink(missing_ok=True)
                raise
        sync(self._path.parent)

    def keep(self, suffix: str) -> str:
        """Keep the file as it is under another name before it is replaced; return that name."""
        kept = self._path.with_name(f"{self._path.name}.{suffix}")
        try:
            copyfile(self._path if self._path.exists() else self._copy, kept)
        except OSError as error:
            LOGGER.warning("%s cannot be written: %s", kept, error)
        return kept.name

    def remove_kept(self) -> None:
        """Delete everything that was kept or set aside of it, but not the file and its copy. Raises `OSError`."""
        for path in self._path.parent.glob(f"{self._path.name}.*"):
            if path != self._copy:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete it, and everything that was kept of it. Raises `OSError`."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink(missing_ok=True)


def _move(path: Path, aside: Path) -> None:
    try:
        path.replace(aside)
    except OSError as error:
        LOGGER.warning("%s cannot be set aside: %s", path, error)
