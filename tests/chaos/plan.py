"""How large a run is, and what is made to go wrong in it."""

from dataclasses import dataclass
from datetime import timedelta

SPEED = 20.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Spans are of the calendar, which runs at SPEED; a person gets three emails, `gap` apart,
    beginning at a random moment within `spread`.

    `hot` mailboxes write to everybody at once, as fast as their pace allows; `tight` ones have a
    daily limit below what is planned for the day. One person in `answering` replies, to any of the
    three; `lossy`: Graph loses notifications of it, repeats them, or is late with them.
    """

    mailboxes: int
    people: int
    hot: int
    tight: int
    spread: timedelta
    gap: timedelta
    answering: int
    worker_kills: int
    store_kills: int
    freezes: int
    cut: bool
    seed: int
    lossy: bool = True

    @property
    def span(self) -> timedelta:
        """How long the calendar runs until the last email is due."""
        return self.spread + 2 * self.gap


def whole(seed: int) -> Plan:
    """Return the run of `make chaos`: at least 9,000 sends."""
    return Plan(
        mailboxes=210,
        people=17,
        hot=4,
        tight=20,
        spread=timedelta(minutes=90),
        gap=timedelta(minutes=20),
        answering=8,
        worker_kills=55,
        store_kills=6,
        freezes=4,
        cut=True,
        seed=seed,
    )


def short(seed: int) -> Plan:
    """Return the run of the test suite: the same, in less than a minute."""
    return Plan(
        mailboxes=12,
        people=6,
        hot=1,
        tight=2,
        spread=timedelta(minutes=1),
        gap=timedelta(minutes=1.5),
        answering=3,
        worker_kills=4,
        store_kills=1,
        freezes=0,
        cut=True,
        seed=seed,
    )
