"""What Graph's answers mean to us: to a submission, and to every other request. Tables, no SDK.

Codes: throttling-outlook, user-sendmail, and Exchange's own error names (EWS ResponseCode).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from bot.domain.delivery import Outcome, SendReport
from bot.domain.errors import MailboxClosedError, MailroomError, PermanentError, TransientError
from bot.domain.obstacle import WORDS, Obstacle

MAILBOX_GONE = "MailboxNotEnabledForRESTAPI"
_TOO_LARGE = "This email is too large for Outlook."
# A definite 4xx is said before anything is taken in. What is on neither table is of this email
# alone, and is told by its code.
_WORDS: Mapping[str, str] = {
    "ErrorInvalidRecipients": "Outlook does not accept this address.",
    "ErrorMessageSizeExceeded": _TOO_LARGE,
}
_WORDS_FOR_STATUS: Mapping[int, str] = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE}
# What is not of this email alone: the next one would be refused as well. The code says more than
# the status.
_OBSTACLES: Mapping[str, Obstacle] = {
    "ErrorAccessDenied": Obstacle.CONSENT,
    "ErrorSendAsDenied": Obstacle.SEND_AS,
    MAILBOX_GONE: Obstacle.LICENCE,
    "MailboxNotSupportedForRESTAPI": Obstacle.LICENCE,
    "ErrorNonExistentMailbox": Obstacle.NOT_FOUND,
    "ErrorQuotaExceeded": Obstacle.FULL,
    "ErrorMessageSubmissionBlocked": Obstacle.BLOCKED,
    "ErrorExceededMessageLimit": Obstacle.LIMITED,
    "ErrorExceededMaxRecipientLimit": Obstacle.LIMITED,
    "ErrorSubmissionQuotaExceeded": Obstacle.LIMITED,
    # Requests as only a fault in this program makes them.
    "BadRequest": Obstacle.FAULT,
    "RequestBodyRead": Obstacle.FAULT,
    "ErrorInvalidArgument": Obstacle.FAULT,
    "ErrorInvalidParameter": Obstacle.FAULT,
    "ErrorMimeContentInvalidBase64String": Obstacle.FAULT,
    "InvalidInternetMessageHeader": Obstacle.FAULT,
    "InvalidInternetMessageHeaderCollection": Obstacle.FAULT,
}
_OBSTACLES_FOR_STATUS: Mapping[int, Obstacle] = {
    HTTPStatus.FORBIDDEN: Obstacle.CLOSED,
    HTTPStatus.NOT_FOUND: Obstacle.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Obstacle.FAULT,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Obstacle.FAULT,
}
# A 4xx behind which mail has gone out, or may have.
_UNCERTAIN = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_THROTTLING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_PASSING = (HTTPStatus.UNAUTHORIZED, *_UNCERTAIN)
# No connection was there to write to; anything later may have reached Graph.
_NEVER_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `code` is Graph's own word for an error, "" where it gave none;
    `retry_after` seconds; `request_id` what Microsoft's support asks for. Status 0: nothing came.
    """

    status: int
    code: str = ""
    retry_after: float | None = None
    request_id: str = ""
    body: bytes = b""


def report_of(answer: Answer) -> SendReport:
    """Return what the answer to a submission says of the email (design, Sending 4).

    202 is final whatever headers it carries, and only 202 is: user-sendmail knows no other success.
    401 came before anything was read. 408, 429 and every 5xx have been seen with the mail gone out
    behind them, whatever code they carry.
    """
    status, code = answer.status, answer.code
    if status == HTTPStatus.ACCEPTED:
        return SendReport(outcome=Outcome.ACCEPTED)
    wait = answer.retry_after or 0.0
    if status == HTTPStatus.UNAUTHORIZED:
        return SendReport(outcome=Outcome.NOT_WRITTEN, code=code, retry_after=wait)
    if _is_refusal(status):
        return _refusal_of(answer)
    throttled = status in _THROTTLING and answer.retry_after is not None
    return SendReport(
        outcome=Outcome.UNKNOWN, code=code or str(status), retry_after=wait, throttled=throttled
    )


def report_of_fault(fault: Exception) -> SendReport:
    """Return what a submission that got no answer at all says of the email."""
    not_written = isinstance(fault, _NEVER_WRITTEN)
    outcome = Outcome.NOT_WRITTEN if not_written else Outcome.UNKNOWN
    return SendReport(outcome=outcome, detail=type(fault).__name__)


def error_of(answer: Answer) -> MailroomError:
    """Return what an answer other than success to any other request means to whoever asked.

    401 passes: the next token tells whether the connection is gone.
    """
    told = f"Graph answered {answer.status} {answer.code}".strip()
    if answer.request_id:
        told = f"{told} (request-id {answer.request_id})"
    if _is_refusal(answer.status) and answer.status not in _PASSING:
        closed = answer.status == HTTPStatus.FORBIDDEN or answer.code == MAILBOX_GONE
        kind = MailboxClosedError if closed else PermanentError
        return kind(told, code=answer.code or str(answer.status))
    return TransientError(told, retry_after=answer.retry_after)


def _is_refusal(status: int) -> bool:
    definite = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return definite and status not in _UNCERTAIN


def _refusal_of(answer: Answer) -> SendReport:
    code = answer.code or str(answer.status)
    obstacle = _obstacle_of(answer)
    plain = (
        WORDS[obstacle] if obstacle else _WORDS.get(code) or _WORDS_FOR_STATUS.get(answer.status)
    )
    return SendReport(
        outcome=Outcome.REFUSED,
        code=code,
        detail=plain or f"Outlook refused this email ({code}).",
        obstacle=obstacle,
    )


def _obstacle_of(answer: Answer) -> Obstacle | None:
    """Return what keeps other emails from leaving, too; None where it is this one alone."""
    if answer.code in _WORDS:
        return None
    return _OBSTACLES.get(answer.code) or _OBSTACLES_FOR_STATUS.get(answer.status)
