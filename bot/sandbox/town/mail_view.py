"""Mailboxes as a mail client shows them: the people, their threads, the mails of a thread.

Pure: state in, JSON out. Moments go out as RFC 3339; the page knows the time zone.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.sandbox.directory import Directory
from bot.sandbox.graph.mailbox import DELETED, DRAFTS, Item, Mailbox, Mailboxes
from bot.sandbox.journal import timestamp
from bot.sandbox.letters import Address, Letter, newly_written
from bot.sandbox.people import People, Person

OUTSIDE = "all"
_SNIPPET = 120


@dataclass(frozen=True)
class Mail:
    """One mail in somebody's client. `folder` is "" for a person outside."""

    id: str
    thread: str
    sender: Address
    to: Sequence[Address]
    subject: str
    at: datetime
    text: str
    html: str
    folder: str
    is_own: bool


def folk(directory: Directory, mailboxes: Mailboxes, people: People) -> dict[str, Any]:
    """Return everybody who has mail here, the organization's own first."""
    return {
        "inside": [
            {
                "address": user.mail,
                "name": user.name,
                "about": user.job_title,
                "count": sum(item.folder != DELETED for item in mailboxes.of(user)),
            }
            for user in directory.users
        ],
        "outside": [
            {
                "address": person.address,
                "name": person.name,
                "about": person.address,
                "count": len(person.received) + len(person.written),
            }
            for person in people
        ],
    }


def of_owner(mailbox: Mailbox) -> list[Mail]:
    """Return what lies in an owner's mailbox, oldest first."""
    return [_owned(mailbox, item) for item in sorted(mailbox, key=lambda item: item.received)]


def of_person(person: Person) -> list[Mail]:
    """Return what somebody outside received and wrote, oldest first."""
    entries = [(letter, "", False) for letter in person.received]
    entries += [(written.letter, written.about, True) for written in person.written]
    entries.sort(key=lambda entry: _sent(entry[0]))
    threads: dict[str, str] = {}
    mails = []
    for letter, about, is_own in entries:
        parents = [*letter.references, letter.in_reply_to, about]
        known = (threads[parent] for parent in reversed(parents) if parent in threads)
        thread = next(known, hashlib.sha256(letter.message_id.encode()).hexdigest()[:16])
        threads[letter.message_id] = thread
        mails.append(_outside(letter, thread, is_own=is_own))
    return mails


def threads(mails: Sequence[Mail], folder: str) -> list[dict[str, Any]]:
    """Return the threads with a mail in this folder, the latest first."""
    by_thread: dict[str, list[Mail]] = {}
    for mail in mails:
        by_thread.setdefault(mail.thread, []).append(mail)
    shown = [
        _thread(thread, found)
        for thread, found in by_thread.items()
        if folder == OUTSIDE or any(mail.folder == folder for mail in found)
    ]
    return sorted(shown, key=lambda each: str(each["at"]), reverse=True)


def thread(mails: Iterable[Mail], thread_id: str) -> list[dict[str, Any]]:
    """Return the mails of one thread, oldest first."""
    return [_mail(mail) for mail in mails if mail.thread == thread_id]


def _owned(mailbox: Mailbox, item: Item) -> Mail:
    return Mail(
        id=item.internet_message_id,
        thread=item.conversation_id,
        sender=item.sender,
        to=[*item.to, *item.cc, *item.bcc],
        subject=item.subject,
        at=item.received,
        text=item.text,
        html=item.content if item.content_type == "html" else "",
        folder=item.folder,
        is_own=item.sender.address.lower() == mailbox.owner.mail.lower(),
    )


def _outside(letter: Letter, thread: str, *, is_own: bool) -> Mail:
    return Mail(
        id=letter.message_id,
        thread=thread,
        sender=letter.sender,
        to=[*letter.to, *letter.cc],
        subject=letter.subject,
        at=_sent(letter),
        text=letter.text,
        html=letter.html,
        folder="",
        is_own=is_own,
    )


def _sent(letter: Letter) -> datetime:
    """When a mail was written; it carries no other moment with it."""
    return parsedate_to_datetime(letter.header("Date") or "").astimezone(UTC)


def _thread(thread_id: str, mails: Sequence[Mail]) -> dict[str, Any]:
    last = mails[-1]
    others = {
        person.address: person.name or person.address
        for mail in mails
        for person in (mail.to if mail.is_own else [mail.sender])
    }
    return {
        "id": thread_id,
        "subject": mails[0].subject,
        "with": list(others.values()),
        "count": len(mails),
        "at": timestamp(last.at),
        "own": last.is_own,
        "snippet": " ".join(newly_written(last.text).split())[:_SNIPPET],
    }


def _mail(mail: Mail) -> dict[str, Any]:
    written = newly_written(mail.text)
    return {
        "id": mail.id,
        "from": {"name": mail.sender.name, "address": mail.sender.address},
        "to": [person.name or person.address for person in mail.to],
        "subject": mail.subject,
        "at": timestamp(mail.at),
        "text": written.strip(),
        "html": newly_written(mail.html),
        "quoted": mail.text[len(written) :].lstrip("_\r\n"),
        "folder": mail.folder,
        "leaving": mail.folder == DRAFTS,
        "own": mail.is_own,
    }
