"""What the cloud's journal says of one email that was submitted."""

from collections.abc import Mapping
from typing import Any

Entry = Mapping[str, Any]


def key_of(entry: Entry) -> str:
    """Return the key an email carries as a named property."""
    (key,) = (
        value for name, value in entry["properties"].items() if name.endswith("Name MailroomKey")
    )
    return str(key)


def enrolment_of(entry: Entry) -> str:
    """Return the id of the enrolment that an email belongs to."""
    return key_of(entry).rpartition(".")[0]
