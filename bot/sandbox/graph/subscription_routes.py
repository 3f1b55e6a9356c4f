"""/subscriptions over HTTP (graph/api/subscription-post-subscriptions, -get, -list, -update,
-delete, -reauthorize).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox.directory import Directory
from bot.sandbox.graph import odata
from bot.sandbox.graph.errors import GraphError, access_denied, bad_request
from bot.sandbox.graph.mail import CONTEXT, read_json, wants_immutable_ids
from bot.sandbox.graph.mailbox import Mailboxes
from bot.sandbox.graph.middleware import CALLER, USER
from bot.sandbox.graph.notifications import Notifier
from bot.sandbox.graph.subscriptions import Subscription, Subscriptions, watched_folder
from bot.sandbox.journal import timestamp

# subscription-post-subscriptions, "Permissions": delegated, message.
_READING = {"Mail.ReadBasic", "Mail.Read"}
_REQUIRED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_OPTIONAL = ("lifecycleNotificationUrl", "clientState", "latestSupportedTlsVersion")
_LONGEST_STATE = 128
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+-]\d\d:\d\d)")


class SubscriptionRoutes:
    """Handlers over the subscriptions of the caller's own mailbox."""

    def __init__(
        self,
        directory: Directory,
        mailboxes: Mailboxes,
        subscriptions: Subscriptions,
        notifier: Notifier,
    ) -> None:
        self._directory = directory
        self._mailboxes = mailboxes
        self._subscriptions = subscriptions
        self._notifier = notifier

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        one = "/v1.0/subscriptions/{id}"
        return [
            web.post("/v1.0/subscriptions", self.create),
            web.get("/v1.0/subscriptions", self.list, allow_head=False),
            web.get(one, self.show, allow_head=False),
            web.patch(one, self.renew),
            web.delete(one, self.delete),
            web.post(f"{one}/reauthorize", self.reauthorize),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """POST /subscriptions: validated while the call is in flight, then 201."""
        odata.no_options(request.query)
        body = _fields(await read_json(request), _REQUIRED, _OPTIONAL)
        subscription = self._wanted(request, body)
        self._subscriptions.check_unique(subscription)
        await self._notifier.validate(subscription.notification_url)
        if subscription.lifecycle_url is not None:
            await self._notifier.validate(subscription.lifecycle_url)
        self._subscriptions.add(subscription)
        return self._entity(subscription, status=201)

    async def list(self, request: web.Request) -> web.Response:
        """GET /subscriptions."""
        odata.no_options(request.query)
        found = self._subscriptions.of(self._mailboxes.of(request[USER]))
        shown = [self._shown(subscription) for subscription in found]
        return web.json_response({"@odata.context": f"{CONTEXT}subscriptions", "value": shown})

    async def show(self, request: web.Request) -> web.Response:
        """GET /subscriptions/{id}."""
        odata.no_options(request.query)
        return self._entity(self._own(request))

    async def renew(self, request: web.Request) -> web.Response:
        """PATCH /subscriptions/{id}: a later expiry, or another notification URL."""
        odata.no_options(request.query)
        subscription = self._own(request)
        body = _fields(await read_json(request), (), ("expirationDateTime", "notificationUrl"))
        expires = subscription.expires
        if "expirationDateTime" in body:
            expires = self._subscriptions.expiry(_moment(body["expirationDateTime"]))
        if "notificationUrl" in body:
            url = _https(body["notificationUrl"])
            await self._notifier.validate(url)
            subscription.notification_url = url
        subscription.expires = expires
        return self._entity(subscription)

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /subscriptions/{id}."""
        odata.no_options(request.query)
        self._subscriptions.remove(self._own(request).id)
        return web.Response(status=204)

    async def reauthorize(self, request: web.Request) -> web.Response:
        """POST /subscriptions/{id}/reauthorize: extends nothing (subscription-reauthorize)."""
        odata.no_options(request.query)
        self._own(request)
        return web.Response(status=204)

    def _wanted(self, request: web.Request, body: Mapping[str, str]) -> Subscription:
        if not request[CALLER].scopes & _READING:
            raise access_denied()
        if body["changeType"] != "created":
            raise bad_request("Only the change type 'created' is served here.", "InvalidRequest")
        state = body.get("clientState")
        if state is not None and len(state) > _LONGEST_STATE:
            raise bad_request(
                f"clientState is longer than {_LONGEST_STATE} characters.", "ValidationError"
            )
        mailbox = self._mailboxes.of(request[USER])
        lifecycle = body.get("lifecycleNotificationUrl")
        return Subscription(
            id=self._subscriptions.new_id(),
            mailbox=mailbox,
            tenant_id=request[CALLER].tenant_id,
            resource=body["resource"],
            folder=watched_folder(body["resource"], mailbox),
            change_type=body["changeType"],
            notification_url=_https(body["notificationUrl"]),
            lifecycle_url=None if lifecycle is None else _https(lifecycle),
            client_state=state,
            expires=self._subscriptions.expiry(_moment(body["expirationDateTime"])),
            immutable_ids=wants_immutable_ids(request),
        )

    def _own(self, request: web.Request) -> Subscription:
        return self._subscriptions.get(self._mailboxes.of(request[USER]), request.match_info["id"])

    def _entity(self, subscription: Subscription, status: int = 200) -> web.Response:
        context = {"@odata.context": f"{CONTEXT}subscriptions/$entity"}
        return web.json_response({**context, **self._shown(subscription)}, status=status)

    def _shown(self, subscription: Subscription) -> dict[str, Any]:
        return {
            "id": subscription.id,
            "resource": subscription.resource,
            "applicationId": self._directory.app.app_id,
            "changeType": subscription.change_type,
            "clientState": subscription.client_state,
            "notificationUrl": subscription.notification_url,
            "lifecycleNotificationUrl": subscription.lifecycle_url,
            "expirationDateTime": timestamp(subscription.expires),
            "creatorId": subscription.mailbox.owner.oid,
            "latestSupportedTlsVersion": "v1_2",
            "includeResourceData": None,
            "notificationQueryOptions": None,
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationUrlAppId": None,
        }


def _fields(
    body: object, required: tuple[str, ...], optional: tuple[str, ...]
) -> Mapping[str, str]:
    """The text fields of a subscription; `null` counts as absent.

    Raises:
        GraphError: one is missing, is not known here, or is no text.
    """
    if not isinstance(body, dict):
        raise bad_request("The request body is no JSON object.")
    found = {n: v for n, v in body.items() if v is not None and n != "@odata.type"}
    for name, value in found.items():
        if name not in (*required, *optional):
            raise bad_request(f"The property '{name}' cannot be set here.", "InvalidRequest")
        if not isinstance(value, str):
            raise bad_request(f"The property '{name}' is no text.", "InvalidRequest")
    for name in required:
        if name not in found:
            raise bad_request(f"The property '{name}' is missing.", "InvalidRequest")
    return found


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise bad_request("The URL must use the HTTPS scheme.", "InvalidRequest")
    return url


def _moment(text: str) -> datetime:
    if not _RFC3339.fullmatch(text):
        raise _no_moment(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_moment(text) from error


def _no_moment(text: str) -> GraphError:
    return bad_request(f"'{text}' is no expirationDateTime.", "InvalidRequest")
