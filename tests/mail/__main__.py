"""`make score-mail`: how well mail is read. `make fuzz`: that whatever comes is read in time.

Each prints what it found and exits with 1 where a target is missed.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.mail import fuzz
from tests.mail.corpora import corpora_directory, labelled
from tests.mail.score import measures, read_all, table


def score(*, tell_missed: bool) -> int:
    """Print the table; return the exit code."""
    directory = corpora_directory()
    if directory is None:
        print("The labelled messages are not there: set MAILROOM_CORPORA. Nothing was measured.")
        return 1
    found = measures(read_all(labelled(directory)))
    print(table(found))
    for each in found if tell_missed else ():
        print(f"\n{each.name}:", *each.missed, sep="\n  ")
    return 0 if all(each.holds for each in found) else 1


def fuzzed(number: int, seed: int, keep: Path | None) -> int:
    """Print the tally as one JSON line; return the exit code."""
    directory = corpora_directory()
    messages = [each.raw for each in labelled(directory)] if directory else []
    tally = fuzz.run([*messages, *fuzz.own_messages()], number, seed)
    told = {
        "messages": tally.messages,
        "seed": seed,
        "corpora": len(messages),
        "faults": tally.faults,
        "over_1_s": tally.over_a_second,
        "slowest_ms": round(tally.slowest * 1000, 1),
        "kinds": dict(tally.kinds.most_common()),
    }
    print(json.dumps(told))
    if keep:
        keep.write_bytes(tally.worst)
    return 0 if tally.holds else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("score", "fuzz"))
    parser.add_argument("--missed", action="store_true", help="name what was missed")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write the worst message to this file")
    chosen = parser.parse_args()
    if chosen.what == "score":
        sys.exit(score(tell_missed=chosen.missed))
    sys.exit(fuzzed(chosen.messages, chosen.seed, chosen.keep))
