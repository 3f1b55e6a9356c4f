"""Exchange Online between a 202 and somebody's inbox.

Steps of a submission (graph/outlook-things-to-know-about-send-mail): a message in Drafts, the 202,
transport picks it up and builds the MIME, it moves to Sent Items, delivery per recipient, and any
failure from there on comes back as a non-delivery report, never as an HTTP error.
"""

import random
from dataclasses import dataclass
from functools import partial

from bot.sandbox.clock import Action, Clock
from bot.sandbox.delivery import Delivery
from bot.sandbox.directory import Directory
from bot.sandbox.graph import mailbox as boxes
from bot.sandbox.graph import properties as props
from bot.sandbox.graph.mailbox import Item, Mailbox, new_guid
from bot.sandbox.graph.submission import Submission
from bot.sandbox.journal import Journal
from bot.sandbox.letters import Address, Letter, compose, plain_text
from bot.sandbox.ndr import late, report, unknown_domain, unknown_recipient
from bot.sandbox.people import (
    Behaviour,
    People,
    Person,
    Written,
    wants_auto_reply,
    wants_report,
    write,
)
from bot.sandbox.unsubscribing import Unsubscribing

# Drawn delays in seconds: until transport takes a draft, per recipient, and until a report.
_PICK_UP = (0.2, 1.0)
_DELIVERY = (1.0, 15.0)
_REPORT = (2.0, 30.0)
_HOST = "AM0PR01MB0001.eurprd01.prod.exchangelabs.com"


@dataclass
class Switches:
    """What no page settles, so that callers can be tried against either way.

    `keeps_message_id`: the sender's internetMessageId goes out; if not it is replaced and kept in
    X-Microsoft-Original-Message-ID, as outlook.com does to SMTP submissions.
    `keeps_threading_properties`: 0x1042, 0x1039 and 0x1045 leave as headers.
    `sent_items_delay`: seconds from pick-up to Sent Items.
    `finds_by_property`: a `$filter` by an extended property sees every message; if not it sees
    none, as one that looks into an index which is behind.
    """

    keeps_message_id: bool = True
    keeps_threading_properties: bool = True
    sent_items_delay: float = 1.0
    finds_by_property: bool = True


class Exchange:
    """Takes submissions, delivers them, bounces them, and lets people outside answer."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        directory: Directory,
        delivery: Delivery,
        people: People,
        unsubscribing: Unsubscribing,
        rng: random.Random,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._directory = directory
        self._delivery = delivery
        self._people = people
        self.unsubscribing = unsubscribing
        self._rng = rng
        self.switches = Switches()

    def submit(self, mailbox: Mailbox, submission: Submission) -> None:
        """Accept a message: it lies in Drafts when this returns, the rest happens later."""
        item = self._draft(mailbox, submission)
        mailbox.add(item)
        self._journal.write(
            "mail.submitted",
            mailbox=mailbox.owner.oid,
            internetMessageId=item.internet_message_id,
            to=[person.address for person in submission.recipients],
            subject=item.subject,
            properties=dict(submission.properties),
        )
        self._later(_PICK_UP, partial(self._transport, mailbox, item, submission))

    def _draft(self, mailbox: Mailbox, submission: Submission) -> Item:
        now = self._clock.now()
        immutable_id, moving_id = mailbox.new_ids()
        html = submission.content_type == "html"
        properties = self._kept_properties(submission)
        return Item(
            immutable_id=immutable_id,
            moving_id=moving_id,
            folder=boxes.DRAFTS,
            subject=submission.subject,
            content_type=submission.content_type,
            content=submission.content,
            text=plain_text(submission.content) if html else submission.content,
            sender=Address(mailbox.owner.name, mailbox.owner.mail),
            to=submission.to,
            cc=submission.cc,
            bcc=submission.bcc,
            reply_to=submission.reply_to,
            internet_message_id=submission.internet_message_id or self._exchange_message_id(),
            conversation_id=mailbox.conversation(
                submission.subject, properties.get(props.REFERENCES, "").split()
            ),
            created=now,
            modified=now,
            received=now,
            sent=now,
            is_draft=True,
            is_read=True,
            importance=submission.importance,
            properties={**properties, props.MESSAGE_CLASS: "IPM.Note"},
        )

    def _kept_properties(self, submission: Submission) -> dict[str, str]:
        dropped = set()
        if not self.switches.keeps_threading_properties:
            dropped = {id for _, id in props.OF_HEADERS}
        return {id: value for id, value in submission.properties.items() if id not in dropped}

    async def _transport(self, mailbox: Mailbox, item: Item, submission: Submission) -> None:
        """Build the MIME and hand it on. Bcc is on the envelope only."""
        now = self._clock.now()
        headers = [(n, item.properties[id]) for n, id in props.OF_HEADERS if id in item.properties]
        headers += submission.headers
        if not self.switches.keeps_message_id and submission.internet_message_id:
            headers.append(("X-Microsoft-Original-Message-ID", submission.internet_message_id))
            item.internet_message_id = self._exchange_message_id()
        item.letter = compose(
            sender=item.sender, to=item.to, cc=item.cc, reply_to=item.reply_to,
            subject=item.subject, text=item.text, message_id=item.internet_message_id, date=now,
            html=item.content if item.content_type == "html" else "",
            headers=[*headers, ("Thread-Topic", item.subject)],
        )  # fmt: skip
        item.properties[props.INTERNET_MESSAGE_ID] = item.internet_message_id
        item.sent = item.received = item.modified = now
        if submission.save_to_sent_items:
            delay = self.switches.sent_items_delay
            self._clock.after(delay, partial(self._to_sent_items, mailbox, item))
        else:
            mailbox.remove(item)
        for person in submission.recipients:
            self._later(_DELIVERY, partial(self._deliver, mailbox, item.letter, person.address))

    async def _to_sent_items(self, mailbox: Mailbox, item: Item) -> None:
        item.is_draft, item.modified = False, self._clock.now()
        mailbox.move(item, boxes.SENT)
        self._journal.write(
            "mail.sent",
            mailbox=mailbox.owner.oid,
            internetMessageId=item.internet_message_id,
            to=[person.address for person in (*item.to, *item.cc, *item.bcc)],
            subject=item.subject,
        )

    async def _deliver(self, mailbox: Mailbox, letter: Letter, address: str) -> None:
        person, owner = self._people.find(address), self._delivery.owner(address)
        if person is None and owner is None:
            domain = address.rpartition("@")[2]
            known = domain == self._directory.domain or self._people.knows_domain(domain)
            diagnostic = unknown_recipient(address) if known else unknown_domain(domain)
            self._bounce(mailbox, letter, address, diagnostic)
            return
        self._journal.write(
            "mail.delivered",
            recipient=address,
            internetMessageId=letter.message_id,
            in_reply_to=letter.in_reply_to,
            references=list(letter.references),
            subject=letter.subject,
        )
        if owner is not None:
            self._delivery.post_to(owner, letter, "colleague")
        elif person is not None:
            person.received.append(letter)
            for behaviour in person.reactions():
                react = partial(self._react, mailbox, person, behaviour, letter)
                self._clock.after(behaviour.after, react)

    async def _react(
        self, mailbox: Mailbox, person: Person, behaviour: Behaviour, received: Letter
    ) -> None:
        if behaviour.do == "ignore":
            return
        if behaviour.do == "bounce":
            diagnostic = behaviour.text or unknown_recipient(person.address)
            self._bounce(mailbox, received, person.address, diagnostic)
            return
        if behaviour.do == "delay":
            diagnostic = behaviour.text or late()
            await self._report(mailbox, received, person.address, diagnostic, delayed=True)
            return
        if behaviour.do == "press_link":
            await self.unsubscribing.press_link(person.address, received)
            return
        if behaviour.do == "press_unsubscribe":
            await self.unsubscribing.press_button(person.address, received)
            return
        self.answer(person, behaviour, received)

    def answer(self, person: Person, behaviour: Behaviour, received: Letter) -> Letter | None:
        """Send what a person writes about a mail received, and return it; None where the sender
        wants no automatic reply.
        """
        if behaviour.do == "auto_reply" and not wants_auto_reply(received):
            return None
        message_id = message_id_at(behaviour.sender or person.address, self._rng)
        letter = write(person, behaviour, received, message_id=message_id, at=self._clock.now())
        about = "" if behaviour.do == "fresh_mail" else received.message_id
        person.written.append(Written(letter, about))
        self._delivery.post(letter, behaviour.do, behaviour.folder)
        return letter

    def _bounce(self, mailbox: Mailbox, letter: Letter, address: str, diagnostic: str) -> None:
        wanted = wants_report(letter)
        self._journal.write(
            "mail.bounced",
            mailbox=mailbox.owner.oid,
            recipient=address,
            internetMessageId=letter.message_id,
            diagnostic=diagnostic,
            reported=wanted,
        )
        if wanted:
            self._later(_REPORT, partial(self._report, mailbox, letter, address, diagnostic))

    async def _report(
        self,
        mailbox: Mailbox,
        letter: Letter,
        address: str,
        diagnostic: str,
        *,
        delayed: bool = False,
    ) -> None:
        domain = self._directory.domain
        notice = report(
            letter, address, diagnostic,
            domain=domain, message_id=f"<{new_guid(self._rng)}@{_HOST}>", at=self._clock.now(),
            delayed=delayed,
        )  # fmt: skip
        self._delivery.arrive(mailbox, notice, "delay" if delayed else "ndr")

    def _later(self, bounds: tuple[float, float], action: Action) -> None:
        self._clock.after(self._rng.uniform(*bounds), action)

    def _exchange_message_id(self) -> str:
        return f"<AM0PR01MB0001{self._rng.getrandbits(96):024X}@{_HOST}>"


def message_id_at(address: str, rng: random.Random) -> str:
    """Return a message id as the mail system of `address` would make it."""
    return f"<{new_guid(rng)}@{address.rpartition('@')[2]}>"
