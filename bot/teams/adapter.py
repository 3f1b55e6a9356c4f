"""Inbound: one activity in, one HTTP answer out. botbuilder checks who calls and carries replies.

`CloudAdapter.process` is not used: it answers 500 to every invoke that has a body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

import cards
from bot.domain.distribution import DistributionState
from bot.domain.errors import MailroomError, TransientError
from bot.domain.views import (
    ConnectedReceipt,
    DistributionCard,
    Happening,
    Refusal,
    ReplyUndone,
    SequenceReceipt,
    View,
)
from bot.teams import posting
from bot.teams.activity import Happened, Turn, UnreadableError, read
from bot.teams.chat import TeamsChat
from bot.teams.desk import Desk
from bot.teams.envelope import thin
from bot.teams.faults import translated
from bot.teams.hosts import ForeignServiceError
from bot.teams.link import TeamsLink
from bot.teams.people import People
from bot.teams.use_cases import UseCases

_log = structlog.get_logger(__name__)
_CARD = "application/vnd.microsoft.card.adaptive"
_ERROR = "application/vnd.microsoft.error"


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP answer: a status, and for a button the invoke response."""

    status: int
    body: Mapping[str, Any] | None = None


class NotServedError(Exception):
    """A tenant this installation does not serve, or an activity we cannot place."""


class TeamsAdapter:
    """Answers activities. `receive` never raises."""

    def __init__(self, link: TeamsLink, chat: TeamsChat, use: UseCases) -> None:
        self._link = link
        self._chat = chat
        self._desk = Desk(use, People(chat.member))
        self._tenants = frozenset(link.settings.tenants)

    async def receive(self, authorization: str, content: Mapping[str, Any]) -> Answer:
        """Return the answer to an activity: 200, or 401, 403, 503 (500 for our own fault)."""
        answers: list[Answer] = []

        async def turn(context: Any) -> None:
            answers.append(await self._answer(self._admitted(content), context))

        try:
            await self._link.cloud.process_activity(authorization, thin(content), turn)
        except PermissionError as error:
            _log.warning("teams.unauthorised", error=str(error))
            return Answer(401)
        except (ForeignServiceError, NotServedError) as error:
            _log.warning("teams.refused", error=str(error))
            return Answer(403)
        except TransientError as error:
            _log.error("teams.unavailable", error=str(error))
            return Answer(503)
        except Exception:
            _log.exception("teams.failed")
            return Answer(500)
        return answers[0]

    def _admitted(self, content: Mapping[str, Any]) -> Turn:
        try:
            turn = read(content)
        except UnreadableError as error:
            raise NotServedError(str(error)) from error
        if turn.actor.tenant_id not in self._tenants:
            raise NotServedError("a tenant that is not served")
        return turn

    async def _answer(self, turn: Turn, context: Any) -> Answer:
        match turn.what:
            case Happened.PRESSED:
                return await self._pressed(turn)
            case Happened.ASKED:
                value = {"code": "BadRequest", "message": "This is not served."}
                return Answer(200, {"statusCode": 400, "type": _ERROR, "value": value})
            case Happened.SAID:
                return await self._reply(turn, context, await self._desk.said(turn))
            case Happened.ADDED:
                welcome = await self._desk.added(turn)
                return await self._reply(turn, context, welcome) if welcome else Answer(200)
            case Happened.REMOVED:
                await self._desk.removed(turn)
            case _:
                await self._desk.heard(turn)
        return Answer(200)

    async def _pressed(self, turn: Turn) -> Answer:
        view = await self._desk.pressed(turn)
        if _is_final(view) and turn.card is not None and turn.card.message_id:
            # The answer to a button shows to its presser only, and only until they look again; then
            # the old buttons would be back. Not before the answer: near Teams' limits an update
            # waits longer than a button may.
            update = partial(self._chat.update, turn.conversation, turn.card.message_id, view)
            self._link.afterwards.start("update", update)
        return Answer(200, {"statusCode": 200, "type": _CARD, "value": _drawn(view)})

    async def _reply(self, turn: Turn, context: Any, view: View) -> Answer:
        """Post the answer, in a channel into the same thread; now, or when Teams takes it."""
        try:
            await self._link.token.ensure()
            await self._link.pace.turn(turn.conversation.id)
            with translated():
                await context.send_activity(posting.message(view))
        except TransientError as error:
            _log.info("teams.reply_later", error=str(error))
            place = replace(turn.conversation, id=str(context.activity.conversation.id))
            wait = error.retry_after or 0.0
            self._link.afterwards.start("reply", partial(self._chat.post, place, view), wait)
        except MailroomError as error:
            _log.error("teams.reply_lost", error=str(error))
        return Answer(200)


def _drawn(view: View) -> Mapping[str, Any]:
    """Return the card; one that cannot be drawn leaves the person with words all the same."""
    try:
        return cards.render(view)
    except Exception:
        _log.exception("teams.not_drawn", view=type(view).__name__)
        broken = ("We could not show this. Please say “help” to begin anew.",)
        return cards.render(Refusal(title="Something went wrong", problems=broken, support=""))


def _is_final(view: View) -> bool:
    """Whether nothing of ours replaces this card later by itself."""
    if isinstance(view, DistributionCard):
        return view.state is DistributionState.CANCELLED
    return isinstance(view, SequenceReceipt | ReplyUndone | Happening | ConnectedReceipt)
