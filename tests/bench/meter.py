"""What a process used: processor time of its own, user and system, and the most memory it had; and
what all but one of a hundred waited for.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path


class Meter:
    """Measures from when it is made."""

    def __init__(self) -> None:
        self._cpu, self._begun = _cpu(), time.perf_counter()

    def stop(self) -> None:
        """End what is measured; a check of what was done comes behind."""
        self._cpu, self._begun = _cpu() - self._cpu, time.perf_counter() - self._begun

    def tell(self, many: int, **more: float) -> None:
        """Write what one of so many cost, in milliseconds, as a line of JSON."""
        told = {
            "cpu_ms": self._cpu / many * 1000,
            "per_s": many / self._begun,
            "rss_mb": _most_memory() / 1024,
            **more,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def p99_ms(spans: Sequence[float]) -> float:
    """Return the 99th percentile of spans in seconds, in milliseconds."""
    return sorted(spans)[len(spans) * 99 // 100] * 1000


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _most_memory() -> int:
    """Return the most it had, in kB; getrusage tells that of whoever started it where they had
    more.
    """
    told = Path("/proc/self/status").read_text()
    (line,) = (each for each in told.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1])
