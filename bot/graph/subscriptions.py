"""Subscriptions on one mailbox's folder (resources/subscription)."""

from datetime import UTC, datetime
from typing import Any

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.subscription import Subscription
from msgraph.graph_service_client import GraphServiceClient

from bot.domain.errors import PermanentError
from bot.graph.client import GraphClients


class GraphSubscriptions:
    """ports.Subscriptions."""

    def __init__(self, clients: GraphClients) -> None:
        self._clients = clients

    async def create(
        self,
        mailbox_id: str,
        resource: str,
        *,
        url: str,
        lifecycle_url: str,
        client_state: str,
        expires: datetime,
    ) -> tuple[str, datetime]:
        """Return the subscription's id and the expiry Graph gave it. One of ours that is there
        already for the resource (409) is replaced: its clientState is not known any more.
        """
        wanted = Subscription(
            change_type="created",
            notification_url=url,
            lifecycle_notification_url=lifecycle_url,
            resource=resource,
            client_state=client_state,
            expiration_date_time=expires,
        )
        async with self._clients.reading(mailbox_id) as client:
            try:
                made = await client.subscriptions.post(wanted, _immutable())
            except APIError as error:
                if error.response_status_code != httpx.codes.CONFLICT:
                    raise
                await _remove(client, resource)
                made = await client.subscriptions.post(wanted, _immutable())
        if made is None or made.id is None or made.expiration_date_time is None:
            raise PermanentError("Graph made a subscription and did not say which")
        return made.id, made.expiration_date_time.astimezone(UTC)

    async def renew(
        self, mailbox_id: str, subscription_id: str, expires: datetime
    ) -> datetime | None:
        """Return the new expiry; None when Graph knows the subscription no more."""
        async with self._clients.reading(mailbox_id) as client:
            try:
                kept = await client.subscriptions.by_subscription_id(subscription_id).patch(
                    Subscription(expiration_date_time=expires)
                )
            except APIError as error:
                if error.response_status_code == httpx.codes.NOT_FOUND:
                    return None
                raise
        if kept is None or kept.expiration_date_time is None:
            return None
        return kept.expiration_date_time.astimezone(UTC)


async def _remove(client: GraphServiceClient, resource: str) -> None:
    """Delete our subscriptions on a resource (GET /subscriptions lists this app's own)."""
    known = await client.subscriptions.get()
    for each in (known.value or []) if known is not None else []:
        if (each.resource or "").lower() == resource.lower() and each.id:
            await client.subscriptions.by_subscription_id(each.id).delete()


def _immutable() -> RequestConfiguration[Any]:
    """Ids in notifications that survive a move: chosen at creation, never later."""
    configuration: RequestConfiguration[Any] = RequestConfiguration()
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')
    return configuration
