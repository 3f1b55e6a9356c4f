"""What things are called on cards, and how moments read."""

from datetime import date, datetime

from bot.domain.delivery import DeliveryStatus
from bot.domain.distribution import DistributionState
from bot.domain.mailbox import MailboxStatus, Permission

# Python's own names of days and months follow the machine's language.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip

PERMISSIONS = {Permission.READ_SEND: "Read & Send", Permission.READ_ONLY: "Read only"}
MAILBOX_STATUSES = {
    MailboxStatus.INVITED: "Invited",
    MailboxStatus.APPROVAL_REQUIRED: "Approval required",
    MailboxStatus.ACTIVE: "Active",
    MailboxStatus.INACTIVE: "Inactive",
    MailboxStatus.REMOVED: "Removed",
}
STATES = {
    DistributionState.DRAFT: "Not sent yet",
    DistributionState.ASKED: "Waits for approval",
    DistributionState.SCHEDULED: "Scheduled",
    DistributionState.REFUSED: "Not approved",
    DistributionState.FAILED: "Failed",
    DistributionState.STARTING: "Starting",
    DistributionState.RUNNING: "On its way",
    DistributionState.PAUSED: "Paused",
    DistributionState.HELD: "On hold",
    DistributionState.MOVING: "Moving",
    DistributionState.STOPPED: "Stopped",
    DistributionState.CANCELLED: "Cancelled",
}
# Of a distribution that has nothing left to send.
ENDED = "Finished"
NEWS = {
    "approved": "A distribution was approved",
    "refused": "A distribution was not approved",
    "begun": "A distribution began without some people",
    "failed": "A distribution failed",
    "cancelled": "A distribution was cancelled",
}
HAPPENINGS = {
    DeliveryStatus.SCHEDULED: "An email is planned",
    DeliveryStatus.SENT: "An email was sent",
    DeliveryStatus.BOUNCED: "An email bounced",
    DeliveryStatus.FAILED: "An email failed",
    DeliveryStatus.RESPONDED: "A reply came in",
    DeliveryStatus.OPTED_OUT: "Somebody opted out",
    DeliveryStatus.MARKED_SPAM: "An email was marked as spam",
}


def moment(at: datetime) -> str:
    """Return a moment as people read it, by the clock it is told by: “Mon 23 Nov, 14:10 CET”."""
    return f"{day(at)}, {at:%H:%M} {_zone(at)}"


def day(of: date) -> str:
    """Return a day as people read it: “Mon 23 Nov”."""
    return f"{_DAYS[of.weekday()]} {of.day} {_MONTHS[of.month - 1]}"


def _zone(at: datetime) -> str:
    """Return the short name of a moment's time zone; a zone without one goes by its distance."""
    name = at.tzname() or ""
    if name[:1] not in ("+", "-"):
        return name
    return f"UTC{name[:3]}:{name[3:]}" if name[3:] else f"UTC{name}"


def people(many: int) -> str:
    """Return “1 person”, “12 people”."""
    return "1 person" if many == 1 else f"{many:,} people"


def emails(many: int) -> str:
    """Return “1 email”, “3 emails”."""
    return "1 email" if many == 1 else f"{many:,} emails"
