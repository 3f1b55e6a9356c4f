"""Mailboxes and what lies in them. State only: no HTTP, no delivery, no clock."""

import base64
import random
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.sandbox.directory import User
from bot.sandbox.letters import Address, Letter

INBOX, JUNK, SENT, DRAFTS, DELETED = "inbox", "junkemail", "sentitems", "drafts", "deleteditems"
ARCHIVE = "archive"
# Well-known names (graph/api/resources/mailfolder).
FOLDERS = (INBOX, JUNK, SENT, DRAFTS, DELETED, ARCHIVE)
# Both sorts of id start alike in every mailbox (graph/outlook-immutable-id shows them).
_IMMUTABLE_PREFIX = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"
_MUTABLE_PREFIX = "AAMkAGI2THVSAAA"
_REPLY_PREFIX = re.compile(r"(?i)^\s*((re|fw|fwd|aw|wg|automatic reply|undeliverable)\s*:\s*)+")


@dataclass(kw_only=True)
class Item:
    """A message in a mailbox.

    `immutable_id` stays for life; `moving_id` changes with every move (graph/outlook-immutable-id).
    `letter` is the message on the wire, None while it is a draft. `properties` are the string
    extended properties by canonical id.
    """

    immutable_id: str
    moving_id: str
    folder: str
    subject: str
    content_type: str
    content: str
    text: str
    sender: Address
    to: Sequence[Address]
    cc: Sequence[Address] = ()
    bcc: Sequence[Address] = ()
    reply_to: Sequence[Address] = ()
    internet_message_id: str
    conversation_id: str
    created: datetime
    modified: datetime
    received: datetime
    sent: datetime
    is_draft: bool = False
    is_read: bool = False
    importance: str = "normal"
    change_key: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    letter: Letter | None = None

    def id(self, *, immutable: bool) -> str:
        """Return the id in the form the caller asked for."""
        return self.immutable_id if immutable else self.moving_id


@dataclass(frozen=True)
class Change:
    """That an item left a folder, entered one, or both; "" for nowhere. Its ids are as it left."""

    immutable_id: str
    moving_id: str
    left: str
    entered: str

    def id(self, *, immutable: bool) -> str:
        """Return the id in the form the caller asked for."""
        return self.immutable_id if immutable else self.moving_id


Watcher = Callable[["Mailbox", Item, str], None]


class Mailbox:
    """One person's mail. `watcher` hears of every item that comes into a folder, and is told
    whether it is "created" in the mailbox or "moved" within it.
    """

    def __init__(self, owner: User, rng: random.Random, watcher: Watcher) -> None:
        self.owner = owner
        self._rng = rng
        self._watcher = watcher
        self._items: dict[str, Item] = {}
        self._by_moving_id: dict[str, Item] = {}
        self._by_message_id: dict[str, Item] = {}
        self.changes: list[Change] = []
        self.folder_ids = {folder: self._token("AQMkAGI2TAAAA", 30) for folder in FOLDERS}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def new_ids(self) -> tuple[str, str]:
        """Return an immutable and a moving id that nothing has yet."""
        return self._token(_IMMUTABLE_PREFIX, 33), self._token(_MUTABLE_PREFIX, 60)

    def add(self, item: Item) -> None:
        """Put a new item into its folder."""
        self._stamp(item)
        self._items[item.immutable_id] = item
        self._by_moving_id[item.moving_id] = item
        self._by_message_id[item.internet_message_id] = item
        self.changes.append(Change(item.immutable_id, item.moving_id, "", item.folder))
        self._watcher(self, item, "created")

    def move(self, item: Item, folder: str) -> None:
        """Put an item into another folder, under a new moving id."""
        del self._by_moving_id[item.moving_id]
        self.changes.append(Change(item.immutable_id, item.moving_id, item.folder, folder))
        item.folder, item.moving_id = folder, self._token(_MUTABLE_PREFIX, 60)
        self._by_moving_id[item.moving_id] = item
        self._by_message_id[item.internet_message_id] = item
        self._stamp(item)
        self._watcher(self, item, "moved")

    def copy(self, item: Item, folder: str) -> Item:
        """Put another item with the same message into a folder: ids of its own, the same Message-ID
        and time of receipt (graph/api/message-copy; graph/outlook-immutable-id on imported items).
        """
        immutable_id, moving_id = self.new_ids()
        copied = replace(item, immutable_id=immutable_id, moving_id=moving_id, folder=folder)
        self.add(copied)
        return copied

    def remove(self, item: Item) -> None:
        """Delete an item for good."""
        self.changes.append(Change(item.immutable_id, item.moving_id, item.folder, ""))
        del self._items[item.immutable_id]
        del self._by_moving_id[item.moving_id]

    def find(self, id: str) -> Item | None:
        """Return the item of this id, in either form, or None."""
        return self._items.get(id) or self._by_moving_id.get(id)

    def folder(self, name_or_id: str) -> str | None:
        """Return the well-known name of a folder given by name, in any case, or by id."""
        if name_or_id.lower() in FOLDERS:
            return name_or_id.lower()
        return next((name for name, id in self.folder_ids.items() if id == name_or_id), None)

    def conversation(self, subject: str, references: Sequence[str]) -> str:
        """Return the conversation a message belongs to, a new one if need be.

        It stays in its parent's only while the subject does: "a changed subject starts a new
        conversation" (exchange, ff406135).
        """
        for id in reversed(references):
            parent = self._by_message_id.get(id)
            if parent and _topic(parent.subject) == _topic(subject):
                return parent.conversation_id
        return self._token("AAQkAGI2TAAQA", 21)

    def _stamp(self, item: Item) -> None:
        item.change_key = self._token("CQAAABYAAAB", 15)

    def _token(self, prefix: str, length: int) -> str:
        random_part = base64.urlsafe_b64encode(self._rng.randbytes(length)).decode().rstrip("=")
        return f"{prefix}{random_part}AAA="


class Mailboxes:
    """The mailboxes of the organization; everybody has one."""

    def __init__(self, rng: random.Random, watcher: Watcher) -> None:
        self._rng = rng
        self._watcher = watcher
        self._by_oid: dict[str, Mailbox] = {}

    def of(self, user: User) -> Mailbox:
        """Return a user's mailbox."""
        if user.oid not in self._by_oid:
            rng = random.Random(self._rng.getrandbits(64))
            self._by_oid[user.oid] = Mailbox(user, rng, self._watcher)
        return self._by_oid[user.oid]


def new_guid(rng: random.Random) -> str:
    """Return a random GUID from a seeded source."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _topic(subject: str) -> str:
    return _REPLY_PREFIX.sub("", subject).strip().lower()
