"""The invitation by email: one button, and nothing anybody typed can become another."""

import re
from datetime import UTC, datetime

import pytest

from bot.domain.letters import invitation
from bot.domain.mailbox import Permission
from bot.domain.views import SignInInvite

LINK = "https://mailroom.example/connect/abc"


def invite(name: str, permission: Permission = Permission.READ_SEND) -> SignInInvite:
    return SignInInvite(
        organisation=name, invited_by=name, address="olga@contoso.example", permission=permission,
        link=LINK, expires=datetime(2026, 11, 23, tzinfo=UTC), support=name,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Contoso", '<a href="https://evil.example">Win</a>', "\"'><img>"])
def test_there_is_one_button_and_it_signs_in(name: str) -> None:
    letter = invitation(invite(name))
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', letter.html)
    assert links == [(LINK, "Authenticate with Microsoft")]
    assert "<img" not in letter.html
    assert LINK in letter.text
    assert name in letter.text


def test_what_is_asked_for_is_said() -> None:
    assert "from your address" in invitation(invite("C")).text
    assert "What is sent: nothing." in invitation(invite("C", Permission.READ_ONLY)).text
