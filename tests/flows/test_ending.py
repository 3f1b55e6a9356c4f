"""SIGTERM while an email is under way: its outcome is waited for and kept, not left in doubt."""

from pathlib import Path

from tests.harness.hands import Hands
from tests.harness.installation import installation


async def test_an_email_under_way_is_settled_before_the_process_ends(tmp_path: Path) -> None:
    async with installation(tmp_path) as built:
        cloud, hands = built.cloud, Hands(built.cloud)
        admin, _, owner, *_ = await cloud.users()
        for user in (admin, owner):
            await cloud.install(user)
        await hands.connect(admin, owner)
        await built.caught_up(await cloud.now())
        # Below the time-out of a request at the speed of the test's calendar: two seconds.
        slow = {
            "match": {"method": "POST", "path": ".*sendMail"},
            "kind": "accepted_then_latency",
            "seconds": 1.2,
        }
        await cloud.call("POST", "/control/faults", slow)
        await hands.distribute(admin, owner, "ana@customer.example")
        await cloud.until("mail.submitted", lambda found: len(found) == 1, "one under way")
        await built.stop_app()
        assert built.app.code == 0, built.app.output()
        await built.start_app()
        assert "1 Sent" in await hands.told(admin, "history")
        assert len(await cloud.journal("mail.submitted")) == 1
