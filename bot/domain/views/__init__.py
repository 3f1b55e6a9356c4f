"""What a card shows, as plain data. Services make views, `cards` draws them.

A view holds only what its reader may see, already decided; text in it that came from outside
(names, subjects, addresses) is untrusted and drawn as plain text.
"""

from bot.domain.views.distributions import (
    DistributeForm,
    DistributionCard,
    DistributionNews,
    DistributionPreview,
    EmailPreview,
    Happening,
    Held,
    History,
    PreviewForm,
)
from bot.domain.views.domains import (
    DomainCard,
    DomainLine,
    DomainList,
)
from bot.domain.views.forecasts import DayAhead, Forecast, HourAhead, MailboxAhead
from bot.domain.views.mailboxes import (
    ConnectedReceipt,
    InviteForm,
    MailboxCard,
    MailboxLine,
    MailboxList,
    Room,
    SignInInvite,
)
from bot.domain.views.notices import (
    Choice,
    Help,
    Notice,
    Refusal,
    SenderQuestion,
)
from bot.domain.views.people import LetterQuestion, OnTheWay, ReplyUndone, Timeline
from bot.domain.views.sequences import (
    EmailDraft,
    SequenceForm,
    SequenceLine,
    SequenceList,
    SequenceReceipt,
)

__all__ = [
    "Choice",
    "ConnectedReceipt",
    "DayAhead",
    "DistributeForm",
    "DistributionCard",
    "DistributionNews",
    "DistributionPreview",
    "DomainCard",
    "DomainLine",
    "DomainList",
    "EmailDraft",
    "EmailPreview",
    "Forecast",
    "Happening",
    "Held",
    "Help",
    "History",
    "HourAhead",
    "InviteForm",
    "LetterQuestion",
    "MailboxAhead",
    "MailboxCard",
    "MailboxLine",
    "MailboxList",
    "Notice",
    "OnTheWay",
    "PreviewForm",
    "Refusal",
    "ReplyUndone",
    "Room",
    "SenderQuestion",
    "SequenceForm",
    "SequenceLine",
    "SequenceList",
    "SequenceReceipt",
    "SignInInvite",
    "Timeline",
    "View",
]

View = (
    Help
    | Refusal
    | Notice
    | InviteForm
    | MailboxCard
    | MailboxList
    | SignInInvite
    | ConnectedReceipt
    | DomainCard
    | DomainList
    | SequenceList
    | SequenceForm
    | SequenceReceipt
    | DistributeForm
    | DistributionPreview
    | EmailPreview
    | DistributionCard
    | DistributionNews
    | History
    | Happening
    | SenderQuestion
    | Forecast
    | LetterQuestion
    | ReplyUndone
    | Timeline
)
