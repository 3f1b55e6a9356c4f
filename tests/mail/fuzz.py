"""Reading whatever comes: mutated real messages, and messages hypothesis makes up."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.inbound.reader import UNREADABLE, read_mime
from bot.mailformats.flufl import failed_addresses
from tests.mail.mutations import mutated
from tests.unit.inbound import letters

_MADE_UP = 20  # one of so many is made up whole
_HEADERS = st.sampled_from(
    ["From", "Subject", "Date", "Content-Type", "Return-Path", "Auto-Submitted", "References",
     "Content-Transfer-Encoding", "X-Failed-Recipients", "Received", "List-Id"]
)  # fmt: skip
_VALUES = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["<>", "multipart/report; report-type=delivery-status; boundary=b", "text/html; charset=x",
         "Undeliverable: a", "Automatic reply: b", "MAILER-DAEMON@x", "base64", "=?x?q?=zz?="]
    ),
)  # fmt: skip
_BODY = st.one_of(st.text(max_size=400), st.text(alphabet="-b\n:<>. 0123456789AS", max_size=400))


@dataclass
class Tally:
    """What came of a run. `slowest` is in seconds; `worst` the message that took so long."""

    messages: int = 0
    faults: int = 0
    over_a_second: int = 0
    slowest: float = 0.0
    worst: bytes = b""
    kinds: Counter[str] = field(default_factory=Counter)

    def read(self, raw: bytes) -> None:
        """Read one message; whatever goes wrong is counted, not raised."""
        self.messages += 1
        begun = time.thread_time()
        try:
            reading = read_mime(raw, other_formats=failed_addresses)
        except Exception:
            self.faults, self.worst = self.faults + 1, raw
            return
        took = time.thread_time() - begun
        if reading.why.startswith(UNREADABLE):
            self.faults, self.worst = self.faults + 1, raw
        if took > self.slowest:
            self.slowest, self.worst = took, raw if not self.faults else self.worst
        self.over_a_second += took > 1.0
        self.kinds[reading.kind.value] += 1

    @property
    def holds(self) -> bool:
        """Whether nothing raised and nothing took over a second."""
        return not self.faults and not self.over_a_second


def own_messages() -> Sequence[bytes]:
    """Return some messages of our own, for where there are no others."""
    fields = {"Final-Recipient": "rfc822; eve@x.example", "Action": "failed", "Status": "5.1.1"}
    return [
        letters.letter("Please unsubscribe me.", html="<p>Please unsubscribe me.</p>"),
        letters.letter("Away until 3 January.", subject="Automatische Antwort: Hallo"),
        letters.report(fields, said="could not be delivered"),
        letters.report({"Feedback-Type": "abuse"}, kind="feedback-report"),
    ]


def run(messages: Sequence[bytes], number: int, seed: int) -> Tally:
    """Read `number` messages made from these."""
    tally = Tally()
    made_up = number // _MADE_UP

    @settings(
        max_examples=made_up,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(_HEADERS, _VALUES), max_size=8), _BODY)
    def made(headers: list[tuple[str, str]], body: str) -> None:
        head = "".join(f"{name}: {value}\n" for name, value in headers)
        tally.read(f"{head}\n{body}".encode("utf-8", "replace"))

    made()
    for raw in mutated(messages, number - tally.messages, seed):
        tally.read(raw)
    return tally
