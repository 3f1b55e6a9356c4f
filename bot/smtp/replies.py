"""What a relay's replies and faults mean for the email (RFC 5321, 4.2.1): a table, no I/O.

2yz after the final dot: the relay has taken responsibility. 4yz, whenever: it has not, try later.
5yz to the email itself: it never will. No reply: not written as long as it had not asked for the
email, unknown from then on.
"""

from bot.domain.delivery import Outcome, SendReport

_MOST_KEPT = 200


def report_of_reply(code: int, words: str) -> SendReport:
    """Return what the reply to MAIL, RCPT, DATA or the final dot says of the email."""
    told = _told(code, words)
    if 200 <= code < 300:
        return SendReport(outcome=Outcome.ACCEPTED, code=str(code), detail=told)
    if 400 <= code < 500:
        return SendReport(outcome=Outcome.NOT_WRITTEN, code=str(code), detail=told)
    if 500 <= code < 600:
        return SendReport(
            outcome=Outcome.REFUSED, code=str(code), detail=f"The mail server refused it: {told}"
        )
    return report_of_silence()


def report_of_no_start(fault: Exception) -> SendReport:
    """Return what it says that no email could be begun, whatever the reason."""
    return SendReport(
        outcome=Outcome.NOT_WRITTEN,
        code=type(fault).__name__,
        detail="The mail server cannot be used at the moment. We try again.",
    )


def report_of_silence() -> SendReport:
    """Return what it says that nothing readable came once the email was begun: nobody knows."""
    return SendReport(
        outcome=Outcome.UNKNOWN,
        detail="The connection broke before the mail server said whether it took this email.",
    )


def _told(code: int, words: str) -> str:
    """Return a reply on one line: strangers write it."""
    plain = "".join(mark if mark.isprintable() else " " for mark in words)
    return f"{code} {' '.join(plain.split())}"[:_MOST_KEPT]
