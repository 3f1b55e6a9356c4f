"""Work that follows from mail that came back to its sender."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.obstacle import Obstacle


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLoss:
    """Count an email that came back for good against the mailbox it left from; `email` is its key
    (B11).
    """

    tenant_id: str
    mailbox_id: str
    email: str
    left_at: datetime

    @property
    def key(self) -> str:
        """Once per email."""
        return f"loss:{self.email}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAboutSender:
    """Hold a mailbox whose sender Exchange has stopped, and ask whether to go on. An email that
    left at `left_at` told so.
    """

    tenant_id: str
    mailbox_id: str
    obstacle: Obstacle
    left_at: datetime

    @property
    def key(self) -> str:
        """One at a time per mailbox and reason."""
        return f"ask:{self.mailbox_id}:{self.obstacle}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowQuestion:
    """Show a mailbox's question, or what was answered, in one channel."""

    tenant_id: str
    mailbox_id: str
    number: int
    conversation_id: str

    @property
    def key(self) -> str:
        """One at a time per question and channel."""
        return f"question:{self.mailbox_id}:{self.number}:{self.conversation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowAnswer:
    """Let what a question holds go on, or stop it for good, as it was answered."""

    tenant_id: str
    mailbox_id: str
    number: int

    @property
    def key(self) -> str:
        """Once per question."""
        return f"answer:{self.mailbox_id}:{self.number}"
