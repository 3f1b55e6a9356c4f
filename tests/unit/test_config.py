"""Settings: what is missing or wrong is named, and an open door is never built."""

import pytest

from bot.config import read_settings
from bot.domain.errors import ConfigurationError

GOOD = {
    "MAILROOM_TENANT_ID": "t",
    "MAILROOM_APP_ID": "a",
    "MAILROOM_APP_SECRET": "s",
    "MAILROOM_ENCRYPTION_KEYS": "k1, k2",
    "MAILROOM_ADMINS": "Boss@contoso.example",
}


@pytest.fixture(autouse=True)
def good_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_lists_are_divided_by_commas() -> None:
    assert read_settings().encryption_keys == ("k1", "k2")


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_required_setting_that_is_missing_or_blank_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILROOM_ENTRA_URL", "http://127.0.0.1:1"),
        ("MAILROOM_BOT_LOGIN_URL", "http://127.0.0.1:1/t"),
        ("MAILROOM_WEBHOOK_URL", "http://mailroom.example"),
        ("MAILROOM_PUBLIC_URL", "http://mailroom.example"),
        ("MAILROOM_GRAPH_URL", "http://graph.example/v1.0"),
        ("MAILROOM_BOT_OPENID_METADATA_URL", "http://login.example/x"),
    ],
)
def test_plain_http_beyond_loopback_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        read_settings()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SMTP_URL": "smtp://relay.example"}, "MAILROOM_SMTP_FROM"),
        ({"SMTP_FROM": "programs@mail.example"}, "MAILROOM_SMTP_URL"),
        ({"SMTP_URL": "smtp://relay.example", "SMTP_FROM": "Us <a@b.example>"}, "SMTP_FROM"),
        ({"DNS_SERVER": "8.8.8.8:53"}, "MAILROOM_DNS_SERVER"),
    ],
)
def test_what_does_not_go_together_is_refused(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"MAILROOM_{name}", value)
    with pytest.raises(ConfigurationError, match=named):
        read_settings()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILROOM_SMTP_URL", "smtp://us:p4ss@relay.example")
    monkeypatch.setenv("MAILROOM_SMTP_FROM", "programs@mail.example")
    shown = repr(read_settings())
    assert "app_secret" not in shown
    assert "k1" not in shown
    assert "p4ss" not in shown


def test_the_calendar_is_plain_unless_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().time_zone, read_settings().holidays) == ("UTC", "")
    monkeypatch.setenv("MAILROOM_TIME_ZONE", " Europe/Berlin ")
    monkeypatch.setenv("MAILROOM_HOLIDAYS", "DE-BY")
    assert (read_settings().time_zone, read_settings().holidays) == ("Europe/Berlin", "DE-BY")


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("MAILROOM_TIME_ZONE", "Europe/Berln", "“Europe/Berln” is no time zone: write it like"),
        ("MAILROOM_TIME_ZONE", "", "write it like Europe/Berlin"),
        ("MAILROOM_TIME_ZONE", "Europe", "write it like Europe/Berlin"),
        ("MAILROOM_HOLIDAYS", "XX", "“XX” is no country"),
        ("MAILROOM_HOLIDAYS", "DE-XX", "write it like DE or DE-BY"),
        ("MAILROOM_HOLIDAYS", "Germany!", "write it like DE or DE-BY"),
    ],
)
def test_a_calendar_nobody_knows_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, way_out: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}: .*{way_out}"):
        read_settings()


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "٣"])
def test_approval_is_never_left_out_by_a_slip(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAILROOM_APPROVAL_OVER", value)
    with pytest.raises(ConfigurationError, match=r"^MAILROOM_APPROVAL_OVER: .*write it like 100"):
        read_settings()


def test_nobody_approves_unless_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().approval_over is None
    monkeypatch.setenv("MAILROOM_APPROVAL_OVER", " 0 ")
    assert read_settings().approval_over == 0


def test_proxies_are_addresses_and_networks_and_nobody_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_settings().trusted_proxies == ()
    monkeypatch.setenv("MAILROOM_TRUSTED_PROXIES", "10.0.0.7, 10.1.0.0/16,2001:db8::/32")
    assert [str(each) for each in read_settings().trusted_proxies] == [
        "10.0.0.7/32", "10.1.0.0/16", "2001:db8::/32",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["proxy.example", "10.0.0.7/8", "10.0.0.7;10.0.0.8", "10.0.0"])
def test_what_is_no_proxy_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAILROOM_TRUSTED_PROXIES", f"10.0.0.1, {value}")
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    assert "MAILROOM_TRUSTED_PROXIES" in str(refused.value)
    assert f"“{value}”" in str(refused.value)
