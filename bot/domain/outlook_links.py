"""Where a message is opened in Outlook on the web: Graph's `webLink`, which a button may carry."""

import re

# learn.microsoft.com/graph/api/resources/message, webLink; the hosts of Outlook on the web are in
# Microsoft 365's lists of endpoints: worldwide, US government, China.
_HOSTS = frozenset(
    {
        "outlook.office.com",
        "outlook.office365.com",
        "outlook.cloud.microsoft",
        "outlook.live.com",
        "outlook.office365.us",
        "outlook-dod.office365.us",
        "webmail.apps.mil",
        "partner.outlook.cn",
    }
)
_LONGEST = 1000
# Nothing that one reader of addresses takes for another part than the next: no user, no port, no \.
_LINK = re.compile(r"https://([a-z0-9.-]+)/[!-\[\]-~]*")


def outlook_link(link: str) -> str:
    """Return a link as it came where it leads to Outlook and nowhere else, else ""."""
    found = _LINK.fullmatch(link) if len(link) <= _LONGEST else None
    return link if found and found.group(1) in _HOSTS else ""
