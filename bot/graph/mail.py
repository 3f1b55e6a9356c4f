"""One person's mailbox through Graph."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.message import Message
from msgraph.generated.models.message_collection_response import MessageCollectionResponse
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import (
    MessagesRequestBuilder,
)
from msgraph.generated.users.item.messages.item.message_item_request_builder import (
    MessageItemRequestBuilder,
)
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import (
    SendMailPostRequestBody,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder

from bot.domain.delivery import Outcome, SendReport, SentCopy
from bot.domain.errors import PermanentError, TransientError
from bot.domain.inbound import IncomingMail
from bot.graph.client import GraphClients, told
from bot.graph.errors import error_of, report_of
from bot.graph.message import (
    IN_REPLY_TO,
    INCOMING_FIELDS,
    KEY,
    MESSAGE_CLASS,
    REFERENCES,
    SENT_FIELDS,
    expand,
    incoming,
    key_filter,
    key_of,
    sent_copy,
    to_graph,
)
from bot.ports import Clock, OutgoingMail

_PAGE = 100
_FOLDERS = ("sentitems", "drafts")
_FolderQuery = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters
_MessageQuery = MessageItemRequestBuilder.MessageItemRequestBuilderGetQueryParameters
_UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters


class GraphMail:
    """ports.MailClient."""

    def __init__(self, clients: GraphClients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    async def send(self, mailbox_id: str, mail: OutgoingMail, *, until: datetime) -> SendReport:
        """Submit one email, once."""
        # The SDK's own default for saveToSentItems is False, and it would be sent.
        body = SendMailPostRequestBody(message=to_graph(mail), save_to_sent_items=True)
        async with self._clients.of(mailbox_id) as client:
            if self._clock.now() >= until:
                return SendReport(outcome=Outcome.NOT_WRITTEN, detail="too late in the lease")
            try:
                await client.me.send_mail.post(body)
            except APIError as error:
                self._clients.note(mailbox_id, error)
                return report_of(*told(error))
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                return SendReport(outcome=Outcome.NOT_WRITTEN, detail=type(error).__name__)
            except Exception as error:  # the request was under way: whatever it was, nobody knows
                return SendReport(outcome=Outcome.UNKNOWN, detail=type(error).__name__)
        return SendReport(outcome=Outcome.ACCEPTED)

    async def find_sent(self, mailbox_id: str, key: str) -> SentCopy | None:
        """Return the copy carrying our key, from Sent Items or Drafts."""
        query = _FolderQuery(filter=key_filter(key), select=SENT_FIELDS, top=1)
        for folder in _FOLDERS:
            async with self._clients.reading(mailbox_id) as client:
                messages = client.me.mail_folders.by_mail_folder_id(folder).messages
                page = await messages.get(_configured(query))
            if page is not None and page.value:
                return sent_copy(page.value[0])
        return None

    async def sent_since(self, mailbox_id: str, since: datetime) -> Mapping[str, SentCopy]:
        """Return our copies in Sent Items from `since` on, by our key."""
        query = _FolderQuery(
            filter=f"receivedDateTime ge {_literal(since)}",
            orderby=["receivedDateTime"],
            select=SENT_FIELDS,
            expand=expand(KEY),
            top=_PAGE,
        )
        async with self._clients.reading(mailbox_id) as client:
            messages = client.me.mail_folders.by_mail_folder_id("sentitems").messages
            page = await messages.get(_configured(query))
        found = _copies(page)
        while page is not None and page.odata_next_link:
            link = self._clients.same_host(page.odata_next_link)
            async with self._clients.reading(mailbox_id) as client:
                messages = client.me.mail_folders.by_mail_folder_id("sentitems").messages
                page = await messages.with_url(link).get()
            found |= _copies(page)
        return found

    async def fetch(self, mailbox_id: str, message_id: str) -> IncomingMail | None:
        """Return the metadata of a message; None when it is gone."""
        query = _MessageQuery(
            select=INCOMING_FIELDS, expand=expand(MESSAGE_CLASS, IN_REPLY_TO, REFERENCES)
        )
        async with self._clients.reading(mailbox_id) as client:
            try:
                message = await client.me.messages.by_message_id(message_id).get(_configured(query))
            except APIError as error:
                if error.response_status_code == httpx.codes.NOT_FOUND:
                    return None
                raise
        return incoming(message) if message is not None else None

    async def mime(self, mailbox_id: str, message_id: str) -> bytes:
        """Return the whole message as RFC 5322 text."""
        async with self._clients.reading(mailbox_id) as client:
            content = await client.me.messages.by_message_id(message_id).content.get()
        return content or b""

    async def profile(self, access_token: str) -> Mapping[str, str]:
        """Return mail, userPrincipalName and displayName of whom the token belongs to.

        Raises:
            TransientError, PermanentError: Graph did not say.
        """
        query = _UserQuery(select=["mail", "userPrincipalName", "displayName"])
        try:
            user = await self._clients.with_token(access_token).me.get(_configured(query))
        except APIError as error:
            raise error_of(*told(error)) from error
        except httpx.HTTPError as error:
            raise TransientError("Graph is not reachable") from error
        if user is None:
            raise PermanentError("Graph did not say who signed in")
        return {
            "mail": user.mail or "",
            "userPrincipalName": user.user_principal_name or "",
            "displayName": user.display_name or "",
        }


def _configured(query: Any) -> RequestConfiguration[Any]:
    configuration: RequestConfiguration[Any] = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')
    return configuration


def _copies(page: MessageCollectionResponse | None) -> dict[str, SentCopy]:
    messages: list[Message] = (page.value or []) if page is not None else []
    return {key_of(each): sent_copy(each) for each in messages if key_of(each)}


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
