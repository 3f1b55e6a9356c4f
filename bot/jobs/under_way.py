"""Work on distributions under way."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SteerDistribution:
    """Have every enrolment follow its distribution: held, going on, or called off."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """One at a time per distribution."""
        return f"steer:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryFailed:
    """Try the emails of a distribution again that failed and have certainly not left."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """One at a time per distribution."""
        return f"retry:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowEdit:
    """Have everybody who is on their way through a sequence follow an edit, which made it that
    version.
    """

    tenant_id: str
    sequence_id: str
    version: int
    edited_at: datetime

    @property
    def key(self) -> str:
        """Once per edit."""
        return f"edit:{self.sequence_id}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDistribution:
    """Carry what a distribution has not sent over to another mailbox."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """One at a time per distribution."""
        return f"move:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDistributions:
    """Hold what a mailbox that cannot send has under way."""

    tenant_id: str
    mailbox_id: str

    @property
    def key(self) -> str:
        """One at a time per mailbox."""
        return f"hold:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAfterFault:
    """Hold a distribution whose emails Graph does not understand; `code` is its word for it."""

    tenant_id: str
    distribution_id: str
    code: str

    @property
    def key(self) -> str:
        """One at a time per distribution."""
        return f"fault:{self.distribution_id}"
