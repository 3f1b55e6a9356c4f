"""The addresses an organisation writes to no more: asked before every email, and added to."""

from collections.abc import Sequence as Seq

from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.participant import LeftOut, Omission, Participant, is_address
from bot.domain.roles import Actor
from bot.domain.suppression import Cause, Suppression, outweighs, suppression_id, why_left_out
from bot.domain.views import Notice
from bot.jobs import Job
from bot.ports import Clock, Records
from bot.services.organisations import Organisations

_AFTER_LIFTING = (
    "What was stopped stays stopped. To write to them, put them on a new list.",
    "Do this only for somebody who asked for it.",
)


class Suppressions:
    """Each organisation's own list."""

    def __init__(self, records: Records, organisations: Organisations, clock: Clock) -> None:
        self._records = records
        self._organisations = organisations
        self._clock = clock

    async def of(self, tenant_id: str, address: str) -> Suppression | None:
        """Return why nothing is sent to an address; None when nothing keeps us."""
        id = suppression_id(tenant_id, address)
        return await self._records.get(Suppression, tenant_id, id)

    async def among(self, tenant_id: str, addresses: Seq[str]) -> frozenset[str]:
        """Return those of these addresses to which nothing is sent."""
        ids = {suppression_id(tenant_id, each): each for each in addresses}
        kept = await self._records.many(Suppression, tenant_id, list(ids))
        return frozenset(ids[each.id] for each in kept)

    async def divided(
        self, tenant_id: str, people: Seq[Participant]
    ) -> tuple[Seq[Participant], Seq[LeftOut]]:
        """Return who of a list may be written to, and who is left out and why."""
        ids = [suppression_id(tenant_id, each.address) for each in people]
        kept = await self._records.many(Suppression, tenant_id, ids)
        causes = {each.id: each for each in kept}
        wanted: list[Participant] = []
        left_out: list[LeftOut] = []
        for person, id in zip(people, ids, strict=True):
            known = causes.get(id)
            if known is None:
                wanted.append(person)
            else:
                local = self._organisations.local(tenant_id, known.since)
                why = why_left_out(known.cause, local)
                kind = Omission.SUPPRESSED
                left_out.append(LeftOut(text=person.address, why=why, kind=kind))
        return wanted, left_out

    async def add(self, tenant_id: str, address: str, cause: Cause, jobs: Seq[Job] = ()) -> None:
        """Write to an address no more; `jobs` are queued in the same step. What is there already
        stays, unless this outweighs it.
        """
        while True:
            known, now = await self.of(tenant_id, address), self._clock.now()
            if known is not None and not outweighs(cause, known.cause):
                return
            added = Suppression(
                id=suppression_id(tenant_id, address),
                tenant_id=tenant_id,
                cause=cause,
                since=now,
                rev=known.rev if known else 0,
            )
            try:
                await self._records.save(added, jobs=jobs, at=now)
            except ConcurrentChangeError:
                continue
            return

    async def lift(self, actor: Actor, address: str) -> Notice:
        """Write to an address again, whose owner pressed by mistake or has come back. What is
        stopped stays so.

        Raises:
            NotAllowedError: the actor may not manage the organisation.
            UserMistakeError: this is no address.
        """
        tenant_id = self._organisations.managed_by(actor).tenant_id
        if not is_address(address):
            raise UserMistakeError("Say whom, with their address: “allow ana@customer.example”.")
        known = await self.of(tenant_id, address)
        if known is None:
            return Notice(title=f"Nothing keeps you from writing to {address}")
        await self._records.delete(Suppression, tenant_id, known.id)
        why = why_left_out(known.cause, self._organisations.local(tenant_id, known.since))
        before = f"Before: {why.partition(':')[0]}."
        return Notice(title=f"{address} can be written to again", lines=(before, *_AFTER_LIFTING))
