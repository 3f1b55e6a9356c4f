"""The use cases behind the loops: one `match` over jobs is the whole dispatch."""

from dataclasses import dataclass
from datetime import datetime

from bot.jobs import (
    Announce,
    AskAboutSender,
    BeginScheduled,
    CallOffEdited,
    CountLoss,
    EmailInvite,
    FollowAnswer,
    FollowEdit,
    HoldAfterFault,
    HoldDistributions,
    Job,
    MoveDistribution,
    OptOut,
    ReadBack,
    RefreshDistributionCard,
    RefreshMailboxCards,
    ReleasePlaces,
    RetryFailed,
    SendInvite,
    ShowPrivateLetter,
    ShowQuestion,
    StartDistribution,
    SteerDistribution,
    Subscribe,
    SweepMailbox,
    TellOfDistribution,
    TellOwner,
)
from bot.services.announcing import Announcing
from bot.services.breaking import Breaking
from bot.services.editing import Editing
from bot.services.invitation_mail import InvitationMail
from bot.services.inviting import Inviting
from bot.services.moving import Moving
from bot.services.opting_out import OptingOut
from bot.services.private_letters import PrivateLetters
from bot.services.progress import Progress
from bot.services.questions import Questions
from bot.services.reading import Reading
from bot.services.scheduling import Scheduling
from bot.services.sending import Sending
from bot.services.sent_items import SentItems
from bot.services.steering import Steering
from bot.services.sweeping import Sweeping
from bot.services.telling import Telling
from bot.services.watching import Watching


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The use cases behind the loops."""

    sending: Sending
    reading: Reading
    announcing: Announcing
    inviting: Inviting
    invitation_mail: InvitationMail
    watching: Watching
    sent_items: SentItems
    sweeping: Sweeping
    progress: Progress
    opting_out: OptingOut
    steering: Steering
    editing: Editing
    scheduling: Scheduling
    telling: Telling
    moving: Moving
    breaking: Breaking
    questions: Questions
    letters: PrivateLetters

    async def do(self, job: Job) -> datetime | None:  # noqa: C901 - a case per kind of job
        """Do one job; return when it wants to be done again.

        Raises:
            MailroomError: as the use cases say.
        """
        match job:
            case SendInvite() | EmailInvite() | RefreshMailboxCards() | TellOwner():
                await self._invite(job)
            case Subscribe() | SweepMailbox():
                return await self._watch(job)
            case StartDistribution() | BeginScheduled() | CallOffEdited() | TellOfDistribution():
                return await self._begin(job)
            case SteerDistribution() | RetryFailed() | MoveDistribution() | FollowEdit():
                return await self._steer(job)
            case HoldDistributions() | HoldAfterFault():
                return await self._hold(job)
            case ReleasePlaces():
                return await self.progress.release_places(job)
            case RefreshDistributionCard() | ShowPrivateLetter():
                await self._show(job)
            case ReadBack():
                await self.sent_items.catch_up(job)
            case OptOut():
                await self.opting_out.stop_everything(job)
            case Announce():
                await self.announcing.tell(job)
            case CountLoss() | AskAboutSender() | ShowQuestion() | FollowAnswer():
                await self._ask(job)
        return None

    async def _invite(
        self, job: SendInvite | EmailInvite | RefreshMailboxCards | TellOwner
    ) -> None:
        """Keep a mailbox's people told."""
        match job:
            case SendInvite():
                await self.inviting.send_invite(job)
            case EmailInvite():
                await self.invitation_mail.send(job)
            case RefreshMailboxCards():
                await self.inviting.refresh_cards(job)
            case TellOwner():
                await self.inviting.tell_owner(job)

    async def _watch(self, job: Subscribe | SweepMailbox) -> datetime | None:
        """Keep hearing of what comes into a mailbox."""
        match job:
            case Subscribe():
                return await self.watching.keep_watching(job.tenant_id, job.mailbox_id)
            case SweepMailbox():
                return await self.sweeping.keep_sweeping(job)

    async def _begin(
        self, job: StartDistribution | BeginScheduled | CallOffEdited | TellOfDistribution
    ) -> datetime | None:
        """Do what leads to a distribution, and has it begin."""
        match job:
            case StartDistribution():
                await self.progress.start(job)
            case BeginScheduled():
                return await self.scheduling.begin(job)
            case CallOffEdited():
                await self.scheduling.call_off_edited(job)
            case TellOfDistribution():
                await self.telling.tell(job)
        return None

    async def _steer(
        self, job: SteerDistribution | RetryFailed | MoveDistribution | FollowEdit
    ) -> datetime | None:
        """Do what a person has decided about what is under way."""
        match job:
            case SteerDistribution():
                await self.steering.follow(job)
            case RetryFailed():
                await self.steering.retry_failed(job)
            case MoveDistribution():
                return await self.moving.carry(job)
            case FollowEdit():
                return await self.editing.follow(job)
        return None

    async def _hold(self, job: HoldDistributions | HoldAfterFault) -> datetime | None:
        """Hold what cannot leave."""
        match job:
            case HoldDistributions():
                return await self.steering.hold_all(job)
            case HoldAfterFault():
                return await self.steering.hold_after_fault(job)

    async def _show(self, job: RefreshDistributionCard | ShowPrivateLetter) -> None:
        """Keep a card true."""
        match job:
            case RefreshDistributionCard():
                await self.progress.refresh_card(job)
            case ShowPrivateLetter():
                await self.letters.show(job)

    async def _ask(self, job: CountLoss | AskAboutSender | ShowQuestion | FollowAnswer) -> None:
        """Count what came back, ask whether to go on, and follow the answer."""
        match job:
            case CountLoss():
                await self.breaking.count(job)
            case AskAboutSender():
                await self.breaking.ask(job)
            case ShowQuestion():
                await self.questions.show(job)
            case FollowAnswer():
                await self.questions.follow(job)
