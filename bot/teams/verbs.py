"""What buttons do: verb -> handler -> service -> the view that takes the card's place."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.breaker import Answer
from bot.domain.errors import UserMistakeError
from bot.domain.heard import Decision
from bot.domain.mailbox import Message
from bot.domain.views import View
from bot.teams import commands, forms, replies
from bot.teams.activity import Turn
from bot.teams.use_cases import UseCases
from cards import verbs

Handler = Callable[[UseCases, Turn], Awaitable[View]]


async def invite_send(use: UseCases, turn: Turn) -> View:
    """Invite a mailbox."""
    return await use.mailboxes.invite(
        turn.actor,
        turn.conversation,
        _card(turn),
        person=turn.data.get("person", ""),
        address=turn.data.get("address", ""),
        permission=turn.data.get("permission", ""),
    )


async def mailbox_show(use: UseCases, turn: Turn) -> View:
    """Show a mailbox as it stands now."""
    return await use.mailboxes.show(turn.actor, turn.data.get("mailbox", ""))


async def mailbox_resend(use: UseCases, turn: Turn) -> View:
    """Make a fresh invitation."""
    return await use.mailboxes.resend(turn.actor, turn.data.get("mailbox", ""), _card(turn))


async def mailbox_limit(use: UseCases, turn: Turn) -> View:
    """Hold a mailbox to a number of emails a day."""
    return await use.mailboxes.set_limit(
        turn.actor,
        turn.data.get("mailbox", ""),
        a_day=turn.data.get("a_day", ""),
        warm_up=turn.data.get("warm_up", "") == "true",
    )


async def mailbox_retry(use: UseCases, turn: Turn) -> View:
    """Let a mailbox send again."""
    return await use.releasing.try_again(turn.actor, turn.data.get("mailbox", ""))


async def go_on(use: UseCases, turn: Turn) -> View:
    """Let a mailbox go on that was asked about."""
    return await _answer(use, turn, Answer.GO_ON)


async def stop_sender(use: UseCases, turn: Turn) -> View:
    """Stop what such a mailbox has on hold."""
    return await _answer(use, turn, Answer.STOP)


async def letter_resume(use: UseCases, turn: Turn) -> View:
    """Go on writing to somebody who wrote to an owner."""
    return await _decide(use, turn, Decision.RESUME)


async def letter_stop(use: UseCases, turn: Turn) -> View:
    """Write to them no more."""
    return await _decide(use, turn, Decision.STOP)


async def domain_add(use: UseCases, turn: Turn) -> View:
    """Add a sending domain."""
    return await use.domains.add(turn.actor, turn.data.get("new_domain", ""))


async def domain_show(use: UseCases, turn: Turn) -> View:
    """Show a sending domain and what to publish."""
    return await use.domains.show(turn.actor, turn.data.get("domain", ""))


async def domain_verify(use: UseCases, turn: Turn) -> View:
    """Look a sending domain up in the DNS."""
    return await use.domains.verify(turn.actor, turn.data.get("domain", ""))


async def add_email(use: UseCases, turn: Turn) -> View:
    """Make room for one email more."""
    return await use.sequences.add_email(turn.actor, forms.sequence_form(turn.data))


async def edit_sequence(use: UseCases, turn: Turn) -> View:
    """Open a sequence to change it."""
    return await use.sequences.edit(turn.actor, turn.data.get("sequence", ""))


async def save_sequence(use: UseCases, turn: Turn) -> View:
    """Save a sequence, new or edited."""
    return await use.sequences.save(turn.actor, forms.sequence_form(turn.data))


async def check(use: UseCases, turn: Turn) -> View:
    """Check a list of people."""
    return await use.distributions.check(turn.actor, forms.distribute_form(turn.data))


async def confirm(use: UseCases, turn: Turn) -> View:
    """Decide a draft."""
    return await use.confirming.confirm(turn.actor, _distribution(turn), _card(turn))


async def cancel(use: UseCases, turn: Turn) -> View:
    """Drop what has not begun."""
    return await use.confirming.cancel(turn.actor, _distribution(turn))


async def approve(use: UseCases, turn: Turn) -> View:
    """Let a distribution go that waits for a second person."""
    return await use.approving.approve(turn.actor, _distribution(turn))


async def refuse(use: UseCases, turn: Turn) -> View:
    """Do not let it go."""
    return await use.approving.refuse(turn.actor, _distribution(turn))


async def begin(use: UseCases, turn: Turn) -> View:
    """Begin a scheduled distribution before its time."""
    return await use.scheduling.begin_now(turn.actor, _distribution(turn))


async def email_show(use: UseCases, turn: Turn) -> View:
    """Show an email as one person will get it."""
    return await use.trying_out.show(turn.actor, forms.preview_form(turn.data))


async def email_test(use: UseCases, turn: Turn) -> View:
    """Send an email to whoever pressed."""
    return await use.trying_out.send_test(turn.actor, forms.preview_form(turn.data))


async def distribution_show(use: UseCases, turn: Turn) -> View:
    """Show a distribution as it stands now."""
    return await use.distributions.show(turn.actor, _distribution(turn))


async def pause(use: UseCases, turn: Turn) -> View:
    """Keep back what a distribution has not sent."""
    return await use.steering.pause(turn.actor, _distribution(turn))


async def resume(use: UseCases, turn: Turn) -> View:
    """Let a distribution go on: what is late leaves at once."""
    return await use.steering.resume(turn.actor, _distribution(turn), shifted=False)


async def shift(use: UseCases, turn: Turn) -> View:
    """Let a distribution go on, the whole plan later."""
    return await use.steering.resume(turn.actor, _distribution(turn), shifted=True)


async def stop(use: UseCases, turn: Turn) -> View:
    """Call off what a distribution has not sent."""
    return await use.steering.stop(turn.actor, _distribution(turn))


async def move(use: UseCases, turn: Turn) -> View:
    """Have what a distribution has not sent leave from another mailbox."""
    return await use.moving.move(turn.actor, _distribution(turn), turn.data.get("mailbox", ""))


async def retry(use: UseCases, turn: Turn) -> View:
    """Try what failed again."""
    return await use.steering.retry(turn.actor, _distribution(turn))


async def forecast_show(use: UseCases, turn: Turn) -> View:
    """Show what goes out, from the chosen mailbox or all of them."""
    return await use.forecasts.show(turn.actor, turn.data.get("mailbox", ""))


VERBS: Mapping[str, Handler] = {
    verbs.HELP: commands.help_,
    verbs.INVITE_FORM: commands.invite,
    verbs.INVITE_SEND: invite_send,
    verbs.MAILBOXES_LIST: commands.mailboxes,
    verbs.MAILBOX_SHOW: mailbox_show,
    verbs.MAILBOX_LIMIT: mailbox_limit,
    verbs.MAILBOX_RESEND: mailbox_resend,
    verbs.MAILBOX_RETRY: mailbox_retry,
    verbs.QUESTION_GO_ON: go_on,
    verbs.QUESTION_STOP: stop_sender,
    verbs.LETTER_RESUME: letter_resume,
    verbs.LETTER_STOP: letter_stop,
    **replies.VERBS,
    verbs.DOMAINS_LIST: commands.domains,
    verbs.DOMAIN_ADD: domain_add,
    verbs.DOMAIN_SHOW: domain_show,
    verbs.DOMAIN_VERIFY: domain_verify,
    verbs.SEQUENCES_LIST: commands.sequences,
    verbs.SEQUENCE_FORM: commands.new_sequence,
    verbs.SEQUENCE_EDIT: edit_sequence,
    verbs.SEQUENCE_ADD_EMAIL: add_email,
    verbs.SEQUENCE_SAVE: save_sequence,
    verbs.DISTRIBUTE_FORM: commands.distribute,
    verbs.DISTRIBUTE_CHECK: check,
    verbs.DISTRIBUTE_CONFIRM: confirm,
    verbs.DISTRIBUTE_CANCEL: cancel,
    verbs.DISTRIBUTE_APPROVE: approve,
    verbs.DISTRIBUTE_REFUSE: refuse,
    verbs.DISTRIBUTE_BEGIN: begin,
    verbs.EMAIL_SHOW: email_show,
    verbs.EMAIL_TEST: email_test,
    verbs.DISTRIBUTION_SHOW: distribution_show,
    verbs.DISTRIBUTION_PAUSE: pause,
    verbs.DISTRIBUTION_RESUME: resume,
    verbs.DISTRIBUTION_SHIFT: shift,
    verbs.DISTRIBUTION_MOVE: move,
    verbs.DISTRIBUTION_STOP: stop,
    verbs.DISTRIBUTION_RETRY: retry,
    verbs.HISTORY: commands.history,
    verbs.FORECAST: forecast_show,
}


async def press(use: UseCases, turn: Turn) -> View:
    """Do what a button says.

    Raises:
        UserMistakeError: no such button any more.
    """
    handler = VERBS.get(turn.verb)
    if handler is None:
        raise UserMistakeError("This button is out of date. Say “help” to begin anew.")
    return await handler(use, turn)


def _card(turn: Turn) -> Message:
    if turn.card is None or not turn.card.message_id:
        raise UserMistakeError("This button works on its card only. Say “help” to begin anew.")
    return turn.card


async def _decide(use: UseCases, turn: Turn, decision: Decision) -> View:
    mailbox_id, enrolment_id = turn.data.get("mailbox", ""), turn.data.get("enrolment", "")
    number = turn.data.get("letter", "")
    return await use.letters.decide(turn.actor, mailbox_id, enrolment_id, number, decision)


async def _answer(use: UseCases, turn: Turn, answer: Answer) -> View:
    mailbox_id, number = turn.data.get("mailbox", ""), turn.data.get("question", "")
    return await use.questions.answer(turn.actor, mailbox_id, number, answer)


def _distribution(turn: Turn) -> str:
    return turn.data.get("distribution", "")
