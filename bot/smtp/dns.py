"""TXT records, asked of the system's resolver or of the one that is set."""

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver

from bot.domain.errors import ConfigurationError, TransientError

_PATIENCE = 8.0


class Resolver:
    """ports.Dns. `server` is `address:port` of a name server to ask instead of the system's."""

    def __init__(self, server: str = "") -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=not server)
        if server:
            host, _, port = server.rpartition(":")
            try:
                self._resolver.nameservers = [host.strip("[]")]
                self._resolver.port = int(port)
            except ValueError as error:
                raise ConfigurationError(
                    "MAILROOM_DNS_SERVER must be like 127.0.0.1:5353"
                ) from error

    async def txt(self, name: str) -> Sequence[str]:
        """Return the TXT records at a name, each whole (RFC 6376, 3.6.2.2: strings are joined)."""
        try:
            answer = await self._resolver.resolve(name, "TXT", lifetime=_PATIENCE)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as error:
            raise TransientError(f"no answer about {name} from the name servers") from error
        return [b"".join(each.strings).decode(errors="replace") for each in answer]
