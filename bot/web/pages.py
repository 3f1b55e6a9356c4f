"""Pages people see in a browser: drawn from templates that believe nothing put into them."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(lang="en", direction="ltr", name="Mailroom")
# Browsers apply form-action to redirects too: pages whose form leads on to Microsoft have none.
FORMS_STAY_HERE = "form-action 'self'"


def page(
    template: str,
    *,
    status: int = 200,
    support: str = "",
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> web.Response:
    """Return a page as a response; `headers` are `sealed()` where none are given."""
    text = _ENVIRONMENT.get_template(f"{template}.html").render(support=support, **values)
    return web.Response(
        text=text, content_type="text/html", status=status, headers=headers or sealed()
    )


def sealed(*policies: str) -> dict[str, str]:
    """Return the headers of a page: no script, one style of our own, nothing from elsewhere; it is
    not kept, and its address, which is a secret, told to nobody. `policies` come on top of that.
    """
    policy = ("default-src 'none'", _style(), "frame-ancestors 'none'", "base-uri 'none'")
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
        "Content-Security-Policy": "; ".join((*policy, *policies)),
    }


@cache
def _style() -> str:
    """Return what allows the frame's own style, by its digest (CSP 3, 6.7.3.3)."""
    style = _ENVIRONMENT.get_template("page.css").render()
    digest = hashlib.sha256(style.encode()).digest()
    return f"style-src 'sha256-{base64.b64encode(digest).decode()}'"
