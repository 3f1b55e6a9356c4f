"""Telling an operator what a message is taken for, and why: one JSON line a file."""

import json
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from pathlib import Path

from bot.domain.errors import UserMistakeError
from bot.domain.inbound.kinds import MailReading
from bot.domain.inbound.reader import WroteTo, anybody, read_mime
from bot.mailformats.flufl import failed_addresses


def contacted(path: str | None) -> WroteTo:
    """Return who is on a list of addresses we wrote to, one a line; everybody where there is none.

    Raises:
        UserMistakeError: the list cannot be read.
    """
    if path is None:
        return anybody
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except (OSError, ValueError) as error:
        raise UserMistakeError(f"The list {path} cannot be read: {error}") from error
    known = {parseaddr(line)[1].lower() or line.strip().lower() for line in lines if line.strip()}
    return known.__contains__


def read_files(paths: Iterable[str], wrote_to: WroteTo) -> Iterator[tuple[str, str]]:
    """Give a line and "" for each message; "" and what is wrong for each that cannot be read."""
    for path in paths:
        try:
            raw = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            yield "", f"{path} cannot be read: {error}"
            continue
        reading = read_mime(raw, wrote_to=wrote_to, other_formats=failed_addresses)
        yield json.dumps({"file": path, **_told(reading)}), ""


def _told(reading: MailReading) -> dict[str, object]:
    back = reading.return_date
    return {
        "kind": reading.kind.value,
        "status": reading.status or None,
        "recipients": list(reading.recipients),
        "original_message_id": reading.original_message_id or None,
        "return_date": back.isoformat() if back else None,
        "why": reading.why,
    }
