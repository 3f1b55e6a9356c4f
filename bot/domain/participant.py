"""Participants: reading a pasted list of people, and saying exactly what is wrong with it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
)
_NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>\s]+)\s*>")
_NO_ADDRESS = "not a valid email address"
_SEVERAL = "several people in one line: put each on a line of their own"
_UNCLEAR = "not clear: write it as Name <address>"
_BROKEN_TABLE = "the table cannot be read here: look for a quotation mark too many or a huge cell"
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


class Omission(StrEnum):
    """What kind of reason leaves somebody out (B6)."""

    UNREADABLE = "unreadable"
    TWICE = "twice"
    SUPPRESSED = "suppressed"
    UNDER_WAY = "under_way"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A line of a list, or somebody on it, that will not be used, and why."""

    text: str
    why: str
    kind: Omission = Omission.UNREADABLE


# The line it was read from with who is meant, or why nobody is.
_Entry = tuple[str, Participant] | LeftOut


def is_address(text: str) -> bool:
    """Whether `text` is one plain mail address we are willing to write to."""
    local = text.partition("@")[0]
    dots_are_fine = not (local.startswith(".") or local.endswith(".") or ".." in local)
    return len(text) <= 254 and dots_are_fine and _ADDRESS.fullmatch(text) is not None


def read_recipients(text: str) -> tuple[Sequence[Participant], Sequence[LeftOut]]:
    """Read a pasted list: lines `Name <address>` or addresses alone, or a table with a heading row.

    A table has a column headed Email (or Address, Mail) and one column per merge field, divided by
    commas, semicolons or tabs. Returns who is fit to write to, in order, and who is left out: a
    line of several people that is not plainly addresses whole, a table with a broken row as well.
    """
    plain = text.removeprefix("\ufeff").replace("\r", "\n")
    rows = [line.strip() for line in plain.split("\n") if line.strip()]
    if not rows:
        return (), ()
    delimiter = _table_delimiter(rows[0])
    people: dict[str, Participant] = {}
    left_out: list[LeftOut] = []
    for entry in _table_rows(rows, delimiter) if delimiter else chain(*map(_plain_row, rows)):
        if isinstance(entry, LeftOut):
            left_out.append(entry)
            continue
        source, participant = entry
        if not is_address(participant.address):
            left_out.append(LeftOut(text=source, why=_NO_ADDRESS))
        elif participant.address in people:
            left_out.append(LeftOut(text=source, why="listed twice", kind=Omission.TWICE))
        else:
            people[participant.address] = participant
    return tuple(people.values()), tuple(left_out)


def _table_delimiter(row: str) -> str | None:
    """Return the delimiter when the first row is a heading with an address column."""
    for delimiter in ("\t", ";", ","):
        names = [name.strip().strip('"').lower() for name in row.split(delimiter)]
        if any(name in _ADDRESS_HEADINGS for name in names):
            return delimiter
    return None


def _table_rows(rows: Sequence[str], delimiter: str) -> Sequence[_Entry]:
    reader = csv.reader(io.StringIO("\n".join(rows)), delimiter=delimiter, strict=True)
    try:
        table = list(reader)
    except csv.Error:
        broken = rows[min(reader.line_num, len(rows)) - 1]
        return [LeftOut(text=broken, why=_BROKEN_TABLE)]
    names = [name.strip() for name in table[0]]
    at = next((i for i, name in enumerate(names) if name.lower() in _ADDRESS_HEADINGS), None)
    if at is None:
        return [LeftOut(text=rows[0], why=_BROKEN_TABLE)]
    found: list[_Entry] = []
    for cells in table[1:]:
        values = [cell.strip() for cell in cells]
        address = values[at].lower() if at < len(values) else ""
        pairs = zip(names, values, strict=False)
        fields = {name: value for name, value in pairs if name != names[at] and value}
        found.append((delimiter.join(cells), Participant(address=address, fields=fields)))
    return found


def _plain_row(row: str) -> Sequence[_Entry]:
    parts = [part for part in re.split(r"[\s,;]+", row) if part]
    addresses = [part.removeprefix("<").removesuffix(">").lower() for part in parts]
    if addresses and all(map(is_address, addresses)):
        return [(row, Participant(address=each, fields={})) for each in addresses]
    named = _NAMED.fullmatch(row.rstrip(",; "))
    if named is not None:
        name, address = named["name"].strip(' "'), named["address"].lower()
        if "@" not in name or name.lower() == address:
            return [(row, Participant(address=address, fields=_name_fields(name)))]
    if row.count("@") > 1:
        return [LeftOut(text=row, why=_SEVERAL)]
    return [LeftOut(text=row, why=_UNCLEAR if any(map(is_address, addresses)) else _NO_ADDRESS)]


def _name_fields(name: str) -> Mapping[str, str]:
    """Return the merge fields of `First Last` or `Last, First`; none of an address for a name."""
    if "@" in name:
        return {}
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.partition(" ")
    fields = {"First Name": first.strip(), "Last Name": last.strip()}
    return {key: value for key, value in fields.items() if value}
