"""From a view to its card, and to the one line a notification shows."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain import views
from cards import (
    distributions,
    domains,
    emails,
    forecasts,
    happenings,
    mailboxes,
    participants,
    plain,
    previews,
    questions,
    sequences,
    timelines,
)
from cards.blocks import Block, clean
from cards.words import HAPPENINGS, MAILBOX_STATUSES, NEWS, people

# A test holds this table to the union `views.View`.
DRAWN: Mapping[type, Callable[[Any], Block]] = {
    views.Help: plain.help_card,
    views.Refusal: plain.refusal_card,
    views.Notice: plain.notice_card,
    views.InviteForm: mailboxes.invite_form,
    views.MailboxCard: mailboxes.mailbox_card,
    views.MailboxList: mailboxes.mailbox_list,
    views.SignInInvite: mailboxes.sign_in_invite,
    views.ConnectedReceipt: mailboxes.connected_receipt,
    views.DomainCard: domains.domain_card,
    views.DomainList: domains.domain_list,
    views.SequenceList: sequences.sequence_list,
    views.SequenceForm: sequences.sequence_form,
    views.SequenceReceipt: sequences.sequence_receipt,
    views.DistributeForm: distributions.distribute_form,
    views.DistributionPreview: previews.distribution_preview,
    views.EmailPreview: emails.email_preview,
    views.DistributionCard: distributions.distribution_card,
    views.DistributionNews: distributions.distribution_news,
    views.History: distributions.history_card,
    views.Happening: happenings.happening_card,
    views.SenderQuestion: questions.sender_question,
    views.Forecast: forecasts.forecast_card,
    views.LetterQuestion: participants.letter_question,
    views.ReplyUndone: participants.reply_undone,
    views.Timeline: timelines.timeline_card,
}
_LINES: Mapping[type, str] = {
    views.Help: "What I can do",
    views.InviteForm: "Invite a mailbox",
    views.MailboxList: "Mailboxes",
    views.ConnectedReceipt: "Your mailbox is connected",
    views.DomainList: "Sending domains",
    views.SequenceList: "Sequences",
    views.SequenceForm: "New sequence",
    views.SequenceReceipt: "The sequence is saved",
    views.DistributeForm: "Send a sequence to people",
    views.EmailPreview: "How an email will look",
    views.History: "Distribution History",
    views.Forecast: "What goes out",
}


def render(view: views.View) -> Block:
    """Return the card that shows a view."""
    return {**DRAWN[type(view)](view), "fallbackText": summary(view)}


def summary(view: views.View) -> str:
    """Return the line a notification shows instead of the card, as plain text."""
    return _LINES.get(type(view)) or clean(_summary(view)) or "Mailroom"


def _summary(view: views.View) -> str:
    match view:
        case views.MailboxCard(mailbox=mailbox):
            return f"Mailbox {mailbox.address}: {MAILBOX_STATUSES[mailbox.status]}"
        case views.SignInInvite():
            return f"{view.invited_by} asks you to connect your mailbox"
        case views.DomainCard(domain=domain):
            return f"Sending domain {domain.name}"
        case views.DistributionPreview():
            asks = f"{view.asked_by} asks for approval: " if view.asked_by else "Ready to send to "
            return f"{asks}{people(view.people)}"
        case (
            views.Happening()
            | views.DistributionNews()
            | views.LetterQuestion()
            | views.ReplyUndone()
            | views.Timeline()
        ):
            return _news(view)
        case _:
            return str(getattr(view, "title", ""))


def _news(
    view: views.Happening
    | views.DistributionNews
    | views.LetterQuestion
    | views.ReplyUndone
    | views.Timeline,
) -> str:
    match view:
        case views.Happening():
            return f"{HAPPENINGS[view.status]}: {view.person}"
        case views.DistributionNews():
            return f"{NEWS.get(view.news, 'News')}: {view.card.title}"
        case views.LetterQuestion():
            return f"{view.person} wrote, not in answer to us: resume or stop?"
        case views.ReplyUndone():
            return f"The reply of {view.person} was automatic"
        case views.Timeline():
            return f"What happened to {view.person or view.address}"
