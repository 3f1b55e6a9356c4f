"""When to look again: never sooner than asked, and never out of the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.schedule import retry_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempt", "asked", "wait"),
    [
        (1, 0.0, timedelta(seconds=30)),
        (3, 0.0, timedelta(minutes=2)),
        (99, 0.0, timedelta(minutes=30)),
        (1, 45.0, timedelta(seconds=45)),
        (1, 1e300, timedelta(days=1)),
        (1, float("inf"), timedelta(days=1)),
        (1, float("nan"), timedelta(seconds=30)),
        (1, -5.0, timedelta(seconds=30)),
    ],
)
def test_when_to_try_again(attempt: int, asked: float, wait: timedelta) -> None:
    assert retry_at(NOW, attempt, asked) == NOW + wait
