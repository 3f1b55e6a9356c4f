"""Forecasts: what goes out today and in the days after, counted where it waits (B7)."""

import asyncio
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.domain.errors import UserMistakeError
from bot.domain.forecast import at_pace, rest_of_day
from bot.domain.mailbox import Mailbox, MailboxStatus
from bot.domain.roles import Actor
from bot.domain.schedule import LIMITS
from bot.domain.views import Choice, DayAhead, Forecast, HourAhead, MailboxAhead, View
from bot.ports import Clock, Places, Records, SendQueue
from bot.services.organisations import Organisations

ALL = "all"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """What waits in one mailbox: by the hours of today, by SMTP, and by days."""

    mailbox: Mailbox
    hours: Seq[int]
    after_today: int
    by_smtp: int
    taken: Mapping[date, int]


class Forecasts:
    """Counts what waits. Costs a look-up for each mailbox and hour, however much waits there."""

    def __init__(
        self,
        records: Records,
        places: Places,
        sends: SendQueue,
        organisations: Organisations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._places = places
        self._sends = sends
        self._organisations = organisations
        self._clock = clock

    async def show(self, actor: Actor, chosen: str = "") -> View:
        """Return what goes out from all the organisation's mailboxes, or from the chosen one.

        The hours count who is next in line, at the mailbox's pace; the days count every email that
        has a place, also one that waits behind another or is held.

        Raises:
            UserMistakeError: the organisation has no such mailbox.
        """
        organisation = self._organisations.managed_by(actor)
        known = await self._records.list(Mailbox, actor.tenant_id)
        mailboxes = [each for each in known if each.status is not MailboxStatus.REMOVED]
        picked = [each for each in mailboxes if chosen in ("", ALL, each.id)]
        if mailboxes and not picked:
            raise UserMistakeError("This mailbox is no longer in your list.")
        now = self._clock.now()
        moments = rest_of_day(now, organisation.calendar)
        ahead = await asyncio.gather(*(self._ahead(each, moments) for each in mailboxes))
        shown = [each for each in ahead if each.mailbox in picked]
        local, days = organisation.calendar.local, self._days(now)
        return Forecast(
            now=local(now),
            choices=(
                Choice(title="All mailboxes", value=ALL),
                *(Choice(title=each.address, value=each.id) for each in mailboxes),
            ),
            chosen=chosen or ALL,
            hours=tuple(
                HourAhead(begins=local(at), emails=sum(each.hours[number] for each in shown))
                for number, at in enumerate(moments[:-1])
            ),
            after_today=sum(each.after_today for each in shown),
            by_smtp=sum(each.by_smtp for each in shown),
            days=tuple(_day(day, shown) for day in days),
            mailboxes=tuple(_mailbox(each, days) for each in ahead),
        )

    def _days(self, now: datetime) -> Seq[date]:
        """Today and the six days after: the days whose places are counted."""
        today = self._organisations.calendar.day_of(now)
        return [today + timedelta(days=number) for number in range(_DAYS)]

    async def _ahead(self, mailbox: Mailbox, moments: Seq[datetime]) -> _Ahead:
        spans = [_EVER, *moments[1:]]  # what is late leaves now
        due, by_smtp, taken = await asyncio.gather(
            self._sends.due_between(mailbox.id, spans),
            self._sends.due_between(mailbox.id, spans, by_relay=True),
            self._places.taken(mailbox.id),
        )
        hours, after_today = at_pace(due, moments, LIMITS.pace)
        return _Ahead(
            mailbox=mailbox,
            hours=hours,
            after_today=after_today,
            by_smtp=sum(by_smtp),
            taken=taken,
        )


def _day(day: date, shown: Seq[_Ahead]) -> DayAhead:
    return DayAhead(
        day=day,
        emails=sum(each.taken.get(day, 0) for each in shown),
        most=sum(each.mailbox.limit_on(day) for each in shown if each.mailbox.can_send),
    )


def _mailbox(ahead: _Ahead, days: Seq[date]) -> MailboxAhead:
    return MailboxAhead(
        address=ahead.mailbox.address,
        today=sum(ahead.hours) + ahead.after_today + ahead.by_smtp,
        later=sum(ahead.taken.get(day, 0) for day in days[1:]),
    )
