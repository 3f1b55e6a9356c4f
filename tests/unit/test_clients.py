"""Who asks: only a proxy that is trusted is believed about whom it speaks for."""

from ipaddress import ip_network

import pytest

from bot.web.clients import named_client

OURS = (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"), ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9,192.0.2.7", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, _hidden", "10.0.0.1"),
        ("10.0.0.1", ",", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8:ffff::1", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "", "2001:db8:1:2::/64"),
        ("::1", "", "::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("", "198.51.100.1", ""),
        ("not an address", "", ""),
    ],
)
def test_it_is_the_last_one_that_nobody_trusted_told(
    remote: str, forwarded: str, client: str
) -> None:
    assert named_client(remote, forwarded, OURS) == client


def test_without_a_proxy_of_ours_nobody_is_believed() -> None:
    assert named_client("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"
