"""What Graph's answers mean to us: of submissions, and of every other request.

Codes and statuses: facts of `throttling-outlook`, `user-sendmail` and Exchange's own error names.
Classified by `error.code` where there is one, because the same code comes with several statuses.
"""

from collections.abc import Mapping
from http import HTTPStatus

from bot.domain.delivery import Outcome, SendReport
from bot.domain.errors import MailroomError, PermanentError, TransientError

_THROTTLING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
# Said before anything is taken in; every other 4xx is as definite, these only have better words.
_WORDS: Mapping[str, str] = {
    "ErrorInvalidRecipients": "Outlook does not accept this address.",
    "ErrorSendAsDenied": "Outlook does not let this mailbox send under its own address.",
    "ErrorAccessDenied": "The permission to send was withdrawn from this mailbox.",
    "MailboxNotEnabledForRESTAPI": "This mailbox has no Exchange Online licence any more.",
    "ErrorQuotaExceeded": "The sender's mailbox is full.",
    "ErrorExceededMessageLimit": "The sender's mailbox has sent too much today.",
    "ErrorSubmissionQuotaExceeded": "The sender's mailbox has sent too much today.",
    "ErrorMessageSizeExceeded": "This email is too large.",
}


def report_of(status: int, code: str, retry_after: float | None) -> SendReport:
    """Return what the answer to a submission says of the email (design, Sending 4).

    202 is final whatever headers it carries. 401 came before anything was read: not written.
    429, 408 and every 5xx have been seen with the mail gone out behind them.
    """
    if status == HTTPStatus.ACCEPTED:
        return SendReport(outcome=Outcome.ACCEPTED)
    if status == HTTPStatus.UNAUTHORIZED:
        return SendReport(outcome=Outcome.NOT_WRITTEN, code=code)
    uncertain = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        status not in uncertain
    ):
        return SendReport(outcome=Outcome.REFUSED, code=code, detail=_WORDS.get(code, ""))
    throttled = status in _THROTTLING and retry_after is not None
    return SendReport(
        outcome=Outcome.UNKNOWN, code=code, retry_after=retry_after or 0.0, throttled=throttled
    )


def error_of(status: int, code: str, retry_after: float | None) -> MailroomError:
    """Return what the answer to any other request means to whoever asked."""
    told = f"Graph answered {status} {code}".strip()
    passing = (HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    if status in passing or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(told, retry_after=retry_after)
    return PermanentError(told, code=code or str(status))
