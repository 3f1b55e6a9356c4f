"""msal on the wire, against an Entra that answers as told: sign-in, what holds of it, tokens."""

import asyncio
import base64
import hashlib
import ipaddress
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.domain.errors import (
    ConfigurationError,
    ConsentRequiredError,
    PermanentError,
    TransientError,
    UserMistakeError,
)
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.entra.authority import Authority
from bot.entra.id_token import IdTokens
from bot.entra.sign_in import EntraSignIn
from bot.entra.tokens import MailboxTokens
from bot.ports import SignedIn
from tests.harness.processes import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
TENANT, APP = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
OID, REDIRECT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "http://127.0.0.1:9/connect/callback"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SCOPES = "User.Read Mail.Read Mail.Send openid profile"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
Form = Mapping[str, str]
Answer = Callable[[Form], web.Response | Awaitable[web.Response]]
MAILBOX = Mailbox(
    id="m1",
    tenant_id=TENANT,
    address="ana@contoso.example",
    owner_name="Ana",
    owner_oid="",
    permission=Permission.READ_SEND,
    status=MailboxStatus.INVITED,
    invited_by="admin",
    invited_by_name="Admin",
    invite=3,
    invite_expires=NOW,
)


class Clock:
    """A calendar that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class MemorySecrets:
    """ports.Secrets in memory."""

    def __init__(self, clock: Clock) -> None:
        self.values: dict[str, tuple[bytes, int, datetime | None]] = {}
        self.writes = 0
        self._clock = clock

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        found = await self.get(name)
        self.writes += 1
        self.values[name] = value, (found[1] if found else 0) + 1, expires

    async def get(self, name: str) -> tuple[bytes, int] | None:
        value, revision, expires = self.values.get(name, (b"", 0, None))
        alive = revision and (expires is None or self._clock.now() < expires)
        return (value, revision) if alive else None

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        found = await self.get(name)
        if found is None or found[1] != revision:
            return False
        await self.put(name, value)
        return True

    async def take(self, name: str) -> bytes | None:
        found = await self.get(name)
        self.values.pop(name, None)
        return found[0] if found else None


@dataclass
class Entra:
    """Discovery and keys as Entra has them; the token endpoint answers with `answers` in turn."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"k1": KEY})
    key_requests: int = 0
    discovery: Callable[[], web.Response] | None = None
    issued: int = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._discover),
            web.get("/{tenant}/discovery/v2.0/keys", self._show_keys),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
        ]

    async def _discover(self, request: web.Request) -> web.Response:
        if self.discovery is not None:
            return self.discovery()
        base = f"{self.url}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
            }
        )

    async def _show_keys(self, request: web.Request) -> web.Response:
        self.key_requests += 1
        shown = [
            {
                **jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                "kid": kid,
                "use": "sig",
            }
            for kid, key in self.keys.items()
        ]
        return web.json_response({"keys": shown})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        told = answer(form)
        return told if isinstance(told, web.Response) else await told

    def grant(self, **changes: Any) -> Answer:
        """Answer with tokens, numbered as they are issued."""

        def answer(_: Form) -> web.Response:
            self.issued += 1
            told = {
                "token_type": "Bearer",
                "scope": SCOPES,
                "expires_in": 3600,
                "access_token": f"access-{self.issued}",
                "refresh_token": f"refresh-{self.issued}",
                "client_info": client_info(),
            }
            return web.json_response({**told, **changes})

        return answer


def client_info() -> str:
    told = json.dumps({"uid": OID, "utid": TENANT}).encode()
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def refuse(error: str, code: int, status: int = 400, **more: str) -> Answer:
    told = {"error": error, "error_codes": [code], "error_description": f"AADSTS{code}: x", **more}
    return lambda _: web.json_response(told, status=status)


def page(status: int) -> Answer:
    return lambda _: web.Response(status=status, text="<html>", content_type="text/html")


@dataclass
class World:
    """Everything of one test. `tokens` is one process' memory; `another()` is another's."""

    entra: Entra
    authority: Authority
    clock: Clock
    secrets: MemorySecrets
    tokens: MailboxTokens
    sign_in: EntraSignIn

    def another(self) -> MailboxTokens:
        return MailboxTokens(self.authority, self.secrets)

    async def flow(self) -> dict[str, str]:
        """Begin a sign-in; return what the browser is sent with."""
        address = await self.sign_in.begin(MAILBOX, REDIRECT)
        return dict(parse_qsl(urlsplit(address).query))

    def id_token(self, sent: Form, key: Any = KEY, kid: str = "k1", **changes: Any) -> str:
        """Return what Entra would say of the person; a claim of None is left out."""
        now = int(time.time())
        claims = {
            "iss": f"{self.entra.url}/{TENANT}/v2.0",
            "aud": APP,
            "tid": TENANT,
            "oid": OID,
            "sub": "s",
            "nonce": sent["nonce"],
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        }
        algorithm = changes.pop("algorithm", "RS256")
        told = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})

    async def finish(self, sent: Form, **changes: Any) -> SignedIn:
        """Come back from Microsoft's page; the code is redeemed for what `changes` says."""
        changes.setdefault("id_token", self.id_token(sent))
        self.entra.answers = [self.entra.grant(**changes)]
        return await self.sign_in.finish(
            {"code": "code", "state": sent["state"], "client_info": client_info()}
        )

    async def connect(self, **changes: Any) -> None:
        await self.sign_in.keep(await self.finish(await self.flow(), **changes))
        self.entra.forms.clear()


async def profile(token: str) -> Mapping[str, str]:
    """Stand where Graph's /me stands."""
    return {
        "mail": "Ana@Contoso.example",
        "userPrincipalName": "Ana.Upn@Contoso.example",
        "displayName": f"Ana of {token}",
    }


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(KEY, hashes.SHA256())
    )
    pem, key = directory / "ca.pem", directory / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(certificate: tuple[Path, Path]) -> AsyncIterator[tuple[Entra, Authority]]:
    port = free_port()
    entra = Entra(f"https://127.0.0.1:{port}")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*certificate)
    application = web.Application()
    application.add_routes(entra.routes())
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    authority = Authority(f"{entra.url}/", APP, "secret", ca_bundle=certificate[0])
    yield entra, authority
    authority.session.close()
    await runner.cleanup()


@pytest.fixture
def world(serving: tuple[Entra, Authority]) -> World:
    entra, authority = serving
    fresh = Entra(entra.url)
    for name in ("answers", "forms", "keys", "key_requests", "discovery", "issued"):
        setattr(entra, name, getattr(fresh, name))
    clock = Clock()
    secrets = MemorySecrets(clock)
    tokens = MailboxTokens(authority, secrets)
    sign_in = EntraSignIn(authority, tokens, secrets, clock, profile)
    return World(entra, authority, clock, secrets, tokens, sign_in)


# -- sign-in ---------------------------------------------------------------------------------------


async def test_the_way_to_microsofts_page(world: World) -> None:
    address = await world.sign_in.begin(MAILBOX, REDIRECT)
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        f"{world.entra.url}/{TENANT}/oauth2/v2.0/authorize"
    )
    sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
    asked = {"User.Read", "Mail.Read", "Mail.Send", "openid", "profile", "offline_access"}
    assert set(sent["scope"].split()) == asked
    assert (sent["client_id"], sent["redirect_uri"]) == (APP, REDIRECT)
    assert (sent["prompt"], sent["login_hint"]) == ("select_account", MAILBOX.address)
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    reading = await world.sign_in.begin(replace(MAILBOX, permission=Permission.READ_ONLY), REDIRECT)
    assert "Mail.Send" not in reading
    # What is kept is named by a hash: who reads names cannot finish a sign-in.
    (first, _) = world.secrets.values
    assert first == f"flow:{hashlib.sha256(sent['state'].encode()).hexdigest()}"


async def test_who_signed_in(world: World) -> None:
    signed_in = await world.finish(await world.flow())
    assert (signed_in.tenant_id, signed_in.mailbox_id, signed_in.invite) == (TENANT, "m1", 3)
    identity = signed_in.identity
    assert (identity.oid, identity.tenant_id) == (OID, TENANT)
    assert identity.mail == "ana@contoso.example"
    assert identity.user_principal_name == "ana.upn@contoso.example"
    assert identity.name == "Ana of access-1"
    redeemed = world.entra.forms[0]
    assert redeemed["code_verifier"]
    assert redeemed["client_secret"] == "secret"
    assert "tokens:m1" not in world.secrets.values


async def test_of_two_callbacks_one_is_heard(world: World) -> None:
    sent = await world.flow()
    both = await asyncio.gather(world.finish(sent), world.finish(sent), return_exceptions=True)
    assert sorted(type(each).__name__ for each in both) == ["SignedIn", "UserMistakeError"]
    assert len(world.entra.forms) == 1


async def test_a_start_lives_ten_minutes(world: World) -> None:
    sent = await world.flow()
    world.clock.moment += timedelta(minutes=10)
    with pytest.raises(UserMistakeError, match="ten minutes"):
        await world.finish(sent)
    with pytest.raises(UserMistakeError):
        await world.sign_in.finish({"code": "code"})
    assert world.entra.forms == []


@pytest.mark.parametrize(
    ("error", "code", "kind", "ours"),
    [
        ("access_denied", 65004, UserMistakeError, ""),
        ("access_denied", 90094, PermanentError, "admin_approval"),
        ("consent_required", 90095, PermanentError, "admin_approval"),
    ],
)
async def test_a_refusal_uses_the_start_up(
    world: World, error: str, code: int, kind: type[Exception], ours: str
) -> None:
    sent = await world.flow()
    back = {"state": sent["state"], "error": error, "error_description": f"AADSTS{code}: Words."}
    with pytest.raises(kind) as refused:
        await world.sign_in.finish(back)
    assert getattr(refused.value, "code", "") == ours
    with pytest.raises(UserMistakeError):
        await world.finish(sent)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuse("invalid_grant", 54005), UserMistakeError),
        (refuse("invalid_client", 7000215, 401), PermanentError),
        (refuse("temporarily_unavailable", 90033), TransientError),
        (page(503), TransientError),
        (page(200), TransientError),
        (page(429), TransientError),
    ],
)
async def test_a_code_that_is_not_redeemed(
    world: World, answer: Answer, kind: type[Exception]
) -> None:
    sent = await world.flow()
    world.entra.answers = [answer]
    with pytest.raises(kind):
        await world.sign_in.finish({"code": "code", "state": sent["state"]})


@pytest.mark.parametrize(
    "forged",
    [
        {"key": OTHER_KEY},
        {"kid": "unknown"},
        {"iss": "https://127.0.0.1:1/other/v2.0"},
        {"aud": "another-app"},
        {"exp": int(time.time()) - 3600, "iat": 1, "nbf": 1},
        {"nbf": int(time.time()) + 3600},
        {"tid": "99999999-0000-0000-0000-000000000000"},
        {"nonce": "0" * 64},
        {"oid": None},
        {"exp": None},
        {"nonce": None},
        {"key": "public-key-as-a-secret-of-32-bytes", "algorithm": "HS256"},
        {"key": None, "algorithm": "none"},
    ],
)
async def test_an_id_token_that_does_not_hold(world: World, forged: dict[str, Any]) -> None:
    sent = await world.flow()
    with pytest.raises(PermanentError) as refused:
        await world.finish(sent, id_token=world.id_token(sent, **forged))
    assert refused.value.code == "untrusted"


@pytest.mark.parametrize("id_token", ["", "no.jwt.atall", "a"])
async def test_an_id_token_that_is_none(world: World, id_token: str) -> None:
    sent = await world.flow()
    with pytest.raises(PermanentError) as refused:
        await world.finish(sent, id_token=id_token)
    assert refused.value.code == "untrusted"


async def test_times_of_an_id_token_may_be_off_by_a_little(world: World) -> None:
    sent, now = await world.flow(), int(time.time())
    assert await world.finish(sent, id_token=world.id_token(sent, nbf=now + 60, iat=now + 60))


async def test_half_of_what_was_asked_is_no_connection(world: World) -> None:
    with pytest.raises(PermanentError) as refused:
        await world.finish(await world.flow(), scope="User.Read Mail.Send openid")
    assert refused.value.code == "admin_approval"
    spelled = (
        "https://graph.microsoft.com/User.Read https://graph.microsoft.com/mail.read Mail.Send"
    )
    assert await world.finish(await world.flow(), scope=spelled)


async def test_keys_are_fetched_once_and_looked_for_again_in_time(world: World) -> None:
    sent = {"nonce": "n"}
    patient = IdTokens(world.authority.session, world.entra.url, APP)
    eager = IdTokens(world.authority.session, world.entra.url, APP, look_again=0)
    old, new = world.id_token(sent), world.id_token(sent, key=OTHER_KEY, kid="k2")
    for each in (patient, eager):
        assert await asyncio.to_thread(each.claims, old, TENANT, "n")
        assert await asyncio.to_thread(each.claims, old, TENANT, "n")
    assert world.entra.key_requests == 2
    # msal compares the nonce before us; we do not rely on it.
    with pytest.raises(PermanentError):
        await asyncio.to_thread(patient.claims, old, TENANT, "another")
    world.entra.keys = {"k2": OTHER_KEY}
    assert await asyncio.to_thread(eager.claims, new, TENANT, "n")
    assert world.entra.key_requests == 3
    for _ in range(3):
        with pytest.raises(PermanentError):
            await asyncio.to_thread(patient.claims, new, TENANT, "n")
    assert world.entra.key_requests == 3


@pytest.mark.parametrize("status", [200, 400, 429, 500])
async def test_an_entra_that_does_not_describe_itself_is_tried_again(
    world: World, status: int
) -> None:
    sent = await world.flow()
    world.entra.discovery = lambda: web.Response(status=status, text="<html>")
    with pytest.raises(TransientError):
        await world.sign_in.begin(MAILBOX, REDIRECT)
    with pytest.raises(TransientError):
        await world.finish(sent)
    world.entra.discovery = lambda: web.json_response({})
    with pytest.raises(TransientError):
        await world.sign_in.begin(MAILBOX, REDIRECT)


async def test_keys_that_cannot_be_read_are_no_fault_of_the_person(world: World) -> None:
    world.entra.keys = {}
    with pytest.raises(TransientError):
        await world.finish(await world.flow())


# -- tokens ----------------------------------------------------------------------------------------


async def test_a_token_is_kept_in_memory_and_by_msal(world: World) -> None:
    await world.connect()
    assert await world.tokens.token("m1") == "access-1"
    world.secrets.values["tokens:m1"] = (b"unreadable", 9, None)
    assert await world.tokens.token("m1") == "access-1"
    assert world.entra.forms == []


async def test_another_process_asks_nobody_and_writes_nothing(world: World) -> None:
    await world.connect()
    writes = world.secrets.writes
    assert await world.another().token("m1") == "access-1"
    assert (world.entra.forms, world.secrets.writes) == ([], writes)


async def test_a_token_with_minutes_left_is_renewed_and_the_new_ones_kept(world: World) -> None:
    await world.connect(expires_in=299)
    world.entra.answers = [world.entra.grant()]
    assert await world.tokens.token("m1") == "access-2"
    assert await world.tokens.token("m1") == "access-2"
    assert [each["refresh_token"] for each in world.entra.forms] == ["refresh-1"]
    assert await world.another().token("m1") == "access-2"
    assert b"refresh-2" in world.secrets.values["tokens:m1"][0]


async def test_a_token_in_memory_is_renewed_five_minutes_early(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.connect()
    assert await world.tokens.token("m1") == "access-1"
    world.entra.answers = [world.entra.grant()]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3290)
    assert await world.tokens.token("m1") == "access-1"
    monkeypatch.setattr(time, "time", lambda: now + 3301)
    assert await world.tokens.token("m1") == "access-2"
    assert len(world.entra.forms) == 1


async def test_many_ask_and_one_renews(world: World) -> None:
    await world.connect(expires_in=0)
    world.entra.answers = [world.entra.grant()]
    given = await asyncio.gather(*(world.tokens.token("m1") for _ in range(20)))
    assert set(given) == {"access-2"}
    assert len(world.entra.forms) == 1
    assert dict(world.tokens._locks) == {}


def kept_refresh_tokens(world: World) -> list[str]:
    """Return the refresh tokens that are kept; msal stamps the rest of its cache with the time."""
    cache = json.loads(json.loads(world.secrets.values["tokens:m1"][0])["cache"])
    return [each["secret"] for each in cache["RefreshToken"].values()]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refuse("invalid_grant", 50173), ConsentRequiredError, "AADSTS50173"),
        (refuse("invalid_grant", 65001, suberror="consent_required"), ConsentRequiredError,
         "AADSTS65001"),
        (refuse("interaction_required", 50076), ConsentRequiredError, "AADSTS50076"),
        (refuse("invalid_client", 7000222, 401), TransientError, ""),
        (refuse("unauthorized_client", 7000112), TransientError, ""),
        (refuse("temporarily_unavailable", 90033, 503), TransientError, ""),
        (refuse("temporarily_unavailable", 90055, 429), TransientError, ""),
        (page(500), TransientError, ""),
        (page(429), TransientError, ""),
        (page(200), TransientError, ""),
    ],
)  # fmt: skip
async def test_a_token_that_is_not_to_be_had(
    world: World, answer: Answer, kind: type[Exception], code: str
) -> None:
    await world.connect(expires_in=0)
    kept = kept_refresh_tokens(world)
    world.entra.answers = [answer]
    with pytest.raises((PermanentError, TransientError)) as refused:
        await world.tokens.token("m1")
    assert type(refused.value) is kind
    assert getattr(refused.value, "code", "") == code
    # A mended secret, a policy taken back: what is kept still serves.
    assert kept_refresh_tokens(world) == kept
    world.entra.answers = [world.entra.grant()]
    assert await world.tokens.token("m1") == "access-2"


async def test_nothing_kept_is_no_connection(world: World) -> None:
    with pytest.raises(ConsentRequiredError) as refused:
        await world.tokens.token("m2")
    assert refused.value.code == "no_consent"
    await world.connect()
    await world.tokens.token("m1")
    await world.tokens.forget("m1")
    with pytest.raises(ConsentRequiredError):
        await world.tokens.token("m1")
    assert world.entra.forms == []


async def test_a_token_graph_refuses_is_renewed_though_msal_holds_it_good(world: World) -> None:
    await world.connect()
    refused = await world.tokens.token("m1")
    world.tokens.spoiled("m1", refused)
    world.entra.answers = [world.entra.grant()]
    assert await world.tokens.token("m1") == "access-2"
    assert len(world.entra.forms) == 1


async def test_a_late_refusal_does_not_spoil_the_newer_token(world: World) -> None:
    await world.connect()
    first = await world.tokens.token("m1")
    world.tokens.spoiled("m1", first)
    world.entra.answers = [world.entra.grant()]
    second = await world.tokens.token("m1")
    world.tokens.spoiled("m1", first)
    assert await world.tokens.token("m1") == second
    assert len(world.entra.forms) == 1


async def test_fresh_tokens_that_graph_refuses_do_not_make_us_hammer_entra(world: World) -> None:
    await world.connect()
    world.entra.answers = [world.entra.grant()]
    world.tokens.spoiled("m1", await world.tokens.token("m1"))
    world.tokens.spoiled("m1", await world.tokens.token("m1"))
    for _ in range(3):
        with pytest.raises(TransientError) as refused:
            await world.tokens.token("m1")
        assert refused.value.retry_after
    assert len(world.entra.forms) == 1


async def test_a_token_another_process_renewed_is_taken_over(world: World) -> None:
    await world.connect()
    here, there = world.tokens, world.another()
    refused = await here.token("m1")
    assert await there.token("m1") == refused
    world.entra.answers = [world.entra.grant()]
    there.spoiled("m1", refused)
    renewed = await there.token("m1")
    here.spoiled("m1", refused)
    assert await here.token("m1") == renewed
    assert len(world.entra.forms) == 1


async def test_a_revoked_token_ends_the_connection_once_graph_refuses_it(world: World) -> None:
    await world.connect()
    world.tokens.spoiled("m1", await world.tokens.token("m1"))
    world.entra.answers = [refuse("invalid_grant", 50173)]
    with pytest.raises(ConsentRequiredError):
        await world.tokens.token("m1")


async def test_a_challenge_is_passed_on_and_answered_anew(world: World) -> None:
    await world.connect()
    await world.tokens.token("m1")
    world.entra.answers = [world.entra.grant()]
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    assert await world.tokens.token("m1", claims=claims) == "access-2"
    assert json.loads(world.entra.forms[0]["claims"]) == json.loads(claims)
    assert await world.tokens.token("m1") == "access-2"


async def test_an_owner_who_reconnects_meanwhile_wins(world: World) -> None:
    """The refresh of the old connection succeeds, and must not overwrite the new one."""
    await world.connect(expires_in=0)
    reconnected = await world.finish(await world.flow(), access_token="new-access")
    old_grant = world.entra.grant()

    async def meanwhile(form: Form) -> web.Response:
        await world.another().keep("m1", reconnected.tokens)
        told = old_grant(form)
        assert isinstance(told, web.Response)
        return told

    world.entra.answers = [meanwhile]
    assert await world.tokens.token("m1") == "new-access"
    assert world.secrets.values["tokens:m1"][0] == reconnected.tokens


async def test_an_old_connections_refusal_does_not_break_the_new_one(world: World) -> None:
    await world.connect(expires_in=0)
    reconnected = await world.finish(await world.flow(), access_token="new-access")

    async def meanwhile(_: Form) -> web.Response:
        await world.another().keep("m1", reconnected.tokens)
        return web.json_response({"error": "invalid_grant", "error_codes": [50173]}, status=400)

    world.entra.answers = [meanwhile]
    assert await world.tokens.token("m1") == "new-access"


async def test_a_mailbox_removed_meanwhile_does_not_come_back(world: World) -> None:
    await world.connect(expires_in=0)
    grant = world.entra.grant()

    async def meanwhile(form: Form) -> web.Response:
        await world.another().forget("m1")
        told = grant(form)
        assert isinstance(told, web.Response)
        return told

    world.entra.answers = [meanwhile]
    with pytest.raises(ConsentRequiredError):
        await world.tokens.token("m1")
    assert "tokens:m1" not in world.secrets.values


async def test_a_reconnection_in_this_process_waits_for_the_renewal(world: World) -> None:
    await world.connect()
    reconnected = await world.finish(await world.flow(), access_token="new-access")
    # The old token is found while the new connection is kept: it must not stay in memory.
    await asyncio.gather(world.tokens.token("m1"), world.sign_in.keep(reconnected))
    assert await world.tokens.token("m1") == "new-access"


# -- the way there ---------------------------------------------------------------------------------


async def test_no_variable_of_the_environment_bends_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/nowhere/ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert await world.flow()


async def test_an_entra_we_do_not_trust_is_not_spoken_to(world: World) -> None:
    stranger = Authority(world.entra.url, APP, "secret", ca_bundle=None)
    sign_in = EntraSignIn(stranger, world.tokens, world.secrets, world.clock, profile)
    with pytest.raises(TransientError):
        await sign_in.begin(MAILBOX, REDIRECT)
    stranger.session.close()


@pytest.mark.parametrize(
    ("url", "app", "bundle", "setting"),
    [
        ("http://127.0.0.1", APP, None, "ENTRA_URL"),
        ("https://127.0.0.1", " ", None, "APP_ID"),
        ("https://127.0.0.1", APP, Path("/nowhere/ca.pem"), "CA_BUNDLE"),
    ],
)
async def test_a_setting_that_cannot_work_is_named(
    url: str, app: str, bundle: Path | None, setting: str
) -> None:
    with pytest.raises(ConfigurationError, match=setting):
        Authority(url, app, "secret", ca_bundle=bundle)
