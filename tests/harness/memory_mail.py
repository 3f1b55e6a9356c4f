"""Mailboxes in memory: what Graph does with mail, as far as `ports.MailClient` asks for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from bot.domain.delivery import Outcome, OutgoingMail, SendReport, SentCopy
from bot.domain.errors import PermanentError
from bot.domain.inbound import IncomingMail, message_ids
from bot.domain.inbound.mime import opened
from bot.domain.mailbox import Mailbox
from bot.ports import Clock

INBOX, JUNK, ARCHIVE, DELETED = "inbox", "junkemail", "archive", "deleteditems"
SENT = "sentitems"
_PAGE = 3


@dataclass(frozen=True)
class Item:
    """A message in a folder. Its id is immutable: it stays wherever it goes."""

    mailbox_id: str
    folder: str
    mail: IncomingMail
    raw: bytes = b""


class MemoryMail:
    """ports.MailClient, over mailboxes of which each owner's address is known. `submitted` is every
    email that left, and when; with `renames` Exchange puts an id of its own on each. The text of
    what is `unreadable` cannot be had.
    """

    def __init__(self, clock: Clock, owners: Sequence[Mailbox]) -> None:
        self._clock = clock
        self._owners = {each.id: each for each in owners}
        self._items: dict[str, Item] = {}
        self._numbers = count(1)
        self.submitted: list[tuple[datetime, OutgoingMail]] = []
        self.read: list[str] = []
        self.renames = False
        self.unreadable: dict[str, Exception] = {}
        self.web_link = "https://outlook.office365.com/owa/?ItemID=A"

    # -- what people and Exchange do -------------------------------------------------------------

    def deliver(
        self,
        mailbox_id: str,
        raw: bytes,
        *,
        folder: str = INBOX,
        received: datetime | None = None,
        conversation_id: str = "",
        message_class: str = "IPM.Note",
    ) -> Item:
        """Put a message into a folder; `received` is told of one that was imported."""
        taken = opened(raw)
        mail = IncomingMail(
            id=f"item-{next(self._numbers)}",
            internet_message_id=taken.headers.get("message-id", ""),
            conversation_id=conversation_id,
            from_address=taken.sender,
            from_name=taken.sender_name,
            subject=taken.subject,
            received_at=received or self._clock.now(),
            in_reply_to=message_ids(taken.headers.get("in-reply-to", "")),
            references=message_ids(taken.headers.get("references", "")),
            message_class=message_class,
            web_link=self.web_link,
            headers=taken.headers,
        )
        return self._put(Item(mailbox_id, folder, mail, raw))

    def move(self, item: Item, folder: str) -> Item:
        """Move a message; when it came stays as it is."""
        return self._put(replace(item, folder=folder))

    def remove(self, item: Item) -> None:
        """Have a message gone for good."""
        del self._items[item.mail.id]

    def items(self, mailbox_id: str) -> Sequence[Item]:
        """Return everything in a mailbox, in the order it came in."""
        return [each for each in self._items.values() if each.mailbox_id == mailbox_id]

    # -- ports.MailClient ------------------------------------------------------------------------

    async def send(
        self,
        mailbox_id: str,
        mail: OutgoingMail,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        if not await wanted() or self._clock.now() >= until:
            return SendReport(outcome=Outcome.NOT_WRITTEN)
        self.submitted.append((self._clock.now(), mail))
        copy = IncomingMail(
            id=f"item-{next(self._numbers)}",
            internet_message_id=f"<x{mail.key}@exchange>" if self.renames else mail.message_id,
            conversation_id=f"conversation {mail.key.partition('.')[0]}",
            from_address=self._owners[mailbox_id].address,
            from_name="",
            subject=mail.subject,
            received_at=self._clock.now(),
            in_reply_to=mail.references[-1:],
            references=mail.references,
            key=mail.key,
        )
        self._put(Item(mailbox_id, SENT, copy))
        return SendReport(outcome=Outcome.ACCEPTED)

    async def find_sent(
        self, mailbox_id: str, key: str, *, claimed: bool = False
    ) -> SentCopy | None:
        sent = await self.sent_since(
            mailbox_id, datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        )
        return sent.get(key)

    async def sent_since(
        self, mailbox_id: str, since: datetime, most: int | None = None
    ) -> Mapping[str, SentCopy]:
        return {
            each.mail.key: SentCopy(
                internet_message_id=each.mail.internet_message_id,
                conversation_id=each.mail.conversation_id,
                sent_at=each.mail.received_at,
            )
            for each in self.items(mailbox_id)
            if each.folder == SENT and each.mail.received_at >= since
        }

    async def arrived_since(
        self, mailbox_id: str, since: datetime
    ) -> AsyncIterator[Sequence[IncomingMail]]:
        found = [
            each.mail
            for each in self.items(mailbox_id)
            if each.folder != SENT and each.mail.received_at >= since
        ]
        found.sort(key=lambda each: each.received_at)
        for at in range(0, len(found), _PAGE):
            yield found[at : at + _PAGE]

    async def fetch(self, mailbox_id: str, message_id: str) -> IncomingMail | None:
        item = self._items.get(message_id)
        return item.mail if item and item.mailbox_id == mailbox_id else None

    async def mime(self, mailbox_id: str, message_id: str) -> bytes:
        self.read.append(message_id)
        if message_id in self.unreadable:
            raise self.unreadable[message_id]
        item = self._items.get(message_id)
        if item is None or item.mailbox_id != mailbox_id:
            raise PermanentError("the message is not there")
        return item.raw

    def _put(self, item: Item) -> Item:
        self._items[item.mail.id] = item
        return item
