"""One person's mailbox through Graph."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import (
    MessagesRequestBuilder,
)
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.graph_service_client import GraphServiceClient

from bot.domain.delivery import PUT_OFF, Outcome, OutgoingMail, SendReport, SentCopy
from bot.domain.inbound import IncomingMail
from bot.graph import answers
from bot.graph.answers import list_of, object_of, unreadable
from bot.graph.client import Configuration, GraphClients
from bot.graph.errors import MAILBOX_GONE, report_of, report_of_fault
from bot.graph.line import body_of
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
)
from bot.ports import Clock

_PAGE = 100
_SENT = "sentitems"
# Exchange writes a submission into Drafts first (outlook-things-to-know-about-send-mail).
_FOLDERS = (_SENT, "drafts")
_FolderQuery = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters
_UserQuery = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters
_INCOMING_PROPERTIES = expand(MESSAGE_CLASS, IN_REPLY_TO, REFERENCES, KEY)
_INCOMING = urlencode(
    {"$select": ",".join(INCOMING_FIELDS), "$expand": ",".join(_INCOMING_PROPERTIES)}, safe="$"
)
_ARRIVED = ["id", "isDraft", "parentFolderId", *INCOMING_FIELDS]
_PROFILE = _UserQuery(select=["mail", "userPrincipalName", "displayName"])


class GraphMail:
    """ports.MailClient."""

    def __init__(self, clients: GraphClients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._submissions = f"{clients.url}/me/sendMail"
        self._sent_folders: dict[str, str] = {}

    async def send(
        self,
        mailbox_id: str,
        mail: OutgoingMail,
        *,
        until: datetime,
        wanted: Callable[[], Awaitable[bool]],
    ) -> SendReport:
        """Submit one email, once. A challenge to the token is answered once: what it was refused
        with (401) was refused before anything of the email was read.
        """
        body, answering = body_of(mail), ""
        while True:
            token = await self._clients.tokens.token(mailbox_id, claims=answering or None)
            # The token may have taken long: an answer may have come, the lease worn thin.
            if not await wanted():
                return SendReport(outcome=Outcome.NOT_WRITTEN, detail=PUT_OFF)
            if self._clock.now() >= until:
                return SendReport(outcome=Outcome.NOT_WRITTEN, detail="too late in the lease")
            try:
                answer, claims = await self._clients.line.ask(token, self._submissions, body)
            except Exception as fault:  # it was under way: whatever it was, nobody knows
                return report_of_fault(fault)
            refused = answer.status == HTTPStatus.UNAUTHORIZED
            if refused and claims and not answering:
                answering = claims
                continue
            if refused:
                self._clients.tokens.spoiled(mailbox_id, token)
            return report_of(answer)

    async def find_sent(
        self, mailbox_id: str, key: str, *, claimed: bool = False
    ) -> SentCopy | None:
        """Return the copy carrying our key, from Sent Items or Drafts."""
        query = _FolderQuery(filter=key_filter(key), select=SENT_FIELDS, top=1)
        for folder in _FOLDERS:
            asked = partial(_messages, folder, query)
            answer = await self._clients.ask(mailbox_id, asked, claimed=claimed)
            found = list_of(object_of(answer))
            if found:
                return sent_copy(found[0])
        return None

    async def sent_since(
        self, mailbox_id: str, since: datetime, most: int | None = None
    ) -> Mapping[str, SentCopy]:
        """Return our copies in Sent Items from `since` on, by our key."""
        copies: dict[str, SentCopy] = {}
        async for page in self._pages(mailbox_id, _SENT, since, SENT_FIELDS, expand(KEY)):
            copies |= {key: sent_copy(each) for each in page if (key := key_of(each))}
            if most is not None and len(copies) >= most:
                break
        return copies

    async def arrived_since(
        self, mailbox_id: str, since: datetime
    ) -> AsyncIterator[Sequence[IncomingMail]]:
        """Give what came into the mailbox from `since` on, page by page and oldest first."""
        sent = await self._sent_folder(mailbox_id)
        async for page in self._pages(mailbox_id, "", since, _ARRIVED, _INCOMING_PROPERTIES):
            yield [
                incoming(each)
                for each in page
                if each.get("id") and not each.get("isDraft") and each.get("parentFolderId") != sent
            ]

    async def _sent_folder(self, mailbox_id: str) -> str:
        """Return the id of Sent Items, "" while nothing is in there."""
        known = self._sent_folders.get(mailbox_id)
        if known is None:
            query = urlencode({"$select": "parentFolderId", "$top": "1"}, safe="$")
            link = f"{self._clients.url}/me/mailFolders/{_SENT}/messages?{query}"
            first = list_of(object_of(await self._clients.get(mailbox_id, link)))[:1]
            known = next((str(each.get("parentFolderId") or "") for each in first), "")
            if known:
                self._sent_folders[mailbox_id] = known
        return known

    async def _pages(
        self,
        mailbox_id: str,
        folder: str,
        since: datetime,
        fields: Sequence[str],
        expanded: Sequence[str],
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Give the messages of a folder ("": of all of them) from `since` on, oldest first, page
        after page.
        """
        query = {
            "$filter": f"receivedDateTime ge {_literal(since)}",
            "$orderby": "receivedDateTime",
            "$select": ",".join(fields),
            "$top": str(_PAGE),
        }
        query["$expand"] = ",".join(expanded)
        of = f"/me/mailFolders/{folder}/messages" if folder else "/me/messages"
        link = f"{self._clients.url}{of}?{urlencode(query, safe='$')}"
        while True:
            page = object_of(await self._clients.get(mailbox_id, link))
            yield list_of(page)
            following = page.get("@odata.nextLink")
            if not isinstance(following, str):
                return
            link = self._clients.same_host(following)

    async def fetch(self, mailbox_id: str, message_id: str) -> IncomingMail | None:
        """Return the metadata of a message; None when it is gone."""
        link = f"{self._message(message_id)}?{_INCOMING}"
        answer = await self._clients.get(mailbox_id, link)
        # 404 is also said of a whole mailbox without a licence, and that is not "gone".
        if answer.status == HTTPStatus.NOT_FOUND and answer.code != MAILBOX_GONE:
            return None
        mail = incoming(object_of(answer))
        if not mail.id:
            raise unreadable("it is no message")
        return mail

    async def mime(self, mailbox_id: str, message_id: str) -> bytes:
        """Return the whole message as RFC 5322 text."""
        link = f"{self._message(message_id)}/$value"
        return answers.body_of(await self._clients.get(mailbox_id, link))

    def _message(self, message_id: str) -> str:
        return f"{self._clients.url}/me/messages/{quote(message_id, safe='')}"

    async def profile(self, access_token: str) -> Mapping[str, str]:
        """Return mail, userPrincipalName and displayName of whom the token belongs to.

        Raises:
            TransientError, PermanentError: Graph did not say.
        """
        told = object_of(await self._clients.ask_with(access_token, _me))
        if not told.get("userPrincipalName"):
            raise unreadable("it is no user")
        return {name: told.get(name) or "" for name in ("mail", "userPrincipalName", "displayName")}


async def _messages(
    folder: str, query: _FolderQuery, client: GraphServiceClient, configuration: Configuration
) -> object:
    configuration.query_parameters = query
    return await client.me.mail_folders.by_mail_folder_id(folder).messages.get(configuration)


async def _me(client: GraphServiceClient, configuration: Configuration) -> object:
    configuration.query_parameters = _PROFILE
    return await client.me.get(configuration)


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
