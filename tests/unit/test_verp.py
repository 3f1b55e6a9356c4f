"""Return paths: read back by us, by nobody else made."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.participant import is_address
from bot.domain.verp import home_digest, read_return_path, return_path

IDS = st.uuids().map(lambda each: each.hex)
ID = uuid.UUID(int=7).hex


@given(enrolment=IDS, home=st.text(min_size=1), number=st.integers(1, 99))
def test_a_return_path_is_read_back(enrolment: str, home: str, number: int) -> None:
    address = return_path("old", home, enrolment, number, "mail.example")
    assert is_address(address)
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1
    for written in (address, address.upper(), f" <{address}>"):
        told = read_return_path(["new", "old"], written)
        assert told is not None
        assert (told.enrolment_id, told.number, told.home) == (enrolment, number, home_digest(home))


@given(at=st.integers(2, 54), mark=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_one_is_nobodys(at: int, mark: str) -> None:
    address = return_path("secret", "home", ID, 1, "mail.example")
    changed = address[:at] + mark + address[at + 1 :]
    told = read_return_path(["secret"], changed)
    last = address.index("@") - 1  # base32 has spare bits in its last letter
    assert told is None or changed == address or at == last


@pytest.mark.parametrize(
    "address", ["", "b-@mail.example", "ana@customer.example", "b-" + "a" * 53]
)
def test_another_address_is_none(address: str) -> None:
    assert read_return_path(["secret"], address) is None


def test_another_secret_does_not_read_it() -> None:
    address = return_path("secret", "home", ID, 1, "mail.example")
    assert read_return_path(["another"], address) is None


def test_what_is_no_id_of_ours_gets_none() -> None:
    with pytest.raises(ValueError, match="enrolment"):
        return_path("secret", "home", "abcd", 1, "mail.example")
