"""What people type, in one table."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.roles import Role, role_of
from bot.domain.views import Help, View
from bot.teams.activity import Turn
from bot.teams.use_cases import UseCases

Command = Callable[[UseCases, Turn], Awaitable[View]]
_LONGEST_UNKNOWN = 60


async def help_(use: UseCases, turn: Turn) -> View:
    """Say what the bot can do."""
    return _help(use, turn)


async def invite(use: UseCases, turn: Turn) -> View:
    """Open the form that invites a mailbox."""
    return await use.mailboxes.form(turn.actor)


async def mailboxes(use: UseCases, turn: Turn) -> View:
    """List the mailboxes."""
    return await use.mailboxes.list(turn.actor)


async def domains(use: UseCases, turn: Turn) -> View:
    """List the sending domains."""
    return await use.domains.list(turn.actor)


async def sequences(use: UseCases, turn: Turn) -> View:
    """List the sequences."""
    return await use.sequences.list(turn.actor)


async def new_sequence(use: UseCases, turn: Turn) -> View:
    """Open the form of a new sequence."""
    return await use.sequences.form(turn.actor)


async def distribute(use: UseCases, turn: Turn) -> View:
    """Open the form that sends a sequence."""
    return await use.distributions.form(turn.actor)


async def history(use: UseCases, turn: Turn) -> View:
    """Show what was sent."""
    return await use.distributions.history(turn.actor)


async def forecast(use: UseCases, turn: Turn) -> View:
    """Show what goes out."""
    return await use.forecasts.show(turn.actor)


async def notify_here(use: UseCases, turn: Turn) -> View:
    """Have this channel hear of replies and bounces."""
    return await use.conversations.notify_here(turn.actor, turn.conversation)


async def allow(use: UseCases, turn: Turn) -> View:
    """Have an address written to again; it is the second word."""
    return await use.suppressions.lift(turn.actor, _second(turn))


async def timeline(use: UseCases, turn: Turn) -> View:
    """Show what happened to whoever has the address that is the second word."""
    return await use.timelines.show(turn.actor, _second(turn))


async def why(use: UseCases, turn: Turn) -> View:
    """Show why the next email to somebody has not left."""
    return await use.timelines.show(turn.actor, _second(turn), brief=True)


COMMANDS: Mapping[str, Command] = {
    "help": help_,
    "hello": help_,
    "hi": help_,
    "invite": invite,
    "mailboxes": mailboxes,
    "domains": domains,
    "sequences": sequences,
    "new sequence": new_sequence,
    "distribute": distribute,
    "history": history,
    "forecast": forecast,
    "notify here": notify_here,
}
# Commands about somebody, who is named after them.
ABOUT: Mapping[str, Command] = {"allow": allow, "timeline": timeline, "why": why}


async def obey(use: UseCases, turn: Turn) -> View:
    """Do what was typed; say what can be typed where it is no command."""
    words = _words(turn)
    command = COMMANDS.get(words) or ABOUT.get(words.partition(" ")[0])
    if command is not None:
        return await command(use, turn)
    return _help(use, turn, turn.text[:_LONGEST_UNKNOWN])


def _second(turn: Turn) -> str:
    return _words(turn).partition(" ")[2].strip()


def _words(turn: Turn) -> str:
    return turn.text.lower().strip(" .!?/“”\"'")


def _help(use: UseCases, turn: Turn, unknown: str = "") -> Help:
    organisation = use.organisations.of(turn.actor.tenant_id)
    may_manage = role_of(turn.actor, organisation) is not Role.MEMBER
    return Help(unknown=unknown, may_manage=may_manage)
