"""The road of an email (A13, A14)."""

from enum import StrEnum


class Route(StrEnum):
    """The person's own Outlook mailbox; the organisation's domain through our relay (DKIM); or our
    own address through the relay.
    """

    MAILBOX = "mailbox"
    DKIM = "dkim"
    PLATFORM = "platform"
