"""The journal in plain sentences. Pure: entries and names in, JSON out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import Directory, UnknownUserError
from bot.sandbox.people import People

Facts = Mapping[str, Any]
# What a filter of the page shows, by the start of an entry's kind.
SUBJECTS = {
    "mail": ("mail.",),
    "teams": ("teams.",),
    "graph": ("graph.", "notification."),
    "sign-in": ("entra.",),
    "time": ("time.",),
    "problems": (),
}
_WATCHES = {
    "POST": "asked Microsoft Graph to tell it of {whose} new mail",
    "PATCH": "asked Microsoft Graph to go on telling it of {whose} new mail",
    "DELETE": "asked Microsoft Graph to tell it no more of {whose} new mail",
}
_EVENTS = {
    "message": "{who} wrote to {bot} in {where}",
    "invoke": "{who} pressed a button of {bot} in {where}",
    "installationUpdate": "{who} chose whether {bot} is in {where}",
    "conversationUpdate": "{bot} was told who is in {where}",
}


@dataclass(frozen=True)
class Names:
    """How people and places are called."""

    directory: Directory
    people: People
    teams: Teams

    def owner(self, oid: object) -> str:
        """Return the name of a member of the organization."""
        try:
            return self.directory.user(str(oid)).name
        except UnknownUserError:
            return "somebody"

    def address(self, address: object) -> str:
        """Return the name of whoever has an address, inside or outside."""
        person = self.people.find(str(address))
        if person is not None:
            return person.name
        try:
            return self.directory.find(str(address)).name
        except UnknownUserError:
            return str(address)

    def addresses(self, addresses: Sequence[object]) -> str:
        """Return the names of several."""
        return ", ".join(self.address(each) for each in addresses)

    def place(self, conversation: object) -> str:
        """Return what people call a conversation."""
        base = str(conversation).partition(";")[0]
        for each in self.teams.conversations:
            if each.id == base:
                if each.owner is not None:
                    return f"{each.owner.name}’s chat"
                return f"the {each.kind.replace('groupChat', 'group chat')} {each.name}"
        return "a chat"

    @property
    def bot(self) -> str:
        """Return the name of the bot."""
        return self.teams.roster.bot_name


def stream(
    entries: Sequence[Mapping[str, Any]], names: Names, subject: str, limit: int
) -> dict[str, Any]:
    """Return the newest `limit` lines about a subject ("" for all), newest first; what repeats
    itself without anything between is one line.
    """
    lines: list[dict[str, Any]] = []
    for entry in reversed(entries):
        if subject in SUBJECTS and not _is_about(entry, subject):
            continue
        line = _line(entry, names)
        last = lines[-1] if lines else None
        if last is not None and all(last[key] == line[key] for key in ("text", "problem")):
            last.update(first=line["first"], times=last["times"] + 1)
        elif len(lines) == limit:
            return {"lines": lines, "more": True}
        else:
            lines.append(line)
    return {"lines": lines, "more": False}


def sentence(entry: Mapping[str, Any], names: Names) -> str:
    """Return what an entry says."""
    kind: str = entry["kind"]
    tell = _SENTENCES.get(kind)
    return tell(entry["facts"], names) if tell else kind.replace(".", " ").capitalize()


def is_problem(entry: Mapping[str, Any]) -> bool:
    """Return whether something did not go as somebody wanted."""
    facts, status = entry["facts"], entry["facts"].get("status")
    return (
        entry["kind"] in ("sandbox.error", "mail.lost", "mail.bounced", "notification.dropped")
        or facts.get("ok") is False
        or facts.get("fault", "none") != "none"
        or (isinstance(status, int) and not 200 <= status < 400)
    )


def _is_about(entry: Mapping[str, Any], subject: str) -> bool:
    if subject == "problems":
        return is_problem(entry)
    return str(entry["kind"]).startswith(SUBJECTS[subject])


def _line(entry: Mapping[str, Any], names: Names) -> dict[str, Any]:
    kind = str(entry["kind"])
    subjects = (name for name, starts in SUBJECTS.items() if kind.startswith(starts))
    return {
        "first": entry["n"],
        "at": entry["at"],
        "subject": next(subjects, "other"),
        "text": sentence(entry, names),
        "problem": is_problem(entry),
        "times": 1,
    }


def _submitted(facts: Facts, names: Names) -> str:
    to = names.addresses(facts["to"])
    return f"{names.bot} handed “{facts['subject']}” to {names.owner(facts['mailbox'])}’s " \
           f"mailbox, for {to}"  # fmt: skip


def _sent(facts: Facts, names: Names) -> str:
    to = names.addresses(facts["to"])
    return f"{names.owner(facts['mailbox'])}’s mailbox sent “{facts['subject']}” to {to}"


def _delivered(facts: Facts, names: Names) -> str:
    return f"“{facts['subject']}” reached {names.address(facts['recipient'])}"


def _arrived(facts: Facts, names: Names) -> str:
    where = " among the junk" if facts["folder"] == "junkemail" else ""
    sender, owner = names.address(facts["from"]), names.owner(facts["mailbox"])
    return f"“{facts['subject']}” from {sender} arrived at {owner}’s mailbox{where}"


def _bounced(facts: Facts, names: Names) -> str:
    return f"A mail of {names.owner(facts['mailbox'])} to {facts['recipient']} bounced: " \
           f"{facts['diagnostic']}"  # fmt: skip


def _unsubscribed(facts: Facts, names: Names) -> str:
    who, status = names.address(facts["recipient"]), facts["status"]
    if not status:
        return f"{who} wanted to unsubscribe and found nothing to press"
    where = "by their mail program’s own button" if facts["how"] == "one_click" else "on a page"
    return (
        f"{who} unsubscribed {where}" if status == 200 else f"{who} could not unsubscribe {where}"
    )


def _call(facts: Facts, names: Names) -> str:
    whose = f"{names.owner(facts['mailbox'])}’s" if facts.get("mailbox") else "somebody’s"
    told = f"{names.bot} {_done(str(facts['method']), str(facts['path']))}".format(whose=whose)
    status = facts["status"]
    if 200 <= status < 400:
        return told
    return f"{told}, and Microsoft Graph {f'answered {status}' if status else 'did not answer'}"


def _done(method: str, path: str) -> str:
    if "/subscriptions" in path:
        return _WATCHES.get(method, "looked at its watches on new mail")
    if path.endswith("/sendMail"):
        return "asked Microsoft Graph to send a mail from {whose} mailbox"
    if path.endswith("/me"):
        return "looked up {whose} name and address"
    return "read in {whose} mailbox"


def _notified(facts: Facts, names: Names) -> str:
    return f"Microsoft Graph told {names.bot} of new mail for {names.owner(facts['mailbox'])}"


def _unheard(facts: Facts, names: Names) -> str:
    owner, status = names.owner(facts["mailbox"]), facts["status"]
    answer = f"it answered {status}" if status else "no answer"
    told = f"Microsoft Graph could not tell {names.bot} of new mail for {owner}"
    return f"{told}: {answer} (try {facts['attempt']})"


def _dropped(facts: Facts, names: Names) -> str:
    return f"A message to {names.bot} about new mail for {names.owner(facts['mailbox'])} was lost"


def _heard(facts: Facts, names: Names) -> str:
    form = _EVENTS.get(str(facts["type"]), "{who} reached {bot} in {where}")
    who, where = names.owner(facts["from"]), names.place(facts["conversation"])
    where = where.replace(f"{who}’s chat", "their own chat")
    return form.format(who=who, bot=names.bot, where=where)


def _pressed(facts: Facts, names: Names) -> str:
    status, who = facts["status"], names.owner(facts["user"])
    answered = "answered" if status == 200 else f"did not answer ({status})"
    return f"{names.bot} {answered} when {who} pressed a button"


def _in_place(done: str) -> Callable[[Facts, Names], str]:
    return lambda facts, names: f"{names.bot} {done} {names.place(facts['conversation'])}"


def _authorized(facts: Facts, names: Names) -> str:
    who = names.owner(facts["oid"]) if facts["oid"] else "Somebody"
    if facts["ok"]:
        return f"{who} signed in with Microsoft and accepted"
    return f"{who} did not get through Microsoft’s sign-in: {facts['error']}"


def _token(facts: Facts, names: Names) -> str:
    whose = f" for {names.owner(facts['oid'])}" if facts["oid"] else ""
    if facts["ok"]:
        return f"{names.bot} was given a token by Microsoft Entra ID{whose}"
    return f"{names.bot} was refused a token by Microsoft Entra ID{whose}: {facts['error']}"


def _paced(facts: Facts, names: Names) -> str:
    speed = facts["speed"]
    known = {0: "The clock was stopped", 1: "The clock was set to run in real time"}
    return known.get(speed, f"The clock was set to run {speed:g} times as fast")


def _span(seconds: float) -> str:
    """A length of time in its two biggest units."""
    found = []
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(round(seconds), size)
        if count:
            found.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(found[:2]) or "a moment"


_SENTENCES: Mapping[str, Callable[[Facts, Names], str]] = {
    "mail.submitted": _submitted,
    "mail.sent": _sent,
    "mail.delivered": _delivered,
    "mail.arrived": _arrived,
    "mail.bounced": _bounced,
    "mail.unsubscribed": _unsubscribed,
    "mail.lost": lambda facts, names: f"A mail to {facts['recipient']} was lost: no such mailbox",
    "graph.call": _call,
    "notification.delivered": _notified,
    "notification.failed": _unheard,
    "notification.dropped": _dropped,
    "teams.activity.in": _heard,
    "teams.activity.posted": _in_place("posted in"),
    "teams.activity.updated": _in_place("changed a card in"),
    "teams.activity.deleted": _in_place("deleted a message in"),
    "teams.invoke": _pressed,
    "entra.authorize": _authorized,
    "entra.token": _token,
    "time.speed": _paced,
    "time.jumped": lambda facts, names: f"The calendar was moved on by {_span(facts['seconds'])}",
    "sandbox.error": lambda facts, names: f"An error in the sandbox itself: {facts['message']}",
}
