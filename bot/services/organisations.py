"""The organisations served by this installation, and the rights their people have."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.calendar import PLAIN, Calendar
from bot.domain.errors import NotAllowedError
from bot.domain.roles import Actor, Organisation, require_manager


class Organisations:
    """Every organisation this installation serves; nobody else gets past here (A25)."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._by_tenant = {each.tenant_id: each for each in organisations}

    def of(self, tenant_id: str) -> Organisation:
        """Return the organisation.

        Raises:
            NotAllowedError: this installation does not serve the tenant.
        """
        known = self._by_tenant.get(tenant_id)
        if known is None:
            raise NotAllowedError("Mailroom is not set up for your organisation.")
        return known

    @property
    def calendar(self) -> Calendar:
        """The calendar whose days the daily limits count: one for the whole installation."""
        return next((each.calendar for each in self._by_tenant.values()), PLAIN)

    def calendar_of(self, tenant_id: str) -> Calendar:
        """Return the organisation's calendar; the plain one of a tenant served no longer."""
        known = self._by_tenant.get(tenant_id)
        return known.calendar if known else PLAIN

    def local(self, tenant_id: str, moment: datetime) -> datetime:
        """Return a moment by the organisation's clock, as its people are told of it."""
        return self.calendar_of(tenant_id).local(moment)

    def all(self) -> Iterable[Organisation]:
        """Return every organisation served."""
        return self._by_tenant.values()

    def managed_by(self, actor: Actor) -> Organisation:
        """Return the actor's organisation, once it is sure that they may manage it (A11).

        Raises:
            NotAllowedError: they may not.
        """
        organisation = self.of(actor.tenant_id)
        require_manager(actor, organisation)
        return organisation
