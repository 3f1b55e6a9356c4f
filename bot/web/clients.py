"""Who asks: the other end of the connection, or whom a proxy that we trust names as its own."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address
# Whoever has one address of version 6 has all of its /64 (RFC 6177).
_OWN_BITS = 64


def client_of(request: web.Request, trusted: Sequence[Network]) -> str:
    """Return who asks, as a name to count by: an address, or a network of version 6. `trusted` are
    our proxies; nobody else is believed what X-Forwarded-For says.
    """
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return named_client(request.remote or "", ",".join(forwarded), trusted)


def named_client(remote: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return who asks, from the connection's other end and what the proxies told.

    Each proxy adds whom it got the request from at the end: so it is read from there, as far as
    what told it is trusted.
    """
    client = _address(remote)
    hops = forwarded.split(",")
    while client is not None and hops and _is_within(client, trusted):
        told = _address(hops.pop())
        if told is None:
            break
        client = told
    return _counted(client)


def _address(text: str) -> _Address | None:
    """Return an address, also one in brackets or with a port, as some proxies write it."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_within(address: _Address, networks: Iterable[Network]) -> bool:
    return any(address in each for each in networks)


def _counted(address: _Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _OWN_BITS), strict=False))
    return str(address or "")
