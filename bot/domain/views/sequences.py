"""What cards about sequences show."""

from dataclasses import dataclass

from bot.domain.edit_reach import Effect
from bot.domain.schedule import Unit
from bot.domain.views.notices import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLine:
    """One sequence in a list."""

    id: str
    program: str
    name: str
    mailbox: str
    emails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceList:
    """All sequences of the organisation."""

    sequences: tuple[SequenceLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """One email of a form, as typed; `delay` counts from the email before, in `unit`s."""

    subject: str = ""
    body: str = ""
    delay: str = ""
    unit: str = Unit.DAYS
    from_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceForm:
    """A sequence to write, with what was filled in already.

    `sequence_id` and `version` name the sequence that is edited, "" and 0 for a new one;
    `platform` is our own address, "" where no email can come from it. `window` is "any", "working"
    or "own" (then `days` and the hours say which), `whose_time` "recipients" or the organisation's;
    `place` says what that is called.

    `on_their_way` people get what is changed here in every email that has not left; `waiting` is
    how many of them have still to get each email.
    """

    mailboxes: tuple[Choice, ...]
    sequence_id: str = ""
    version: int = 0
    program: str = ""
    name: str = ""
    mailbox_id: str = ""
    threading: bool = True
    platform: str = ""
    emails: tuple[EmailDraft, ...] = (EmailDraft(),)
    window: str = "any"
    days: str = "Mon to Fri"
    from_hour: str = "9"
    to_hour: str = "17"
    whose_time: str = ""
    place: str = ""
    on_their_way: int = 0
    waiting: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceReceipt:
    """A sequence that was saved: its emails as (subject, when it leaves, in words), and when emails
    may leave at all; `effect` is what an edit does to people who are on their way.
    """

    program: str
    name: str
    mailbox: str
    threading: bool
    window: str
    emails: tuple[tuple[str, str], ...]
    effect: Effect | None = None
