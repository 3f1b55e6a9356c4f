"""The first words of a reply: shown where the owner agreed, and kept nowhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import NotAllowedError, UserMistakeError
from bot.domain.heard import mark_named
from bot.domain.inbound.excerpts import MOST, excerpt
from bot.domain.mailbox import Identity, MailboxStatus, connect
from bot.domain.roles import Actor
from bot.domain.views import Happening
from bot.services.excerpts import Excerpts
from bot.services.on_replies import ReplyCard
from tests.harness.memory_inbox import (
    ADMIN,
    CHANNEL,
    MEMBER,
    OWNER,
    STRANGER,
    Inbox,
    everything,
    inbox,
    letter,
)
from tests.harness.memory_mail import Item

WORDS = "Yes, gladly: at the harbour."


async def agreed(at: Inbox, *, agreed: bool = True, by: Actor = OWNER) -> bool:
    """Have the owner decide on the card of their mailbox; return what it then says."""
    return (await excerpts(at).agree(by, "m1", agreed=agreed)).excerpts


def excerpts(at: Inbox) -> Excerpts:
    return at.parts.answering.on_replies().excerpts


async def reply(at: Inbox, text: str = WORDS, identity: str = "<one@customer.example>") -> Item:
    """Have Ana answer; nobody is told yet."""
    ours = (await at.person()).deliveries[0].message_id
    item = at.mail.deliver("m1", letter(text, answers=ours, identity=identity))
    await at.told(item.mail.id)
    return item


async def begun() -> Inbox:
    at = await inbox()
    await at.run(timedelta(hours=1))
    return at


async def card(at: Inbox) -> Happening:
    """Have the channel told; return its card."""
    await at.work()
    (shown,) = at.on_cards(CHANNEL.id)
    assert isinstance(shown, Happening)
    return shown


def pressed(shown: Happening) -> ReplyCard:
    return ReplyCard(
        mailbox_id=shown.mailbox_id,
        enrolment_id=shown.enrolment_id,
        reply=shown.reply,
        link=shown.link,
        message_id=shown.message_id,
    )


async def test_off_by_default_and_then_not_even_asked_for() -> None:
    at = await begun()
    await reply(at)
    read = list(at.mail.read)
    shown = await card(at)
    assert (shown.excerpt, shown.message_id) == ("", "")
    assert at.mail.read == read


async def test_where_the_owner_agreed_the_card_shows_it_and_nothing_keeps_it() -> None:
    at = await begun()
    assert await agreed(at)
    await reply(at)
    assert "harbour" not in everything(at.store)  # nor does the job that is to tell
    assert (await card(at)).excerpt == WORDS
    assert "harbour" not in everything(at.store)


async def test_a_button_draws_it_again_as_long_as_the_owner_agrees() -> None:
    at = await begun()
    await agreed(at)
    await reply(at)
    shown = await card(at)
    use = at.parts.answering.on_replies()
    assert (await use.take(ADMIN, pressed(shown))).excerpt == WORDS
    assert not await agreed(at, agreed=False)
    assert (await use.take(ADMIN, pressed(shown))).excerpt == ""


async def test_taken_back_it_is_shown_no_more() -> None:
    at = await begun()
    await agreed(at)
    await agreed(at)  # twice is once
    assert not await agreed(at, agreed=False)
    await reply(at)
    assert (await card(at)).excerpt == ""


async def test_if_it_cannot_be_had_the_card_goes_out_without() -> None:
    at = await begun()
    await agreed(at)
    at.mail.remove(await reply(at))
    shown = await card(at)
    assert (shown.address, shown.excerpt) == ("p0@customer.example", "")


async def test_no_button_reads_another_message_of_the_mailbox() -> None:
    at = await begun()
    await agreed(at)
    await reply(at)
    private = at.mail.deliver("m1", letter("My salary.", identity="<private@x>"))
    forged = replace(pressed(await card(at)), message_id=private.mail.id)
    assert (await at.parts.answering.on_replies().take(ADMIN, forged)).excerpt == ""


@pytest.mark.parametrize("by", [ADMIN, MEMBER, STRANGER, replace(OWNER, tenant_id="t2")])
async def test_only_the_owner_decides(by: Actor) -> None:
    at = await begun()
    with pytest.raises(NotAllowedError):
        await agreed(at, by=by)
    await reply(at)
    assert (await card(at)).excerpt == ""


async def test_a_mailbox_that_is_not_connected_has_nothing_to_show() -> None:
    at = await begun()
    gone = replace(await at.at.mailbox("m1"), status=MailboxStatus.INACTIVE)
    await at.store.records.save(gone, at=at.at.clock.now())
    with pytest.raises(UserMistakeError, match="not connected"):
        await agreed(at)


async def test_another_owners_consent_begins_without_it() -> None:
    at = await begun()
    await agreed(at)
    known = await at.at.mailbox("m1")
    same = Identity(oid=known.owner_oid, tenant_id="t1", name="O", mail="", user_principal_name="")
    assert connect(known, same).excerpts
    assert not connect(known, replace(same, oid="another")).excerpts


def test_a_long_one_is_cut() -> None:
    raw = letter("ä" * 500)
    found = excerpt(raw, "AAMk", mark_named("<one@customer.example>"))
    assert (len(found), found[-2:]) == (MOST, "ä…")


def test_what_is_quoted_is_left_out() -> None:
    raw = letter("Yes.\n\nOn 3 January 2026 Olga <olga@x.example> wrote:\n> A question")
    assert excerpt(raw, "AAMk", mark_named("<one@customer.example>")) == "Yes."


def test_a_message_without_an_id_goes_by_graphs() -> None:
    raw = letter(identity="").replace(b"Message-ID: \n", b"")
    assert excerpt(raw, "AAMk", mark_named("AAMk")) == "Yes, gladly."
    assert excerpt(raw, "AAMk", mark_named("another")) == ""
