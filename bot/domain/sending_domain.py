"""A sending domain: an organisation's own domain, under which our relay may send for it (G13)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_ABSENT = "We do not see the first record in the DNS yet. It can take hours until it shows."
_SEVERAL = "There are several records under the first name. Leave only ours."
_REVOKED = "The first record has an empty key, which means that the key was withdrawn."
_OTHER = "The first record holds another key than ours. Copy its value once more, as a whole."
_NO_KEY = "The first record is no DKIM key. Copy its value once more, as a whole."


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDomain:
    """One domain of one organisation. `id` is its name in lower case; `public_key` is the half of
    the key that belongs into the DNS, the other one lies with the secrets. `verified_at` is None
    until the record was seen, and `problem` says what was seen instead.
    """

    id: str
    tenant_id: str
    selector: str
    public_key: str
    added_by_name: str
    verified_at: datetime | None = None
    problem: str = ""
    rev: int = 0

    @property
    def key_name(self) -> str:
        """Where the public key is published (RFC 6376, 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A TXT record to publish. One that is not `needed` may be there already, in other words."""

    name: str
    value: str
    needed: bool = True


def domain_name(text: str) -> str:
    """Return the domain somebody typed, "" where it is none."""
    name = text.strip().lower().rstrip(".").rpartition("@")[2]
    return name if len(name) <= 200 and _DOMAIN.fullmatch(name) else ""


def records_of(domain: SendingDomain) -> tuple[DnsRecord, ...]:
    """Return what to publish. No SPF: bounces come back to our own domain, whose SPF counts
    (RFC 7208, 2.4), and DMARC is content with the signature (RFC 7489, 3.1).
    """
    return (
        DnsRecord(name=domain.key_name, value=f"v=DKIM1; k=rsa; p={domain.public_key}"),
        DnsRecord(name=f"_dmarc.{domain.id}", value="v=DMARC1; p=none", needed=False),
    )


def checked(domain: SendingDomain, found: Sequence[str], now: datetime) -> SendingDomain:
    """Return the domain after its key's TXT records were looked up: verified, or why not."""
    problem = _problem(domain, found)
    if problem:
        return replace(domain, verified_at=None, problem=problem)
    return replace(domain, verified_at=domain.verified_at or now, problem="")


def _problem(domain: SendingDomain, found: Sequence[str]) -> str:
    if len(found) != 1:
        return _SEVERAL if found else _ABSENT
    tags = _tags(found[0])
    if tags.get("v", "DKIM1") != "DKIM1" or tags.get("k", "rsa") != "rsa" or "p" not in tags:
        return _NO_KEY
    if not tags["p"]:
        return _REVOKED
    return "" if tags["p"] == domain.public_key else _OTHER


def _tags(record: str) -> dict[str, str]:
    """Return a tag list (RFC 6376, 3.2); white space inside values counts for nothing."""
    pairs = (each.partition("=") for each in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, found, value in pairs if found}
