"""Posting to Teams without being asked: `ports.Chat` over botbuilder."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from botbuilder.core.teams import TeamsInfo
from botbuilder.schema import (
    ChannelAccount,
    ConversationAccount,
    ConversationParameters,
    ConversationReference,
)

from bot.domain.errors import PermanentError
from bot.domain.records import Conversation, ConversationKind
from bot.domain.views import View
from bot.ports import Person
from bot.teams import posting
from bot.teams.faults import status_of, translated
from bot.teams.link import TeamsLink

CHANNEL = "msteams"
Turn = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of a roster, both of their addresses in lower case. `tenant_id` is their home."""

    oid: str
    name: str
    user_principal_name: str
    email: str
    tenant_id: str


class TeamsChat:
    """Implements `ports.Chat`. Keeps to Teams' limits; never repeats a request by itself."""

    def __init__(self, link: TeamsLink) -> None:
        self._link = link
        self._bot_id = f"28:{link.settings.app_id}"

    async def post(self, conversation: Conversation, view: View) -> str:
        """Post a card; in a channel it begins a new thread."""
        posted: list[str] = []

        async def turn(context: Any) -> None:
            answer = await context.send_activity(posting.message(view))
            posted.append(str(answer.id))

        await self._link.pace.turn(conversation.id)
        await self._within(conversation, turn)
        return posted[0]

    async def update(self, conversation: Conversation, message_id: str, view: View) -> None:
        """Replace the card at `message_id`."""

        async def turn(context: Any) -> None:
            await context.update_activity(posting.message(view, replaces=message_id))

        await self._link.pace.turn(conversation.id)
        await self._within(conversation, turn)

    async def open_personal(self, tenant_id: str, oid: str, service_url: str) -> Conversation:
        """Return the 1:1 chat with somebody who has the app (not saved)."""
        if not service_url:
            raise PermanentError("nobody has spoken to the bot yet", code="NoServiceUrl")
        opened: list[str] = []

        async def turn(context: Any) -> None:
            opened.append(str(context.activity.conversation.id))

        await self._link.token.ensure()
        with translated():
            await self._link.cloud.create_conversation(
                self._link.settings.app_id,
                turn,
                _personal(self._bot_id, tenant_id, oid),
                CHANNEL,
                service_url,
            )
        return Conversation(
            id=opened[0],
            tenant_id=tenant_id,
            kind=ConversationKind.PERSONAL,
            service_url=service_url,
            user_oid=oid,
        )

    async def person(self, conversation: Conversation, oid: str) -> Person | None:
        """Return somebody of the roster: by their mail address, or else their sign-in name."""
        found = await self.member(conversation, oid)
        if found is None:
            return None
        address = found.email or found.user_principal_name
        return Person(
            oid=found.oid,
            name=found.name,
            address=address,
            user_principal_name=found.user_principal_name,
        )

    async def member(self, conversation: Conversation, oid: str) -> Member | None:
        """Return somebody of the roster with both addresses, None when they are not in it."""
        found: list[Any] = []

        async def turn(context: Any) -> None:
            context.activity.channel_data = {}  # TeamsInfo reads it without looking
            found.append(await TeamsInfo.get_member(context, oid))

        try:
            await self._within(conversation, turn)
        except PermanentError as error:
            if status_of(error.__cause__) == 404:
                return None
            raise
        return _member(found[0], oid)

    async def _within(self, conversation: Conversation, turn: Turn) -> None:
        await self._link.token.ensure()
        with translated():
            await self._link.cloud.continue_conversation(
                _reference(conversation, self._bot_id), turn, self._link.settings.app_id
            )


def _reference(conversation: Conversation, bot_id: str) -> Any:
    return ConversationReference(
        bot=ChannelAccount(id=bot_id),
        conversation=ConversationAccount(id=conversation.id),
        channel_id=CHANNEL,
        service_url=conversation.service_url,
    )


def _personal(bot_id: str, tenant_id: str, oid: str) -> Any:
    return ConversationParameters(
        is_group=False,
        bot=ChannelAccount(id=bot_id),
        members=[ChannelAccount(id=oid)],
        tenant_id=tenant_id,
        channel_data={"tenant": {"id": tenant_id}},
    )


def _member(account: Any, oid: str) -> Member:
    return Member(
        oid=oid,
        name=str(account.name or ""),
        user_principal_name=str(account.user_principal_name or "").lower(),
        email=str(account.email or "").lower(),
        tenant_id=str(account.tenant_id or "").lower(),
    )
