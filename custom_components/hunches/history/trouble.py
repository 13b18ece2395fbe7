"""Why history cannot be read: what a database says, as one of a few reasons."""


class HistoryUnavailable(Exception):
    """The recorder cannot be read now; `reason` is the key of a text, `detail` what the database said in one line."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep why."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Stopped(Exception):
    """The integration was unloaded meanwhile."""
