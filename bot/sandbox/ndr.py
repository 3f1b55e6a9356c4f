"""Non-delivery reports in the form Exchange Online gives them.

Layout: reports of Exchange Online as published by their receivers; wording and codes:
support/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online. Sender and message
class: the system mailbox of every organization, and PidTagMessageClass of a report.
"""

import re
from datetime import datetime
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from bot.sandbox.letters import WIRE, Letter, header_block, read

MESSAGE_CLASS = "REPORT.IPM.Note.NDR"
# Of a notice that a mail is late (RFC 3464, 2.3.3: "delayed").
DELAY_CLASS = "REPORT.IPM.Note.Delayed.DR"
SYSTEM_MAILBOX = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e"
_SERVER = "AM0PR01MB0001.eurprd01.prod.exchangelabs.com"


def unknown_recipient(address: str) -> str:
    """Return the diagnostic for an address that its domain does not know (5.1.10)."""
    return (
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; "
        f"Recipient {address} not found by SMTP address lookup"
    )


def late() -> str:
    """Return the diagnostic for a mail that still waits to be delivered (4.4.7)."""
    return "400 4.4.7 Message delayed"


def unknown_domain(domain: str) -> str:
    """Return the diagnostic for a domain that DNS does not know (5.4.310)."""
    return (
        f"550 5.4.310 DNS domain {domain} does not exist "
        f"[Message=InfoDomainNonexistent] [LastAttemptedServerName={domain}]"
    )


def status_of(diagnostic: str) -> str:
    """Return the enhanced status code (RFC 3463) of a diagnostic such as "550 5.1.1 unknown".

    Raises:
        ValueError: there is none in second place.
    """
    found = re.match(r"\d{3} (\d\.\d{1,3}\.\d{1,3})\b", diagnostic)
    if found is None:
        raise ValueError(f"no status code in {diagnostic!r}")
    return found.group(1)


def report(
    original: Letter,
    recipient: str,
    diagnostic: str,
    *,
    domain: str,
    message_id: str,
    at: datetime,
    delayed: bool = False,
) -> Letter:
    """Return the report to the sender of `original`; `diagnostic` starts with both status codes.
    `delayed`: it has not failed, only not been delivered yet.

    Raises:
        ValueError: `diagnostic` has no enhanced status code in second place.
    """
    status = status_of(diagnostic)
    message = MIMEMultipart("report", report_type="delivery-status", policy=WIRE)
    message["From"] = formataddr(("Microsoft Outlook", f"{SYSTEM_MAILBOX}@{domain}"))
    message["To"] = formataddr((original.sender.name, original.sender.address))
    message["Date"] = format_datetime(at)
    message["X-MS-Exchange-Message-Is-Ndr"] = ""
    message["Content-Language"] = "en-US"
    message["Message-ID"] = message_id
    message["In-Reply-To"] = original.message_id
    message["References"] = original.message_id
    message["Subject"] = f"{'Delivery delayed' if delayed else 'Undeliverable'}: {original.subject}"
    message["Auto-Submitted"] = "auto-replied"
    message["Return-Path"] = "<>"
    message.attach(_explanation(original, recipient, diagnostic))
    message.attach(_status_part(recipient, status, diagnostic, at, delayed=delayed))
    returned = MIMENonMultipart("text", "rfc822-headers")
    returned.set_payload(header_block(original.raw).replace("\r\n", "\n"))
    message.attach(returned)
    return read(message.as_bytes())


def _explanation(original: Letter, recipient: str, diagnostic: str) -> MIMEMultipart:
    lines = (
        "Delivery has failed to these recipients or groups:",
        "",
        f"{recipient}<mailto:{recipient}>",
        "Your message couldn't be delivered to the recipient.",
        "",
        "Diagnostic information for administrators:",
        "",
        f"Generating server: {_SERVER}",
        "",
        recipient,
        f"Remote Server returned '{diagnostic}'",
        "",
        "Original message headers:",
        "",
        header_block(original.raw).replace("\r\n", "\n"),
    )
    text = "\n".join(lines)
    part = MIMEMultipart("alternative")
    part.attach(MIMEText(text, "plain", "utf-8"))
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>\n")
    part.attach(MIMEText(f"<html><body>{shown}</body></html>", "html", "utf-8"))
    return part


def _status_part(
    recipient: str, status: str, diagnostic: str, at: datetime, *, delayed: bool
) -> MIMEBase:
    """RFC 3464: one block about the report, one about the recipient."""
    about, per_recipient = Message(), Message()
    about["Reporting-MTA"] = f"dns;{_SERVER}"
    about["Arrival-Date"] = format_datetime(at)
    per_recipient["Final-Recipient"] = f"rfc822;{recipient}"
    per_recipient["Action"] = "delayed" if delayed else "failed"
    per_recipient["Status"] = status
    per_recipient["Diagnostic-Code"] = f"smtp;{diagnostic}"
    per_recipient["X-Display-Name"] = recipient
    part = MIMEBase("message", "delivery-status")
    part.set_payload([about, per_recipient])
    return part
