"""Errors of the login host, in the shape and with the codes Entra ID uses.

Shape and codes: entra/identity-platform/reference-error-codes ("Handling error codes in your
application", "AADSTS error codes"). Clients should branch on `error` and `suberror` only.
"""

import uuid
from datetime import UTC, datetime


class EntraError(Exception):
    """A refusal. `error` is OAuth's word, `code` Entra's number."""

    def __init__(
        self, error: str, code: int, message: str, *, status: int = 400, suberror: str = ""
    ) -> None:
        super().__init__(f"AADSTS{code}: {message}")
        self.error = error
        self.code = code
        self.message = message
        self.status = status
        self.suberror = suberror

    @classmethod
    def missing(cls, name: str) -> "EntraError":
        """A required parameter is not there."""
        text = f"The request body must contain the following parameter: '{name}'."
        return cls("invalid_request", 900144, text)

    @classmethod
    def unknown_parameters(cls, names: list[str]) -> "EntraError":
        """The sandbox does not model these; saying so is better than ignoring them."""
        text = f"Invalid STS request. This sandbox does not know: {', '.join(sorted(names))}."
        return cls("invalid_request", 90023, text)

    @classmethod
    def invalid_scope(cls, name: str) -> "EntraError":
        """The scope does not exist, or not for this grant."""
        text = (
            "The provided request must include a 'scope' input parameter. The provided value for "
            f"the input parameter 'scope' is not valid. The scope {name} is not valid."
        )
        return cls("invalid_scope", 70011, text)

    @classmethod
    def unknown_app(cls, app_id: str, tenant: str) -> "EntraError":
        """The client id is not registered in this tenant."""
        text = f"Application with identifier '{app_id}' was not found in the directory '{tenant}'."
        return cls("unauthorized_client", 700016, text)

    @classmethod
    def unknown_tenant(cls, name: str) -> "EntraError":
        """The first path segment names no tenant."""
        text = f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID."
        return cls("invalid_tenant", 90002, text)

    @classmethod
    def consent_missing(cls, app_id: str, app_name: str) -> "EntraError":
        """Nobody consented, or the consent was taken back."""
        text = (
            "The user or administrator has not consented to use the application with ID "
            f"'{app_id}' named '{app_name}'. Send an interactive authorization request for this "
            "user and resource."
        )
        return cls("invalid_grant", 65001, text, suberror="consent_required")

    @classmethod
    def declined(cls) -> "EntraError":
        """The person pressed Cancel on the consent page."""
        text = "User declined to consent to access the app."
        return cls("access_denied", 65004, text)

    @classmethod
    def admin_needed(cls) -> "EntraError":
        """The person came back from "Need admin approval" without a consent."""
        return cls("access_denied", 90094, "The grant requires admin permission.")


def body(error: EntraError, correlation_id: str = "") -> dict[str, object]:
    """Return the JSON that the token endpoint answers for `error`."""
    trace, now = str(uuid.uuid4()), datetime.now(UTC)
    correlation = correlation_id or str(uuid.uuid4())
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    answer: dict[str, object] = {
        "error": error.error,
        "error_description": (
            f"{error} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        ),
        "error_codes": [error.code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
    }
    if error.suberror:
        answer["suberror"] = error.suberror
    return answer
