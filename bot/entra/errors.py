"""What Entra's refusals mean to us (reference-error-codes: branch on `error` and the codes, never
on the description).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.errors import (
    ConsentRequiredError,
    MailroomError,
    PermanentError,
    TransientError,
    UserMistakeError,
)

# Ours to mend, for every mailbox at once: never a mailbox's fault.
_OUR_OWN = {7000112, 7000215, 7000222, 700027, 90008, 650056, 650057, 50196}
_PASSING = {50033, 90024, 90033, 90006, 90012, 50087}
_APPROVAL = {90094, 90095, 90093}
_DECLINED = {65004}
_LATE = {54005, 50089}


def refusal_of_token(answer: Mapping[str, Any]) -> MailroomError:
    """Return what a refused silent token means: the connection is gone, unless it is ours or
    passing.
    """
    codes = codes_of(answer)
    told = f"Entra answered {answer.get('error', 'an error')} {_named(codes)}".strip()
    if _OUR_OWN & set(codes) or answer.get("error") in ("invalid_client", "unauthorized_client"):
        return PermanentError(told, code="our_registration")
    if _PASSING & set(codes) or answer.get("error") == "temporarily_unavailable":
        return TransientError(told)
    return ConsentRequiredError(told, code=_named(codes))


def refusal_of_sign_in(answer: Mapping[str, Any]) -> MailroomError:
    """Return what a sign-in that came back with an error means to the person at the browser."""
    codes = set(codes_of(answer))
    told = f"Entra answered {answer.get('error', 'an error')} {_named(sorted(codes))}".strip()
    if codes & _APPROVAL or answer.get("error") == "consent_required":
        return PermanentError(told, code="admin_approval")
    if codes & _DECLINED or answer.get("error") == "access_denied":
        return UserMistakeError(
            "You declined, so nothing was connected. Open the link again to change your mind."
        )
    if codes & _LATE or answer.get("error") == "invalid_grant":
        return UserMistakeError("That took too long. Open the link again and sign in once more.")
    if codes & _PASSING:
        return TransientError(told)
    return PermanentError(told, code="our_registration")


def codes_of(answer: Mapping[str, Any]) -> Sequence[int]:
    """Return the AADSTS codes of an answer; a callback carries them in its description only."""
    listed = answer.get("error_codes")
    if isinstance(listed, list):
        return [int(each) for each in listed if str(each).isdigit()]
    words = str(answer.get("error_description", "")).replace(":", " ").split()
    named = [word.removeprefix("AADSTS") for word in words if word.startswith("AADSTS")]
    return [int(each) for each in named if each.isdigit()]


def _named(codes: Sequence[int]) -> str:
    return " ".join(f"AADSTS{each}" for each in codes)
