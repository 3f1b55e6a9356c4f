"""What the buttons of a reply's card do, and those about what it may show."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.views import View
from bot.services.on_replies import ReplyCard
from bot.teams.activity import Turn
from bot.teams.use_cases import UseCases
from cards import verbs


async def reply_undo(use: UseCases, turn: Turn) -> View:
    """Have a sequence go on whose reply was automatic."""
    return await use.on_replies.undo(turn.actor, _reply(turn))


async def reply_opt_out(use: UseCases, turn: Turn) -> View:
    """Have whoever replied written to no more."""
    return await use.on_replies.opt_out(turn.actor, _reply(turn))


async def reply_take_back(use: UseCases, turn: Turn) -> View:
    """Take back that they opted out."""
    return await use.on_replies.take_back(turn.actor, _reply(turn))


async def reply_take(use: UseCases, turn: Turn) -> View:
    """Take care of a reply."""
    return await use.on_replies.take(turn.actor, _reply(turn))


async def reply_give_back(use: UseCases, turn: Turn) -> View:
    """Take care of it no more."""
    return await use.on_replies.give_back(turn.actor, _reply(turn))


async def excerpts_allow(use: UseCases, turn: Turn) -> View:
    """Have a channel see the first words of replies to one's mailbox."""
    return await use.on_replies.excerpts.agree(
        turn.actor, turn.data.get("mailbox", ""), agreed=True
    )


async def excerpts_stop(use: UseCases, turn: Turn) -> View:
    """Have it see them no more."""
    return await use.on_replies.excerpts.agree(
        turn.actor, turn.data.get("mailbox", ""), agreed=False
    )


VERBS: Mapping[str, Callable[[UseCases, Turn], Awaitable[View]]] = {
    verbs.REPLY_UNDO: reply_undo,
    verbs.REPLY_OPT_OUT: reply_opt_out,
    verbs.REPLY_TAKE_BACK: reply_take_back,
    verbs.REPLY_TAKE: reply_take,
    verbs.REPLY_GIVE_BACK: reply_give_back,
    verbs.EXCERPTS_ALLOW: excerpts_allow,
    verbs.EXCERPTS_STOP: excerpts_stop,
}


def _reply(turn: Turn) -> ReplyCard:
    return ReplyCard(
        mailbox_id=turn.data.get("mailbox", ""),
        enrolment_id=turn.data.get("enrolment", ""),
        reply=turn.data.get("reply", ""),
        link=turn.data.get("link", ""),
        message_id=turn.data.get("message", ""),
    )
