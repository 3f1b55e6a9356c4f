"""Where the bot's own token may be sent: a fixed list of Connector hosts.

The token goes wherever an activity's or a stored conversation's service address points.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.domain.errors import ConfigurationError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ForeignServiceError(Exception):
    """A service address that is not on the list."""


class ConnectorHosts:
    """The allowed `host` or `host:port` names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.strip().lower() for name in names) - {""}
        if not self._names:
            raise ConfigurationError(
                "MAILROOM_CONNECTOR_HOSTS is empty: name the hosts of the Bot Connector."
            )

    def require(self, service_url: str) -> None:
        """Pass for an allowed address: https, or plain http on this machine.

        Raises:
            ForeignServiceError: it is not.
        """
        if not self._allows(service_url):
            raise ForeignServiceError("this service address is not on the list")

    def _allows(self, service_url: str) -> bool:
        try:
            parts = urlsplit(service_url)
            port = parts.port
        except ValueError:
            return False
        local = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            return False
        if parts.username is not None or parts.password is not None:
            return False
        usual = port in (None, 443)
        return parts.netloc.lower() in self._names or (usual and parts.hostname in self._names)
