"""What a refusal of Entra means: the mailbox's connection, ours, or a passing fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import (
    ConsentRequiredError,
    MailroomError,
    PermanentError,
    TransientError,
    UserMistakeError,
)
from bot.entra.errors import (
    Meaning,
    codes_of,
    meaning_of,
    refusal_of_sign_in,
    refusal_of_token,
)


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        ("invalid_grant", 70000, ConsentRequiredError),
        ("invalid_grant", 700082, ConsentRequiredError),
        ("invalid_grant", 50173, ConsentRequiredError),
        ("invalid_grant", 65001, ConsentRequiredError),
        ("interaction_required", 50076, ConsentRequiredError),
        ("invalid_client", 7000222, TransientError),
        ("invalid_client", 7000215, TransientError),
        ("unauthorized_client", 700016, TransientError),
        ("temporarily_unavailable", 90033, TransientError),
        ("unauthorized_client", 7000112, TransientError),
        ("invalid_client", 700027, TransientError),
        ("invalid_scope", 70011, TransientError),
        ("invalid_grant", 50196, TransientError),
        ("server_error", 50033, TransientError),
        ("invalid_grant", 90024, TransientError),
        ("interaction_required", 53003, ConsentRequiredError),
        ("invalid_grant", 70043, ConsentRequiredError),
        ("invalid_grant", 50057, ConsentRequiredError),
        ("consent_required", 90094, ConsentRequiredError),
        ("invalid_grant", 123456, ConsentRequiredError),
        ("something_new", 123456, TransientError),
    ],
)
def test_a_refused_token(error: str, code: int, kind: type[MailroomError]) -> None:
    refused = refusal_of_token({"error": error, "error_codes": [code]})
    assert type(refused) is kind


def test_a_broken_connection_says_why() -> None:
    refused = refusal_of_token({"error": "invalid_grant", "error_codes": [50173]})
    assert isinstance(refused, ConsentRequiredError)
    assert refused.code == "AADSTS50173"
    assert "password was reset" in refused.words
    bare = refusal_of_token({"error": "invalid_grant"})
    assert isinstance(bare, ConsentRequiredError)
    assert (bare.code, bare.words) == ("invalid_grant", "")


def test_our_own_fault_goes_before_the_mailboxes() -> None:
    refused = refusal_of_token({"error": "invalid_grant", "error_codes": [50173, 7000222]})
    assert isinstance(refused, TransientError)
    assert "registration" in str(refused)
    passing = refusal_of_token({"error": "invalid_grant", "error_codes": [50076, 90033]})
    assert isinstance(passing, TransientError)


def test_who_asks_too_often_waits() -> None:
    refused = refusal_of_token({"error": "invalid_grant", "error_codes": [50196]})
    assert isinstance(refused, TransientError)
    assert (refused.retry_after or 0) >= 60


def test_the_suberror_is_heard() -> None:
    told = {"error": "invalid_grant", "suberror": "consent_required"}
    assert isinstance(refusal_of_token(told), ConsentRequiredError)
    refused = refusal_of_sign_in(told)
    assert isinstance(refused, PermanentError)
    assert refused.code == "admin_approval"


@settings(deadline=None)  # a busy machine is no finding
@given(
    error=st.sampled_from(["invalid_grant", "invalid_client", "server_error", "new", ""]),
    codes=st.lists(st.integers(1, 9_999_999), max_size=4),
)
def test_a_mailbox_breaks_only_for_a_reason_we_know(error: str, codes: list[int]) -> None:
    refused = refusal_of_token({"error": error, "error_codes": codes})
    if isinstance(refused, ConsentRequiredError):
        meaning = meaning_of({"error": error, "error_codes": codes})
        assert meaning not in (Meaning.OURS, Meaning.PASSING)
        assert error == "invalid_grant" or meaning_of({"error_codes": codes}) is meaning


def test_nothing_of_the_description_gets_into_the_log() -> None:
    told = {
        "error": "invalid_grant",
        "error_codes": [50173],
        "error_description": "AADSTS50173: secret-of-a-person@contoso.example",
        "trace_id": "trace-1",
    }
    assert "contoso" not in str(refusal_of_token(told))
    assert "trace-1" in str(refusal_of_token(told))


@pytest.mark.parametrize(
    ("error", "code", "kind", "ours"),
    [
        ("access_denied", 65004, UserMistakeError, ""),
        ("access_denied", 90094, PermanentError, "admin_approval"),
        ("access_denied", 90095, PermanentError, "admin_approval"),
        ("consent_required", 65001, PermanentError, "admin_approval"),
        ("interaction_required", 50076, UserMistakeError, ""),
        ("invalid_grant", 53003, UserMistakeError, ""),
        ("invalid_grant", 70008, UserMistakeError, ""),
        ("temporarily_unavailable", 90006, TransientError, ""),
        ("something_new", 123456, TransientError, ""),
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
