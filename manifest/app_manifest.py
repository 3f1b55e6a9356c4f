"""The manifest of the Teams app, as plain data.

Schema 1.25: https://learn.microsoft.com/microsoft-365/extensibility/schema/ . No single sign-on, no
device permission, no resource-specific consent: the bot reads what is written to it and no more.
"""

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMA = "1.25"
VERSION = "1.0.0"
ACCENT = "#3D5A9E"

# What the menu above the message box offers; Teams shows at most twelve (ten before 1.24).
_COMMANDS = {
    "help": "What I can do",
    "invite": "Ask somebody to connect their mailbox",
    "mailboxes": "Every mailbox and whether it is connected",
    "new sequence": "Write the emails of a program",
    "sequences": "The sequences you have",
    "distribute": "Send a sequence to a list of people",
    "history": "What was sent and what came of it",
    "forecast": "What goes out today and in the days after",
}
_CHANNEL_COMMANDS = {
    "help": "What I can do",
    "notify here": "Have this channel hear of replies and bounces",
}
_LONGEST_DEVELOPER = 32


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who runs this bot; Teams shows it on the app's page. The three addresses are https."""

    name: str
    website: str
    privacy: str
    terms: str


def app_manifest(app_id: str, public_url: str, publisher: Publisher) -> dict[str, object]:
    """Return the manifest of the bot with this id, whose pages are at `public_url`.

    Raises:
        ValueError: a value Teams would refuse; names it and what it should be.
    """
    _check(app_id, public_url, publisher)
    return {
        "$schema": "https://developer.microsoft.com/json-schemas/teams/"
        f"v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": VERSION,
        "id": app_id,
        "developer": {
            "name": publisher.name,
            "websiteUrl": publisher.website,
            "privacyUrl": publisher.privacy,
            "termsOfUseUrl": publisher.terms,
        },
        "name": {"short": "Mailroom", "full": "Mailroom: program emails from your own mailboxes"},
        "description": {
            "short": "Send program emails from your people's own Outlook mailboxes.",
            "full": "Mailroom sends the emails of your feedback programs from your own people's "
            "Outlook mailboxes, with their consent. A reply stops the follow-ups to that person at "
            "once, and your channel hears of replies, bounces and failures.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": ACCENT,
        "bots": [
            {
                "botId": app_id,
                "scopes": ["personal", "team", "groupChat"],
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": [
                    _menu(["personal"], _COMMANDS),
                    _menu(["team", "groupChat"], _CHANNEL_COMMANDS),
                ],
            }
        ],
        "defaultInstallScope": "personal",
        "validDomains": [urlsplit(public_url).hostname],
        "permissions": ["identity", "messageTeamMembers"],
    }


def _menu(scopes: list[str], commands: dict[str, str]) -> dict[str, object]:
    listed = [{"title": title, "description": words} for title, words in commands.items()]
    return {"scopes": scopes, "commands": listed}


def _check(app_id: str, public_url: str, publisher: Publisher) -> None:
    try:
        uuid.UUID(app_id)
    except ValueError:
        raise ValueError(
            f"the app id “{app_id}” is no GUID: copy the Application (client) ID of the Entra app"
        ) from None
    for name, url in (
        ("public URL", public_url),
        ("website", publisher.website),
        ("privacy page", publisher.privacy),
        ("terms of use", publisher.terms),
    ):
        if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            raise ValueError(f"the {name} “{url}” must begin with https://")
    if not 0 < len(publisher.name) <= _LONGEST_DEVELOPER:
        raise ValueError(f"the publisher's name must have 1 to {_LONGEST_DEVELOPER} letters")
