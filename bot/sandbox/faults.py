"""Faults as data: what goes wrong, for which requests, how often. State only; others apply them.

Kinds for requests to Graph:
  status                answer `status` without doing anything
  refuse                answer as Graph does where it refuses a submission: `code` says which way
  accepted_then_status  do everything, then answer `status` (a 504 behind which mail went out)
  reset                 reset the connection without doing anything
  accepted_then_reset   do everything, then reset the connection
  latency               wait `seconds` of real time, then go on as usual
  accepted_then_latency do everything, then wait `seconds` of real time before the answer
Kinds for change notifications (`path` is matched against the path of the notification URL):
  drop_notification, duplicate_notification, delay_notification (`seconds` of sandbox time);
  reorder_notification is told behind the next one of its URL, or alone after a minute (there is
  no promise of order: change-notifications-overview)
"""

import random
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from bot.sandbox import fields
from bot.sandbox.graph.refusals import REFUSALS

_REQUEST_KINDS = {
    "status", "refuse", "accepted_then_status", "reset", "accepted_then_reset", "latency",
    "accepted_then_latency",
}  # fmt: skip
_NOTIFICATION_KINDS = {
    "drop_notification", "duplicate_notification", "delay_notification", "reorder_notification",
}  # fmt: skip
_NEEDED = {
    "status": ("status",),
    "refuse": ("code",),
    "accepted_then_status": ("status",),
    "latency": ("seconds",),
    "accepted_then_latency": ("seconds",),
    "delay_notification": ("seconds",),
}


@dataclass
class Fault:
    """One fault. `left` is how often it still strikes, None for ever."""

    kind: str
    method: str | None
    path: re.Pattern[str]
    mailbox: str | None
    status: int
    code: str | None
    retry_after: float | None
    seconds: float
    left: int | None
    probability: float

    def matches(self, method: str, path: str, mailbox: Collection[str]) -> bool:
        """Return whether it is meant for this request; `mailbox` holds the owner's names."""
        return (
            self.left != 0
            and self.method in (None, method)
            and self.path.search(path) is not None
            and (self.mailbox is None or self.mailbox in mailbox)
        )


class Faults:
    """The faults in force, oldest first; the first that matches and strikes is the one."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """End all faults."""
        self._faults.clear()

    def for_request(self, method: str, path: str, mailbox: Collection[str]) -> Fault | None:
        """Return the fault that strikes a request to Graph, and count it."""
        return self._draw(_REQUEST_KINDS, method, path, mailbox)

    def for_notification(self, path: str, mailbox: Collection[str]) -> Fault | None:
        """Return the fault that strikes a notification, and count it."""
        return self._draw(_NOTIFICATION_KINDS, "POST", path, mailbox)

    def _draw(
        self, kinds: Collection[str], method: str, path: str, mailbox: Collection[str]
    ) -> Fault | None:
        for fault in self._faults:
            if fault.kind not in kinds or not fault.matches(method, path, mailbox):
                continue
            if self._rng.random() < fault.probability:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None


def parse(content: Mapping[str, Any]) -> Fault:
    """Return the fault that `content` describes.

    Raises:
        FieldError: a field is unknown, missing, or has no meaning.
    """
    fields.check(
        content,
        required={"match": dict, "kind": str},
        optional={
            "status": int, "code": str, "retry_after": Real, "seconds": Real, "count": int,
            "probability": Real,
        },
    )  # fmt: skip
    match, kind = content["match"], content["kind"]
    fields.check(match, optional={"method": str, "path": str, "mailbox": str})
    if kind not in _REQUEST_KINDS | _NOTIFICATION_KINDS:
        raise fields.FieldError(f"kind: {kind} is none of the known ones")
    for name in _NEEDED.get(kind, ()):
        if content.get(name) is None:
            raise fields.FieldError(f"missing: {name}")
    try:
        path = re.compile(match.get("path") or "")
    except re.error as error:
        raise fields.FieldError(f"path: {error}") from error
    method, mailbox = match.get("method"), match.get("mailbox")
    return Fault(
        kind=kind,
        method=method.upper() if method else None,
        path=path,
        mailbox=mailbox.lower() if mailbox else None,
        status=_status(content),
        code=content.get("code"),
        retry_after=content.get("retry_after"),
        seconds=content.get("seconds") or 0.0,
        left=content.get("count"),
        probability=1.0 if content.get("probability") is None else content["probability"],
    )


def _status(content: Mapping[str, Any]) -> int:
    if content["kind"] != "refuse":
        return int(content.get("status") or 0)
    if content["code"] not in REFUSALS:
        raise fields.FieldError(f"code: {content['code']} is no refusal of a submission")
    return REFUSALS[content["code"]].status
