"""A sequence is edited while people are on their way: what is told, and who follows (G4, G5)."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import pytest

from bot.domain.delivery import Outcome, SendReport, SentCopy
from bot.domain.edit_reach import Effect
from bot.domain.enrolment import Enrolment, read_back
from bot.domain.errors import UserMistakeError
from bot.domain.planning import schedule_of
from bot.domain.sequence import Sequence
from bot.domain.submission import after_send
from bot.domain.views import EmailDraft, SequenceForm, SequenceReceipt, View
from bot.jobs import FollowEdit
from tests.contract import samples
from tests.harness.memory_office import ADMIN, CARD, MONDAY, ORGANISATION, Office, office

ANA, BEN = "Ana Abel <ana@customer.example>", "Ben Bo <ben@customer.example>"
CEM = "Cem <cem@customer.example>"
NEW = EmailDraft(subject="Two", body="A new text", delay="3")
WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (25, 26, 27))
ACCEPTED = SendReport(outcome=Outcome.ACCEPTED)


async def running(*people: str, sent: int = 1) -> tuple[Office, str]:
    """Have people on their way, of whom the first `sent` have got the first email."""
    at = await office()
    batch = await at.confirmed("\n".join(people))
    await at.work()
    for each in (await at.enrolled(batch))[:sent]:
        schedule = schedule_of(samples.sequence(), each.participant, ORGANISATION.calendar)
        left = after_send(each, 1, ACCEPTED, schedule, each.deliveries[0].due)
        given = SentCopy(internet_message_id=f"<{each.id}>", conversation_id="c", sent_at=MONDAY)
        await at.store.records.save(read_back(left, 1, given), at=MONDAY)
    at.clock.moment = MONDAY + timedelta(hours=1)
    return at, batch


async def opened(at: Office) -> SequenceForm:
    return cast(SequenceForm, await at.sequences.edit(ADMIN, "s1"))


async def saved(at: Office, *emails: EmailDraft, **changes: object) -> View:
    """Change the emails from the second on."""
    form = await opened(at)
    changed = replace(form, emails=(*form.emails[:1], *emails), **changes)  # type: ignore[arg-type]
    return await at.sequences.save(ADMIN, changed)


async def effect(at: Office, *emails: EmailDraft, **changes: object) -> Effect:
    shown = await saved(at, *emails, **changes)
    assert isinstance(shown, SequenceReceipt), shown
    assert shown.effect is not None
    return shown.effect


async def problems(at: Office, *emails: EmailDraft, **changes: object) -> tuple[str, ...]:
    shown = await saved(at, *emails, **changes)
    assert isinstance(shown, SequenceForm), shown
    return shown.problems


async def sequence(at: Office) -> Sequence:
    found = await at.store.records.get(Sequence, "t1", "s1")
    assert found is not None
    return found


def second(each: Enrolment) -> timedelta:
    return each.deliveries[1].due - each.deliveries[0].due


async def test_the_form_says_whom_a_change_reaches_and_the_receipt_whom_it_has_reached() -> None:
    at, batch = await running(ANA, BEN, CEM)
    form = await opened(at)
    assert (form.on_their_way, form.waiting) == (3, (2, 3))
    longer = await at.sequences.add_email(ADMIN, form)
    assert isinstance(longer, SequenceForm)
    assert longer.waiting == (2, 3, 3)
    assert await effect(at, NEW) == Effect(people=3, texts=(0, 3))
    await at.work()
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=3)] * 3
    assert (await sequence(at)).emails[1].body == "A new text"


async def test_changed_delays_move_places_with_their_emails() -> None:
    at, batch = await running(ANA, BEN)
    moved = await effect(at, replace(NEW, delay="4"))
    assert moved == Effect(people=2, texts=(0, 2), moved=2)
    await at.work()
    taken = await at.store.places.taken("m1")
    assert taken == {MONDAY.date(): 2, FRIDAY: 2}
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=4)] * 2


async def test_who_finds_a_day_full_leaves_on_the_next_and_that_is_told() -> None:
    at, batch = await running(ANA, BEN, CEM, sent=3)
    mailbox = replace(samples.mailbox(), rev=1, daily_limit=2)
    await at.store.records.save(mailbox, at=MONDAY)
    await at.store.places.limit("m1", 2, {})
    told = await effect(at, replace(NEW, delay="2"))
    assert told.full == ((WEDNESDAY, 1),)
    await at.work()
    made = await at.enrolled(batch)
    assert Counter(each.deliveries[1].place for each in made) == {WEDNESDAY: 2, THURSDAY: 1}
    (late,) = (each for each in made if each.deliveries[1].place == THURSDAY)
    assert "full" in late.deliveries[1].reason


async def test_an_email_more_and_one_less() -> None:
    at, batch = await running(ANA, BEN)
    await saved(at, NEW, EmailDraft(subject="Three", body="3", delay="1"))
    await at.work()
    assert [len(each.deliveries) for each in await at.enrolled(batch)] == [3, 3]
    await saved(at, NEW)
    await at.work()
    made = await at.enrolled(batch)
    assert [each.deliveries[2].cancelled for each in made] == [True, True]
    assert (await at.store.places.taken("m1")) == {MONDAY.date(): 2, THURSDAY: 2}


async def test_values_the_new_text_lacks_are_told_of_those_who_would_get_it() -> None:
    at, _ = await running(ANA, BEN, CEM)
    assert await problems(at, replace(NEW, body="Dear {{Last Name}}")) == ("Cem has no Last Name.",)
    form = await opened(at)
    greeted = replace(form.emails[0], body="{{City}}")
    shown = await at.sequences.save(ADMIN, replace(form, emails=(greeted, *form.emails[1:])))
    assert isinstance(shown, SequenceForm)
    # Ana has got it already.
    assert shown.problems == ("Ben Bo has no City.", "Cem has no City.")
    assert (await sequence(at)).version == 1


async def test_what_somebody_has_got_cannot_be_taken_out() -> None:
    at, _ = await running(ANA, BEN)
    three = EmailDraft(subject="Three", body="3", delay="1")
    await saved(at, NEW, three)
    await at.work()
    at.clock.moment = MONDAY + timedelta(days=3, hours=1)  # the second one is due
    (told,) = await problems(at)
    assert "has got email 2 already, or is about to" in told
    moved = await problems(at, replace(three, delay="3"), replace(NEW, delay="1"))
    assert moved == (
        "Email 2 has left to somebody already, so it keeps its place. "
        "It cannot say what email 3 said.",
    )
    assert (await sequence(at)).version == 2


async def test_they_keep_their_sender() -> None:
    at, _ = await running(ANA)
    await at.store.records.save(samples.mailbox("m2"), at=MONDAY)
    form = await opened(at)
    assert [each.value for each in form.mailboxes] == ["m1"]
    shown = await problems(at, NEW, mailbox_id="m2")
    assert shown == ("Choose the mailbox that sends it.",)


async def test_nothing_is_changed_while_people_are_just_being_enrolled() -> None:
    at = await office()
    await at.confirmed(ANA)
    (told,) = await problems(at, NEW)
    assert "just starting" in told
    await at.work()
    assert isinstance(await saved(at, NEW), SequenceReceipt)


async def test_who_was_moved_to_another_mailbox_follows_there() -> None:
    at, batch = await running(ANA)
    await at.store.records.save(samples.mailbox("m2"), at=MONDAY)
    await at.steering.pause(ADMIN, batch)
    await at.work()
    await at.moving.move(ADMIN, batch, "m2")
    (told,) = await problems(at, NEW)
    assert "moving to another mailbox" in told
    await at.work()
    assert (await effect(at, replace(NEW, delay="5"))).moved == 1
    await at.work()
    (ana,) = await at.store.records.enrolments("m2", (await at.known(batch)).enrolment_ids)
    assert second(ana) == timedelta(days=5)
    assert await at.store.places.taken("m2") == {date(2026, 11, 28): 1}


async def test_a_start_at_the_same_moment_does_not_undo_an_edit() -> None:
    at = await office()
    draft = await at.draft(ANA)
    assert isinstance(await saved(at, NEW), SequenceReceipt)
    with pytest.raises(UserMistakeError, match="changed after this preview"):
        await at.confirming.confirm(ADMIN, draft, CARD)


async def test_saved_twice_or_unchanged_it_is_saved_once() -> None:
    at, _ = await running(ANA)
    form = await opened(at)
    changed = replace(form, emails=(form.emails[0], NEW))
    for _ in range(2):
        assert isinstance(await at.sequences.save(ADMIN, changed), SequenceReceipt)
    assert (await sequence(at)).version == 2
    await at.sequences.save(ADMIN, await opened(at))
    assert (await sequence(at)).version == 2
    with pytest.raises(UserMistakeError, match="Somebody else changed"):
        await at.sequences.save(ADMIN, replace(changed, emails=form.emails))


async def test_what_was_under_way_at_the_edit_follows_a_little_later() -> None:
    at, batch = await running(ANA)
    await saved(at, replace(NEW, delay="5"))
    old = await at.enrolled(batch)
    await at.work()
    # A worker settles by the version it had loaded: the plan is as it was before.
    (followed,) = await at.enrolled(batch)
    await at.store.records.save(replace(old[0], rev=followed.rev), at=at.clock.now())
    await at.work()
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=3)]
    await at.go_to(at.clock.now() + timedelta(minutes=6))
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=5)]


async def test_only_the_last_edit_is_followed() -> None:
    at, batch = await running(ANA)
    await saved(at, replace(NEW, delay="5"))
    await saved(at, replace(NEW, delay="2"))
    first = FollowEdit(tenant_id="t1", sequence_id="s1", version=2, edited_at=at.clock.now())
    assert await at.editing.follow(first) is None
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=3)]
    await at.work()
    assert [second(each) for each in await at.enrolled(batch)] == [timedelta(days=2)]


async def test_nobody_on_their_way_means_nobody_is_told() -> None:
    at = await office()
    shown = await saved(at, NEW)
    assert isinstance(shown, SequenceReceipt)
    assert shown.effect is None
    assert (await opened(at)).on_their_way == 0
