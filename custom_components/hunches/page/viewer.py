"""Who looks at the page, and what that person may see and do."""

from dataclasses import dataclass

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user of Home Assistant in front of the page."""

    user: User

    @property
    def is_admin(self) -> bool:
        """Whether this person may make rules and throw switches."""
        return self.user.is_admin

    def may_see(self, entity_id: str) -> bool:
        """Return whether an entity may be shown."""
        return self.user.permissions.check_entity(entity_id, POLICY_READ)

    def may_control(self, entity_id: str) -> bool:
        """Return whether this person may answer for an entity."""
        return self.user.permissions.check_entity(entity_id, POLICY_CONTROL)
