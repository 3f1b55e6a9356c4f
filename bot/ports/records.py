"""What is remembered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.breaker import Breaker
from bot.domain.delivery import SentCopy
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.records import Conversation, Invite, Subscription
from bot.domain.sending_domain import SendingDomain
from bot.domain.sequence import Sequence as MailSequence
from bot.domain.suppression import Suppression
from bot.domain.tally import Tally
from bot.jobs import Job

Record = (
    Mailbox
    | MailSequence
    | Distribution
    | Enrolment
    | Conversation
    | Invite
    | Subscription
    | SendingDomain
    | Suppression
    | Breaker
)
R = TypeVar("R", bound=Record)


class Records(Protocol):
    """Records, each under its home: the value that decides its shard.

    Home of an Enrolment: its mailbox id. Of an Invite and a Subscription: its own id. Of all others
    its tenant id. Records of one home are saved together or not at all.
    """

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        """Return the record, or None."""

    async def many(self, kind: type[R], home: str, ids: Sequence[str]) -> Sequence[R]:
        """Return the records of one home that exist among `ids`, in that order."""

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        """Return all records of a kind in one home, oldest first. Not for Enrolment (there is
        `enrolments_of`), Invite, Subscription, Suppression or Breaker.
        """

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        """Save records of one home and queue `jobs` with them, due at `at`, in one step.

        A record with rev 0 must be new; any other must still be at its rev. Saved ones stand at
        rev + 1. An Enrolment's place in the send queue follows its `next_due`; one that is MOVED
        must not be under a claim.

        Raises:
            ConcurrentChangeError: somebody saved one of them meanwhile; nothing was changed.
            DayFullError: an Enrolment takes a place of a day that has none left; nothing changed.
        """

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        """Forget the record; one that is not there is no fault."""

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments that exist among `ids`, in that order."""

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        """Return the enrolment one of whose `message_ids` this is."""

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        """Return the enrolments of this mailbox for a participant's address, newest last."""

    async def tally(self, mailbox_id: str, distribution_id: str) -> Tally:
        """Return the enrolments of a distribution from this mailbox in numbers, which are kept as
        they are saved: it costs the same for one as for thousands. One that moved counts where it
        went.
        """

    async def enrolments_to(self, mailbox_id: str, addresses: Sequence[str]) -> Sequence[Enrolment]:
        """Return the enrolments of this mailbox for any of these addresses, looked up address by
        address: however many others there are.
        """

    async def read_back(self, mailbox_id: str, copies: Mapping[tuple[str, int], SentCopy]) -> None:
        """Note the ids Exchange gave to emails that left, by enrolment and number. What is known
        already stays; what is no email of ours is passed over.
        """


class Secrets(Protocol):
    """Small secrets, encrypted at rest."""

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        """Keep `value` under `name`, over what was there; gone after `expires`."""

    async def get(self, name: str) -> tuple[bytes, int] | None:
        """Return the value and its revision, or None."""

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        """Replace the value if it is still at `revision`; return whether it was."""

    async def take(self, name: str) -> bytes | None:
        """Return the value and forget it, in one step: two callers never both get it."""
