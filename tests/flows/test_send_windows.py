"""Send windows through the whole installation: nights, a weekend and Christmas are waited out."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.harness.office import BERLIN, SPREAD, office


async def test_a_follow_up_waits_over_christmas_and_the_weekend(tmp_path: Path) -> None:
    """Two working days after a Wednesday: Friday is Christmas Day, so it is Monday."""
    wednesday = datetime(2026, 12, 23, 14, 0, tzinfo=BERLIN)
    monday = datetime(2026, 12, 28, tzinfo=BERLIN)
    async with office(tmp_path, wednesday) as berlin:
        receipt = await berlin.write()
        assert "Mon to Fri, 9 to 17, Berlin time, not on holidays" in receipt
        assert "2 working days after the one before" in receipt
        card, preview = await berlin.check("Ana Abel <ana@customer.example>")
        assert "Mon to Fri, 9 to 17" in preview
        await berlin.hands.press(card, "distribute.confirm")
        (first,) = await berlin.leave(1)
        assert first.date() == wednesday.date()
        await berlin.hands.shows(card, "Wed 23 Dec, 14:")
        await berlin.hands.shows(card, "CET")
        await berlin.go_to(datetime.combine(monday, first.time(), BERLIN) - timedelta(minutes=1))
        assert await berlin.left() == [first]
        await berlin.go_to(datetime.combine(monday, first.time(), BERLIN) + SPREAD)
        _, second = await berlin.leave(2)
        assert timedelta(days=5) <= second - first < timedelta(days=5, hours=1)


async def test_what_the_bot_missed_waits_for_the_morning(tmp_path: Path) -> None:
    """Confirmed in the evening, down for the next day: nothing leaves in the night."""
    monday = datetime(2026, 11, 23, 18, 0, tzinfo=BERLIN)
    async with office(tmp_path, monday) as berlin:
        await berlin.write()
        card, _ = await berlin.check("Ana Abel <ana@customer.example>")
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.hands.shows(card, "2 Scheduled")
        await berlin.built.stop_app()
        await berlin.built.cloud.jump_to(monday + timedelta(hours=25))
        await berlin.built.start_app()
        await berlin.go_to(monday + timedelta(hours=38))
        assert await berlin.left() == []
        await berlin.go_to(monday + timedelta(hours=39, minutes=1))
        (left,) = await berlin.leave(1)
        assert (left.day, left.hour) == (25, 9)


async def test_a_time_zone_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with office(tmp_path, datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)) as berlin:
        form = await berlin.hands.ask(berlin.admin, "new sequence")
        mailbox = await berlin.hands.choice(form, "mailbox", berlin.owner.upn)
        own = {"window": "own", "days": "Mon to Thu", "from_hour": "10", "to_hour": "16"}
        theirs = {"name": "Autumn", "subject_1": "A", "body_1": "B", "whose_time": "recipients"}
        written = own | theirs | {"mailbox": mailbox}
        wrong = written | {"days": "Monkey", "to_hour": "9"}
        shown = await berlin.hands.press(form, "sequence.save", wrong)
        assert "“Monkey” are not days" in shown
        assert "from 9 to 17" in shown
        shown = await berlin.hands.press(form, "sequence.save", written)
        assert "Mon to Thu, 10 to 16, in each person’s own time zone" in shown
        table = "Email,First Name,Time Zone\nana@customer.example,Ana,Asia/Kolkata\n"
        _, shown = await berlin.check(f"{table}ben@customer.example,Ben,Europe/Berln")
        assert "Ben has the time zone “Europe/Berln”, which is none." in shown
        card, shown = await berlin.check(table)
        assert "1 person" in shown
        await berlin.hands.press(card, "distribute.confirm")
        (left,) = await berlin.leave(1)
        assert left.astimezone(ZoneInfo("Asia/Kolkata")).hour in range(10, 16)


async def test_a_mailbox_held_to_less_refuses_what_is_too_much_and_says_what_fits(
    tmp_path: Path,
) -> None:
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)
    people = "\n".join(f"Ana {letter} <ana.{letter}@customer.example>" for letter in "abcd")
    async with office(tmp_path, monday) as berlin:
        await berlin.write()
        mailboxes = await berlin.hands.ask(berlin.admin, "mailboxes")
        chosen = {"mailbox": await berlin.hands.choice(mailboxes, "mailbox", berlin.owner.upn)}
        shown = await berlin.hands.press(mailboxes, "mailbox.show", chosen)
        assert "0 of 2,500 emails" in shown
        shown = await berlin.hands.press(mailboxes, "mailbox.limit", {"a_day": "many"})
        assert "“many” is not a number of emails from 1 to 2,500" in shown
        shown = await berlin.hands.press(mailboxes, "mailbox.limit", {"a_day": "3"})
        assert "0 of 3 emails" in shown
        card, shown = await berlin.check(people)
        assert "room for 3 of 4 emails on Mon 23 Nov: 1 too many." in shown
        assert "Reduce the list to the first 3 of 4 people." in shown
        assert "No start within a month has room for all of it" in shown
        history = await berlin.hands.told(berlin.admin, "history")
        assert "Nothing was sent yet" in history
        card, shown = await berlin.check(people.rpartition("\n")[0])
        assert "Send to 3 people" in shown
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(3)
        _, shown = await berlin.check("Dan Dee <dan@customer.example>")
        assert "room for 0 of 1 emails on Mon 23 Nov: 1 too many." in shown
        assert "Start on Tue 24 Nov, 10:0" in shown
        assert "everything fits then" in shown
