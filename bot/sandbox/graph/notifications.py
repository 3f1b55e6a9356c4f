"""Change notifications on their way out: handshake, delivery, retries.

graph/change-notifications-delivery-webhooks: an endpoint proves itself by echoing a validation
token within 10 s; a notification is delivered by a 2xx within 3 s, repeated ones get 10 s; if not,
it comes again after growing delays for up to 4 hours.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.mailbox import Item, Mailbox, new_guid
from bot.sandbox.graph.subscriptions import Subscription, Subscriptions
from bot.sandbox.hosts import Hosts
from bot.sandbox.journal import Journal, timestamp

HANDSHAKE_SECONDS = 10.0
FIRST_TRY_SECONDS = 3.0
RETRY_SECONDS = 10.0
_GIVE_UP = timedelta(hours=4)
_FIRST_DELAY = 10.0
_OVERTAKEN_BY = 60.0
# graph/change-notifications-overview, "Latency": message, less than a minute on average.
_LATENCY = (1.0, 6.0)


@dataclass(frozen=True)
class Notice:
    """One notification for one subscription."""

    subscription: Subscription
    content: Mapping[str, Any]


class Notifier:
    """Tells endpoints of new mail. Real time for sockets, sandbox time for delays."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        faults: Faults,
        hosts: Hosts,
        subscriptions: Subscriptions,
        session: ClientSession,
        rng: random.Random,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._hosts = hosts
        self._subscriptions = subscriptions
        self._session = session
        self._rng = rng
        self._waiting: dict[str, list[Notice]] = {}
        self._overtaken: dict[str, list[Notice]] = {}

    def arrived(self, mailbox: Mailbox, item: Item, change: str) -> None:
        """Queue a notification of this item for every subscription that watches it."""
        for subscription in self._subscriptions.of(mailbox):
            if subscription.watches(item, change):
                self._queue(Notice(subscription, _created(subscription, item)))

    def lifecycle(self, subscription: Subscription, event: str) -> None:
        """Send a lifecycle notification at once (change-notifications-lifecycle-events)."""
        url = subscription.lifecycle_url
        if url is not None:
            content = {**_envelope(subscription), "lifecycleEvent": event}
            notices = [Notice(subscription, content)]
            self._clock.after(0, partial(self._deliver, url, notices, 1, self._clock.now()))

    async def validate(self, url: str) -> None:
        """Shake hands with an endpoint.

        Raises:
            GraphError: it cannot be reached, or does not echo the token as it should (400).
        """
        real = self._hosts.resolve(url)
        if real is None:
            raise _failed("the host cannot be reached")
        token = f"Validation: Testing client application reachability {new_guid(self._rng)}"
        try:
            async with self._session.post(
                real.update_query(validationToken=token),
                headers={"Content-Type": "text/plain; charset=utf-8", "Host": _host(url)},
                timeout=ClientTimeout(total=HANDSHAKE_SECONDS),
                allow_redirects=False,
            ) as answer:
                echoed = await answer.text()
        except TimeoutError as error:
            raise bad_request("Subscription validation request timed out.", "InvalidRequest") from (
                error
            )
        except ClientError as error:
            raise _failed("the host cannot be reached") from error
        if answer.status != 200:
            raise _failed("Notification endpoint must respond with 200 OK to validation request")
        if answer.content_type != "text/plain" or echoed != token:
            raise _failed("Response must be text/plain and exactly match validationToken")

    def _queue(self, notice: Notice) -> None:
        url = notice.subscription.notification_url
        owner = notice.subscription.mailbox.owner
        fault = self._faults.for_notification(URL(url).path, (owner.oid, owner.upn, owner.mail))
        kind = fault.kind if fault else None
        if fault and kind == "drop_notification":
            self._note("notification.dropped", notice.subscription, 0, 0)
        elif fault and kind == "delay_notification":
            self._clock.after(fault.seconds, partial(self._join, url, [notice]))
        elif fault and kind == "reorder_notification":
            self._overtaken.setdefault(url, []).append(notice)
            self._clock.after(_OVERTAKEN_BY, partial(self._join, url, []))
        else:
            repeat = 2 if kind == "duplicate_notification" else 1
            self._add(url, [notice] * repeat)

    async def _join(self, url: str, notices: Sequence[Notice]) -> None:
        self._add(url, notices)

    def _add(self, url: str, notices: Sequence[Notice]) -> None:
        """What waits for the same URL shares one POST (change-notifications-delivery-webhooks)."""
        together = [*notices, *self._overtaken.pop(url, ())]
        if not together:
            return
        if url not in self._waiting:
            self._waiting[url] = []
            self._clock.after(self._rng.uniform(*_LATENCY), partial(self._flush, url))
        self._waiting[url].extend(together)

    async def _flush(self, url: str) -> None:
        await self._deliver(url, self._waiting.pop(url), 1, self._clock.now())

    async def _deliver(
        self, url: str, notices: Sequence[Notice], attempt: int, first: datetime
    ) -> None:
        """Post notifications of subscriptions still in force; see to another try if need be."""
        live = [n for n in notices if self._subscriptions.find(n.subscription.id)]
        if not live:
            return
        seconds = FIRST_TRY_SECONDS if attempt == 1 else RETRY_SECONDS
        status = await self._post(url, {"value": [dict(n.content) for n in live]}, seconds)
        delivered = 200 <= status < 300
        for notice in live:
            kind = "notification.delivered" if delivered else "notification.failed"
            self._note(kind, notice.subscription, status, attempt)
        delay = _FIRST_DELAY * 2 ** (attempt - 1)
        again = self._clock.now() + timedelta(seconds=delay)
        if not delivered and again <= first + _GIVE_UP:
            self._clock.at(again, partial(self._deliver, url, live, attempt + 1, first))

    async def _post(self, url: str, content: Mapping[str, Any], seconds: float) -> int:
        """Return the status of the answer, 0 where there was none in time."""
        real = self._hosts.resolve(url)
        if real is None:
            return 0
        try:
            async with self._session.post(
                real,
                json=content,
                headers={"Host": _host(url)},
                timeout=ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as answer:
                return answer.status
        except (ClientError, TimeoutError):
            return 0

    def _note(self, kind: str, subscription: Subscription, status: int, attempt: int) -> None:
        self._journal.write(
            kind,
            subscription=subscription.id,
            mailbox=subscription.mailbox.owner.oid,
            status=status,
            attempt=attempt,
        )


def _envelope(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": timestamp(subscription.expires),
        "clientState": subscription.client_state,
        "tenantId": subscription.tenant_id,
    }


def _created(subscription: Subscription, item: Item) -> Mapping[str, Any]:
    id = item.id(immutable=subscription.immutable_ids)
    resource = f"Users/{subscription.mailbox.owner.oid}/Messages/{id}"
    return {
        **_envelope(subscription),
        "changeType": "created",
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": resource,
            "@odata.etag": f'W/"{item.change_key}"',
            "id": id,
        },
    }


def _host(url: str) -> str:
    """The Host header of a request to a public URL."""
    return URL(url).host_port_subcomponent or ""


def _failed(reason: str) -> GraphError:
    return bad_request(f"Subscription validation request failed. {reason}.", "InvalidRequest")
