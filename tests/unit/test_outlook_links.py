"""A button opens Outlook, or it is not there."""

import pytest

from bot.domain.outlook_links import outlook_link


@pytest.mark.parametrize(
    "link",
    [
        "https://outlook.office365.com/owa/?ItemID=AAkALg%3D&exvsurl=1&viewmodel=ReadMessageItem",
        "https://outlook.office.com/mail/id/AAkA",
        "https://outlook.live.com/owa/?ItemID=A",
        "https://outlook.office365.us/owa/?ItemID=A",
        "https://partner.outlook.cn/owa/?ItemID=A",
    ],
)
def test_outlooks_own_stays_as_it_is(link: str) -> None:
    assert outlook_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://outlook.office.com/owa/",
        "javascript:alert(1)//outlook.office.com/",
        "https://outlook.office.com",
        "https://outlook.office.com:8443/owa/",
        "https://outlook.office.com@evil.example/owa/",
        "https://evil.example\\@outlook.office.com/owa/",
        "https://outlook.office.com\\.evil.example/owa/",
        "https://outlook.office.com/\\evil.example/",
        "https://outlook.office.com.evil.example/owa/",
        "https://evil-outlook.office.com/owa/",
        "https://evil.example/?https://outlook.office.com/",
        "https://outlook.office.com/owa/ ?ItemID=A",
        "https://outlook.office.com/owa/\n",
        "https://outlook.office.com/" + "a" * 1000,
        "https://outlook.office.\u0441om/owa/",
    ],
)
def test_whatever_else_is_no_link(link: str) -> None:
    assert outlook_link(link) == ""
