"""Blocking: what Exchange refuses of a whole mailbox holds everything it sends, once (G2)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog

from bot.domain import mailbox as rules
from bot.domain.delivery import Outcome, SendReport
from bot.domain.enrolment import Enrolment
from bot.domain.mailbox import Mailbox
from bot.domain.obstacle import ASKED, WORDS, Obstacle
from bot.jobs import AskAboutSender, HoldAfterFault, HoldDistributions, Job
from bot.ports import Clock, Records
from bot.services.changing import change
from bot.services.reaching import broken, jobs_of_a_stop

_log = structlog.get_logger(__name__)


class Blocking:
    """What follows when it is not the email that keeps an email from leaving."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def met(
        self, mailbox: Mailbox, enrolment: Enrolment, report: SendReport
    ) -> Sequence[Job]:
        """Have the mailbox send nothing more where a submission was refused for its sake; return
        what holds the emails, to be queued as the refused one is put back among them.
        """
        if report.obstacle is None:
            return ()
        if report.obstacle is Obstacle.FAULT and enrolment.test:
            _log.error("send.fault_of_ours", enrolment=enrolment.id, code=report.code)
            return ()
        if report.obstacle is Obstacle.FAULT:
            return (
                HoldAfterFault(
                    tenant_id=enrolment.tenant_id,
                    distribution_id=enrolment.distribution_id,
                    code=report.code,
                ),
            )
        if report.outcome is Outcome.REFUSED:
            await block(self._records, mailbox, report.obstacle, self._clock.now())
        return (HoldDistributions(tenant_id=mailbox.tenant_id, mailbox_id=mailbox.id),)


def kept_back(mailbox: Mailbox) -> SendReport:
    """Return what is known of an email that was not even tried: its mailbox cannot send."""
    return SendReport(
        outcome=Outcome.NOT_WRITTEN,
        detail=mailbox.cannot_send,
        obstacle=mailbox.obstacle or Obstacle.CONSENT,
    )


async def block(records: Records, mailbox: Mailbox, obstacle: Obstacle, at: datetime) -> None:
    """Keep a mailbox from sending and tell of it, once for all who find it so."""
    if obstacle is Obstacle.CONSENT:
        await broken(records, mailbox, at, WORDS[obstacle])
        return
    blocked = partial(rules.block, obstacle=obstacle)
    jobs, home = list(jobs_of_a_stop(mailbox)), mailbox.tenant_id
    if obstacle in ASKED:
        named = {"tenant_id": mailbox.tenant_id, "mailbox_id": mailbox.id}
        jobs.append(AskAboutSender(**named, obstacle=obstacle, left_at=at))
    await change(records, mailbox, blocked, home=home, at=at, jobs=jobs)
