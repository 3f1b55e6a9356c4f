"""What the app will do next, as it tells itself: the cloud cannot know it.

The app names an address whose answer is a JSON object with `next`, an RFC 3339 moment or null.
"""

from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientTimeout

_PATIENCE = ClientTimeout(total=5)


class Agenda:
    """Asks the app at `url`; without an address nothing is known."""

    def __init__(self, url: str | None, session: ClientSession) -> None:
        self._url = url
        self._session = session

    async def next(self) -> datetime | None:
        """Return the moment, or None: nothing ahead, or an app that does not answer."""
        if self._url is None:
            return None
        try:
            async with self._session.get(self._url, timeout=_PATIENCE) as answer:
                told = await answer.json()
            return datetime.fromisoformat(told["next"]) if told["next"] else None
        except (ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return None
