"""Which shards are asked: those whose moment has come, by the last that was told of them."""

from bot.storage.polling import Round


async def looked() -> None:
    """Nobody else has put anything anywhere."""


async def due(at: Round, now: int) -> set[int]:
    return set(await at.due(now, 10))


async def test_what_is_heard_brings_a_look_forward_and_never_back() -> None:
    at = Round(looked)
    at.told(1, 100)
    at.heard(1, 50)
    at.heard(1, 80)
    at.heard(2, 60)
    at.heard(3, -1)
    assert [await due(at, now) for now in (49, 50, 60, 1000)] == [set(), {1}, {1, 2}, {1, 2}]


async def test_what_is_told_of_a_shard_is_all_there_is() -> None:
    at = Round(looked)
    at.heard(1, 50)
    at.told(1, 100)
    assert await due(at, 60) == set()
    at.told(1, -1)
    assert await due(at, 1000) == set()
