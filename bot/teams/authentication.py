"""Who is calling us, and with what we call back: botbuilder's checks, made strict."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from botframework.connector.auth import (
    AuthenticationConfiguration,
    BotFrameworkAuthentication,
    BotFrameworkAuthenticationFactory,
    ConnectorFactory,
    JwtTokenExtractor,
)

from bot.domain.errors import ConfigurationError, TransientError
from bot.teams.hosts import ConnectorHosts
from bot.teams.keys import ChannelKeys, fetch_keys
from bot.teams.token import SCOPE, BotCredentialsFactory, BotToken

_TIMEOUT = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """The bot's registration and the channel's addresses.

    `login_url` is https and holds the tenant. `ca_bundle` replaces the certificates of the machine.
    """

    app_id: str
    tenants: tuple[str, ...]
    login_url: str
    openid_metadata_url: str
    token_issuer: str
    connector_hosts: tuple[str, ...]
    ca_bundle: Path | None = None

    def __post_init__(self) -> None:
        for name in ("app_id", "login_url", "openid_metadata_url", "token_issuer"):
            if not getattr(self, name).strip():
                raise ConfigurationError(
                    f"The bot's {name} is blank: without it the bot's door would stand open."
                )
        if not self.tenants or not all(self.tenants):
            raise ConfigurationError("MAILROOM_TENANT_ID is blank: name the tenant to serve.")


class TameConnectors(ConnectorFactory):  # type: ignore[misc]
    """botbuilder's connector clients, for listed hosts only, which never repeat a request."""

    def __init__(self, inner: Any, hosts: ConnectorHosts, ca_bundle: Path | None) -> None:
        self._inner = inner
        self._hosts = hosts
        self._ca_bundle = ca_bundle

    async def create(self, service_url: str, audience: str | None = None) -> Any:
        """Return a client for the address.

        Raises:
            ForeignServiceError: the address is not on the list.
        """
        self._hosts.require(service_url)
        client = await self._inner.create(service_url, audience)
        # msrest would repeat GET and PUT three times, sleeping in a thread of the pool, and hide
        # status and Retry-After of the last answer. Who calls us decides on repeating.
        _never_again(client.config.retry_policy.policy)
        # The machine's .netrc would overwrite our token.
        client.config.proxies.use_env_settings = False
        client.config.connection.timeout = _TIMEOUT
        if self._ca_bundle is not None:
            client.config.connection.verify = str(self._ca_bundle)
        return client


class StrictAuth(BotFrameworkAuthentication):  # type: ignore[misc]
    """botbuilder's authentication where every fault of a token is a PermissionError.

    Stock botbuilder fails with many kinds of errors (500) and fetches keys on the event loop.
    """

    def __init__(self, settings: ChannelSettings, token: BotToken) -> None:
        self._hosts = ConnectorHosts(settings.connector_hosts)
        self._ca_bundle = settings.ca_bundle
        self.keys = _keys(settings)
        # All values, or none: one missing from them becomes None inside botbuilder.
        self._inner = BotFrameworkAuthenticationFactory.create(
            validate_authority=True,
            to_channel_from_bot_login_url=settings.login_url,
            to_channel_from_bot_oauth_scope=SCOPE,
            to_bot_from_channel_token_issuer=settings.token_issuer,
            oauth_url=SCOPE,
            to_bot_from_channel_open_id_metadata_url=settings.openid_metadata_url,
            # Tokens of the emulator's issuers are held to the channel's keys: none passes.
            to_bot_from_emulator_open_id_metadata_url=settings.openid_metadata_url,
            credential_factory=BotCredentialsFactory(settings.app_id, token),
            auth_configuration=AuthenticationConfiguration(),
        )

    async def authenticate_request(self, activity: Any, auth_header: str) -> Any:
        """Return botbuilder's result.

        Raises:
            PermissionError: the token does not hold.
            TransientError: the signing keys cannot be fetched.
        """
        if not auth_header:
            raise PermissionError("no Authorization header")
        try:
            result = await self._inner.authenticate_request(activity, auth_header)
        except (PermissionError, TransientError):
            raise
        except Exception as error:
            raise PermissionError("the token does not hold") from error
        result.connector_factory = self._tamed(result.connector_factory)
        return result

    async def authenticate_streaming_request(self, auth_header: str, channel_id_header: str) -> Any:
        """Refuse: nothing here streams."""
        raise PermissionError("streaming is not served")

    async def authenticate_channel_request(self, auth_header: str) -> Any:
        """Refuse: nothing here is called without an activity."""
        raise PermissionError("not served")

    def create_connector_factory(self, claims_identity: Any) -> TameConnectors:
        """Return the maker of clients for posting unasked."""
        return self._tamed(self._inner.create_connector_factory(claims_identity))

    async def create_user_token_client(self, claims_identity: Any) -> None:
        """Return nothing: the Bot Framework token service is not used."""

    def create_bot_framework_client(self) -> Any:
        """Return the client for skills, which are not used."""
        return self._inner.create_bot_framework_client()

    def get_originating_audience(self) -> str:
        """Return whom our token is for."""
        return SCOPE

    def _tamed(self, inner: Any) -> TameConnectors:
        return TameConnectors(inner, self._hosts, self._ca_bundle)


def _never_again(policy: Any) -> None:
    """Switch repeating off in the very object: the client's session holds it already."""
    policy.total = policy.connect = 0
    policy.read = False  # the fault itself, not a word about too many tries
    policy.status_forcelist = frozenset()
    policy.respect_retry_after_header = False


def _keys(settings: ChannelSettings) -> ChannelKeys:
    """Return the keys, put where botbuilder looks for them (its process-wide cache)."""
    session = requests.Session()
    session.trust_env = False
    if settings.ca_bundle is not None:
        session.verify = str(settings.ca_bundle)
    url = settings.openid_metadata_url
    keys = ChannelKeys(lambda: fetch_keys(session, url))
    JwtTokenExtractor.metadataCache[url] = keys
    return keys
