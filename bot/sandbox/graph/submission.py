"""What `POST /me/sendMail` accepts (graph/api/user-sendmail), JSON form.

Both spellings of the action's parameters are taken: the reference shows `message`, Microsoft's
metadata and SDKs write `Message`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.filters import property_id
from bot.sandbox.letters import Address, is_address

_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")
_MOST_HEADERS = 5
# Exchange Online limits, "Recipient limit".
_MOST_RECIPIENTS = 500
_RECIPIENT_FIELDS = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
_TYPES: Mapping[str, Mapping[str, type]] = {
    "message": {
        "subject": str,
        "body": dict,
        **dict.fromkeys(_RECIPIENT_FIELDS, list),
        "from": dict,
        "importance": str,
        "internetMessageId": str,
        "internetMessageHeaders": list,
        "singleValueExtendedProperties": list,
    },
    "itemBody": {"contentType": str, "content": str},
    "recipient": {"emailAddress": dict},
    "emailAddress": {"name": str, "address": str},
    "internetMessageHeader": {"name": str, "value": str},
    "singleValueLegacyExtendedProperty": {"id": str, "value": str},
}
_PARAMETERS = {"message": dict, "saveToSentItems": bool}


@dataclass(frozen=True)
class Submission:
    """A message as its sender handed it in. Property ids are canonical."""

    subject: str
    content_type: str
    content: str
    importance: str
    sender: str | None
    to: Sequence[Address]
    cc: Sequence[Address]
    bcc: Sequence[Address]
    reply_to: Sequence[Address]
    internet_message_id: str | None
    headers: Sequence[tuple[str, str]]
    properties: Mapping[str, str]
    save_to_sent_items: bool

    @property
    def recipients(self) -> Sequence[Address]:
        """Everybody it goes to."""
        return [*self.to, *self.cc, *self.bcc]


def parse(body: object) -> Submission:
    """Return the submission in a sendMail body.

    Raises:
        GraphError: something in it is unknown, of the wrong type, or refused by Exchange.
    """
    parameters = _parameters(body)
    if "message" not in parameters:
        raise bad_request("The parameter 'message' is missing.", "ErrorInvalidParameter")
    message = _object(parameters["message"], "message")
    content = _object(message.get("body", {}), "itemBody")
    people = {name: _recipients(message.get(name, [])) for name in _RECIPIENT_FIELDS}
    submission = Submission(
        subject=_one_line(message.get("subject", ""), "subject"),
        content_type=_one_of(content.get("contentType", "text"), ("text", "html")),
        content=content.get("content", ""),
        importance=_one_of(message.get("importance", "normal"), ("low", "normal", "high")),
        sender=_address(message["from"]).address if "from" in message else None,
        to=people["toRecipients"],
        cc=people["ccRecipients"],
        bcc=people["bccRecipients"],
        reply_to=people["replyTo"],
        internet_message_id=_message_id(message.get("internetMessageId")),
        headers=_headers(message.get("internetMessageHeaders")),
        properties=_properties(message.get("singleValueExtendedProperties", [])),
        save_to_sent_items=parameters.get("saveToSentItems", True),
    )
    check_recipients(submission)
    return submission


def _parameters(body: object) -> dict[str, Any]:
    """The parameters by their documented names; `null` counts as absent."""
    if not isinstance(body, dict):
        raise bad_request("The request body is no JSON object.")
    found: dict[str, Any] = {}
    for written, value in body.items():
        name = written[:1].lower() + written[1:]
        if name not in _PARAMETERS or name in found:
            raise _unknown_property(written, "sendMail")
        if value is not None:
            found[name] = _typed(value, _PARAMETERS[name], written)
    return found


def _object(value: object, kind: str) -> dict[str, Any]:
    """A complex value whose fields are all known; `null` counts as absent."""
    if not isinstance(value, dict):
        raise _wrong_type(kind)
    known, found = _TYPES[kind], {}
    for name, field in value.items():
        if name == "@odata.type" and field in (
            f"#microsoft.graph.{kind}",
            f"microsoft.graph.{kind}",
        ):
            continue
        if name not in known:
            raise _unknown_property(name, kind)
        if field is not None:
            found[name] = _typed(field, known[name], name)
    return found


def _typed(value: object, kind: type, name: str) -> object:
    if not isinstance(value, kind):
        raise _wrong_type(name)
    return value


def _recipients(entries: Sequence[object]) -> Sequence[Address]:
    return [_address(entry) for entry in entries]


def _address(entry: object) -> Address:
    email = _object(_object(entry, "recipient").get("emailAddress", {}), "emailAddress")
    return Address(_one_line(email.get("name", ""), "name"), email.get("address", ""))


def check_recipients(submission: Submission) -> None:
    """Pass what goes to at least one recipient, to at most 500, all of them resolvable
    (graph/errors and Exchange's service description).

    Raises:
        GraphError: it does not.
    """
    if not submission.recipients:
        raise _invalid_recipients("At least one recipient is not valid.")
    for person in (*submission.recipients, *submission.reply_to):
        if not is_address(person.address):
            raise _invalid_recipients(
                f"At least one recipient is not valid., Recipient '{person.address}' is not "
                "resolved. All recipients must be resolved before a message can be submitted."
            )
    if len(submission.recipients) > _MOST_RECIPIENTS:
        raise bad_request(
            "The maximum number of recipients per message was exceeded.",
            "ErrorExceededMaxRecipientLimit",
        )


def _headers(entries: Sequence[object] | None) -> Sequence[tuple[str, str]]:
    """graph/api/user-sendmail: names start with x-, at most five; an empty list fails too."""
    if entries is None:
        return ()
    if not 1 <= len(entries) <= _MOST_HEADERS:
        raise bad_request(
            "Maximum number of headers in one message should be less than or equal to 5.",
            "InvalidInternetMessageHeaderCollection",
        )
    found = []
    for entry in entries:
        header = _object(entry, "internetMessageHeader")
        name, value = header.get("name", ""), header.get("value", "")
        if not name.lower().startswith("x-") or not re.fullmatch(r"[!-9;-~]+", name):
            raise bad_request(
                f"The internet message header name '{name}' should start with 'x-' or 'X-'.",
                "InvalidInternetMessageHeader",
            )
        found.append((name, _one_line(value, name)))
    return found


def _properties(entries: Sequence[object]) -> Mapping[str, str]:
    found = {}
    for entry in entries:
        written = _object(entry, "singleValueLegacyExtendedProperty")
        id = property_id(written.get("id", ""))
        found[id] = _one_line(written.get("value", ""), id)
    return found


def _message_id(text: str | None) -> str | None:
    """Stricter than any page says: what is no RFC 5322 message id would not survive transport."""
    if text is not None and not _MESSAGE_ID.fullmatch(text):
        raise bad_request(f"'{text}' is not a message id.", "ErrorInvalidArgument")
    return text


def _one_line(text: str, name: str) -> str:
    if "\r" in text or "\n" in text:
        raise bad_request(f"The value of '{name}' has a line break.", "ErrorInvalidArgument")
    return text


def _one_of(text: str, known: Sequence[str]) -> str:
    if text.lower() not in known:
        raise bad_request(f"Requested value '{text}' was not found.", "RequestBodyRead")
    return text.lower()


def _wrong_type(name: str) -> GraphError:
    return bad_request(f"Cannot read the value of '{name}' as its type.", "RequestBodyRead")


def _unknown_property(name: str, kind: str) -> GraphError:
    return bad_request(
        f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only "
        "use property names that are defined by the type or mark the type as open type.",
        "RequestBodyRead",
    )


def _invalid_recipients(message: str) -> GraphError:
    return bad_request(message, "ErrorInvalidRecipients")
