"""What Entra's refusals mean to us (reference-error-codes: branch on `error` and the codes, never
on the description).

What nobody knows counts as passing: a mailbox is told to be broken only for a reason on the list.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from bot.domain.errors import (
    ConsentRequiredError,
    MailroomError,
    PermanentError,
    TransientError,
    UserMistakeError,
)


class Meaning(Enum):
    """Who can mend it. In this order one code goes before another, where an answer has several."""

    OURS = auto()  # our registration or secret: every mailbox at once, never a mailbox's fault
    PASSING = auto()
    APPROVAL = auto()  # an administrator has to consent
    DECLINED = auto()
    LATE = auto()  # the code was used already, or is too old
    BLOCKED = auto()  # the organisation's sign-in rules: a second factor, a device, a place
    GONE = auto()  # the refresh token, the account or the consent


_BY_CODE: Mapping[int, Meaning] = {
    **dict.fromkeys((7000112, 7000215, 7000222, 700027), Meaning.OURS),
    **dict.fromkeys((90008, 650056, 650057, 700016, 90002, 500011), Meaning.OURS),
    **dict.fromkeys((50033, 90024, 90033, 90006, 90012, 50087, 90055, 50196), Meaning.PASSING),
    **dict.fromkeys((90093, 90094, 90095, 65001, 50105), Meaning.APPROVAL),
    **dict.fromkeys((65004,), Meaning.DECLINED),
    **dict.fromkeys((54005, 50089, 70008), Meaning.LATE),
    **dict.fromkeys((50072, 50074, 50076, 50078, 50079), Meaning.BLOCKED),
    **dict.fromkeys((53000, 53001, 53002, 53003, 50131, 50158), Meaning.BLOCKED),
    **dict.fromkeys((530032, 530034, 530035, 70043), Meaning.BLOCKED),
    **dict.fromkeys((70000, 700082, 50173, 50057, 50034, 50020), Meaning.GONE),
}
_BY_ERROR: Mapping[str, Meaning] = {
    "invalid_client": Meaning.OURS,
    "unauthorized_client": Meaning.OURS,
    "invalid_request": Meaning.OURS,
    "invalid_scope": Meaning.OURS,
    "invalid_resource": Meaning.OURS,
    "unsupported_grant_type": Meaning.OURS,
    "consent_required": Meaning.APPROVAL,
    "access_denied": Meaning.DECLINED,
    "interaction_required": Meaning.BLOCKED,
    "login_required": Meaning.BLOCKED,
    "invalid_grant": Meaning.GONE,
}
# Why a connection is gone, as people are told; of the first code that is known.
_WHY: Mapping[int, str] = {
    50173: "The owner's password was reset, or all their sign-ins were revoked.",
    700082: "It was not used for so long that Microsoft has closed it.",
    65001: "The owner or an admin has withdrawn the consent.",
    **dict.fromkeys((90093, 90094, 90095), "Microsoft 365 now wants an admin to approve it."),
    50105: "The owner is not allowed to use Mailroom any more.",
    50057: "The owner's account is disabled.",
    50034: "The owner's account does not exist any more.",
    **dict.fromkeys(
        (50072, 50074, 50076, 50078, 50079),
        "Microsoft wants the owner to confirm who they are, with a second factor.",
    ),
    **dict.fromkeys(
        (53000, 53001, 53002, 53003, 530032, 530034, 530035, 50131, 50158, 70043),
        "Your organisation's rules for signing in do not allow it any more.",
    ),
}
# AADSTS50196: we asked too often in too short a time.
_LOOPING, _LOOP_WAIT = 50196, 300.0
_OURS_WAIT = 60.0
_SIGN_IN: Mapping[Meaning, str] = {
    Meaning.DECLINED: (
        "You declined, so nothing was connected. Open the link again to change your mind."
    ),
    Meaning.LATE: "That took too long. Open the link again and sign in once more.",
    Meaning.GONE: "That took too long. Open the link again and sign in once more.",
    Meaning.BLOCKED: (
        "Your organisation's rules for signing in were not met, so nothing was connected. Open the "
        "link again on a device you use for work."
    ),
}


def meaning_of(answer: Mapping[str, Any]) -> Meaning:
    """Return what a refusal means: by its codes, else by its `suberror` and `error`."""
    known = {_BY_CODE[each] for each in codes_of(answer) if each in _BY_CODE}
    words = (answer.get("suberror"), answer.get("error"))
    named = [_BY_ERROR[each] for each in words if isinstance(each, str) and each in _BY_ERROR]
    return min(known, key=lambda each: each.value, default=next(iter(named), Meaning.PASSING))


def refusal_of_token(answer: Mapping[str, Any]) -> MailroomError:
    """Return what a refused silent token means: the connection is gone, unless it is ours or
    passing.
    """
    meaning, codes = meaning_of(answer), codes_of(answer)
    if meaning is Meaning.OURS:
        # The operator's to mend, and then everything goes on: no work is given up meanwhile.
        return TransientError(f"our own registration: {_told(answer)}", retry_after=_OURS_WAIT)
    if meaning is Meaning.PASSING:
        wait = _LOOP_WAIT if _LOOPING in codes else None
        return TransientError(_told(answer), retry_after=wait)
    code = _named(codes) or str(answer.get("error", ""))
    words = next((_WHY[each] for each in codes if each in _WHY), "")
    return ConsentRequiredError(_told(answer), code=code, words=words)


def refusal_of_sign_in(answer: Mapping[str, Any]) -> MailroomError:
    """Return what a sign-in that came back with an error means to the person at the browser."""
    meaning = meaning_of(answer)
    if meaning is Meaning.OURS:
        return PermanentError(_told(answer), code="our_registration")
    if meaning is Meaning.PASSING:
        return TransientError(_told(answer))
    if meaning is Meaning.APPROVAL:
        return PermanentError(_told(answer), code="admin_approval")
    return UserMistakeError(_SIGN_IN[meaning])


def codes_of(answer: Mapping[str, Any]) -> Sequence[int]:
    """Return the AADSTS codes of an answer; a callback carries them in its description only."""
    listed = answer.get("error_codes")
    if isinstance(listed, list):
        return [int(each) for each in listed if str(each).isdecimal()]
    words = str(answer.get("error_description", "")).replace(":", " ").split()
    named = [word.removeprefix("AADSTS") for word in words if word.startswith("AADSTS")]
    return [int(each) for each in named if each.isdecimal()]


def _told(answer: Mapping[str, Any]) -> str:
    """Return a line for the log: never the description, which may quote tokens and addresses."""
    told = f"Entra answered {answer.get('error', 'an error')} {_named(codes_of(answer))}".strip()
    trace = answer.get("trace_id")
    return f"{told} (trace {trace})" if trace else told


def _named(codes: Sequence[int]) -> str:
    return " ".join(f"AADSTS{each}" for each in codes)
