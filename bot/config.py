"""Settings: the only reader of the environment. Names are those of the README, `MAILROOM_…`."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.calendar import zone_named
from bot.domain.errors import ConfigurationError
from bot.domain.participant import is_address
from bot.domain.sender import is_link
from bot.public_holidays import public_holidays

Names = Annotated[tuple[str, ...], NoDecode]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Settings(BaseSettings):
    """Everything an operator can set, frozen."""

    model_config = SettingsConfigDict(env_prefix="MAILROOM_", frozen=True, extra="ignore")

    public_url: str = "http://127.0.0.1:3978"
    webhook_url: str = ""
    clock_url: str = ""
    host: str = "127.0.0.1"
    port: int = 3978
    trusted_proxies: Networks = ()
    data_dir: Path = Path(".data")
    redis_url: str = ""
    tenant_id: str
    allowed_tenants: Names = ()
    app_id: str
    app_secret: str = Field(repr=False)
    entra_url: str = "https://login.microsoftonline.com"
    graph_url: str = "https://graph.microsoft.com/v1.0"
    bot_login_url: str = ""
    bot_openid_metadata_url: str = (
        "https://login.botframework.com/v1/.well-known/openidconfiguration"
    )
    bot_token_issuer: str = "https://api.botframework.com"  # noqa: S105 - an address, no secret
    connector_hosts: Names = ("smba.trafficmanager.net",)
    ca_bundle: Path | None = None
    smtp_url: str = Field(default="", repr=False)
    smtp_from: str = ""
    dns_server: str = ""
    encryption_keys: Names = Field(min_length=1, repr=False)
    admins: Names = Field(min_length=1)
    managers: Names = ()
    organisation_name: str = ""
    support_contact: str = ""
    postal_address: str = ""
    privacy_url: str = ""
    reason: str = "You get this email because {{Org Name}} asks people it works with for feedback."
    time_zone: str = "UTC"
    holidays: str = ""
    approval_over: int | None = None
    log_level: str = "INFO"

    @field_validator(
        "allowed_tenants", "connector_hosts", "encryption_keys", "admins", "managers", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(map(_network, filter(None, map(str.strip, value.split(",")))))

    @field_validator("tenant_id", "app_id", "app_secret")
    @classmethod
    def _present(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must not be blank: without it the bot's door would stand open")
        return value.strip()

    @field_validator("organisation_name", "support_contact", "postal_address", "reason")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())

    @field_validator("privacy_url")
    @classmethod
    def _a_link(cls, value: str) -> str:
        if value.strip() and not is_link(value.strip()):
            raise ValueError(f"“{value}” is no web address: write it like https://…/privacy")
        return value.strip()

    @field_validator("public_url", "webhook_url", "entra_url", "graph_url", "bot_login_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if zone_named(value.strip()) is None:
            raise ValueError(f"“{value}” is no time zone: write it like Europe/Berlin")
        return value.strip()

    @field_validator("holidays")
    @classmethod
    def _known_holidays(cls, value: str) -> str:
        public_holidays(value.strip())
        return value.strip()

    @field_validator("approval_over", mode="before")
    @classmethod
    def _a_number(cls, value: object) -> object:
        if isinstance(value, str) and not (value.strip().isascii() and value.strip().isdecimal()):
            raise ValueError(
                f"“{value}” is no number of people: write it like 100, or leave it out"
            )
        return value

    @model_validator(mode="after")
    def _addresses(self) -> "Settings":
        """Plain http is for loopback only, and never for the places secrets are sent to."""
        for name in ("entra_url", "bot_login_url", "webhook_url"):
            url = getattr(self, name)
            if url and urlsplit(url).scheme != "https":
                raise ValueError(f"MAILROOM_{name.upper()} must begin with https://")
        for name in (
            "public_url",
            "graph_url",
            "bot_openid_metadata_url",
            "clock_url",
            "privacy_url",
        ):
            url = getattr(self, name)
            parts = urlsplit(url)
            if url and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
                raise ValueError(f"MAILROOM_{name.upper()} must begin with https://")
        return self

    @model_validator(mode="after")
    def _smtp(self) -> "Settings":
        """Both or none; and name servers of our own choice are for stand-ins."""
        if bool(self.smtp_url) != bool(self.smtp_from):
            raise ValueError("MAILROOM_SMTP_URL and MAILROOM_SMTP_FROM go together")
        if self.smtp_from and not is_address(self.smtp_from):
            raise ValueError("MAILROOM_SMTP_FROM must be an address, like programs@example.com")
        if self.dns_server and self.dns_server.rpartition(":")[0] not in _LOOPBACK:
            raise ValueError("MAILROOM_DNS_SERVER is for loopback only, like 127.0.0.1:5353")
        return self

    @property
    def tenants(self) -> Sequence[str]:
        """The tenants served: the home tenant first."""
        return tuple(dict.fromkeys((self.tenant_id, *self.allowed_tenants)))

    @property
    def graph_calls(self) -> str:
        """Where Graph posts its notifications to."""
        return self.webhook_url or self.public_url


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a setting is missing or wrong; names each one and what it should be.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(map(_explained, error.errors()))) from None


def _explained(fault: object) -> str:
    where = fault["loc"][0] if isinstance(fault, dict) and fault["loc"] else ""
    message = str(fault["msg"]) if isinstance(fault, dict) else ""
    name = f"MAILROOM_{str(where).upper()}: " if where else ""
    return f"{name}{message.removeprefix('Value error, ')}"


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"“{text}” is no address of a proxy: write it like 10.0.0.7, or 10.1.0.0/16"
        ) from None
