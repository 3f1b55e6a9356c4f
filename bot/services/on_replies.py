"""On replies: what a person does about a reply on the channel's card, and takes back (B13)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment
from bot.domain.errors import UserMistakeError
from bot.domain.heard import Reply
from bot.domain.outlook_links import outlook_link
from bot.domain.replies import taken, unsaid
from bot.domain.roles import Actor
from bot.domain.suppression import Cause
from bot.domain.views import Happening, View
from bot.jobs import OptOut, RefreshDistributionCard
from bot.ports import Clock, Records
from bot.services.changing import change
from bot.services.enrolled import present
from bot.services.excerpts import Excerpts
from bot.services.happenings import happening
from bot.services.organisations import Organisations
from bot.services.suppressions import Suppressions
from bot.services.undoing import Undoing

_GONE = "What this was about no longer exists."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCard:
    """What the card of a reply is about, as its buttons tell: the reply of a mark, what opens it,
    and its id at Graph. They come back through other hands, and are not believed.
    """

    mailbox_id: str
    enrolment_id: str
    reply: str
    link: str = ""
    message_id: str = ""


class OnReplies:
    """The use cases behind the buttons of a reply. Each answers with the card as it stands now."""

    def __init__(
        self,
        *,
        records: Records,
        undoing: Undoing,
        excerpts: Excerpts,
        suppressions: Suppressions,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._undoing = undoing
        self.excerpts = excerpts
        self._records = records
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock

    async def opt_out(self, actor: Actor, card: ReplyCard) -> Happening:
        """Have somebody written to no more by the whole organisation, because their reply
        asks for it. Where they have opted out already, it changes nothing.

        Raises:
            NotAllowedError: they do not manage the organisation.
            UserMistakeError: what it is about was forgotten.
        """
        known, _ = await self._load(actor, card)
        tenant_id, address = known.tenant_id, known.participant.address
        kept = await self._suppressions.of(tenant_id, address)
        if kept is None or kept.cause is not Cause.OPTED_OUT:
            job = OptOut(
                tenant_id=tenant_id,
                mailbox_id=known.mailbox_id,
                enrolment_id=known.id,
                number=0,
                reply=card.reply,
            )
            await self._suppressions.say(tenant_id, address, actor.name, [job])
        return await self._card(actor, card)

    async def take_back(self, actor: Actor, card: ReplyCard) -> Happening:
        """Have them written to again where somebody's click alone kept us; what was stopped stays
        so. What they said themselves stands, and so does what is known of them otherwise.

        Raises:
            NotAllowedError, UserMistakeError: as `opt_out` does.
        """
        known, _ = await self._load(actor, card)
        kept = await self._suppressions.of(known.tenant_id, known.participant.address)
        if kept is None or kept.by:
            # The list first: a job that comes late finds that nobody says so any more.
            await self._suppressions.unsay(known.tenant_id, known.participant.address)
            named = {"tenant_id": known.tenant_id, "distribution_id": known.distribution_id}
            await change(
                self._records,
                known,
                partial(unsaid, mark=card.reply),
                home=known.mailbox_id,
                at=self._clock.now(),
                jobs=[RefreshDistributionCard(**named)],
            )
        return await self._card(actor, card)

    async def take(self, actor: Actor, card: ReplyCard) -> Happening:
        """Have it known that they take care of a reply, in place of whoever did so far.

        Raises:
            NotAllowedError, UserMistakeError: as `opt_out` does.
        """
        return await self._taken(actor, card, partial(taken, by_name=actor.name, by_oid=actor.oid))

    async def give_back(self, actor: Actor, card: ReplyCard) -> Happening:
        """Have nobody take care of it any more.

        Raises:
            NotAllowedError, UserMistakeError: as `opt_out` does.
        """
        return await self._taken(actor, card, partial(taken, by_name="", by_oid=""))

    async def _taken(
        self, actor: Actor, card: ReplyCard, decide: Callable[..., Enrolment]
    ) -> Happening:
        known, _ = await self._load(actor, card)
        note, home, now = partial(decide, mark=card.reply), known.mailbox_id, self._clock.now()
        await change(self._records, known, note, home=home, at=now)
        return await self._card(actor, card)

    async def undo(self, actor: Actor, card: ReplyCard) -> View:
        """Have the sequence go on, as `Undoing.undo` does; it was an automatic reply."""
        return await self._undoing.undo(actor, card.mailbox_id, card.enrolment_id, card.reply)

    async def _load(self, actor: Actor, card: ReplyCard) -> tuple[Enrolment, Reply]:
        self._organisations.managed_by(actor)
        found = await self._records.enrolments(card.mailbox_id, [card.enrolment_id])
        known = await present(self._records, found[0]) if found else None
        reply = known.heard.reply(card.reply) if known else None
        if known is None or reply is None or known.tenant_id != actor.tenant_id:
            raise UserMistakeError(_GONE)
        return known, reply

    async def _card(self, actor: Actor, card: ReplyCard) -> Happening:
        known, reply = await self._load(actor, card)
        kept = await self._suppressions.of(known.tenant_id, known.participant.address)
        out = kept if kept and kept.cause is Cause.OPTED_OUT else None
        shown = await happening(
            self._records,
            self._organisations,
            known,
            number=reply.number,
            status=DeliveryStatus.OPTED_OUT if out else DeliveryStatus.RESPONDED,
            at=reply.at,
            reply=reply,
        )
        if shown is None:
            raise UserMistakeError(_GONE)
        words = await self.excerpts.of(known, reply, card.message_id)
        shown = replace(
            shown, link=outlook_link(card.link), excerpt=words, message_id=card.message_id
        )
        if out is None:
            return shown
        since = self._organisations.local(known.tenant_id, out.since)
        return replace(shown, out_by=out.by, out_at=since)
