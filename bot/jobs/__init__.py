"""Work that can wait, as plain data. A job names things by id; whoever runs it loads them.

`key` tells one piece of work from another: queueing a job whose key is queued already at most
brings it forward. Jobs carry no secret and no text of anybody's mail.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.jobs.breaking import AskAboutSender as AskAboutSender
from bot.jobs.breaking import CountLoss as CountLoss
from bot.jobs.breaking import FollowAnswer as FollowAnswer
from bot.jobs.breaking import ShowQuestion as ShowQuestion
from bot.jobs.hearing import ShowPrivateLetter as ShowPrivateLetter
from bot.jobs.under_way import FollowEdit as FollowEdit
from bot.jobs.under_way import HoldAfterFault as HoldAfterFault
from bot.jobs.under_way import HoldDistributions as HoldDistributions
from bot.jobs.under_way import MoveDistribution as MoveDistribution
from bot.jobs.under_way import RetryFailed as RetryFailed
from bot.jobs.under_way import SteerDistribution as SteerDistribution

Event = Literal["replied", "bounced", "failed", "opted_out", "complained"]
News = Literal["asked", "approved", "refused", "begun", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInvite:
    """Bring the sign-in card to the mailbox owner, 1:1."""

    tenant_id: str
    mailbox_id: str
    invite: int

    @property
    def key(self) -> str:
        """One card per invite."""
        return f"invite:{self.mailbox_id}:{self.invite}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailInvite:
    """Bring the same invitation to the mailbox owner by email, where that is set up."""

    tenant_id: str
    mailbox_id: str
    invite: int

    @property
    def key(self) -> str:
        """One email per invite."""
        return f"email-invite:{self.mailbox_id}:{self.invite}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshMailboxCards:
    """Show a mailbox's present state on the admin's and the owner's cards, and tell the inviter."""

    tenant_id: str
    mailbox_id: str

    @property
    def key(self) -> str:
        """One refresh at a time."""
        return f"mailbox-cards:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwner:
    """Tell the owner of a mailbox that nothing is sent from it any more, and why."""

    tenant_id: str
    mailbox_id: str

    @property
    def key(self) -> str:
        """One at a time per mailbox."""
        return f"tell-owner:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Have Graph tell us of new mail, or renew it before it runs out."""

    tenant_id: str
    mailbox_id: str

    @property
    def key(self) -> str:
        """One subscription run per mailbox."""
        return f"subscribe:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepMailbox:
    """Read what came into a mailbox since it was last read: Graph may not have told of it. On a
    timer of its own, or `once`, because of something that happened.
    """

    tenant_id: str
    mailbox_id: str
    once: bool = False

    @property
    def key(self) -> str:
        """One timer per mailbox, and one more that does not wait for it."""
        return f"sweep-once:{self.mailbox_id}" if self.once else f"sweep:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDistribution:
    """Make the enrolments of a confirmed distribution."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """Once per distribution."""
        return f"start:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginScheduled:
    """Begin a scheduled distribution at its time, or have it fail."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """Once per distribution."""
        return f"begin:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffEdited:
    """Have what waits to send a sequence fail: the sequence is not what was previewed any more."""

    tenant_id: str
    sequence_id: str

    @property
    def key(self) -> str:
        """One at a time per sequence."""
        return f"edited:{self.sequence_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOfDistribution:
    """Tell what became of a distribution before it began: one channel, or with `conversation_id` ""
    whoever confirmed it.
    """

    tenant_id: str
    distribution_id: str
    news: News
    conversation_id: str = ""

    @property
    def key(self) -> str:
        """Once per news and listener."""
        return f"tell:{self.distribution_id}:{self.news}:{self.conversation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePlaces:
    """Give back the places a distribution booked, once it is sure that it takes no more of them."""

    tenant_id: str
    mailbox_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """Once per distribution and mailbox."""
        return f"places:{self.mailbox_id}:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """Learn the ids Exchange gave to what we sent from a mailbox from `since` on, in pages of Sent
    Items. What was sent while it waits adds nothing: the first one queued says since when.
    """

    tenant_id: str
    mailbox_id: str
    since: datetime

    @property
    def key(self) -> str:
        """One at a time per mailbox."""
        return f"read-back:{self.mailbox_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Tell one channel what happened to one participant's email; `link` opens the reply, which is
    `message_id` at Graph.
    """

    tenant_id: str
    mailbox_id: str
    enrolment_id: str
    number: int
    event: Event
    conversation_id: str
    link: str = ""
    message_id: str = ""

    @property
    def key(self) -> str:
        """Once per happening and channel."""
        return f"announce:{self.enrolment_id}:{self.number}:{self.event}:{self.conversation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshDistributionCard:
    """Show a distribution's present state where it was confirmed."""

    tenant_id: str
    distribution_id: str

    @property
    def key(self) -> str:
        """One refresh at a time."""
        return f"distribution-card:{self.distribution_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """Stop everything under way to whoever opted out, by the link in one email; or in the `reply`
    of that mark, as somebody said.
    """

    tenant_id: str
    mailbox_id: str
    enrolment_id: str
    number: int
    reply: str = ""

    @property
    def key(self) -> str:
        """Once per email, or reply."""
        which = f":{self.reply}" if self.reply else ""
        return f"opt-out:{self.enrolment_id}:{self.number}{which}"


Job = (
    SendInvite
    | EmailInvite
    | RefreshMailboxCards
    | TellOwner
    | Subscribe
    | StartDistribution
    | BeginScheduled
    | CallOffEdited
    | TellOfDistribution
    | SteerDistribution
    | RetryFailed
    | MoveDistribution
    | FollowEdit
    | HoldDistributions
    | HoldAfterFault
    | ReleasePlaces
    | SweepMailbox
    | ReadBack
    | Announce
    | RefreshDistributionCard
    | OptOut
    | CountLoss
    | AskAboutSender
    | ShowQuestion
    | FollowAnswer
    | ShowPrivateLetter
)
