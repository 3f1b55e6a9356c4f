"""Reports on delivery (RFC 3464): blocks of fields, one for each recipient.

Read out of the text, wherever the blocks stand: many systems write them into the part for people.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{2,30})[ \t]*:[ \t]*(.*)")
_OF_A_RECIPIENT = {"final-recipient", "original-recipient", "action", "diagnostic-code"}
# x.y.z, not a part of an address such as 10.5.1.1 nor of a version.
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.#-])([45]\d\d)(?=[ -]|$)")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")
_SILENT_CODES = ("5.0.0", "4.0.0", "2.0.0", "5.4.7", "4.4.7", "5.5.0", "4.5.0")
_MOST_RECIPIENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a mail to one recipient. `action` is failed, delayed and so on (RFC 3464,
    2.3.3); `diagnostic` what the other side said. Each is "" where it was not said.
    """

    recipient: str
    action: str
    status: str
    diagnostic: str


def deliveries(text: str) -> Sequence[Delivery]:
    """Return what a text says of each recipient, as long as it says it in fields."""
    found = (_delivery(block) for block in _blocks(text))
    return [each for each in found if each is not None][:_MOST_RECIPIENTS]


def codes(text: str) -> Sequence[str]:
    """Return the status codes (RFC 3463) in a text, in order."""
    return [_plain(each) for each in _CODE.findall(text)]


def reply_codes(text: str) -> Sequence[str]:
    """Return the SMTP replies in a text that refuse, such as 550."""
    return _REPLY.findall(text)


def addresses(text: str) -> Sequence[str]:
    """Return the addresses in a text in lower case, each once, in order."""
    found = (each.lower().removeprefix("smtp=").strip(".=*") for each in _ADDRESS.findall(text))
    return list(dict.fromkeys(each for each in found if not each.startswith("@")))


def status_of(told: str, diagnostic: str) -> str:
    """Return the code that says most: the other side's own, where it gave one that says anything,
    else the one in the Status field.
    """
    own = [each for each in codes(diagnostic) if not each.startswith("2")]
    specific = [each for each in own if each not in _SILENT_CODES]
    named = next(iter(codes(told)), "")
    if named and named not in _SILENT_CODES and not specific:
        return named
    return next(iter([*specific[-1:], *own[:1]]), named)


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """Return each run of fields; a line that begins with a blank goes on with the one before."""
    block: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        field = _FIELD.match(line)
        if field:
            name = field.group(1).lower()
            if name in ("final-recipient", "action") and name in block:
                yield block
                block = {}
            block.setdefault(name, field.group(2).strip())
        elif line[:1] in (" ", "\t") and name and line.strip():
            block[name] = f"{block[name]} {line.strip()}"
        elif not line.strip():
            yield block
            block, name = {}, ""
        else:
            name = ""
    yield block


def _delivery(block: Mapping[str, str]) -> Delivery | None:
    if _OF_A_RECIPIENT.isdisjoint(block) or not {"status", *_OF_A_RECIPIENT} & block.keys():
        return None
    named = block.get("original-recipient") or block.get("final-recipient", "")
    recipient = next(iter(addresses(named) or addresses(block.get("final-recipient", ""))), "")
    diagnostic = block.get("diagnostic-code", "")
    action = block.get("action", "").lower().partition(" ")[0].strip(";,.(")
    if not recipient and not action and not diagnostic:
        return None
    status = block.get("status", "")
    return Delivery(
        recipient=recipient,
        action=action,
        status=status_of(status, diagnostic),
        diagnostic=f"{diagnostic} {status}".strip(),
    )


def _plain(code: str) -> str:
    return ".".join(str(int(each)) for each in code.split("."))
