"""The tale: an organisation connects two mailboxes, writes to forty people, and hears of it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from tests.harness.hands import Hands, link_in
from tests.harness.installation import Installation
from tests.harness.untold import lose_notifications
from tests.story.people import DAY, HOUR, PARTICIPANTS, receive
from tests.story.verdict import judge, posts_in

_RECIPIENTS = "\n".join(f"{each.name} <{each.address}>" for each in PARTICIPANTS)
_SEQUENCE = {
    "program": "Customer feedback",
    "name": "Autumn survey",
    "subject_1": "{{First Name}}, may we ask you something?",
    "body_1": "Hello {{First Name}},\n\nwould you give {{Org Name}} ten minutes?",
    "subject_2": "A reminder",
    "body_2": "Hello {{First Name}},\n\nmay we still ask you?",
    "delay_2": "3",
    "subject_3": "A last word",
    "body_3": "Hello {{First Name}},\n\nthis is the last time we write.",
    "delay_3": "4",
}
_STRIDE = timedelta(hours=12)
_PEOPLE = str(len(PARTICIPANTS))
_QUESTIONS = 1
_ANSWERS = sum(each.answers is not None for each in PARTICIPANTS)
# Those who do not exist are heard of before anybody answers, and that they are too many is asked.
_GONE = sum(not each.exists for each in PARTICIPANTS) + _QUESTIONS


class Tale:
    """Tells the story and counts its steps.

    `failures` holds what did not come true; `words` counts what the channel was told before it
    asked to hear of answers.
    """

    def __init__(self, built: Installation, *, kill: bool) -> None:
        self.steps = 0
        self.failures: list[str] = []
        self.channel = ""
        self.words = 0
        self._built = built
        self._cloud = built.cloud
        self._kill = kill
        self._hands = Hands(built.cloud)

    def held(self, verdict: Mapping[str, object]) -> bool:
        """Whether everything the story promises came true."""
        wrong = ("failed", "duplicates", "lost", "followups_after_reply", "cloud_errors")
        promised = sum(each.emails for each in PARTICIPANTS)
        heard = sum(each.answers is not None or not each.exists for each in PARTICIPANTS)
        return (
            not any(verdict[name] for name in wrong)
            and verdict["contract"] in (0, "not run")
            and verdict["sent"] == promised
            and verdict["channel_posts"] == heard + _QUESTIONS
        )

    async def verdict(self) -> dict[str, object]:
        """Return the story's last line: how it was told, and what the journal says of it."""
        judged = await judge(self._built, self.channel, self.words)
        return {"steps": self.steps, "failed": len(self.failures), **judged}

    async def tell(self) -> None:
        """Tell it from the first hello to the tenth day."""
        await self._meet()
        await self._connect_the_first_owner()
        await self._connect_the_second_owner()
        await self._refuse_a_member()
        await self._write_the_sequence()
        await self._send_to_the_list()
        await self._first_emails()
        await self._lose_notifications()
        await self._first_answers()
        await self._second_emails()
        await self._third_emails()
        await self._tenth_day()

    def _said(self, line: str) -> None:
        self.steps += 1
        print(f"{self.steps:2}. {line}", flush=True)

    # -- connecting ------------------------------------------------------------------------

    async def _meet(self) -> None:
        users = await self._cloud.users()
        self._admin, _, self._owner, self._second, self._third, self._member = users
        for user in users:
            await self._cloud.install(user)
        self.channel = await self._cloud.channel("Feedback")
        await self._cloud.install(self._admin, self.channel)
        told = await self._hands.told(self._admin, "help")
        self._check("invite" in told, "help names its commands")
        self._said(f"{self._admin.name} says “help” and is told what the bot can do.")
        told = await self._hands.told(self._admin, "notify here", self.channel)
        self._check("told" in told, "the channel is told")
        self.words = posts_in(self.channel, await self._cloud.journal("teams.activity.posted"))
        self._said("In the Feedback channel they say “notify here”: it will hear of answers.")

    async def _connect_the_first_owner(self) -> None:
        card = await self._hands.ask(self._admin, "invite")
        shown = await self._hands.press(
            card,
            "invite.send",
            {"person": self._owner.oid, "address": self._owner.upn, "permission": "read_send"},
        )
        self._check("Invited" in shown, "the admin's card says Invited")
        self._said(f"{self._admin.name} invites {self._owner.name} as Read & Send.")
        link = await self._hands.sign_in_link(self._owner)
        self._said(f"{self._owner.name} finds a sign-in card in their own chat with the bot.")
        status, page = await self._cloud.sign_in(link, self._owner)
        self._check(status == 200 and "is connected" in page, f"connected: {page}")
        await self._hands.shows(card, "Active")
        self._said("They sign in with Microsoft; the admin's card now says Active.")
        await self._cloud.until(
            "graph.call",
            lambda found: any(
                each["path"].endswith("/subscriptions") and each["status"] == 201 for each in found
            ),
            "the inbox is watched",
        )
        self._said("Microsoft Graph has confirmed that it will tell of new mail.")

    async def _connect_the_second_owner(self) -> None:
        card = await self._hands.ask(self._admin, "invite")
        shown = await self._hands.press(
            card,
            "invite.send",
            {"person": "", "address": self._second.upn, "permission": "read_send"},
        )
        link = link_in(shown)
        self._said(
            f"{self._admin.name} types the address of {self._second.name} and copies the link."
        )
        status, page = await self._cloud.sign_in(link, self._third)
        named = self._third.upn in page.lower() and self._second.upn in page.lower()
        self._check(status == 200 and named, f"both accounts are named: {page}")
        await self._hands.shows(card, "Invited")
        self._said(f"Signed in as {self._third.name} by mistake, they are refused by name.")
        status, page = await self._cloud.sign_in(link, self._second)
        self._check(status == 200 and "is connected" in page, f"connected: {page}")
        await self._hands.shows(card, "Active")
        self._said("The same link with the right account connects the second mailbox.")
        told = await self._hands.told(self._admin, "mailboxes")
        self._check(told.count("Active") == 2, "two active mailboxes")
        self._said("“mailboxes” lists two, both Active.")

    async def _refuse_a_member(self) -> None:
        told = await self._hands.told(self._member, "invite")
        self._check("Only organisation admins" in told, "a member is refused")
        self._said(f"{self._member.name}, who has no right to, is refused with words.")

    # -- writing ---------------------------------------------------------------------------

    async def _write_the_sequence(self) -> None:
        card = await self._hands.ask(self._admin, "new sequence")
        mailbox = await self._hands.choice(card, "mailbox", self._owner.upn)
        first = {key: _SEQUENCE[key] for key in ("program", "name", "subject_1", "body_1")}
        chosen = {"mailbox": mailbox, "threading": "true"}
        await self._hands.press(card, "sequence.add_email", first | chosen)
        second = {key: _SEQUENCE[key] for key in _SEQUENCE if not key.endswith("_3")}
        await self._hands.press(card, "sequence.add_email", second | chosen)
        shown = await self._hands.press(card, "sequence.save", {**_SEQUENCE, **chosen})
        self._check("Autumn survey" in shown, f"the sequence is saved: {shown}")
        self._said("They write a sequence of three emails: at once, after 3 days, after 4 more.")

    async def _send_to_the_list(self) -> None:
        people = [each for each in PARTICIPANTS if each.exists]
        await self._cloud.call(
            "POST",
            "/control/people",
            [
                {"address": each.address, "name": each.name, "behaviours": each.behaviours}
                for each in people
            ],
        )
        card = await self._hands.ask(self._admin, "distribute")
        sequence = await self._hands.choice(card, "sequence", "Autumn survey")
        wrong = {"sequence": sequence, "recipients": "Ana Abel <ana.abel@customer>"}
        shown = await self._hands.press(card, "distribute.check", wrong)
        self._check("ana.abel@customer" in shown and "valid" in shown, f"named: {shown}")
        self._said("A list with a broken address is refused, the address named; nothing is made.")
        right = {"sequence": sequence, "recipients": _RECIPIENTS}
        shown = await self._hands.press(card, "distribute.check", right)
        self._check(f"{_PEOPLE} people" in shown, f"all of them: {shown}")
        self._said(f"The list of {_PEOPLE} passes; the preview says what would leave, and when.")
        pressed = await asyncio.gather(
            self._hands.press(card, "distribute.confirm"),
            self._hands.press(card, "distribute.confirm"),
        )
        self._check(all(_PEOPLE in each for each in pressed), f"both see it start: {pressed}")
        self._said("The confirm button is pressed twice at the same moment.")

    # -- ten days --------------------------------------------------------------------------

    async def _first_emails(self) -> None:
        asked = await self._hands.posted(self._admin, self.channel, "Go on, or stop?")
        await self._posts(_GONE)
        self._said("Three addresses do not exist: the channel hears of the bounces.")
        self._said(
            "That is over one of twenty: what has not left is held, and the channel is asked."
        )
        shown = await self._hands.press(asked, "question.go_on")
        self._check("on its way again" in shown, f"it goes on: {shown}")
        self._said(f"{self._admin.name} looks at them, and says “Go on”.")
        await self._sent(1)
        self._began = await self._cloud.now()
        self._said(f"{_PEOPLE} emails leave the owner's mailbox, each once, and lie in Sent Items.")

    async def _lose_notifications(self) -> None:
        await lose_notifications(self._cloud)
        self._said(
            "From now on Graph loses one of five notifications, tells one of five twice, and is "
            "half an hour late with one of ten."
        )

    async def _first_answers(self) -> None:
        await self._hear(3 * HOUR, 1)
        self._said("Two hours later Ana answers: her sequence stops, the channel hears of it.")
        await self._hear(2 * DAY + HOUR, 3)
        self._said(
            "Moa answers that day, Nils two days later. Two who are away count as no answer."
        )
        await self._hear(3 * DAY - HOUR // 4, 4)
        self._said("Ben answers a quarter of an hour before the second email would leave.")

    async def _second_emails(self) -> None:
        await self._go_to(3 * DAY + 60)
        if self._kill:
            await self._emails(receive(1) + 10)
            await self._built.app.kill()
            await self._built.start_app()
            self._said("In the middle of the second emails the bot is killed, and starts again.")
        await self._sent(2)
        self._said(f"On day 3 the second email goes to the {receive(2)} who did not answer.")
        await self._hear(3 * DAY + 6 * HOUR, 6)
        self._said("Olga answers within minutes, Paul in the afternoon.")
        await self._hear(5 * DAY + HOUR, 8)
        self._said("Cleo answers a day later, Rosa on the day after.")

    async def _third_emails(self) -> None:
        await self._go_to(7 * DAY - HOUR // 6)
        # What left late after a kill is answered late; its third email is due as much later.
        while self._kill and not await self._heard(_GONE + 9):
            await self._go_on(HOUR // 12)
        await self._posts(_GONE + 9)
        self._said("Dan answers a few minutes before the third email would leave.")
        await self._go_to(7 * DAY + 10 * 60)
        await self._sent(3)
        self._said(f"On day 7 the last email goes to the {receive(3)} who never answered.")

    async def _tenth_day(self) -> None:
        await self._hear(9 * DAY + 6 * HOUR, 12)
        self._said("Three of them answer the last one: after an hour, a day, two days.")
        await self._go_to(10 * DAY)
        await self._sent(3)
        shown = await self._hands.told(self._admin, "history")
        for status in ("Finished", "Sent", "12 Responded", "3 Bounced"):
            self._check(status in shown, f"history shows {status}: {shown}")
        self._said("By day 10 nothing more has left; “history” shows who answered and who bounced.")
        lost = len(await self._cloud.journal("notification.dropped"))
        posted = posts_in(self.channel, await self._cloud.journal("teams.activity.posted"))
        heard = posted - self.words - _GONE
        self._check(lost > 0, "a notification is lost")
        self._check(heard == _ANSWERS, f"the channel heard of {heard} answers")
        self._said(
            f"Notifications that never came: {lost}. Of each of the {_ANSWERS} answers the channel "
            "heard once, and nobody who answered was written to again."
        )

    # -- how it is told --------------------------------------------------------------------

    def _check(self, held: bool, what: str) -> None:
        if not held:
            self.failures.append(what)
            print(f"   FAILED: {what}", flush=True)

    async def _go_to(self, seconds: float) -> None:
        """Let the calendar run to so long after the first emails, no stride longer than half a
        day: what the bot has to do on the way it does on the way, as it would in ten days.
        """
        goal = self._began + timedelta(seconds=seconds)
        while (now := await self._cloud.now()) < goal:
            moment = min(goal, now + _STRIDE)
            await self._cloud.jump_to(moment)
            await self._built.caught_up(moment)

    async def _hear(self, seconds: float, answers: int) -> None:
        """Go on to so long after the first emails; by then the channel heard of so many answers."""
        await self._go_to(seconds)
        await self._posts(_GONE + answers)

    async def _sent(self, number: int) -> None:
        """Wait until the emails up to `number` have left."""
        await self._emails(sum(receive(each) for each in range(1, number + 1)))

    async def _emails(self, many: int) -> None:
        """Wait until so many different emails lie in Sent Items. After a kill the leases have to
        run out and the grace of the look-up to pass, so the calendar runs on meanwhile.
        """
        for _ in range(12 if self._kill else 1):
            try:
                await self._cloud.until(
                    "mail.sent",
                    lambda found: len({each["internetMessageId"] for each in found}) >= many,
                    f"{many} emails in Sent Items",
                    patience=6 if self._kill else 20,
                )
            except AssertionError:
                if not self._kill:
                    raise
                await self._cloud.jump_by(6 * 60)
            else:
                return
        raise AssertionError(f"never {many} emails in Sent Items")

    async def _go_on(self, seconds: float) -> None:
        moment = await self._cloud.now() + timedelta(seconds=seconds)
        await self._cloud.jump_to(moment)
        await self._built.caught_up(moment)

    async def _heard(self, many: int) -> bool:
        posted = await self._cloud.journal("teams.activity.posted")
        return posts_in(self.channel, posted) - self.words >= many

    async def _posts(self, many: int) -> None:
        """Wait until the channel heard of so many answers and bounces, since it asked to."""
        await self._cloud.until(
            "teams.activity.posted",
            lambda found: posts_in(self.channel, found) - self.words >= many,
            f"{many} posts in the channel",
        )
