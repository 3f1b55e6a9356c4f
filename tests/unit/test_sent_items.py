"""What Sent Items says is not believed: a key of ours that is none is nobody's."""

import pytest

from bot.services.sent_items import numbered


@pytest.mark.parametrize(
    ("key", "read"),
    [("e.2", ("e", 2)), ("e.²", ("e", 0)), ("e." + "9" * 5000, ("e", 0)), ("x", ("", 0))],
)
def test_a_key_is_read_with_care(key: str, read: tuple[str, int]) -> None:
    assert numbered(key) == read
