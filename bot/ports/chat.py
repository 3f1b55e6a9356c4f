"""Teams."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.records import Conversation
from bot.domain.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a Teams conversation's roster; both addresses in lower case or ""."""

    oid: str
    name: str
    address: str
    user_principal_name: str


class Chat(Protocol):
    """Posting to Teams without being asked. Raises PermanentError when the place is gone or the
    bot was never let in (not worth retrying), TransientError otherwise.
    """

    async def post(self, conversation: Conversation, view: View) -> str:
        """Post a card showing `view`; return its message id."""

    async def update(self, conversation: Conversation, message_id: str, view: View) -> None:
        """Replace the card at `message_id`."""

    async def open_personal(self, tenant_id: str, oid: str, service_url: str) -> Conversation:
        """Return the 1:1 chat with somebody (not saved)."""

    async def person(self, conversation: Conversation, oid: str) -> Person | None:
        """Return somebody of the conversation's roster, None when they are not in it."""
