"""The services people reach through Teams."""

from dataclasses import dataclass

from bot.services.approving import Approving
from bot.services.confirming import Confirming
from bot.services.conversations import Conversations
from bot.services.distributions import Distributions
from bot.services.forecasts import Forecasts
from bot.services.mailboxes import Mailboxes
from bot.services.moving import Moving
from bot.services.on_replies import OnReplies
from bot.services.organisations import Organisations
from bot.services.private_letters import PrivateLetters
from bot.services.questions import Questions
from bot.services.releasing import Releasing
from bot.services.scheduling import Scheduling
from bot.services.sending_domains import SendingDomains
from bot.services.sequences import Sequences
from bot.services.steering import Steering
from bot.services.suppressions import Suppressions
from bot.services.timelines import Timelines
from bot.services.trying_out import TryingOut


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything commands and buttons call."""

    organisations: Organisations
    conversations: Conversations
    mailboxes: Mailboxes
    releasing: Releasing
    domains: SendingDomains
    sequences: Sequences
    distributions: Distributions
    confirming: Confirming
    scheduling: Scheduling
    approving: Approving
    trying_out: TryingOut
    steering: Steering
    suppressions: Suppressions
    moving: Moving
    questions: Questions
    forecasts: Forecasts
    letters: PrivateLetters
    on_replies: OnReplies
    timelines: Timelines
