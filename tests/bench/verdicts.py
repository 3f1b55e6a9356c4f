"""What is wanted of each figure, and whether it was reached."""

import operator
from collections.abc import Callable, Mapping, Sequence

_Reached = Callable[[float, float], bool]
_SIGNS: Mapping[str, _Reached] = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}
_WANTED = (
    ("send_cpu_ratio_vs_sdk", "<=", 0.25),
    ("send_cpu_ratio_vs_raw", "<=", 6.0),
    ("claim_settle_per_s", ">=", 10_000.0),
    ("bytes_per_enrolment", "<=", 1200.0),
    ("poll_ratio_1m_vs_10k", "<=", 1.2),
    ("worker_rss_mb", "<", 200.0),
    ("webhook_ratio_vs_bare", ">=", 0.5),
    ("webhook50_ratio_vs_bare", ">=", 0.35),
    ("webhook_burst_p99_ms", "<", 300.0),
    ("reply_to_stop_p99_ms", "<", 250.0),
    ("read_message_p99_ms", "<", 10.0),
    ("saturation_1000", ">=", 0.95),
)


def verdicts(figures: Mapping[str, float]) -> Sequence[str]:
    """Return a table, a line each: figure, value, what is wanted of it, and "ok" or "MISSED"; one
    that is not there was not measured.
    """
    heading = f"{'figure':<24} {'value':>11}   wanted"
    return [
        heading,
        *(_verdict(figures.get(name), name, sign, bound) for name, sign, bound in _WANTED),
    ]


def _verdict(value: float | None, name: str, sign: str, bound: float) -> str:
    if value is None:
        told, verdict = "-", "not measured"
    else:
        told, verdict = f"{value:,.4f}", "ok" if _SIGNS[sign](value, bound) else "MISSED"
    return f"{name:<24} {told:>11}   {f'{sign} {bound:,g}':<9} {verdict}"
