"""What sendMail refuses before it takes anything in: Graph's codes, each with the page it is on.

The statuses of Exchange's own codes are on no page: those here were seen with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Exchange's error names, which Graph hands on.
_EWS = "exchange/client-developer/web-service-reference/responsecode"


@dataclass(frozen=True)
class Refusal:
    """One answer. `page` is where Microsoft documents its code."""

    status: int
    message: str
    page: str


REFUSALS: Mapping[str, Refusal] = {
    "BadRequest": Refusal(400, "Unable to read JSON request payload.", "graph/errors"),
    "ErrorAccessDenied": Refusal(
        403, "Access is denied. Check credentials and try again.", "graph/errors"
    ),
    "ErrorSendAsDenied": Refusal(
        403,
        "The user account which was used to submit this request does not have the right to send "
        "mail on behalf of the specified sending account.",
        "graph/outlook-send-mail-from-other-user",
    ),
    "MailboxNotEnabledForRESTAPI": Refusal(
        404,
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        "exchange/troubleshoot/user-and-shared-mailboxes/"
        "rest-api-is-not-yet-supported-for-this-mailbox-error",
    ),
    "ErrorInvalidRecipients": Refusal(400, "At least one recipient is not valid.", _EWS),
    "ErrorMessageSizeExceeded": Refusal(
        413, "The message exceeds the maximum supported size.", _EWS
    ),
    "ErrorQuotaExceeded": Refusal(403, "The mailbox has exceeded its storage quota.", _EWS),
    "ErrorMessageSubmissionBlocked": Refusal(
        403, "The user is blocked from sending messages.", _EWS
    ),
    "ErrorExceededMessageLimit": Refusal(
        400, "The daily message or recipient limit was exceeded.", _EWS
    ),
    "ErrorExceededMaxRecipientLimit": Refusal(400, "The daily recipient limit was exceeded.", _EWS),
    "ErrorSubmissionQuotaExceeded": Refusal(
        403,
        "The message cannot be submitted: the submission quota of the mailbox was exceeded.",
        "Dynamics 365 troubleshooting, KB 4486353",
    ),
    "ErrorMimeContentInvalidBase64String": Refusal(
        400, "The Base64 string of the MIME content is not valid.", _EWS
    ),
    "InvalidInternetMessageHeader": Refusal(
        400,
        "The internet message header name should start with 'x-' or 'X-'.",
        "graph/api/user-sendmail",
    ),
    "InvalidInternetMessageHeaderCollection": Refusal(
        400,
        "Maximum number of headers in one message should be less than or equal to 5.",
        "graph/api/user-sendmail",
    ),
}
