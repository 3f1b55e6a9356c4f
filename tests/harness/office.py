"""An office in Berlin on a whole installation: an admin, a connected mailbox, and the calendar."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.harness.cloud import User
from tests.harness.hands import Card, Hands
from tests.harness.installation import Installation, installation

BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = {"MAILROOM_TIME_ZONE": "Europe/Berlin", "MAILROOM_HOLIDAYS": "DE"}
STRIDE = timedelta(hours=12)
_AT_HAND = timedelta(seconds=5)
SPREAD = timedelta(minutes=11)  # a follow-up's, and a minute to leave
SEQUENCE = {
    "name": "Autumn",
    "subject_1": "A question",
    "body_1": "Hello.",
    "subject_2": "Again",
    "body_2": "Hello?",
    "delay_2": "2",
    "unit_2": "working_days",
    "window": "working",
}


@dataclass
class Office:
    """An admin and a connected mailbox, in Berlin."""

    built: Installation
    hands: Hands
    admin: User
    owner: User

    async def write(self) -> str:
        """Write the sequence; return its receipt."""
        form = await self.hands.ask(self.admin, "new sequence")
        inputs = SEQUENCE | {"mailbox": await self.hands.choice(form, "mailbox", self.owner.upn)}
        first = {key: value for key, value in inputs.items() if not key.endswith("_2")}
        await self.hands.press(form, "sequence.add_email", first)
        return await self.hands.press(form, "sequence.save", inputs)

    async def check(self, people: str, day: str = "", hour: str = "") -> tuple[Card, str]:
        """Check a list of people, to begin then; return the card and what it then shows."""
        card = await self.hands.ask(self.admin, "distribute")
        chosen = {"sequence": await self.hands.choice(card, "sequence", "Autumn")}
        inputs = chosen | {"recipients": people, "day": day, "hour": hour}
        return card, await self.hands.press(card, "distribute.check", inputs)

    async def go_to(self, moment: datetime) -> None:
        """Let the calendar run to `moment`, from one email to the next; the bot does what it has to
        on the way.
        """
        while (now := await self.built.cloud.now()) < moment:
            soon = await self.built.caught_up(now)
            if soon and soon - now < _AT_HAND:
                await asyncio.sleep(0.1)  # the calendar runs there by itself
                continue
            step = min(moment, now + STRIDE)
            await self.built.cloud.jump_to(min(soon, step) if soon else step)
        await self.built.caught_up(moment)

    async def left(self) -> list[datetime]:
        """Return when each email left, by Berlin's clock."""
        sent = await self.built.cloud.journal("mail.sent")
        return [datetime.fromisoformat(each["at"]).astimezone(BERLIN) for each in sent]

    async def leave(self, many: int) -> list[datetime]:
        """Wait for so many emails to have left; return when each of them did."""
        await self.built.cloud.until(
            "mail.sent", lambda found: len(found) >= many, f"{many} emails in Sent Items"
        )
        return await self.left()


@asynccontextmanager
async def office(
    directory: Path, start: datetime, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Office]:
    arguments = ["--start", start.astimezone(UTC).isoformat()]
    async with installation(directory, SETTINGS | dict(settings or {}), arguments) as built:
        hands = Hands(built.cloud)
        admin, _, owner, *_ = await built.cloud.users()
        for user in (admin, owner):
            await built.cloud.install(user)
        people = [{"address": f"{name}@customer.example"} for name in ("ana", "ben")]
        await built.cloud.call("POST", "/control/people", people)
        await hands.connect(admin, owner)
        await built.caught_up(await built.cloud.now())
        yield Office(built, hands, admin, owner)
