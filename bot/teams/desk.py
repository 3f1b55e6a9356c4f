"""The desk: every turn is answered with a view, whatever goes wrong behind it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import structlog

from bot.domain.errors import (
    ConcurrentChangeError,
    MailroomError,
    NotAllowedError,
    TransientError,
    UserMistakeError,
)
from bot.domain.views import Refusal, View
from bot.teams import commands, verbs
from bot.teams.activity import Turn
from bot.teams.people import People
from bot.teams.use_cases import UseCases

_log = structlog.get_logger(__name__)
_BUSY = "Something we need is not reachable at the moment. Please try again shortly."
_FASTER = "Somebody changed this at the same moment. Please try again."
_BROKEN = "This is our fault, not yours. Please try again, or ask for help."


class Desk:
    """Takes turns, calls the use cases, explains what went wrong."""

    def __init__(self, use: UseCases, people: People) -> None:
        self._use = use
        self._people = people

    async def said(self, turn: Turn) -> View:
        """Answer what was typed."""
        return await self._answered(turn, commands.obey)

    async def pressed(self, turn: Turn) -> View:
        """Answer a button."""
        return await self._answered(turn, verbs.press)

    async def added(self, turn: Turn) -> View | None:
        """Welcome, once in a place: say what the bot can do. None where that was said already."""
        if not await self._use.conversations.first_welcome(turn.conversation):
            return None
        return await self._answered(turn, commands.help_)

    async def removed(self, turn: Turn) -> None:
        """Forget the place."""
        await self._use.conversations.left(turn.conversation)

    async def heard(self, turn: Turn) -> None:
        """Remember where something happened."""
        await self._use.conversations.heard(turn.conversation)

    async def _answered(
        self, turn: Turn, work: Callable[[UseCases, Turn], Awaitable[View]]
    ) -> View:
        try:
            await self.heard(turn)
            if turn.actor.oid:
                known = await self._people.named(turn.actor, turn.conversation)
                turn = replace(turn, actor=known)
            return await work(self._use, turn)
        except Exception as error:
            return self._refusal(turn, error)

    def _refusal(self, turn: Turn, error: Exception) -> Refusal:
        title, problems = _explained(error)
        if isinstance(error, MailroomError):
            _log.info("teams.refused", verb=turn.verb, error=type(error).__name__)
        else:
            _log.error("teams.failed", verb=turn.verb, exc_info=error)
        return Refusal(title=title, problems=problems, support=self._support(turn))

    def _support(self, turn: Turn) -> str:
        with suppress(NotAllowedError):
            return self._use.organisations.of(turn.actor.tenant_id).support
        return ""


def _explained(error: Exception) -> tuple[str, tuple[str, ...]]:
    match error:
        case NotAllowedError():
            return "You cannot do this", tuple(error.problems)
        case UserMistakeError():
            return "This did not work", tuple(error.problems)
        case ConcurrentChangeError():
            return "Please try again", (_FASTER,)
        case TransientError():
            return "Please try again", (_BUSY,)
        case _:
            return "Something went wrong", (_BROKEN,)
