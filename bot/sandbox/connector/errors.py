"""Refusals of the Bot Connector, with the codes Teams gives.

msteams-platform/bots/how-to/conversations/conversation-messages, "Status code responses"; the codes
for malformed requests are those of the Bot Framework REST reference ("Error handling").
"""


class ConnectorError(Exception):
    """A refusal; `retry_after` is in whole seconds and goes out with 429 only."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    def body(self) -> dict[str, dict[str, str]]:
        """Return the JSON of the answer."""
        return {"error": {"code": self.code, "message": str(self)}}

    @classmethod
    def bad_syntax(cls, message: str) -> "ConnectorError":
        """The request is malformed."""
        return cls(400, "BadSyntax", message)

    @classmethod
    def bad_argument(cls, message: str) -> "ConnectorError":
        """The request is well formed and makes no sense."""
        return cls(400, "BadArgument", message)

    @classmethod
    def not_in_roster(cls) -> "ConnectorError":
        """The app is not installed there."""
        text = "The bot is not part of the conversation roster."
        return cls(403, "BotNotInConversationRoster", text)

    @classmethod
    def no_conversation(cls) -> "ConnectorError":
        """No such conversation."""
        return cls(404, "ConversationNotFound", "Conversation not found.")

    @classmethod
    def no_activity(cls) -> "ConnectorError":
        """No such message, or it is deleted."""
        text = "The message was not found in the conversation."
        return cls(404, "ActivityNotFoundInConversation", text)

    @classmethod
    def too_big(cls) -> "ConnectorError":
        """The message is over the limit."""
        return cls(413, "MessageSizeTooBig", "Message size too large.")

    @classmethod
    def throttled(cls, retry_after: int) -> "ConnectorError":
        """Too many requests."""
        return cls(429, "Throttled", "Too many requests.", retry_after=retry_after)
