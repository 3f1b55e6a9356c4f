"""The seeded world: an organisation that has used the bot for ten days.

One owner is connected and has sent a program's emails to people who answered, bounced, were away or
kept silent; another has been invited and has not signed in yet; a second program's first email is
checked and waits for its button. All of it is done as people do it, through the bot's own cards.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import ClientSession

from bot.sandbox.demo.visitor import NotDoneError, Visitor, parts, sign_in

DAYS = 10
_HOUR, _DAY = 3600, 24 * 3600
_STRIDE = timedelta(hours=12)
_FAST, _USUAL = 20, 1


@dataclass(frozen=True)
class _Guest:
    """Somebody written to; `does` it about the email of that number, after so many seconds."""

    name: str
    address: str
    number: int = 1
    does: str = ""
    after: float = 0.0
    text: str = ""

    @property
    def person(self) -> dict[str, object]:
        """The person as the sandbox is told of them."""
        deed = {"on": self.number, "do": self.does, "after": self.after, "text": self.text}
        return {
            "address": self.address,
            "name": self.name,
            "behaviours": [deed] if self.does else [],
        }


_FINISHED = (
    _Guest("Nora North", "nora.north@customer.example",
           1, "reply", 2 * _HOUR, "Gladly. Does Tuesday suit you?"),
    _Guest("Otto Ost", "otto.ost@customer.example",
           2, "reply", 20 * _HOUR, "Sorry for the delay. Yes, count me in."),
    _Guest("Pia Perl", "pia.perl@customer.example",
           1, "auto_reply", 30.0, "I am away until Monday."),
    _Guest("Quin Quell", "quin.quell@gone.example"),
    _Guest("Rita Rand", "rita.rand@partner.example",
           2, "reply", 3 * _HOUR, "Happy to help, call me any morning."),
    _Guest("Sven Sand", "sven.sand@partner.example"),
    _Guest("Tess Tann", "tess.tann@partner.example"),
    _Guest("Udo Ulm", "udo.ulm@partner.example"),
)  # fmt: skip
_WAITING = (
    _Guest("Ana Abel", "ana.abel@customer.example"),
    _Guest("Ben Brook", "ben.brook@customer.example",
           1, "reply", 40 * 60.0, "I would like to. When shall we talk?"),
    _Guest("Cleo Carr", "cleo.carr@customer.example",
           1, "auto_reply", 20.0, "I am travelling this week."),
    _Guest("Dan Dorn", "dan.dorn@partner.example"),
    _Guest("Eve Ebner", "eve.ebner@gone.example"),
    _Guest("Fay Fuchs", "fay.fuchs@partner.example",
           2, "reply", _HOUR, "Thank you for asking twice. Yes."),
)  # fmt: skip
# Nobody has written to them yet: for the sequences of whoever tries the demo.
_STRANGERS = (
    _Guest("Gus Grant", "gus.grant@customer.example"),
    _Guest("Ina Ivers", "ina.ivers@partner.example"),
)
_GONE = "@gone.example"
_SURVEY = {
    "program": "Customer feedback",
    "name": "Autumn survey",
    "subject_1": "{{First Name}}, may we ask you something?",
    "body_1": "Hello {{First Name}},\n\nhow was your year with {{Org Name}}? Ten minutes of your "
    "time would help us to get better.\n\nKind regards",
    "subject_2": "A short reminder",
    "body_2": "Hello {{First Name}},\n\nyour answer would still help us. A line is enough.\n\n"
    "Kind regards",
    "delay_2": "3",
}
_INTERVIEWS = {
    "program": "Customer feedback",
    "name": "Winter interviews",
    "subject_1": "An interview, {{First Name}}?",
    "body_1": "Hello {{First Name}},\n\nwe would like to hear in person how you work with "
    "{{Org Name}}. Could you spare half an hour in the coming weeks?\n\nKind regards",
    "subject_2": "Still time for an interview",
    "body_2": "Hello {{First Name}},\n\nwe would still like to talk to you.\n\nKind regards",
    "delay_2": "2",
}


async def seed(visitor: Visitor, bot: str, session: ClientSession) -> AsyncIterator[str]:
    """Play the scene against the bot at `bot`; yields a line of progress now and then.

    Raises:
        NotDoneError: the bot refused something, or did not come along.
    """
    scene = _Scene(visitor, bot, session)
    yield "people arrive"
    await scene.arrive()
    yield "a mailbox owner signs in"
    await scene.connect()
    yield "ten days of a survey pass"
    await scene.survey()
    yield "the next program is prepared"
    await scene.prepare()


class _Scene:
    def __init__(self, visitor: Visitor, bot: str, session: ClientSession) -> None:
        self._visitor = visitor
        self._bot = bot
        self._session = session
        self._users: list[Mapping[str, str]] = []

    @property
    def _admin(self) -> str:
        return self._users[0]["oid"]

    async def arrive(self) -> None:
        call = self._visitor.call
        self._users = (await call("GET", "/control/directory"))["users"]
        for user in self._users:
            await call("POST", "/control/teams/install", {"user": user["oid"]})
        listed = await call("GET", "/control/teams/conversations")
        names = {each["name"]: each["id"] for each in listed["conversations"]}
        for place in ("Feedback", "Program team"):
            body = {"user": self._admin, "channel": names[place]}
            await call("POST", "/control/teams/install", body)
        body = {"user": self._admin, "text": "notify here", "conversation": names["Feedback"]}
        await call("POST", "/control/teams/say", body)
        everybody = (*_FINISHED, *_WAITING, *_STRANGERS)
        people = [each.person for each in everybody if not each.address.endswith(_GONE)]
        await call("POST", "/control/people", people)

    async def connect(self) -> None:
        owner = self._users[2]
        await self._invite(owner)
        status, page = await sign_in(await self._visitor.sign_in_link(owner["oid"]), owner["upn"])
        if status != 200:
            raise NotDoneError(page)

    async def survey(self) -> None:
        await self._write(_SURVEY)
        began = await self._visitor.now()
        await self._visitor.call("POST", "/control/clock", {"speed": _FAST})
        card = await self._check("Autumn survey", _FINISHED)
        await self._visitor.press(self._admin, card, "distribute.confirm", {})
        await self._sent(len(_FINISHED))
        while (now := await self._visitor.now()) < began + timedelta(days=DAYS):
            moment = min(began + timedelta(days=DAYS), now + _STRIDE)
            body = {"jump_to": moment.isoformat()}
            await self._visitor.call("POST", "/control/clock", body)
            await self._caught_up()
        await self._visitor.call("POST", "/control/clock", {"speed": _USUAL})

    async def prepare(self) -> None:
        await self._invite(self._users[3])
        await self._write(_INTERVIEWS)
        await self._check("Winter interviews", _WAITING)

    async def _invite(self, user: Mapping[str, str]) -> None:
        card = await self._visitor.ask(self._admin, "invite")
        inputs = {"person": user["oid"], "address": user["upn"], "permission": "read_send"}
        await self._visitor.press(self._admin, card, "invite.send", inputs)

    async def _write(self, sequence: Mapping[str, str]) -> None:
        card = await self._visitor.ask(self._admin, "new sequence")
        mailbox = await self._choice(card, "mailbox", self._users[2]["upn"])
        chosen = {"mailbox": mailbox, "threading": "true"}
        first = {name: text for name, text in sequence.items() if not name.endswith("_2")}
        await self._visitor.press(self._admin, card, "sequence.add_email", first | chosen)
        await self._visitor.press(self._admin, card, "sequence.save", {**sequence, **chosen})

    async def _check(self, sequence: str, people: Sequence[_Guest]) -> tuple[str, str]:
        card = await self._visitor.ask(self._admin, "distribute")
        chosen = await self._choice(card, "sequence", sequence)
        listed = "\n".join(f"{each.name} <{each.address}>" for each in people)
        inputs = {"sequence": chosen, "recipients": listed}
        await self._visitor.press(self._admin, card, "distribute.check", inputs)
        return card

    async def _choice(self, card: tuple[str, str], field: str, title: str) -> str:
        for part in parts(await self._visitor.card(self._admin, card)):
            if part.get("id") == field:
                for choice in part["choices"]:
                    if title in choice["title"]:
                        return str(choice["value"])
        raise NotDoneError(f"no “{title}” to choose for {field}")

    async def _sent(self, many: int) -> None:
        for _ in range(400):
            told = await self._visitor.call("GET", "/control/journal?kind=mail.sent")
            if len(told["entries"]) >= many:
                return
            await asyncio.sleep(0.05)
        raise NotDoneError("the emails never left")

    async def _caught_up(self) -> None:
        """Wait until the bot has done all that was due."""
        for _ in range(400):
            async with self._session.get(f"{self._bot}/health") as answer:
                if not (await answer.json())["waiting"]:
                    return
            await asyncio.sleep(0.05)
        raise NotDoneError("the bot never caught up")
