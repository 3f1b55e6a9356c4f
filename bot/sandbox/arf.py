"""Spam complaints in the Abuse Reporting Format.

RFC 5965: three parts (section 2: what a person reads, `message/feedback-report`, the mail that was
complained of), with Feedback-Type, User-Agent and Version required (3.1). The provider sends it; it
comes to the mailbox that sent the mail, as where its owner has registered that address.
"""

from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from bot.sandbox.letters import WIRE, Letter, read

_AGENT = "SandboxFeedbackLoop/1.0"


def report(
    original: Letter, reporter: str, *, words: str | None, message_id: str, at: datetime
) -> Letter:
    """Return the report to the sender of `original`; `words` replace what a person reads."""
    provider = reporter.rpartition("@")[2]
    message = MIMEMultipart("report", report_type="feedback-report", policy=WIRE)
    message["From"] = formataddr(("Abuse reports", f"feedback-loop@{provider}"))
    message["To"] = formataddr((original.sender.name, original.sender.address))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    # RFC 5965, appendix B, example of a report: the subject of the original, forwarded.
    message["Subject"] = f"FW: {original.subject}"
    message["Auto-Submitted"] = "auto-generated"
    message.attach(MIMEText(words or _explanation(original, reporter), "plain", "utf-8"))
    message.attach(_feedback_part(original, reporter))
    message.attach(MIMEMessage(message_from_bytes(original.raw, policy=WIRE)))
    return read(message.as_bytes())


def _explanation(original: Letter, reporter: str) -> str:
    return (
        "This is a report about an email message that a recipient marked as spam.\r\n"
        f"Recipient: {reporter}\r\n"
        f"Sent: {original.header('Date')}\r\n"
        f"Subject: {original.subject}\r\n"
    )


def _feedback_part(original: Letter, reporter: str) -> MIMEBase:
    fields = Message()
    fields["Feedback-Type"] = "abuse"
    fields["User-Agent"] = _AGENT
    fields["Version"] = "1"
    fields["Original-Mail-From"] = f"<{original.sender.address}>"
    fields["Original-Rcpt-To"] = f"<{reporter}>"
    fields["Arrival-Date"] = original.header("Date") or ""
    fields["Reported-Domain"] = original.sender.address.rpartition("@")[2]
    part = MIMEBase("message", "feedback-report")
    part.set_payload([fields])
    return part
