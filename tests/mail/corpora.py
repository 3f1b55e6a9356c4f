"""Real messages with labels, where they are there: MAILROOM_CORPORA, else ../shared/corpora.

They are other people's, under the licence beside each, and never become part of this repository.
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOUNCES = ("bounce_hard", "bounce_soft", "bounce_mixed", "bounce_any")
HUMAN = ("ham", "human_reply", "human_reply_body", "not_bounce")
# Codes that a labeller made up where the report has none.
_MADE_UP = re.compile(r"[45]\.0\.9\d\d")
_DELAYED = re.compile(rb"(?im)^action[ \t]*:[ \t]*delayed")
_NO_COMPLAINT = re.compile(rb"(?im)^feedback-type[ \t]*:[ \t]*auth-failure|^x-apple-unsubscribe:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A message and what is known of it. `status` is its one real code, `hard` whether it bounced
    for good; each is empty where nobody says.
    """

    name: str
    raw: bytes
    expected: str
    status: str
    hard: str
    recipients: frozenset[str]

    @property
    def delayed(self) -> bool:
        """Whether its report says that the mail is only late; the labels call it a soft bounce."""
        return _DELAYED.search(self.raw) is not None

    @property
    def complains(self) -> bool:
        """Whether somebody complained: the label covers reports on authentication (RFC 6591) and a
        mail program's unsubscribing too.
        """
        return self.expected == "arf" and _NO_COMPLAINT.search(self.raw) is None

    @property
    def system(self) -> str:
        """The mail system that wrote it, as far as its name says."""
        return re.sub(r"[-_]?\d+\..*$", "", self.name)


def corpora_directory() -> Path | None:
    """Return where the corpora lie, None where there are none."""
    named = Path(os.environ.get("MAILROOM_CORPORA", ROOT.parent / "shared" / "corpora"))
    return named if any(named.glob("*/labels.csv")) else None


def labelled(directory: Path) -> Iterator[Labelled]:
    """Give every message that has a label, in a fixed order."""
    for listed in sorted(directory.glob("*/labels.csv")):
        with listed.open(newline="") as rows:
            for row in csv.DictReader(rows):
                codes = [each for each in row["status"].split(";") if each]
                real = len(codes) == 1 and not _MADE_UP.fullmatch(codes[0])
                named = row["recipient"].lower().split(";")
                yield Labelled(
                    name=f"{listed.parent.name}/{row['file']}",
                    raw=(listed.parent / row["file"]).read_bytes(),
                    expected=row["expected_class"],
                    status=codes[0] if real else "",
                    hard=row["hard"],
                    recipients=frozenset(each for each in named if each),
                )
