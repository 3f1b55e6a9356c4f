"""What Agents Playground is told of our Teams: its configuration file.

`.m365agentsplayground.yml`, version 0.1.1 (package @microsoft/m365agentsplayground 0.2.28). With
the ids of our own roster in it, what it sends names people and places as the sandbox does.
"""

from typing import Any

from bot.sandbox.connector.roster import Roster
from bot.sandbox.directory import User


def settings(roster: Roster, user: User) -> dict[str, Any]:
    """Return the configuration in which `user` sits before the window."""
    group, general = roster.group_chats[0], roster.team.id
    return {
        "version": "0.1.1",
        "tenantId": roster.tenant_id,
        "bot": {"id": roster.bot_id, "name": roster.bot_name},
        "currentUser": _person(roster, user),
        "users": [_person(roster, each) for each in roster.people if each != user],
        "personalChat": {"id": roster.chat_id(user)},
        "groupChat": {"id": group.id, "name": group.name},
        "team": {
            "id": roster.team.id,
            "name": roster.team.name,
            "aadGroupId": roster.team.group_id,
            "channels": [
                {"id": each.id, "name": each.name}
                for each in roster.team.channels
                if each.id != general
            ],
        },
    }


def _person(roster: Roster, user: User) -> dict[str, str]:
    account = roster.account(user)
    names = ("id", "name", "aadObjectId", "givenName", "surname", "email")
    # Playground spells it so.
    return {name: account[name] for name in names} | {"userPrincipleName": user.upn}
