"""Documents that clients read before anything else, and the tenants a path may name.

entra/identity-platform/v2-protocols-oidc, "Find your app's OpenID configuration document URI".
"""

from bot.sandbox.directory import Directory
from bot.sandbox.entra.errors import EntraError
from bot.sandbox.entra.tokens import BOT_FRAMEWORK_TENANT

_MULTI_TENANT = {"common", "organizations"}
_BOT_FRAMEWORK = {"botframework.com", BOT_FRAMEWORK_TENANT}


def resolve_tenant(name: str, directory: Directory) -> str:
    """Return the id of the tenant that a path segment names.

    `common` and `organizations` are the home tenant here: it is the only one people come from.

    Raises:
        EntraError: no such tenant (AADSTS90002).
    """
    lowered = name.lower()
    if lowered in {directory.tenant_id, directory.domain} | _MULTI_TENANT:
        return directory.tenant_id
    if lowered in _BOT_FRAMEWORK:
        return BOT_FRAMEWORK_TENANT
    raise EntraError.unknown_tenant(name)


def openid_configuration(
    name: str, directory: Directory, *, https_base: str, http_base: str
) -> dict[str, object]:
    """Return the OpenID configuration under the path segment `name`.

    The issuer under `common` and `organizations` is a pattern with the literal `{tenantid}`. The
    authorization endpoint is the one departure from Entra ID: it names the plain-http listener, so
    that a browser which does not know the sandbox's CA can open it.
    """
    resolved = resolve_tenant(name, directory)
    host = f"{https_base}/{name}"
    issuer_tenant = "{tenantid}" if name.lower() in _MULTI_TENANT else resolved
    return {
        "token_endpoint": f"{host}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "jwks_uri": f"{host}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{https_base}/{issuer_tenant}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{http_base}/{name}/oauth2/v2.0/authorize",
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver",
            "email",
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }  # fmt: skip


def instance_discovery(authorization_endpoint: str, *, https_base: str) -> dict[str, object]:
    """Return where the tenant of an authorization endpoint publishes its configuration.

    Raises:
        EntraError: not an authorization endpoint of this host (AADSTS50049, `invalid_instance`).
    """
    host = https_base.removeprefix("https://")
    rest = authorization_endpoint.removeprefix("https://")
    tenant = rest.split("/")[1] if rest.count("/") else ""
    # MSAL leaves the port out (`msal/authority.py`, `self.instance` is the bare host name).
    if rest.split("/")[0] not in (host, host.rsplit(":", 1)[0]) or not tenant:
        text = "Unknown or invalid instance."
        raise EntraError("invalid_instance", 50049, text)
    return {
        "tenant_discovery_endpoint": f"{https_base}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {"preferred_network": host, "preferred_cache": host, "aliases": [host]},
        ],
    }
