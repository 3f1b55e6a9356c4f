"""What every program email says below its text (G12): who writes and why, where they can be found,
what becomes of one's data, and how to hear no more.
"""

from dataclasses import dataclass
from html import escape

from bot.domain.roles import Organisation

_SET = "Whoever runs Mailroom sets it as"
_STYLE = "color:#605e5c;font-size:12px"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The end of an email, in plain text and in HTML."""

    text: str
    html: str


def lacking(organisation: Organisation) -> tuple[str, ...]:
    """Return a sentence for each thing an email must say and nobody has told us; () mostly."""
    found = []
    if not organisation.postal_address:
        found.append(
            "Every email must carry your organisation’s postal address, and none is set. "
            f"{_SET} MAILROOM_POSTAL_ADDRESS."
        )
    if not organisation.privacy_url:
        found.append(
            "Every email must link to your organisation’s privacy notice, and no link is set. "
            f"{_SET} MAILROOM_PRIVACY_URL."
        )
    return tuple(found)


def footer(organisation: Organisation, opt_out: str) -> Footer:
    """Return the footer of one email; `opt_out` is its reader's own link."""
    name, support = organisation.name, organisation.support
    where = f"{name}, {organisation.postal_address}"
    asked = f"Questions? {support}"
    privacy, end = "Privacy", f"No more emails from {name}"
    lines = [organisation.reason, where, f"{privacy}: {organisation.privacy_url}", asked,
             f"{end}: {opt_out}"]  # fmt: skip
    links = [_link(organisation.privacy_url, privacy), escape(asked), _link(opt_out, end)]
    html = "<br>".join([escape(organisation.reason), escape(where), " · ".join(links)])
    return Footer(
        text="\n".join(["", "", "----", *lines]), html=f'<hr><p style="{_STYLE}">{html}</p>'
    )


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'
