"""The table at the end of `make bench`."""

import pytest

from tests.bench.verdicts import verdicts


def verdict_on(name: str, value: float) -> str:
    (line,) = (each for each in verdicts({name: value}) if each.startswith(f"{name} "))
    return line


@pytest.mark.parametrize(
    ("name", "at", "beyond"),
    [
        ("send_cpu_ratio_vs_sdk", 0.25, 0.2501),
        ("send_cpu_ratio_vs_raw", 6, 6.001),
        ("claim_settle_per_s", 10_000, 9999.9),
        ("bytes_per_enrolment", 1200, 1200.1),
        ("poll_ratio_1m_vs_10k", 1.2, 1.2001),
        ("worker_rss_mb", 199.9, 200),
        ("webhook_ratio_vs_bare", 0.5, 0.4999),
        ("webhook50_ratio_vs_bare", 0.35, 0.3499),
        ("webhook_burst_p99_ms", 299.9, 300),
        ("reply_to_stop_p99_ms", 249.9, 250),
        ("read_message_p99_ms", 9.99, 10),
        ("saturation_1000", 0.95, 0.9499),
    ],
)
def test_what_is_wanted_of_each_figure(name: str, at: float, beyond: float) -> None:
    assert verdict_on(name, at).endswith(" ok")
    assert verdict_on(name, beyond).endswith(" MISSED")


def test_each_line_tells_the_figure_the_value_and_what_is_wanted() -> None:
    assert verdict_on("claim_settle_per_s", 10413.4).split() == [
        "claim_settle_per_s", "10,413.4000", ">=", "10,000", "ok",
    ]  # fmt: skip
    assert verdict_on("saturation_1000", 0.9722).split()[1] == "0.9722"


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    _, *lines = verdicts({})
    assert len(lines) == 12
    assert all(each.endswith(" not measured") for each in lines)
