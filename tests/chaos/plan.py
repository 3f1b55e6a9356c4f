"""How large a run is, and what is made to go wrong in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

SPEED = 20.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Spans are of the calendar, which runs at SPEED; a person gets three emails, `gap` apart,
    beginning at a random moment within `spread`.

    `hot` mailboxes write to `crowd` times as many at once, as fast as their pace allows; `tight`
    ones have a daily limit below what is planned for the day. One person in `answering` replies, to
    any of the three; `lossy`: Graph loses notifications of it, repeats them, or is late. Below
    `least_sends`, `least_worker_kills`, `least_store_kills` and `least_naps` a run has shown
    nothing.
    """

    mailboxes: int
    people: int
    hot: int
    crowd: int
    tight: int
    spread: timedelta
    gap: timedelta
    answering: int
    worker_kills: int
    store_kills: int
    freezes: int
    naps: int
    cut: bool
    seed: int
    least_sends: int
    least_worker_kills: int
    least_store_kills: int
    least_naps: int
    lossy: bool = True

    @property
    def span(self) -> timedelta:
        """How long the calendar runs until the last email is due."""
        return self.spread + 2 * self.gap

    @property
    def least(self) -> Mapping[str, int]:
        """What a run has to have come to, by its name in the verdict, before it can hold."""
        return {
            "sends": self.least_sends,
            "worker_kills": self.least_worker_kills,
            "store_kills": self.least_store_kills,
            "freezes": self.freezes,
            "naps": self.least_naps,
            "cuts": int(self.cut),
            "faults": 1,
            "replies": 1,
            "stopped": 1,
            "notifications_dropped": int(self.lossy),
        }


def whole(seed: int) -> Plan:
    """Return the run of `make chaos`: at least 9,000 sends."""
    return Plan(
        mailboxes=210,
        people=17,
        hot=4,
        crowd=16,
        tight=20,
        spread=timedelta(minutes=90),
        gap=timedelta(minutes=20),
        answering=8,
        worker_kills=55,
        store_kills=6,
        freezes=4,
        naps=6,
        cut=True,
        seed=seed,
        least_sends=9_000,
        least_worker_kills=50,
        least_store_kills=5,
        least_naps=4,
    )


def short(seed: int) -> Plan:
    """Return the run of the test suite: the same, in less than a minute."""
    return Plan(
        mailboxes=12,
        people=6,
        hot=1,
        crowd=4,
        tight=2,
        spread=timedelta(minutes=1),
        gap=timedelta(minutes=1.5),
        answering=3,
        worker_kills=4,
        store_kills=1,
        freezes=0,
        naps=0,
        cut=True,
        seed=seed,
        least_sends=200,
        least_worker_kills=4,
        least_store_kills=2,
        least_naps=0,
    )
