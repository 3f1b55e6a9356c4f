"""The last step of delivery: a message comes to lie in the mailbox of its recipient."""

from bot.sandbox.clock import Clock
from bot.sandbox.directory import Directory, UnknownUserError, User
from bot.sandbox.graph import properties as props
from bot.sandbox.graph.mailbox import INBOX, Item, Mailbox, Mailboxes
from bot.sandbox.journal import Journal
from bot.sandbox.letters import Letter, header_block
from bot.sandbox.ndr import DELAY_CLASS, MESSAGE_CLASS
from bot.sandbox.receipts import ACCEPTED_CLASS, READ_CLASS

_CLASSES = {
    "ndr": MESSAGE_CLASS,
    "delay": DELAY_CLASS,
    "read_receipt": READ_CLASS,
    "accept": ACCEPTED_CLASS,
}


class Delivery:
    """Knows whose mailbox an address is, and files messages there."""

    def __init__(
        self, clock: Clock, journal: Journal, directory: Directory, mailboxes: Mailboxes
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._directory = directory
        self._mailboxes = mailboxes

    def post(self, letter: Letter, kind: str, folder: str = INBOX) -> None:
        """Bring a message from outside to the owners of mailboxes among its recipients."""
        for person in (*letter.to, *letter.cc):
            owner = self.owner(person.address)
            if owner is None:
                self._journal.write("mail.lost", recipient=person.address, kind=kind)
            else:
                self.post_to(owner, letter, kind, folder)

    def post_to(self, owner: User, letter: Letter, kind: str, folder: str = INBOX) -> None:
        """Bring a message to one owner, whatever its To line says."""
        self.arrive(self._mailboxes.of(owner), letter, kind, folder)

    def arrive(self, mailbox: Mailbox, letter: Letter, kind: str, folder: str = INBOX) -> None:
        """File a message; `kind` says in the journal what sort of message it is."""
        now = self._clock.now()
        immutable_id, moving_id = mailbox.new_ids()
        parents = [*letter.references, *([letter.in_reply_to] if letter.in_reply_to else [])]
        item = Item(
            immutable_id=immutable_id,
            moving_id=moving_id,
            folder=folder,
            subject=letter.subject,
            content_type="html" if letter.html else "text",
            content=letter.html or letter.text,
            text=letter.text,
            sender=letter.sender,
            to=letter.to,
            cc=letter.cc,
            reply_to=letter.reply_to,
            internet_message_id=letter.message_id,
            conversation_id=mailbox.conversation(letter.subject, parents),
            created=now,
            modified=now,
            received=now,
            sent=now,
            properties=_received_properties(letter, kind),
            letter=letter,
        )
        mailbox.add(item)
        self._journal.write(
            "mail.arrived",
            mailbox=mailbox.owner.oid,
            folder=folder,
            id=item.immutable_id,
            internetMessageId=letter.message_id,
            in_reply_to=letter.in_reply_to,
            subject=letter.subject,
            kind=kind,
            **{"from": letter.sender.address},
        )

    def owner(self, address: str) -> User | None:
        """Return the owner of an address, or None: tried exactly first, then without its +tag
        (exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online).
        """
        name, _, domain = address.partition("@")
        for candidate in (address, f"{name.partition('+')[0]}@{domain}"):
            try:
                return self._directory.find(candidate)
            except UnknownUserError:
                continue
        return None


def _received_properties(letter: Letter, kind: str) -> dict[str, str]:
    found = {
        props.MESSAGE_CLASS: _CLASSES.get(kind, "IPM.Note"),
        props.INTERNET_MESSAGE_ID: letter.message_id,
        props.TRANSPORT_HEADERS: header_block(letter.raw),
    }
    if letter.in_reply_to:
        found[props.IN_REPLY_TO] = letter.in_reply_to
    if letter.references:
        found[props.REFERENCES] = " ".join(letter.references)
    return found
