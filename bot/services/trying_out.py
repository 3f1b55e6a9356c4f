"""Trying out: an email as one person will get it, shown on a card or sent to oneself (B5)."""

import uuid
from dataclasses import dataclass, replace

from bot.domain.delivery import OutgoingMail
from bot.domain.distribution import Distribution
from bot.domain.enrolment import Enrolment, enrol
from bot.domain.errors import ConcurrentChangeError, DayFullError, UserMistakeError
from bot.domain.mailbox import Mailbox
from bot.domain.participant import Participant, is_address
from bot.domain.quota import placed
from bot.domain.roles import Actor
from bot.domain.sequence import Sequence
from bot.domain.views import Choice, EmailPreview, PreviewForm, View
from bot.ports import Clock, Records
from bot.services.composing import Composing
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.suppressions import Suppressions

_MOST_CHOICES = 40
# The real one would opt them out, whoever presses it.
_OWN_LINK = "(a link of their own)"
_CHANGED = (
    "The sequence was changed since you checked the list, and this email cannot be filled in any "
    "more. Say “distribute” and check the list once more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """One email of a distribution, for one of its people."""

    distribution: Distribution
    sequence: Sequence
    mailbox: Mailbox
    person: Participant
    number: int


class TryingOut:
    """What can be seen of an email before it leaves. Nothing here touches the distribution."""

    def __init__(
        self,
        *,
        records: Records,
        composing: Composing,
        senders: Senders,
        suppressions: Suppressions,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._composing = composing
        self._senders = senders
        self._suppressions = suppressions
        self._organisations = organisations
        self._clock = clock

    async def show(self, actor: Actor, form: PreviewForm) -> View:
        """Return an email as the chosen person will get it.

        Raises:
            UserMistakeError: it cannot be put together any more.
        """
        return self._shown(await self._chosen(actor, form))

    async def send_test(self, actor: Actor, form: PreviewForm) -> View:
        """Send that email to whoever asks, the way it would leave: from the same sender, in one of
        the mailbox's places of today. Asked again within a minute, it is the same one.

        Raises:
            UserMistakeError: it cannot be sent, or not to them.
        """
        chosen = await self._chosen(actor, form)
        shown = self._shown(chosen)
        if not is_address(actor.address):
            raise UserMistakeError("Teams does not tell us your address, so there is no test.")
        if await self._suppressions.of(actor.tenant_id, actor.address) is not None:
            raise UserMistakeError(f"Nothing is sent to {actor.address} any more: it opted out.")
        if obstacle := await self._senders.obstacle(chosen.sequence, chosen.mailbox):
            raise UserMistakeError(obstacle)
        try:
            await self._records.save(self._test(actor, chosen), at=self._clock.now())
        except DayFullError:
            raise UserMistakeError(
                f"{chosen.mailbox.address} has sent all it may today. Try again tomorrow."
            ) from None
        except ConcurrentChangeError:
            pass  # pressed twice
        return replace(shown, tested=actor.address)

    def _test(self, actor: Actor, chosen: _Chosen) -> Enrolment:
        now = self._clock.now()
        name = f"{actor.oid}:{chosen.person.address}:{chosen.number}:{now:%Y-%m-%dT%H:%M}"
        batch = uuid.uuid5(uuid.UUID(chosen.distribution.id), name).hex
        reader = replace(chosen.person, address=actor.address)
        return placed(
            replace(self._planned(chosen, batch, reader), test=True),
            self._organisations.calendar.day_of,
        )

    def _planned(self, chosen: _Chosen, batch: str, person: Participant) -> Enrolment:
        """Return an enrolment of that one email, due now."""
        now = self._clock.now()
        whole = enrol(
            batch,
            person,
            chosen.sequence,
            calendar=self._organisations.calendar_of(chosen.sequence.tenant_id),
            domain=chosen.mailbox.address.rpartition("@")[2],
            start=now,
        )
        only = replace(whole.deliveries[chosen.number - 1], due=now)
        return replace(whole, deliveries=(only,))

    def _shown(self, chosen: _Chosen) -> EmailPreview:
        planned = self._planned(chosen, chosen.distribution.id, chosen.person)
        mail = self._mail(chosen, planned)
        people = chosen.distribution.people
        return EmailPreview(
            distribution_id=chosen.distribution.id,
            people=tuple(
                Choice(title=_called(each), value=each.address) for each in people[:_MOST_CHOICES]
            ),
            more=max(0, len(people) - _MOST_CHOICES),
            emails=tuple(
                Choice(title=f"{number}. {each.subject}", value=str(number))
                for number, each in enumerate(chosen.sequence.emails, 1)
            ),
            person=chosen.person.address,
            number=str(chosen.number),
            sender=self._senders.named(chosen.sequence, [chosen.mailbox]),
            to=_called(chosen.person),
            subject=mail.subject,
            text=mail.text.replace(mail.unsubscribe, _OWN_LINK),
        )

    def _mail(self, chosen: _Chosen, planned: Enrolment) -> OutgoingMail:
        try:
            return self._composing.compose(planned, chosen.sequence, chosen.mailbox.owner_name)
        except ValueError:
            raise UserMistakeError(_CHANGED) from None

    async def _chosen(self, actor: Actor, form: PreviewForm) -> _Chosen:
        self._organisations.managed_by(actor)
        known = await self._records.get(Distribution, actor.tenant_id, form.distribution_id)
        if known is None:
            raise UserMistakeError("This distribution no longer exists.")
        sequence = await self._records.get(Sequence, actor.tenant_id, known.sequence_id)
        mailbox = await self._records.get(Mailbox, actor.tenant_id, known.mailbox_id)
        if sequence is None or mailbox is None:
            raise UserMistakeError("The sequence or its mailbox no longer exists.")
        wanted = form.typed.strip().lower() or form.person
        named = [each for each in known.people if each.address == wanted]
        if form.typed.strip() and not named:
            raise UserMistakeError(f"“{form.typed.strip()}” is not on the list.")
        number = int(form.number) if form.number.isdecimal() else 1
        return _Chosen(
            distribution=known,
            sequence=sequence,
            mailbox=mailbox,
            person=(named or known.people)[0],
            number=min(max(number, 1), len(sequence.emails)),
        )


def _called(person: Participant) -> str:
    if person.name == person.address:
        return person.address
    return f"{person.name} <{person.address}>"
