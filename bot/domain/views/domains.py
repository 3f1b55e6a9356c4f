"""What cards about sending domains show."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.sending_domain import DnsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLine:
    """One sending domain as admins see it."""

    name: str
    verified_at: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCard:
    """One sending domain, and what to publish in its DNS."""

    domain: DomainLine
    added_by: str
    records: tuple[DnsRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainList:
    """All sending domains of the organisation, and the one being typed."""

    domains: tuple[DomainLine, ...]
    typed: str = ""
    problems: tuple[str, ...] = ()
