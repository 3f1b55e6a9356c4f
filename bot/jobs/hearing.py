"""Work that follows from a letter of somebody we write to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPrivateLetter:
    """Ask in one place whether to go on writing to whoever wrote letter `number`, or show what was
    decided: in the conversation, or with "" there in the chat with the person `oid`.
    """

    tenant_id: str
    mailbox_id: str
    enrolment_id: str
    number: int
    conversation_id: str = ""
    oid: str = ""

    @property
    def key(self) -> str:
        """One at a time per letter and place."""
        place = self.conversation_id or self.oid
        return f"letter:{self.enrolment_id}:{self.number}:{place}"
