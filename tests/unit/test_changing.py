"""Changing what others change too: again a few times, and no longer."""

import pytest

from bot.domain.errors import ConcurrentChangeError
from bot.services.changing import insist


@pytest.mark.parametrize(("in_the_way", "tried"), [(0, 1), (1, 2), (4, 5)])
async def test_it_is_tried_again_until_nobody_comes_in_between(in_the_way: int, tried: int) -> None:
    tries = []

    async def attempt() -> None:
        tries.append(1)
        if len(tries) <= in_the_way:
            raise ConcurrentChangeError("somebody else was faster")

    await insist(attempt)
    assert len(tries) == tried


async def test_whoever_is_never_alone_hears_of_it() -> None:
    async def attempt() -> None:
        raise ConcurrentChangeError("somebody else was faster")

    with pytest.raises(ConcurrentChangeError):
        await insist(attempt)
