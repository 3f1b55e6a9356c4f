"""The first words of a reply, for whoever may see them (B13)."""

from bot.domain.heard import mark_named
from bot.domain.inbound.mime import opened
from bot.domain.inbound.newly_written import newly_written

MOST = 200
_CUT = "…"


def excerpt(raw: bytes, message_id: str, mark: str) -> str:
    """Return at most `MOST` characters of what its writer wrote now, on one line; "" where there is
    nothing of the kind, or `raw`, at Graph `message_id`, is not the message of that mark.
    """
    taken = opened(raw)
    if mark_named(taken.headers.get("message-id", "").strip() or message_id) != mark:
        return ""
    words = " ".join(newly_written(taken).split())
    return words if len(words) <= MOST else words[: MOST - len(_CUT)] + _CUT
