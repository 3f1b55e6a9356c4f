"""Who may use the town page: a browser on this computer, from the page itself.

The Host header is checked, so that a name which somebody rebinds to this address opens nothing.
Other origins are known by Origin and Sec-Fetch-Site (fetch.spec.whatwg.org, w3.org fetch-metadata);
they may link to the page and no more. Nothing foreign runs in it (Content-Security-Policy).
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_OWN_SITES = (None, "same-origin", "none")
_HEADERS = {
    # Style attributes: mail carries its own. Inside a srcdoc frame this policy holds too.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def guard(port: int) -> Middleware:
    """Return the middleware that keeps others out; `port` is where the page is served."""
    hosts = {f"{name}:{port}" for name in _NAMES}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if (reason := _refusal(request, hosts)) is not None:
            return web.json_response({"error": reason}, status=403)
        return await handler(request)

    return guarded


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers on every answer (a signal of the app: a stream sends its own early)."""
    response.headers.update(_HEADERS)


def _refusal(request: web.Request, hosts: set[str]) -> str | None:
    if (request.headers.get("Host") or "").lower() not in hosts:
        return "this page is opened as 127.0.0.1 or localhost only"
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        return "another page may not use this one"
    is_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if request.headers.get("Sec-Fetch-Site") not in _OWN_SITES and not is_link:
        return "another page may not use this one"
    return None
