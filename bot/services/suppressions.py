"""The addresses an organisation writes to no more: asked before every email, and added to."""

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from contextlib import suppress

from bot.domain.errors import ConcurrentChangeError, UserMistakeError
from bot.domain.participant import LeftOut, Omission, Participant, is_address
from bot.domain.roles import Actor
from bot.domain.suppression import (
    Cause,
    Suppression,
    outweighs,
    suppression_id,
    weightiest,
    why_left_out,
)
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
        return (await self._kept(tenant_id, [address])).get(address)

    async def _kept(self, tenant_id: str, addresses: Seq[str]) -> Mapping[str, Suppression]:
        """Return what keeps us from which of these addresses."""
        ids = {each: _ids(tenant_id, each) for each in addresses}
        wanted = list(dict.fromkeys(id for each in ids.values() for id in each))
        found = {each.id: each for each in await self._records.many(Suppression, tenant_id, wanted)}
        kept = {
            each: weightiest([found[id] for id in named if id in found])
            for each, named in ids.items()
        }
        return {each: known for each, known in kept.items() if known is not None}

    async def among(self, tenant_id: str, addresses: Seq[str]) -> frozenset[str]:
        """Return those of these addresses to which nothing is sent."""
        return frozenset(await self._kept(tenant_id, addresses))

    async def divided(
        self, tenant_id: str, people: Seq[Participant]
    ) -> tuple[Seq[Participant], Seq[LeftOut]]:
        """Return who of a list may be written to, and who is left out and why."""
        kept = await self._kept(tenant_id, [each.address for each in people])
        wanted: list[Participant] = []
        left_out: list[LeftOut] = []
        for person in people:
            known = kept.get(person.address)
            if known is None:
                wanted.append(person)
            else:
                local = self._organisations.local(tenant_id, known.since)
                why = why_left_out(known, local)
                kind = Omission.SUPPRESSED
                left_out.append(LeftOut(text=person.address, why=why, kind=kind))
        return wanted, left_out

    async def add(self, tenant_id: str, address: str, cause: Cause, jobs: Seq[Job] = ()) -> None:
        """Write to an address no more; `jobs` are queued in the same step. What is there already
        stays, unless this outweighs it.
        """
        id = suppression_id(tenant_id, address)
        while True:
            known, now = await self._records.get(Suppression, tenant_id, id), self._clock.now()
            if known is not None and not outweighs(cause, known.cause):
                return
            added = Suppression(
                id=id,
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

    async def said(self, tenant_id: str, address: str) -> Suppression | None:
        """Return that somebody of the organisation said they opted out; None where nobody did."""
        id = suppression_id(tenant_id, address, said=True)
        return await self._records.get(Suppression, tenant_id, id)

    async def say(self, tenant_id: str, address: str, by: str, jobs: Seq[Job]) -> None:
        """Write to an address no more, as `by` says they asked; `jobs` are queued in the same step.
        Where somebody has said so already, that stays.
        """
        added = Suppression(
            id=suppression_id(tenant_id, address, said=True),
            tenant_id=tenant_id,
            cause=Cause.OPTED_OUT,
            since=self._clock.now(),
            by=by,
        )
        with suppress(ConcurrentChangeError):
            await self._records.save(added, jobs=jobs, at=added.since)

    async def unsay(self, tenant_id: str, address: str) -> None:
        """Take back what somebody of the organisation said; what keeps us otherwise stays."""
        id = suppression_id(tenant_id, address, said=True)
        await self._records.delete(Suppression, tenant_id, id)

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
        for id in _ids(tenant_id, address):
            await self._records.delete(Suppression, tenant_id, id)
        why = why_left_out(known, self._organisations.local(tenant_id, known.since))
        before = f"Before: {why.partition(':')[0]}."
        return Notice(title=f"{address} can be written to again", lines=(before, *_AFTER_LIFTING))


def _ids(tenant_id: str, address: str) -> tuple[str, str]:
    return suppression_id(tenant_id, address), suppression_id(tenant_id, address, said=True)
