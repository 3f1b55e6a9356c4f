"""Notices of mail systems with forms of their own, as flufl.bounce knows them: a last resort.

It is asked only where a mail system wrote and our own rules find no address. It may fail on what it
does not expect and took a second for one mail, so what it is given is cut short and made plain.
"""

import logging
import re
from collections.abc import Sequence
from email import message_from_bytes

from flufl.bounce import all_failures

# It catches most of what its parsers raise, and logs it with a traceback nobody can act on.
logging.getLogger("flufl.bounce").disabled = True

_MOST_BYTES = 24 * 1024
_MOST_LINES = 400
_LONGEST_LINE = 300  # its patterns take the square of a line's length
_MOST = 20
_NOT_ASCII = re.compile(rb"[^\x00-\x7f]")
_EMPTY_FROM = re.compile(rb"(?im)^from:[ \t]*(?:<>)?[ \t]*\r?$")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]@]{1,64}@[A-Za-z0-9.-]{1,253}")


def failed_addresses(raw: bytes) -> Sequence[str]:
    """Return the addresses a notice says it could not reach, in lower case; never raises."""
    lines = raw[:_MOST_BYTES].splitlines(keepends=True)[:_MOST_LINES]
    short = (each if len(each) <= _LONGEST_LINE else each[:_LONGEST_LINE] + b"\n" for each in lines)
    plain = _NOT_ASCII.sub(b"?", b"".join(short))
    nobody = _EMPTY_FROM.sub(b"From: mailer-daemon@localhost", plain, count=1)
    try:
        temporary, permanent = all_failures(message_from_bytes(nobody))
    except Exception:  # a parser of a dozen formats over what strangers wrote
        return ()
    found = [_text(each) for each in (*permanent, *temporary)]
    shaped = [each.lower() for each in found if _ADDRESS.fullmatch(each)]
    return tuple(sorted(set(shaped)))[:_MOST]


def _text(address: bytes | str) -> str:
    return address.decode("ascii", "replace") if isinstance(address, bytes) else address
