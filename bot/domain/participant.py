"""Participants: reading a pasted list of people, and saying exactly what is wrong with it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
_ADDRESS_HEADINGS = ("email", "e-mail", "email address", "address", "mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An outside person who receives program email. `address` is in lower case."""

    address: str
    fields: Mapping[str, str]

    @property
    def name(self) -> str:
        """What to call them: first and last name where known, else the address."""
        first, last = self.fields.get("First Name", ""), self.fields.get("Last Name", "")
        return " ".join(part for part in (first, last) if part) or self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A line of a list that will not be used, and why."""

    text: str
    why: str


def is_address(text: str) -> bool:
    """Whether `text` is one plain mail address we are willing to write to."""
    local = text.partition("@")[0]
    dots_are_fine = not (local.startswith(".") or local.endswith(".") or ".." in local)
    return len(text) <= 254 and dots_are_fine and _ADDRESS.fullmatch(text) is not None


def read_recipients(text: str) -> tuple[Sequence[Participant], Sequence[LeftOut]]:
    """Read a pasted list: lines `Name <address>` or bare addresses, or a table with a heading row.

    A table has a column headed Email (or Address, Mail) and one column per merge field, divided by
    commas, semicolons or tabs. Returns who is fit to write to, in order, and who is left out.
    """
    rows = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if not rows:
        return (), ()
    heading = _table_heading(rows[0])
    entries = _table_rows(rows, heading) if heading else map(_plain_row, rows)
    people: dict[str, Participant] = {}
    left_out: list[LeftOut] = []
    for source, participant in entries:
        if not is_address(participant.address):
            left_out.append(LeftOut(text=source, why="not a valid email address"))
        elif participant.address in people:
            left_out.append(LeftOut(text=source, why="listed twice"))
        else:
            people[participant.address] = participant
    return tuple(people.values()), tuple(left_out)


def _table_heading(row: str) -> str | None:
    """Return the delimiter when the first row is a heading with an address column."""
    for delimiter in ("\t", ";", ","):
        names = [name.strip().strip('"').lower() for name in row.split(delimiter)]
        if any(name in _ADDRESS_HEADINGS for name in names):
            return delimiter
    return None


def _table_rows(rows: Sequence[str], delimiter: str) -> Sequence[tuple[str, Participant]]:
    table = list(csv.reader(io.StringIO("\n".join(rows)), delimiter=delimiter))
    names = [name.strip() for name in table[0]]
    at = next(i for i, name in enumerate(names) if name.lower() in _ADDRESS_HEADINGS)
    found = []
    for cells in table[1:]:
        values = [cell.strip() for cell in cells]
        address = values[at].lower() if at < len(values) else ""
        pairs = zip(names, values, strict=False)
        fields = {name: value for name, value in pairs if name != names[at] and value}
        source = delimiter.join(cells)
        found.append((source, Participant(address=address, fields=fields)))
    return found


def _plain_row(row: str) -> tuple[str, Participant]:
    name, address = parseaddr(row)
    if not address:
        return row, Participant(address=row, fields={})
    first, _, last = name.strip().partition(" ")
    fields = {"First Name": first, "Last Name": last.strip()}
    named = {key: value for key, value in fields.items() if value}
    return row, Participant(address=address.lower(), fields=named)
