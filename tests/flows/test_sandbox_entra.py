"""The sandbox's login host, driven by the real msal with every check on."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest
import requests

from bot.sandbox import control, tls
from bot.sandbox.clock import Clock
from bot.sandbox.directory import Directory, User
from bot.sandbox.entra import control as entra_control
from bot.sandbox.entra import http
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.journal import Journal
from bot.sandbox.keys import InvalidTokenError, SigningKey
from tests.flows.cloud_thread import CloudThread, bound

TENANT = "3f5c0a52-8f6f-4d3c-9b1a-0c8d3f6b7a10"
CALLBACK = "http://127.0.0.1:8080/auth/callback"
SCOPES = ["User.Read", "Mail.Send"]

# msal warns about response_mode=query; both modes are under test here.
pytestmark = pytest.mark.filterwarnings("ignore:.*response_mode:UserWarning")


@dataclass
class RealTime:
    """Seconds since the epoch as the tokens see them; tests push it forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return datetime.now(UTC).timestamp() + self.ahead


@dataclass
class Login:
    """The running login host and a browser that trusts it."""

    directory: Directory
    tokens: Tokens
    journal: Journal
    time: RealTime
    https_base: str
    http_base: str
    control_base: str
    browser: requests.Session
    _ca: str
    _clients: list[requests.Session] = field(default_factory=list)

    def app(self, tenant: str = TENANT, secret: str | None = None) -> Any:
        """A fresh msal application: no token cache, no negative cache."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self._ca
        self._clients.append(session)
        return msal.ConfidentialClientApplication(
            self.directory.app.app_id,
            client_credential=secret or self.directory.app.secret,
            authority=f"{self.https_base}/{tenant}",
            instance_discovery=False,
            http_client=session,
        )

    def decide(self, url: str, **form: str) -> requests.Response:
        return self.browser.post(url, data=form, allow_redirects=False, timeout=10)

    def connect(self, app: Any, user: User, scopes: list[str] | None = None) -> dict[str, Any]:
        """The whole way: consent page, callback, token."""
        flow = app.initiate_auth_code_flow(scopes or SCOPES, redirect_uri=CALLBACK)
        answer = self.decide(flow["auth_uri"], account=user.upn, decision="accept")
        result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, query_of(answer))
        return result

    def close(self) -> None:
        for session in [self.browser, *self._clients]:
            session.close()

    @property
    def owner(self) -> User:
        return next(user for user in self.directory.users if not user.is_admin)

    @property
    def admin(self) -> User:
        return next(user for user in self.directory.users if user.is_admin)


def query_of(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    assert response.headers["Location"].startswith(CALLBACK)
    found = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    return {name: values[0] for name, values in found.items()}


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Login]:
    directory = Directory.seeded(TENANT, seed=3)
    directory.app.redirect_uris = {CALLBACK}
    time = RealTime()
    certificate = tls.load_or_create(tmp_path)
    key = SigningKey.load_or_create(tmp_path / "entra.pem")
    with CloudThread() as cloud:
        journal = cloud.call(lambda: Journal(Clock(datetime.now(UTC), speed=1)))
        (secure, https_port), (plain, http_port), (steer, control_port) = bound(), bound(), bound()
        https_base = f"https://127.0.0.1:{https_port}"
        http_base = f"http://127.0.0.1:{http_port}"
        tokens = Tokens(directory, key, https_base=https_base, now=time)
        app = http.application(
            directory, tokens, key, journal, https_base=https_base, http_base=http_base
        )
        cloud.serve(app, secure, certificate.context)
        cloud.serve(http.browser_application(directory, tokens, journal), plain)
        cloud.serve(control.application(entra_control.routes(directory)), steer)
        browser = requests.Session()
        browser.trust_env = False
        browser.verify = str(certificate.ca_file)
        running = Login(
            directory, tokens, journal, time, https_base, http_base,
            f"http://127.0.0.1:{control_port}", browser, str(certificate.ca_file),
        )  # fmt: skip
        yield running
        running.close()


def test_connects_a_mailbox_and_the_id_token_stands_up_to_its_keys(login: Login) -> None:
    app = login.app()
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK, login_hint=login.owner.upn)
    assert flow["auth_uri"].startswith(f"{login.http_base}/{TENANT}/oauth2/v2.0/authorize?")

    page = login.browser.get(flow["auth_uri"], allow_redirects=False, timeout=10)
    assert page.status_code == 200
    for user in login.directory.users:
        assert user.upn in page.text
    assert "Send mail as you" in page.text
    answer = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))
    result = app.acquire_token_by_auth_code_flow(flow, answer)

    assert answer["state"] == flow["state"]
    padded = answer["client_info"] + "=" * (-len(answer["client_info"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {
        "uid": login.owner.oid,
        "utid": TENANT,
    }
    assert set(result["scope"].split()) == {"openid", "profile", "Mail.Send", "User.Read"}
    home = f"{login.https_base}/{TENANT}/v2.0/.well-known/openid-configuration"
    configuration = login.browser.get(home, timeout=10).json()
    keys = login.browser.get(configuration["jwks_uri"], timeout=10).json()
    kid = jwt.get_unverified_header(result["id_token"])["kid"]
    claims = jwt.decode(
        result["id_token"],
        jwt.PyJWKSet.from_dict(keys)[kid].key,
        algorithms=["RS256"],
        audience=login.directory.app.app_id,
        issuer=configuration["issuer"],
        options={"require": ["exp", "iat", "nbf", "nonce", "sub"]},
    )
    assert claims["oid"] == login.owner.oid
    assert claims["tid"] == TENANT
    assert claims["preferred_username"] == login.owner.upn
    assert claims["name"] == login.owner.name


def test_the_access_token_opens_graph_for_its_user_with_the_consented_scopes(login: Login) -> None:
    result = login.connect(login.app(), login.owner)

    caller = login.tokens.verify_graph(result["access_token"])

    assert caller.oid == login.owner.oid
    assert caller.tenant_id == TENANT
    assert {"Mail.Send", "User.Read"} <= caller.scopes
    assert "Mail.Read" not in caller.scopes
    with pytest.raises(InvalidTokenError):
        login.tokens.verify_connector(result["access_token"])
    # PyJWT reads the wall clock, so an old token is made rather than awaited.
    login.time.ahead = -3700
    with pytest.raises(InvalidTokenError, match="expired"):
        login.tokens.verify_graph(login.tokens.graph_access(login.owner, frozenset()))


def test_organizations_is_an_authority_too(login: Login) -> None:
    result = login.connect(login.app("organizations"), login.owner)

    assert result["id_token_claims"]["tid"] == TENANT
    assert result["id_token_claims"]["iss"] == f"{login.https_base}/{TENANT}/v2.0"


def test_form_post_sends_the_answer_as_a_form(login: Login) -> None:
    flow = login.app().initiate_auth_code_flow(
        SCOPES, redirect_uri=CALLBACK, response_mode="form_post"
    )

    answer = login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept")

    assert answer.status_code == 200
    assert f'action="{CALLBACK}"' in answer.text
    assert f'name="state" value="{flow["state"]}"' in answer.text


def test_refreshes_and_the_old_refresh_token_stays_good(login: Login) -> None:
    first = login.connect(login.app(), login.owner)

    second = login.app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)
    again = login.app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    assert second["refresh_token"] != first["refresh_token"]
    assert login.tokens.verify_graph(second["access_token"]).oid == login.owner.oid
    assert "access_token" in again


def test_revoked_sessions_end_every_refresh_token(login: Login) -> None:
    first = login.connect(login.app(), login.owner)
    _put(login, "POST", "/control/revoke", user=login.owner.upn.upper(), what="sessions")

    result = login.app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [50173])
    assert {"timestamp", "trace_id", "correlation_id"} <= set(result)
    fresh = login.connect(login.app(), login.owner)
    assert "error" not in login.app().acquire_token_by_refresh_token(fresh["refresh_token"], SCOPES)


def test_withdrawn_consent_asks_for_consent(login: Login) -> None:
    first = login.connect(login.app(), login.owner)
    _put(login, "POST", "/control/revoke", user=login.owner.oid, what="consent")

    result = login.app().acquire_token_by_refresh_token(first["refresh_token"], SCOPES)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [65001])
    assert result["suberror"] == "consent_required"


def test_a_scope_nobody_consented_to_is_refused_on_refresh(login: Login) -> None:
    first = login.connect(login.app(), login.owner)

    result = login.app().acquire_token_by_refresh_token(first["refresh_token"], ["Mail.Read"])

    assert result["error_codes"] == [65001]


def test_an_unregistered_redirect_is_shown_and_never_followed(login: Login) -> None:
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=f"{CALLBACK}/")

    shown = login.browser.get(flow["auth_uri"], allow_redirects=False, timeout=10)
    answer = login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept")

    for response in (shown, answer):
        assert response.status_code == 400
        assert "AADSTS50011" in response.text


def test_a_code_works_once(login: Login) -> None:
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    answer = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))

    assert "access_token" in login.app().acquire_token_by_auth_code_flow(flow, answer)
    second = login.app().acquire_token_by_auth_code_flow(flow, answer)

    assert (second["error"], second["error_codes"]) == ("invalid_grant", [54005])


def test_a_code_lives_five_minutes(login: Login) -> None:
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    answer = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))
    login.time.ahead = 301

    result = login.app().acquire_token_by_auth_code_flow(flow, answer)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [70008])


def test_another_verifier_does_not_redeem_the_code(login: Login) -> None:
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    answer = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))

    stolen = {**flow, "code_verifier": "x" * 43}
    result = login.app().acquire_token_by_auth_code_flow(stolen, answer)

    assert (result["error"], result["error_codes"]) == ("invalid_grant", [501481])
    assert "access_token" in login.app().acquire_token_by_auth_code_flow(flow, answer)


def test_another_redirect_does_not_redeem_the_code(login: Login) -> None:
    other = "http://127.0.0.1:8080/other"
    login.directory.app.redirect_uris.add(other)
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    answer = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))

    moved = {**flow, "redirect_uri": other}
    result = login.app().acquire_token_by_auth_code_flow(moved, answer)

    assert result["error_codes"] == [500112]


def test_who_declines_comes_back_with_a_refusal(login: Login) -> None:
    app = login.app()
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)

    answer = query_of(login.decide(flow["auth_uri"], decision="decline"))

    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS65004:")
    assert app.acquire_token_by_auth_code_flow(flow, answer)["error"] == "access_denied"
    _put(login, "PUT", "/control/consent", mode="denied")
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    denied = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept"))
    assert denied["error"] == "access_denied"


def test_a_tenant_without_user_consent_sends_people_to_their_admin(login: Login) -> None:
    _put(login, "PUT", "/control/consent", mode="admin-required")
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)

    page = login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept")
    back = query_of(login.decide(flow["auth_uri"], account=login.owner.upn, decision="decline"))

    assert page.status_code == 200
    assert "Need admin approval" in page.text
    assert back["error"] == "access_denied"
    assert back["error_description"].startswith("AADSTS90094:")
    assert login.directory.granted(login.owner.oid) == frozenset()

    asked = f"{login.http_base}/{TENANT}/v2.0/adminconsent"
    query = (
        f"?client_id={login.directory.app.app_id}&redirect_uri={CALLBACK}&state=42"
        "&scope=https://graph.microsoft.com/User.Read%20https://graph.microsoft.com/Mail.Send"
    )
    refused = login.decide(asked + query, account=login.owner.upn, decision="accept")
    assert "Need admin approval" in refused.text
    approved = query_of(login.decide(asked + query, account=login.admin.upn, decision="accept"))
    assert approved["admin_consent"] == "True"
    assert approved["tenant"] == TENANT
    assert approved["state"] == "42"
    assert "access_token" in login.connect(login.app(), login.owner)


def test_microsofts_own_policy_frees_sending_and_keeps_reading_for_admins(login: Login) -> None:
    _put(login, "PUT", "/control/consent", mode="microsoft-managed")

    assert "access_token" in login.connect(login.app(), login.owner, ["User.Read", "Mail.Send"])
    flow = login.app().initiate_auth_code_flow(["Mail.Read"], redirect_uri=CALLBACK)
    page = login.decide(flow["auth_uri"], account=login.owner.upn, decision="accept")
    assert "Need admin approval" in page.text
    everybody = query_of(
        login.decide(
            flow["auth_uri"], account=login.admin.upn, decision="accept", organization="on"
        )
    )
    assert "code" in everybody
    assert "Mail.Read" in login.directory.granted(login.owner.oid)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": "token"}, "AADSTS70005"),
        ({"scope": "openid Mail.Reed"}, "AADSTS70011"),
        ({"prompt": "none"}, "AADSTS50058"),
        ({"prompt": "perhaps"}, "AADSTS90023"),
        ({"code_challenge_method": "plain"}, "AADSTS50149"),
        ({"code_challenge": "short"}, "AADSTS501491"),
        ({"resource": "https://graph.microsoft.com"}, "AADSTS90023"),
    ],
)
def test_an_unsound_request_comes_back_with_its_error(
    login: Login, change: dict[str, str], code: str
) -> None:
    flow = login.app().initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    address, _, query = flow["auth_uri"].partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}

    answer = login.browser.get(
        address, params={**asked, **change}, allow_redirects=False, timeout=10
    )

    assert query_of(answer)["error_description"].startswith(f"{code}:")
    assert query_of(answer)["state"] == flow["state"]


def test_bot_and_graph_get_app_only_tokens(login: Login) -> None:
    app = login.app()

    bot = app.acquire_token_for_client(["https://api.botframework.com/.default"])
    graph = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])

    login.tokens.verify_connector(bot["access_token"])
    assert login.tokens.verify_graph(graph["access_token"]).scopes == frozenset()
    with pytest.raises(InvalidTokenError):
        login.tokens.verify_graph(bot["access_token"])
    multi = login.app("botframework.com")
    token = multi.acquire_token_for_client(["https://api.botframework.com/.default"])
    login.tokens.verify_connector(token["access_token"])


def test_a_wrong_secret_and_a_wrong_resource_are_refused(login: Login) -> None:
    wrong = login.app(secret="not the secret")

    refused = wrong.acquire_token_for_client(["https://api.botframework.com/.default"])
    elsewhere = login.app().acquire_token_for_client(["https://vault.azure.net/.default"])

    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [7000215])
    assert elsewhere["error_codes"] == [500011]


def test_an_unknown_tenant_has_no_authority(login: Login) -> None:
    with pytest.raises(ValueError, match="authority"):
        login.app("00000000-0000-0000-0000-000000000001")


def test_instance_discovery_points_home(login: Login) -> None:
    answer = login.browser.get(
        f"{login.https_base}/common/discovery/instance",
        params={
            "authorization_endpoint": f"{login.https_base}/{TENANT}/oauth2/v2.0/authorize",
            "api-version": "1.0",
        },
        timeout=10,
    ).json()

    home = login.browser.get(answer["tenant_discovery_endpoint"], timeout=10)
    assert home.json()["token_endpoint"] == f"{login.https_base}/{TENANT}/oauth2/v2.0/token"


def test_unknown_fields_are_refused_by_name(login: Login) -> None:
    token = login.browser.post(
        f"{login.https_base}/{TENANT}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "resource": "x"},
        timeout=10,
    )
    steering = login.browser.put(
        f"{login.control_base}/control/consent", json={"mode": "user-ok", "who": "x"}, timeout=10
    )

    assert token.status_code == 400
    assert "resource" in token.json()["error_description"]
    assert steering.status_code == 400
    assert steering.json() == {"error": "unknown: who"}


def test_the_journal_tells_who_and_never_what(login: Login) -> None:
    result = login.connect(login.app(), login.owner)

    written = [(entry["kind"], entry["facts"]) for entry in login.journal.entries]

    assert written == [
        ("entra.authorize", {"oid": login.owner.oid, "ok": True, "error": None}),
        (
            "entra.token",
            {"grant": "authorization_code", "oid": login.owner.oid, "ok": True, "error": None},
        ),
    ]
    assert result["access_token"] not in json.dumps(login.journal.entries)


def test_the_tenant_can_be_looked_at_and_its_app_changed(login: Login) -> None:
    shown = login.browser.get(f"{login.control_base}/control/directory", timeout=10).json()
    changed = _put(
        login, "PUT", "/control/app",
        redirect_uris=["http://127.0.0.1:1/cb"], bot_endpoint="http://127.0.0.1:1/api/messages",
    )  # fmt: skip

    assert shown["tenant_id"] == TENANT
    assert [user["oid"] for user in shown["users"]] == [u.oid for u in login.directory.users]
    assert login.directory.app.redirect_uris == {"http://127.0.0.1:1/cb"}
    assert changed["bot_endpoint"] == "http://127.0.0.1:1/api/messages"


def test_keys_and_certificates_outlive_a_restart(tmp_path: Path) -> None:
    first, ca = SigningKey.load_or_create(tmp_path / "k"), tls.load_or_create(tmp_path).ca_file
    kept = ca.read_bytes()

    assert SigningKey.load_or_create(tmp_path / "k").kid == first.kid
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600
    assert tls.load_or_create(tmp_path).ca_file.read_bytes() == kept


def _put(login: Login, method: str, path: str, **content: Any) -> dict[str, Any]:
    answer = login.browser.request(method, login.control_base + path, json=content, timeout=10)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result
