"""What a bot may post: the checks Teams makes before it shows anything.

Fields: "Activity object", rest-api/bot-framework-rest-connector-api-reference. Attachment types:
msteams-platform/task-modules-and-cards/cards/cards-reference and bots/how-to/bots-filesv4. The
wording of the refusals is that of smba.trafficmanager.net.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox import fields
from bot.sandbox.connector.errors import ConnectorError

# "about 100 KB, UTF-16, all included" (resources/bot-v3/bots-message-format, "Message size").
MAX_UTF16_BYTES = 100 * 1024
ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"

_FIELDS: dict[str, type] = {
    "type": str, "id": str, "timestamp": str, "localTimestamp": str, "localTimezone": str,
    "serviceUrl": str, "channelId": str, "from": dict, "conversation": dict, "recipient": dict,
    "textFormat": str, "attachmentLayout": str, "locale": str, "text": str, "speak": str,
    "inputHint": str, "summary": str, "suggestedActions": dict, "attachments": list,
    "entities": list, "channelData": dict, "replyToId": str, "importance": str,
    "deliveryMode": str, "value": object, "valueType": str, "name": str, "label": str,
    "callerId": str, "expiration": str,
}  # fmt: skip
_ATTACHMENT_FIELDS: dict[str, type] = {
    "contentUrl": str, "content": object, "name": str, "thumbnailUrl": str,
}  # fmt: skip
_CHANNEL_DATA = {
    "tenant", "team", "channel", "notification", "teamsTeamId", "teamsChannelId", "onBehalfOf",
}  # fmt: skip
_TYPES = {"message", "typing"}
_TEXT_FORMATS = {"plain", "markdown", "xml"}
_LAYOUTS = {"list", "carousel"}
_ATTACHMENTS = {
    ADAPTIVE_CARD,
    "application/vnd.microsoft.card.hero",
    "application/vnd.microsoft.card.thumbnail",
    "application/vnd.microsoft.card.signin",
    "application/vnd.microsoft.card.oauth",
    "application/vnd.microsoft.teams.card.file.consent",
    "application/vnd.microsoft.teams.card.file.info",
    "application/vnd.microsoft.teams.card.o365connector",
    "image/png",
    "image/jpeg",
    "image/gif",
}


def check(activity: Mapping[str, Any]) -> None:
    """Refuse an activity that Teams would refuse, or that the sandbox does not understand.

    Raises:
        ConnectorError: 400.
    """
    try:
        fields.check(activity, required={"type": str}, optional=_FIELDS)
    except fields.FieldError as error:
        raise ConnectorError.bad_syntax(f"Activity: {error}") from error
    if activity["type"] not in _TYPES:
        raise ConnectorError.bad_argument("Unknown activity type")
    _check_choice(activity, "textFormat", _TEXT_FORMATS)
    _check_choice(activity, "attachmentLayout", _LAYOUTS)
    if unknown := sorted(set(activity.get("channelData") or {}) - _CHANNEL_DATA):
        raise ConnectorError.bad_syntax(f"channelData: unknown: {', '.join(unknown)}")
    attachments = activity.get("attachments") or []
    for attachment in attachments:
        _check_attachment(attachment)
    if activity["type"] == "message" and not activity.get("text") and not attachments:
        text = "Activity must include non empty 'text' field or at least 1 attachment"
        raise ConnectorError.bad_syntax(text)


def check_size(raw: str) -> None:
    """Refuse a body over the limit of Teams.

    Raises:
        ConnectorError: 413.
    """
    if len(raw.encode("utf-16-le")) > MAX_UTF16_BYTES:
        raise ConnectorError.too_big()


def cards(activity: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the Adaptive Cards of a message."""
    attachments = activity.get("attachments") or []
    return [item["content"] for item in attachments if item["contentType"] == ADAPTIVE_CARD]


def _check_choice(activity: Mapping[str, Any], name: str, allowed: set[str]) -> None:
    value = activity.get(name)
    if value is not None and value not in allowed:
        raise ConnectorError.bad_argument(f"Unknown {name}: {value}")


def _check_attachment(attachment: Any) -> None:
    if not isinstance(attachment, dict):
        raise ConnectorError.bad_syntax("Attachment: not an object")
    try:
        fields.check(attachment, required={"contentType": str}, optional=_ATTACHMENT_FIELDS)
    except fields.FieldError as error:
        raise ConnectorError.bad_syntax(f"Attachment: {error}") from error
    if attachment["contentType"] not in _ATTACHMENTS:
        raise ConnectorError.bad_argument(f"Unknown attachment type {attachment['contentType']}")
    if attachment["contentType"] == ADAPTIVE_CARD:
        check_card(attachment.get("content"))


def check_card(card: Any) -> None:
    """Refuse what is no Adaptive Card, or one newer than the 1.5 that Teams shows.

    Raises:
        ConnectorError: 400.
    """
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise ConnectorError.bad_argument("The card is not an AdaptiveCard")
    version = str(card.get("version", ""))
    major, _, minor = version.partition(".")
    if not (major.isdigit() and minor.isdigit()) or (int(major), int(minor)) > (1, 5):
        raise ConnectorError.bad_argument(f"Adaptive Card version {version or 'missing'}")
