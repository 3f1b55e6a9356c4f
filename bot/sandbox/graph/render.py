"""Messages and people as Graph's JSON (graph/api/resources/message, user)."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.directory import User
from bot.sandbox.graph.errors import bad_request, unknown_property
from bot.sandbox.graph.mailbox import SENT, Item, Mailbox
from bot.sandbox.letters import Address, newly_written, plain_text

_PREVIEW_LENGTH = 255
# graph/api/resources/message: "returned only on applying a $select query option".
_ONLY_ON_REQUEST = {"uniqueBody", "internetMessageHeaders"}
# A 2018 report (microsoft-graph-docs #3066): these are missing from internetMessageHeaders.
_NOT_LISTED = {"from", "to", "cc", "bcc", "sender"}


@dataclass(frozen=True)
class View:
    """How the caller wants messages: which properties, ids in which form, bodies as text or not."""

    select: Sequence[str] | None = None
    expand: Sequence[str] = ()
    immutable: bool = False
    as_text: bool = False


def message(mailbox: Mailbox, item: Item, view: View) -> dict[str, Any]:
    """Return a message; `id` is always there, like the etag."""
    shown: dict[str, Any] = {
        "@odata.etag": f'W/"{item.change_key}"',
        "id": item.id(immutable=view.immutable),
    }
    for name in view.select or DEFAULT_PROPERTIES:
        if name == "parentFolderId":
            shown[name] = mailbox.folder_ids[item.folder]
        elif name in ("body", "uniqueBody"):
            shown[name] = _body(item, view, unique=name == "uniqueBody")
        elif name == "internetMessageHeaders":
            # Never given for what the owner sent (msgraph-sdk-dotnet #3025); `$value` has them.
            if headers := _headers(item):
                shown[name] = headers
        elif name != "id":
            shown[name] = _PROPERTIES[name](item)
    if found := [(id, item.properties[id]) for id in view.expand if id in item.properties]:
        shown["singleValueExtendedProperties"] = [{"id": id, "value": v} for id, v in found]
    return shown


def known_property(name: str) -> str:
    """Return `name` if messages have it.

    Raises:
        GraphError: they do not.
    """
    if name not in SELECTABLE:
        raise unknown_property(name)
    return name


def user(person: User, select: Sequence[str] | None) -> dict[str, Any]:
    """Return a user: the default set of graph/api/user-get, or what `select` names.

    Raises:
        GraphError: the sandbox does not keep a property that was asked for.
    """
    first, _, last = person.name.partition(" ")
    shown: dict[str, Any] = {
        "businessPhones": [],
        "displayName": person.name,
        "givenName": first,
        "jobTitle": person.job_title or None,
        "mail": person.mail,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": last or None,
        "userPrincipalName": person.upn,
        "id": person.oid,
    }
    if select is None:
        return shown
    if unknown := [name for name in select if name not in shown]:
        raise bad_request(
            f"Could not find a property named '{unknown[0]}' on type 'microsoft.graph.user'.",
            "Request_BadRequest",
        )
    return {name: shown[name] for name in dict.fromkeys([*select, "id"])}


def timestamp(moment: datetime) -> str:
    """Return a moment as Graph shows those of mail: whole seconds, Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _recipient(person: Address) -> dict[str, Any]:
    return {"emailAddress": {"name": person.name or person.address, "address": person.address}}


def _recipients(people: Sequence[Address]) -> list[dict[str, Any]]:
    return [_recipient(person) for person in people]


def _body(item: Item, view: View, *, unique: bool) -> dict[str, str]:
    """`Prefer: outlook.body-content-type="text"` turns HTML into text (graph/api/message-get)."""
    kind, content = item.content_type, newly_written(item.content) if unique else item.content
    if view.as_text and kind == "html":
        kind, content = "text", plain_text(content)
    return {"contentType": kind, "content": content}


def _headers(item: Item) -> list[dict[str, str]]:
    if item.letter is None or item.folder == SENT:
        return []
    return [
        {"name": name, "value": value}
        for name, value in item.letter.headers
        if name.lower() not in _NOT_LISTED
    ]


def _conversation_index(item: Item) -> str:
    """The 22 bytes of a conversation's first message (MS-OXOMSG 2.2.1.3)."""
    digest = hashlib.sha256(item.conversation_id.encode()).digest()
    return base64.b64encode(b"\x01" + digest[:21]).decode()


def _preview(item: Item) -> str:
    return " ".join(item.text.split())[:_PREVIEW_LENGTH]


_PROPERTIES: Mapping[str, Callable[[Item], Any]] = {
    "createdDateTime": lambda item: timestamp(item.created),
    "lastModifiedDateTime": lambda item: timestamp(item.modified),
    "changeKey": lambda item: item.change_key,
    "categories": lambda item: [],
    "receivedDateTime": lambda item: timestamp(item.received),
    "sentDateTime": lambda item: timestamp(item.sent),
    "hasAttachments": lambda item: False,
    "internetMessageId": lambda item: item.internet_message_id,
    "subject": lambda item: item.subject,
    "bodyPreview": _preview,
    "importance": lambda item: item.importance,
    "conversationId": lambda item: item.conversation_id,
    "conversationIndex": _conversation_index,
    "isDeliveryReceiptRequested": lambda item: False,
    "isReadReceiptRequested": lambda item: False,
    "isRead": lambda item: item.is_read,
    "isDraft": lambda item: item.is_draft,
    "webLink": lambda item: f"https://outlook.office365.com/owa/?ItemID={item.moving_id}",
    "inferenceClassification": lambda item: "focused",
    "sender": lambda item: _recipient(item.sender),
    "from": lambda item: _recipient(item.sender),
    "toRecipients": lambda item: _recipients(item.to),
    "ccRecipients": lambda item: _recipients(item.cc),
    "bccRecipients": lambda item: _recipients(item.bcc),
    "replyTo": lambda item: _recipients(item.reply_to),
    "flag": lambda item: {"flagStatus": "notFlagged"},
}
SELECTABLE = {*_PROPERTIES, "id", "parentFolderId", "body", *_ONLY_ON_REQUEST}
DEFAULT_PROPERTIES = (*_PROPERTIES, "parentFolderId", "body")
