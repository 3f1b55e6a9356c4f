"""The forecast: hours at the mailbox's pace, days by their places, and only what is one's own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from bot.domain.enrolment import EnrolmentState
from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.forecast import at_pace, rest_of_day
from bot.domain.mailbox import MailboxStatus
from bot.domain.quota import placed
from bot.domain.roles import Actor
from bot.domain.route import Route
from bot.domain.schedule import LIMITS
from bot.domain.views import Forecast
from bot.services.forecasts import Forecasts
from bot.services.organisations import Organisations
from bot.storage.memory_store import MemoryStore
from tests.contract import samples

BERLIN = Calendar(zone=ZoneInfo("Europe/Berlin"))
# 14:10 in Berlin.
NOW = datetime(2026, 11, 23, 13, 10, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ADMIN = Actor(tenant_id="t1", oid="admin", name="Admin")
HOUR = timedelta(hours=1)


class StandingClock:
    def now(self) -> datetime:
        return NOW


async def opened() -> tuple[MemoryStore, Forecasts]:
    """A store with two mailboxes of ours, one that was removed, and one of somebody else's."""
    clock = StandingClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    removed = replace(samples.mailbox("old"), status=MailboxStatus.REMOVED)
    theirs = samples.mailbox("theirs", tenant="t2")
    for each in (samples.mailbox("m1"), samples.mailbox("m2"), removed, theirs):
        await store.records.save(each, at=NOW)
    ours = replace(samples.organisation(), calendar=BERLIN)
    organisations = Organisations([ours, samples.organisation("t2")])
    return store, Forecasts(store.records, store.places, store.sends, organisations, clock)


async def waiting(store: MemoryStore, many: int, at: datetime, mailbox_id: str = "m1") -> None:
    """Have people wait for their first email, due then, and for a follow-up three days later."""
    known = len(store.records.due)
    people = [samples.enrolment(known + n, mailbox_id, start=at) for n in range(many)]
    await store.records.save(*(placed(each, BERLIN.day_of) for each in people), at=NOW)


async def shown(forecasts: Forecasts, chosen: str = "") -> Forecast:
    view = await forecasts.show(ADMIN, chosen)
    assert isinstance(view, Forecast)
    return view


def hours(view: Forecast) -> dict[str, int]:
    return {f"{each.begins:%H:%M}": each.emails for each in view.hours if each.emails}


async def test_what_is_due_leaves_at_the_pace_and_what_is_late_leaves_now() -> None:
    store, forecasts = await opened()
    await waiting(store, 2, NOW - 3 * HOUR)
    await waiting(store, 1300, NOW)
    await waiting(store, 400, NOW + HOUR)
    await waiting(store, 7, NOW + 6 * HOUR, "m2")
    view = await shown(forecasts)
    # Fifty minutes are left of the hour: 1,245 emails.
    assert hours(view) == {"14:10": 1245, "15:00": 457, "20:00": 7}
    assert [f"{each.begins:%H:%M}" for each in view.hours][-1] == "23:00"
    assert view.after_today == 0


async def test_what_the_pace_does_not_get_through_today_is_told() -> None:
    store, forecasts = await opened()
    late = NOW.replace(hour=22, minute=30)  # half past eleven in Berlin
    await waiting(store, 1000, late)
    view = await shown(forecasts)
    assert (hours(view), view.after_today) == ({"23:00": 1000}, 0)
    # The hour it falls due in counts as a whole: 1,494 emails.
    await waiting(store, 800, late)
    view = await shown(forecasts)
    assert (hours(view), view.after_today) == ({"23:00": 1494}, 306)


async def test_the_days_count_every_place_and_the_hours_who_is_next_in_line() -> None:
    store, forecasts = await opened()
    await waiting(store, 3, NOW + HOUR)
    held = replace(samples.enrolment(90, start=NOW + HOUR), state=EnrolmentState.HELD)
    await store.records.save(placed(held, BERLIN.day_of), at=NOW)
    view = await shown(forecasts)
    assert hours(view) == {"15:00": 3}
    days = {each.day: each.emails for each in view.days}
    assert days == {
        TODAY + timedelta(days=number): 4 if number in (0, 3) else 0 for number in range(7)
    }
    assert {each.most for each in view.days} == {5000}


async def test_a_mailbox_of_ones_own_is_shown_by_itself() -> None:
    store, forecasts = await opened()
    await waiting(store, 3, NOW + HOUR)
    await waiting(store, 5, NOW + HOUR, "m2")
    await waiting(store, 9, NOW + HOUR, "theirs")
    view = await shown(forecasts, "m2")
    assert hours(view) == {"15:00": 5}
    assert view.chosen == "m2"
    assert [each.emails for each in view.days][:4] == [5, 0, 0, 5]
    everything = [("m1@contoso.example", 3, 3), ("m2@contoso.example", 5, 5)]
    for each in (view, await shown(forecasts), await shown(forecasts, "all")):
        assert [(of.address, of.today, of.later) for of in each.mailboxes] == everything
        assert [of.value for of in each.choices] == ["all", "m1", "m2"]
    assert hours(await shown(forecasts)) == {"15:00": 8}


async def test_what_leaves_by_smtp_is_counted_beside_the_mailboxes() -> None:
    store, forecasts = await opened()
    each = samples.enrolment(1, start=NOW + HOUR)
    by_smtp = tuple(replace(one, route=Route.DKIM) for one in each.deliveries)
    await store.records.save(replace(each, deliveries=by_smtp), at=NOW)
    view = await shown(forecasts)
    assert (hours(view), view.by_smtp, view.days[0].emails) == ({}, 1, 0)
    assert view.mailboxes[0].today == 1


@pytest.mark.parametrize("mailbox", ["theirs", "old", "none"])
async def test_no_other_mailbox_is_shown(mailbox: str) -> None:
    _, forecasts = await opened()
    with pytest.raises(UserMistakeError, match="no longer in your list"):
        await forecasts.show(ADMIN, mailbox)


async def test_whoever_may_not_manage_sees_nothing() -> None:
    _, forecasts = await opened()
    with pytest.raises(NotAllowedError):
        await forecasts.show(replace(ADMIN, oid="somebody"))


async def test_without_any_mailbox_there_is_nothing_to_see() -> None:
    clock = StandingClock()
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    organisations = Organisations([samples.organisation()])
    view = await Forecasts(store.records, store.places, store.sends, organisations, clock).show(
        ADMIN
    )
    assert isinstance(view, Forecast)
    assert (hours(view), view.mailboxes) == ({}, ())


@pytest.mark.parametrize(
    ("day", "many"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (TODAY, 24)]
)
def test_a_day_has_as_many_hours_as_its_clock_shows(day: date, many: int) -> None:
    begins = BERLIN.first_at(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - what it shows
    moments = rest_of_day(begins, BERLIN)
    assert len(moments) == many + 1
    assert {end - begin for begin, end in pairwise(moments)} == {HOUR}
    assert BERLIN.day_of(moments[-1]) == day + timedelta(days=1)


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=24))
def test_no_email_is_lost_and_no_hour_holds_more_than_the_pace(due: list[int]) -> None:
    moments = [NOW + number * HOUR for number in range(len(due) + 1)]
    leave, after = at_pace(due, moments, LIMITS.pace)
    assert sum(leave) + after == sum(due)
    assert max(leave) <= 1494
    for number in range(len(due)):
        assert sum(leave[: number + 1]) <= sum(due[: number + 1])
