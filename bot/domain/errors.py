"""What can go wrong, sorted by what the caller should do about it.

MailroomError
├── UserMistakeError        tell the person; nothing was changed
│   └── NotAllowedError     tell the person they lack the right
├── ConcurrentChangeError   load again, decide again
├── DayFullError            plan for a later day
├── TransientError          try again, not before `retry_after`
├── PermanentError          stop; tell the channel
│   ├── ConsentRequiredError  only the mailbox owner (or an admin) can mend it
│   └── MailboxClosedError    the whole mailbox, whatever is asked of it; it may open again
└── ConfigurationError      the operator has to change a setting; nothing starts
"""

from collections.abc import Sequence
from datetime import date


class MailroomError(Exception):
    """Base of every error the product raises on purpose."""


class UserMistakeError(MailroomError):
    """The person asked for something that cannot be; `problems` are sentences fit to show."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems: Sequence[str] = problems


class NotAllowedError(UserMistakeError):
    """The person lacks the right."""


class ConcurrentChangeError(MailroomError):
    """Somebody else changed the record since it was loaded."""


class DayFullError(MailroomError):
    """The mailbox has no place left on `day`; nothing was changed."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no place is left on {day.isoformat()}")
        self.day = day


class TransientError(MailroomError):
    """A passing fault. `retry_after` is the least wait in seconds, where the other side said so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(MailroomError):
    """Trying again will not help. `code` is the other side's own word for it."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ConsentRequiredError(PermanentError):
    """The connection is gone: revoked, expired, or never consented to. `words` are fit to show, ""
    where nobody knows more.
    """

    def __init__(self, message: str, *, code: str = "", words: str = "") -> None:
        super().__init__(message, code=code)
        self.words = words


class MailboxClosedError(PermanentError):
    """Nothing can be had of this mailbox for now: no licence, no permission, a policy."""


class ConfigurationError(MailroomError):
    """A setting is missing or wrong; the message names it and the way out."""
