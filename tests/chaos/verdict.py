"""What the cloud's journal says of a run, beside what the store shows for every email."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.delivery import Delivery, DeliveryStatus
from bot.domain.enrolment import Enrolment, EnrolmentState, StopReason
from tests.chaos.damage import Damage
from tests.chaos.havoc import LATENCY
from tests.chaos.plan import SPEED, Plan
from tests.chaos.scene import Scene
from tests.chaos.submitted import Entry, enrolment_of, key_of

_MOST_A_MINUTE = 25
_MINUTE = timedelta(seconds=60)
# How long after a stop an email may still come in: what was claimed less than a quarter of a second
# of the calendar before is not asked again (services/sending.py, `_still_wanted`), and the request
# itself takes its time: that of a slow answer, and as much again for a busy machine, both real.
UNDER_WAY = timedelta(seconds=0.25 + 2 * LATENCY * SPEED)
# What there is to be none of.
NONE = ("lost", "duplicates", "over_limit", "over_pace", "followups_after_stop",
        "followups_after_reply", "replies_unhandled", "replies_handled_twice",
        "cloud_errors")  # fmt: skip


async def judge(built: Scene, damage: Damage, seen: Mapping[str, datetime]) -> dict[str, int]:
    """Return the counts; `seen` tells when each enrolment was seen to be stopped."""
    submitted = await built.cloud.journal("mail.submitted")
    sent = {key_of(each) for each in submitted}
    copies = {each["internetMessageId"] for each in await built.cloud.journal("mail.sent")}
    shown = [each for of in built.enrolments for each in await present(built, of)]
    replies = await built.cloud.journal("mail.arrived")
    calls = await built.cloud.journal("graph.call")
    struck = [each for each in calls if each.get("fault")]
    emails = [each for one in shown for each in one.deliveries]
    stopped = stops(shown, seen)
    return {
        "sends": len(submitted),
        "lost": lost(shown, copies),
        "duplicates": len(submitted) - len(sent),
        "failed": sum(each.status is DeliveryStatus.FAILED for each in emails),
        "unknown": sum(map(_is_unknown, emails)),
        "cancelled": sum(each.cancelled for each in emails),
        "over_limit": over_limit(built, submitted),
        "over_pace": over_pace(submitted),
        "followups_after_stop": after_stop(submitted, stopped),
        "replies": len(replies),
        "followups_after_reply": after_reply(submitted, replies),
        "replies_unhandled": unhandled(shown, replies),
        "replies_handled_twice": handled_twice(shown, replies),
        "notifications_dropped": len(await built.cloud.journal("notification.dropped")),
        "worker_kills": damage.worker_kills,
        "store_kills": damage.store_kills,
        "freezes": damage.freezes,
        "naps": damage.naps,
        "cuts": damage.cuts,
        "faults": len(struck),
        "ambiguous": sum(_is_ambiguous(each) for each in struck),
        "stopped": len(stopped),
        "cloud_errors": len(await built.cloud.journal("sandbox.error")),
    }


def wrong(verdict: Mapping[str, int], plan: Plan) -> Sequence[str]:
    """Return, in words, each promise a run did not keep and each thing too little of was done."""
    kept = [f"{each}: {verdict[each]}, allowed 0" for each in NONE if verdict[each]]
    done = [
        f"{each}: {verdict[each]}, wanted {least} or more"
        for each, least in plan.least.items()
        if verdict[each] < least
    ]
    failed, unknown, ambiguous = (verdict[each] for each in ("failed", "unknown", "ambiguous"))
    if unknown > ambiguous:
        kept.append(f"unknown: {unknown}, allowed {ambiguous}, as many as ambiguous answers")
    if failed != unknown:
        kept.append(f"failed: {failed}, {unknown} of them unknown: nothing else fails here")
    return [*kept, *done]


async def present(built: Scene, mailbox_id: str) -> Sequence[Enrolment]:
    """Return a mailbox's enrolments as they are in the store."""
    ids = [each.id for each in built.enrolments[mailbox_id]]
    return await built.store.records.enrolments(mailbox_id, ids)


def lost(shown: Sequence[Enrolment], copies: set[str]) -> int:
    """Return how many emails are neither in Sent Items nor shown as failed, how many are shown as
    sent and are not there, and how many were called off for nothing.
    """
    count = 0
    for one in shown:
        excused = _has_an_end(one)
        for each in one.deliveries:
            if each.cancelled:
                count += not excused
            elif each.status is not DeliveryStatus.FAILED:
                there = each.message_id in copies
                count += not there or each.status is DeliveryStatus.SCHEDULED
    return count


def over_limit(built: Scene, submitted: Sequence[Entry]) -> int:
    """Return how many emails left a mailbox beyond its limit of a day."""
    limits = {built.mailboxes[name].oid: most for name, most in built.limits.items()}
    days = Counter((each["mailbox"], _at(each).astimezone(UTC).date()) for each in submitted)
    return sum(max(0, many - limits.get(of, MOST_A_DAY)) for (of, _), many in days.items())


def over_pace(submitted: Sequence[Entry]) -> int:
    """Return how many emails were the 26th, or later, of their mailbox within 60 seconds."""
    by_mailbox: dict[str, list[datetime]] = defaultdict(list)
    for each in submitted:
        by_mailbox[each["mailbox"]].append(_at(each))
    return sum(
        later - earlier < _MINUTE
        for moments in by_mailbox.values()
        for earlier, later in zip(sorted(moments), sorted(moments)[_MOST_A_MINUTE:], strict=False)
    )


def stops(shown: Sequence[Enrolment], seen: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """Return when enrolments were stopped: as the store keeps it; as it was `seen` where the stop
    went with the cut end of the file.
    """
    answered = {
        one.id: min(moments)
        for one in shown
        if one.state is EnrolmentState.STOPPED
        and (moments := [each.answered_at for each in one.deliveries if each.answered_at])
    }
    return {**seen, **answered}


def after_stop(submitted: Sequence[Entry], stopped: Mapping[str, datetime]) -> int:
    """Return how many emails left after their enrolment was stopped, beyond what may be `UNDER_WAY`
    then.
    """
    return sum(
        _at(each) > stopped[identity] + UNDER_WAY
        for each in submitted
        if (identity := enrolment_of(each)) in stopped
    )


def after_reply(submitted: Sequence[Entry], replies: Sequence[Entry]) -> int:
    """Return how many emails left over a minute after the first reply of that person lay in the
    mailbox.
    """
    came: dict[str, datetime] = {}
    for each in replies:
        came[each["from"]] = min(_at(each), came.get(each["from"], _at(each)))
    late = ((_at(each), came.get(each["to"][0])) for each in submitted)
    return sum(reply is not None and left > reply + _MINUTE for left, reply in late)


def unhandled(shown: Sequence[Enrolment], replies: Sequence[Entry]) -> int:
    """Return how many replies nothing came of: each person has written one."""
    heard = {each.participant.address for each in shown if each.heard.standing()}
    return sum(each["from"] not in heard for each in replies)


def handled_twice(shown: Sequence[Enrolment], replies: Sequence[Entry]) -> int:
    """Return how often one was acted on again, or what nobody wrote was."""
    wrote = Counter(each["from"] for each in replies)
    return sum(max(0, len(each.heard.replies) - wrote[each.participant.address]) for each in shown)


def _has_an_end(one: Enrolment) -> bool:
    """Whether what is called off was to be: for a reply, or behind an email nobody knows of."""
    if one.stopped_for is StopReason.REPLIED:
        return True
    # A reply to the unknown one may have come since, and says that it left.
    known_since = one.heard.standing() is not None
    behind = known_since or any(map(_is_unknown, one.deliveries))
    return one.stopped_for is StopReason.FAILED and behind


def _is_unknown(delivery: Delivery) -> bool:
    return delivery.status is DeliveryStatus.FAILED and "unknown" in delivery.reason


def _is_ambiguous(call: Entry) -> bool:
    """Whether nobody can tell from the answer if the email left."""
    return bool(call["path"].endswith("/sendMail")) and call["fault"] != "latency"


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])
