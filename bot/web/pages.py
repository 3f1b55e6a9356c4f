"""Pages people see in a browser: drawn from templates that believe nothing put into them."""

from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
# No script, nothing from elsewhere, nothing kept; the only form posts to ourselves, which sends
# the browser on to Microsoft (form-action is left out: browsers apply it to that redirect too).
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'",
}


def page(name: str, *, status: int = 200, support: str = "", **values: object) -> web.Response:
    """Return a page as a response."""
    text = _ENVIRONMENT.get_template(f"{name}.html").render(support=support, **values)
    return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)
