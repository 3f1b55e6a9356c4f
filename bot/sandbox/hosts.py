"""Where public names lead to from here: `https://mailroom.test` is really `http://127.0.0.1:8080`.

Graph accepts https notification URLs only; the map spares the receiver TLS and a public name.
"""

from collections.abc import Mapping

from yarl import URL


class Hosts:
    """Origins by the origin they stand for; what is not in the map cannot be reached."""

    def __init__(self, origins: Mapping[str, str] | None = None) -> None:
        self._origins: dict[URL, URL] = {}
        self.replace(origins or {})

    def replace(self, origins: Mapping[str, str]) -> None:
        """Take `origins` as the whole map.

        Raises:
            ValueError: a key is no https origin, or a value is no http origin on loopback.
        """
        found = {}
        for public, real in origins.items():
            key, value = URL(public), URL(real)
            if key.scheme != "https" or not key.host:
                raise ValueError(f"{public} is no https origin")
            if value.scheme != "http" or value.host not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError(f"{real} is no http origin on loopback")
            found[key.origin()] = value.origin()
        self._origins = found

    def resolve(self, url: str) -> URL | None:
        """Return where a public URL leads to, path and query kept, or None if nowhere."""
        public = URL(url, encoded=True)
        real = self._origins.get(public.origin()) if public.host else None
        if real is None:
            return None
        return URL(f"{real}{public.raw_path_qs}", encoded=True)
