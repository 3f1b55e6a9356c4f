"""What the cloud's journal says of a run, beside what the store shows for every email."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.daily_limit import MOST_A_DAY
from bot.domain.delivery import DeliveryStatus
from bot.domain.enrolment import Enrolment
from tests.chaos.havoc import Damage
from tests.chaos.scene import Scene

Entry = Mapping[str, Any]
_MOST_A_MINUTE = 25
_MINUTE = timedelta(seconds=60)
# What there is to be none of.
NONE = ("lost", "duplicates", "over_limit", "over_pace", "followups_after_stop",
        "followups_after_reply", "replies_unhandled", "replies_handled_twice",
        "cloud_errors")  # fmt: skip


async def judge(built: Scene, damage: Damage, stopped: Mapping[str, datetime]) -> dict[str, object]:
    """Return the counts; `stopped` tells when each enrolment was seen to be stopped."""
    submitted = await built.cloud.journal("mail.submitted")
    sent = {key_of(each) for each in submitted}
    copies = {each["internetMessageId"] for each in await built.cloud.journal("mail.sent")}
    shown = [each for of in built.enrolments for each in await present(built, of)]
    replies = await built.cloud.journal("mail.arrived")
    calls = await built.cloud.journal("graph.call")
    struck = [each for each in calls if each.get("fault")]
    return {
        "sends": len(submitted),
        "lost": lost(shown, copies),
        "duplicates": len(submitted) - len(sent),
        "unknown": sum(_unknown(each) for one in shown for each in one.deliveries),
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
        "cuts": damage.cuts,
        "faults": len(struck),
        "ambiguous": sum(_is_ambiguous(each) for each in struck),
        "stopped": len(stopped),
        "cloud_errors": len(await built.cloud.journal("sandbox.error")),
    }


def holds(verdict: Mapping[str, object]) -> bool:
    """Return whether a run kept every promise."""
    unknown, ambiguous = verdict["unknown"], verdict["ambiguous"]
    assert isinstance(unknown, int)
    assert isinstance(ambiguous, int)
    return not any(verdict[each] for each in NONE) and unknown <= ambiguous


async def present(built: Scene, mailbox_id: str) -> Sequence[Enrolment]:
    """Return a mailbox's enrolments as they are in the store."""
    ids = [each.id for each in built.enrolments[mailbox_id]]
    return await built.store.records.enrolments(mailbox_id, ids)


def key_of(entry: Entry) -> str:
    """Return the key an email carries as a named property."""
    (key,) = (
        value for name, value in entry["properties"].items() if name.endswith("Name MailroomKey")
    )
    return str(key)


def lost(shown: Sequence[Enrolment], copies: set[str]) -> int:
    """Return how many emails are neither in Sent Items nor shown as failed or called off, and how
    many are shown as sent and are not there.
    """
    count = 0
    for each in (delivery for one in shown for delivery in one.deliveries):
        there = each.message_id in copies
        if each.cancelled or each.status is DeliveryStatus.FAILED:
            continue
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


def after_stop(submitted: Sequence[Entry], stopped: Mapping[str, datetime]) -> int:
    """Return how many emails left after their enrolment was seen to be stopped."""
    return sum(
        _at(each) > stopped[identity]
        for each in submitted
        if (identity := key_of(each).rpartition(".")[0]) in stopped
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


def _unknown(delivery: Any) -> bool:
    return delivery.status is DeliveryStatus.FAILED and "unknown" in delivery.reason


def _is_ambiguous(call: Entry) -> bool:
    """Whether nobody can tell from the answer if the email left."""
    return bool(call["path"].endswith("/sendMail")) and call["fault"] != "latency"


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])
