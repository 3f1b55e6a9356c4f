"""Subscriptions on one mailbox's folder (resources/subscription)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from msgraph.generated.models.subscription import Subscription
from msgraph.graph_service_client import GraphServiceClient

from bot.graph.answers import list_of, object_of, unreadable
from bot.graph.client import Configuration, GraphClients
from bot.graph.errors import Answer, error_of

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


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
        """Return the subscription's id and the expiry Graph gave it.

        One of ours that is there already for the resource (409) is deleted, not adopted: it tells
        by a clientState of which we may have lost even the hash, and neither that nor its lifecycle
        URL can be changed.
        """
        wanted = Subscription(
            change_type="created",
            notification_url=url,
            lifecycle_notification_url=lifecycle_url,
            resource=resource,
            client_state=client_state,
            expiration_date_time=expires,
        )
        answer = await self._clients.ask(mailbox_id, partial(_create, wanted))
        if answer.status == HTTPStatus.CONFLICT:
            await self._make_room(mailbox_id, resource, answer)
            answer = await self._clients.ask(mailbox_id, partial(_create, wanted))
        made = object_of(answer)
        return _identity(made), _expiry(made)

    async def renew(
        self, mailbox_id: str, subscription_id: str, expires: datetime
    ) -> datetime | None:
        """Return the new expiry; None when Graph knows the subscription no more."""
        wanted = Subscription(expiration_date_time=expires)
        answer = await self._clients.ask(mailbox_id, partial(_renew, subscription_id, wanted))
        # A conflict with a renewal: another one has taken its place.
        gone = answer.status in (*_GONE, HTTPStatus.CONFLICT)
        return None if gone else _expiry(object_of(answer))

    async def delete(self, mailbox_id: str, subscription_id: str) -> None:
        """End a subscription; one that Graph knows no more is no fault."""
        answer = await self._clients.ask(mailbox_id, partial(_delete, subscription_id))
        if answer.status not in (HTTPStatus.NO_CONTENT, *_GONE):
            raise error_of(answer)

    async def _make_room(self, mailbox_id: str, resource: str, conflict: Answer) -> None:
        """Delete what stands in the way, out of this app's own subscriptions: the one the conflict
        names ("Subscription Id <> already exists for the requested combination"), and all for the
        same resource.
        """
        words = conflict.body.decode(errors="replace").lower()
        for known in list_of(object_of(await self._clients.ask(mailbox_id, _list))):
            id, watched = str(known.get("id")), str(known.get("resource"))
            if id.lower() in words or watched.lower() == resource.lower():
                await self.delete(mailbox_id, id)


async def _create(
    wanted: Subscription, client: GraphServiceClient, configuration: Configuration
) -> object:
    # `Prefer: IdType` holds for the ids in its notifications, and cannot be chosen later.
    return await client.subscriptions.post(wanted, configuration)


async def _renew(
    id: str, wanted: Subscription, client: GraphServiceClient, configuration: Configuration
) -> object:
    return await client.subscriptions.by_subscription_id(id).patch(wanted, configuration)


async def _list(client: GraphServiceClient, configuration: Configuration) -> object:
    return await client.subscriptions.get(configuration)


async def _delete(id: str, client: GraphServiceClient, configuration: Configuration) -> object:
    await client.subscriptions.by_subscription_id(id).delete(configuration)
    return None


def _identity(told: Mapping[str, Any]) -> str:
    identity = told.get("id")
    if not isinstance(identity, str) or not identity:
        raise unreadable("it is no subscription")
    return identity


def _expiry(told: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(told.get("expirationDateTime"))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise unreadable("it is no subscription") from error
