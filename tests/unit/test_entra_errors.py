"""What a refusal of Entra means: the mailbox's connection, ours, or a passing fault."""

import pytest

from bot.domain.errors import (
    ConsentRequiredError,
    MailroomError,
    PermanentError,
    TransientError,
    UserMistakeError,
)
from bot.entra.errors import codes_of, refusal_of_sign_in, refusal_of_token


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        ("invalid_grant", 70000, ConsentRequiredError),
        ("invalid_grant", 700082, ConsentRequiredError),
        ("invalid_grant", 50173, ConsentRequiredError),
        ("invalid_grant", 65001, ConsentRequiredError),
        ("interaction_required", 50076, ConsentRequiredError),
        ("invalid_client", 7000222, PermanentError),
        ("invalid_client", 7000215, PermanentError),
        ("unauthorized_client", 700016, PermanentError),
        ("temporarily_unavailable", 90033, TransientError),
        ("invalid_grant", 50196, PermanentError),
    ],
)
def test_a_refused_token(error: str, code: int, kind: type[MailroomError]) -> None:
    refused = refusal_of_token({"error": error, "error_codes": [code]})
    assert type(refused) is kind


@pytest.mark.parametrize(
    ("error", "code", "kind", "ours"),
    [
        ("access_denied", 65004, UserMistakeError, ""),
        ("access_denied", 90094, PermanentError, "admin_approval"),
        ("consent_required", 65001, PermanentError, "admin_approval"),
        ("invalid_grant", 54005, UserMistakeError, ""),
        ("server_error", 50033, TransientError, ""),
        ("invalid_client", 7000215, PermanentError, "our_registration"),
    ],
)
def test_a_refused_sign_in(error: str, code: int, kind: type[MailroomError], ours: str) -> None:
    told = {"error": error, "error_description": f"AADSTS{code}: Words. Trace ID: x"}
    refused = refusal_of_sign_in(told)
    assert type(refused) is kind
    assert getattr(refused, "code", "") == ours


def test_codes_are_read_from_a_callback_too() -> None:
    assert codes_of({"error_description": "AADSTS65004: The resource owner denied."}) == [65004]
    assert codes_of({"error_codes": [50173, "700082", "x"]}) == [50173, 700082]
    assert codes_of({}) == []
