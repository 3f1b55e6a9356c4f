"""How many wrong links are taken: of one client, in all, and remembered."""

from bot.web.wrong_links import WrongLinks


def test_a_client_waits_for_the_end_of_the_window_and_no_other_does() -> None:
    links = WrongLinks(each=2, all=100, window=60)
    assert [links.seconds_to_wait("a", now) for now in (0, 1, 2, 59.5)] == [0, 0, 58, 1]
    assert links.seconds_to_wait("b", 59.5) == 0
    assert [links.seconds_to_wait("a", now) for now in (60, 61, 62)] == [0, 0, 58]


def test_all_wait_once_there_are_too_many_in_all() -> None:
    links = WrongLinks(each=2, all=3, window=60)
    assert [links.seconds_to_wait(each, 0) for each in "abcd"] == [0, 0, 0, 60]
    assert links.seconds_to_wait("d", 60) == 0


def test_no_more_clients_are_remembered_than_are_taken_in_all() -> None:
    links = WrongLinks(each=30, all=1000, window=60)
    for number in range(50_000):
        links.seconds_to_wait(f"client {number}", 0)
    assert len(links._counted) <= 1000
    links.seconds_to_wait("later", 60)
    assert len(links._counted) == 1
