"""What mail programs answer by themselves: that a mail was read, that an invitation is accepted.

Receipt: RFC 8098, section 3 (three parts: what a person reads, `message/disposition-notification`,
the headers of the mail that was read); class IPNRN, a read report
(office/client-developer/outlook/mapi/pidtagmessageclass-canonical-property).
Answer to an invitation: RFC 5546, section 3.2.3 (a `text/calendar` part with METHOD:REPLY); class
IPM.Schedule.Meeting.Resp.Pos of an acceptance
(previous-versions/exchange-server/exchange-10/ms527208, MeetingItem.Respond).
"""

from datetime import datetime
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from bot.sandbox.letters import WIRE, Address, Letter, header_block, read

READ_CLASS = "REPORT.IPM.Note.IPNRN"
ACCEPTED_CLASS = "IPM.Schedule.Meeting.Resp.Pos"


def read_receipt(original: Letter, reader: Address, *, message_id: str, at: datetime) -> Letter:
    """Return the receipt to the sender of `original` that `reader` has shown it on a screen."""
    message = MIMEMultipart("report", report_type="disposition-notification", policy=WIRE)
    _address(message, original, reader, "Read", message_id=message_id, at=at)
    message.attach(MIMEText("Your message was read.\r\n", "plain", "utf-8"))
    fields = Message()
    fields["Final-Recipient"] = f"rfc822;{reader.address}"
    fields["Original-Message-ID"] = original.message_id
    fields["Disposition"] = "automatic-action/MDN-sent-automatically; displayed"
    part = MIMEBase("message", "disposition-notification")
    part.set_payload([fields])
    message.attach(part)
    returned = MIMENonMultipart("text", "rfc822-headers")
    returned.set_payload(header_block(original.raw).replace("\r\n", "\n"))
    message.attach(returned)
    return read(message.as_bytes())


def accepted(original: Letter, guest: Address, *, message_id: str, at: datetime) -> Letter:
    """Return the acceptance of an invitation that `guest` answers in the thread of `original`."""
    message = MIMEMultipart("alternative", policy=WIRE)
    _address(message, original, guest, "Accepted", message_id=message_id, at=at)
    message["References"] = " ".join([*original.references, original.message_id])
    message.attach(MIMEText("", "plain", "utf-8"))
    lines = (
        "BEGIN:VCALENDAR",
        "METHOD:REPLY",
        "PRODID:-//Sandbox//EN",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"UID:{original.message_id.strip('<>')}",
        f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{guest.address}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    part = MIMEText("\r\n".join(lines), "calendar", "utf-8")
    part.set_param("method", "REPLY")
    message.attach(part)
    return read(message.as_bytes())


def _address(
    message: MIMEMultipart,
    original: Letter,
    writer: Address,
    what: str,
    *,
    message_id: str,
    at: datetime,
) -> None:
    message["From"] = formataddr((writer.name, writer.address))
    message["To"] = formataddr((original.sender.name, original.sender.address))
    message["Date"] = format_datetime(at)
    message["Subject"] = f"{what}: {original.subject}"
    message["Message-ID"] = message_id
    message["In-Reply-To"] = original.message_id
