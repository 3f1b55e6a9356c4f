"""An email in doubt is sent again only where neither search nor pages of Sent Items show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.domain.delivery import DeliveryStatus, Outcome, OutgoingMail, SendReport, SentCopy
from tests.harness.memory_office import MONDAY, office
from tests.harness.memory_sending import sending

ANA = "Ana Abel <ana@customer.example>"


@dataclass
class Blind:
    """A mailbox whose answer is always lost, and whose search by a property finds nothing."""

    keeps: bool
    asked: list[OutgoingMail] = field(default_factory=list)
    paged: int = 0

    async def send(self, mailbox_id: str, mail: OutgoingMail, **_: object) -> SendReport:
        self.asked.append(mail)
        return SendReport(outcome=Outcome.UNKNOWN)

    async def find_sent(self, *_: object, **__: object) -> SentCopy | None:
        return None

    async def sent_since(self, mailbox_id: str, since: datetime) -> Mapping[str, SentCopy]:
        self.paged += 1
        copy = SentCopy(internet_message_id="<x@exchange>", conversation_id="c", sent_at=MONDAY)
        return {self.asked[0].key: copy} if self.keeps and since < MONDAY else {}


@pytest.mark.parametrize(("keeps", "times"), [(True, 1), (False, 2)])
async def test_what_the_search_does_not_see_is_found_by_paging(keeps: bool, times: int) -> None:
    at, mailbox = await office(), Blind(keeps)
    out, batch = sending(at, mailbox), await at.confirmed(ANA)
    await at.work()
    for _ in range(120):
        for due in await out.claim(10):
            await out.handle(due)
        at.clock.moment += timedelta(seconds=30)
    (ana,) = await at.enrolled(batch)
    assert len(mailbox.asked) == times
    assert mailbox.paged == times
    expected = DeliveryStatus.SENT if keeps else DeliveryStatus.FAILED
    assert ana.deliveries[0].status is expected
