"""Graph over HTTP."""

from aiohttp import web

from bot.sandbox.directory import Directory
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.faults import Faults
from bot.sandbox.graph.mail import MailRoutes
from bot.sandbox.graph.middleware import FaultInjector, Gate, Recorder
from bot.sandbox.graph.subscription_routes import SubscriptionRoutes
from bot.sandbox.journal import Journal

# graph/outlook-large-attachments and 413 in graph/errors: a request holds about 4 MB.
_LARGEST_REQUEST = 4 * 1024 * 1024


def application(
    directory: Directory,
    tokens: Tokens,
    journal: Journal,
    faults: Faults,
    *,
    mail: MailRoutes,
    subscriptions: SubscriptionRoutes,
) -> web.Application:
    """Return the app of the Graph listener; its base is `/v1.0`."""
    gate = Gate(directory, tokens)
    app = web.Application(
        middlewares=[
            Recorder(journal).record,
            gate.authenticate,
            gate.limit,
            FaultInjector(faults).inject,
        ],
        client_max_size=_LARGEST_REQUEST,
    )
    app.add_routes([*mail.routes(), *subscriptions.routes()])
    return app
