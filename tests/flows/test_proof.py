"""`python app.py proof ADDRESS`: what Sent Items says of every email to one person."""

from datetime import datetime
from pathlib import Path

from tests.harness.office import BERLIN, office
from tests.harness.processes import Process


async def test_every_email_is_proved_by_its_copy(tmp_path: Path) -> None:
    async with office(tmp_path, datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN)) as berlin:
        await berlin.write()
        card, _ = await berlin.check("Ana Abel <ana@customer.example>")
        await berlin.hands.press(card, "distribute.confirm")
        await berlin.leave(1)
        await berlin.hands.shows(card, "1 Sent")
        environment = berlin.built.environment
        proof = await Process.start(
            "proof", ["app.py", "proof", "Ana@Customer.example"], tmp_path, environment
        )
        told = await proof.line_with(berlin.owner.upn)
        (sent,) = await berlin.built.cloud.journal("mail.sent")
        assert sent["internetMessageId"] in told
        assert "Sent, submitted once; in Sent Items since 2026-11-23 09:" in told
        second = await proof.line_with(f"{berlin.owner.upn}  <{sent['internetMessageId'][1:33]}.2")
        assert "Scheduled, submitted 0 times; never left" in second
        await proof.kill()
