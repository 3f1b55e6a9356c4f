"""Letters of our own, which belong to no program: what they say."""

from dataclasses import dataclass
from html import escape

from bot.domain.mailbox import Permission
from bot.domain.views import SignInInvite

_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:4px;background:#4f52b2;color:#ffffff;"
    "font-weight:600;text-decoration:none"
)
_PAGE = "font:16px/1.5 'Segoe UI',sans-serif;color:#201f1e;max-width:520px"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter, in plain text and in HTML."""

    subject: str
    text: str
    html: str


def invitation(invite: SignInInvite) -> Letter:
    """Return the invitation to connect a mailbox: what the sign-in card in Teams says (A2)."""
    asked = (
        f"{invite.invited_by} asks you to connect {invite.address} "
        f"for the programs of {invite.organisation}."
    )
    sent = (
        "program emails, from your address. You find them in Sent Items."
        if invite.permission is Permission.READ_SEND
        else "nothing."
    )
    lines = [
        "What is read: your new mail, to find answers to program emails and bounces. "
        "Nothing of other mail is kept.",
        f"What is sent: {sent}",
        "You sign in with Microsoft. We never see your password.",
        "To undo it: remove Mailroom at myapps.microsoft.com, or ask your admins.",
    ]
    if invite.support:
        lines.append(f"Not expected? Ask {invite.support}.")
    button = (
        f'<p style="margin:24px 0"><a href="{escape(invite.link)}" style="{_BUTTON}">'
        "Authenticate with Microsoft</a></p>"
    )
    below = "".join(f"<p>{escape(each)}</p>" for each in lines)
    return Letter(
        subject=f"{invite.invited_by} asks you to connect your mailbox",
        text="\n\n".join([asked, f"Authenticate with Microsoft:\n{invite.link}", *lines]),
        html=f'<html><body style="{_PAGE}"><p>{escape(asked)}</p>{button}{below}</body></html>',
    )
