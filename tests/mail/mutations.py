"""Messages broken in every way mail gets broken, from real ones; the same for the same seed."""

import random
from collections.abc import Callable, Iterator, Sequence

_JUNK = (
    b"\r\n", b"\n\n", b"\x00", b"\xff\xfe", b"=?utf-8?b?", b"?=", b"--", b"<", b">", b"@",
    b";" * 50, b'boundary="', b"Content-Type: multipart/report\n", b"charset=punycode",
    b"Content-Type: message/rfc822\n\n", b"charset=utf-7", b"Action: failed\n",
    b"Status: 5.1.1\n", b"\xe2\x80\xae", b"Date: Thu, 99 Foo 99999 99:99\n", b"In-Reply-To: <",
    b"On 1 Jan 2026 Ana wrote:\n", b"1.2.", b"until 31.12.", b"<!--", b"<style", b" " * 500,
    b"Content-Transfer-Encoding: base64\n", b"12/12/", b"a@b.", b"\n \n \n",
)  # fmt: skip
_LONGEST = 300_000


def mutated(messages: Sequence[bytes], number: int, seed: int) -> Iterator[bytes]:
    """Give `number` messages, each a few changes away from one or two of these."""
    draw = random.Random(seed)
    for _ in range(number):
        raw = draw.choice(messages)
        for _ in range(draw.randint(1, 5)):
            raw = draw.choice(_CHANGES)(draw, raw, messages)[:_LONGEST]
        yield raw


def _flipped(draw: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    changed = bytearray(raw)
    for _ in range(min(len(raw), draw.choice((1, 10, 200)))):
        changed[draw.randrange(len(raw))] = draw.randrange(256)
    return bytes(changed)


def _cut(draw: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    first, last = sorted(draw.randrange(len(raw) + 1) for _ in range(2))
    return raw[:first] + raw[last:] if draw.random() < 0.5 else raw[first:last]


def _spliced(draw: random.Random, raw: bytes, messages: Sequence[bytes]) -> bytes:
    other = draw.choice(messages)
    return raw[: draw.randrange(len(raw) + 1)] + other[draw.randrange(len(other) + 1) :]


def _junked(draw: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(raw) + 1)
    return raw[:at] + draw.choice(_JUNK) * draw.choice((1, 1, 3, 100, 2_000)) + raw[at:]


def _repeated(draw: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    first, last = sorted(draw.randrange(len(raw) + 1) for _ in range(2))
    return raw[:first] + raw[first:last] * draw.choice((2, 5, 50)) + raw[last:]


def _shuffled(draw: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    lines = raw.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines)


_CHANGES: Sequence[Callable[[random.Random, bytes, Sequence[bytes]], bytes]] = (
    _flipped, _cut, _spliced, _junked, _repeated, _shuffled,
)  # fmt: skip
