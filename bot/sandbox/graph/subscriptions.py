"""Subscriptions to new mail: what may be subscribed to, for how long, by whom. State only.

graph/api/resources/subscription, subscription-post-subscriptions and
outlook-change-notifications-overview.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.clock import Clock
from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.mailbox import INBOX, JUNK, Item, Mailbox, new_guid

# graph/api/resources/subscription, "Subscription lifetime": Outlook message.
LONGEST = timedelta(minutes=10_080)
# The same page: less than 45 minutes is automatically set to 45 minutes.
SHORTEST = timedelta(minutes=45)
_FOLDER = r"mailfolders(?:\('(?P<quoted>\w+)'\)|/(?P<plain>\w+))/"
_RESOURCE = re.compile(rf"(?i)/?(?:me|users/(?P<user>[^/]+))/(?:{_FOLDER})?messages")
_WATCHABLE = (INBOX, JUNK)


@dataclass
class Subscription:
    """One subscription. `folder` is None where it watches the whole mailbox."""

    id: str
    mailbox: Mailbox
    tenant_id: str
    resource: str
    folder: str | None
    change_type: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    immutable_ids: bool

    def watches(self, item: Item, change: str) -> bool:
        """Return whether an item coming in is news to it: a folder also counts what was moved into
        it (nodejs-webhooks-sample #512), the whole mailbox only what is new.
        """
        return change == "created" if self.folder is None else item.folder == self.folder


class Subscriptions:
    """All subscriptions; those that have expired are forgotten without a word."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._by_id: dict[str, Subscription] = {}

    def new_id(self) -> str:
        """Return an id for a subscription to come."""
        return new_guid(self._rng)

    def add(self, subscription: Subscription) -> None:
        """Put a subscription in force.

        Raises:
            GraphError: the caller has the same one already (409).
        """
        self.check_unique(subscription)
        self._by_id[subscription.id] = subscription

    def check_unique(self, wanted: Subscription) -> None:
        """Refuse a second subscription to the same (change-notifications-delivery-webhooks).

        Raises:
            GraphError: there is one (409).
        """
        for known in self.of(wanted.mailbox):
            if (known.folder, known.change_type) == (wanted.folder, wanted.change_type):
                raise GraphError(
                    409,
                    "Conflict",
                    f"Subscription Id <{known.id}> already exists for the requested combination.",
                )

    def of(self, mailbox: Mailbox) -> Sequence[Subscription]:
        """Return the subscriptions in force on a mailbox."""
        now = self._clock.now()
        self._by_id = {id: found for id, found in self._by_id.items() if found.expires > now}
        return [found for found in self._by_id.values() if found.mailbox is mailbox]

    def get(self, mailbox: Mailbox, id: str) -> Subscription:
        """Return a subscription on this mailbox.

        Raises:
            GraphError: there is none in force (404).
        """
        for found in self.of(mailbox):
            if found.id == id.lower():
                return found
        raise GraphError(404, "ResourceNotFound", "The object was not found.")

    def find(self, id: str) -> Subscription | None:
        """Return a subscription in force, whoever made it, or None."""
        found = self._by_id.get(id.lower())
        return found if found and found.expires > self._clock.now() else None

    def remove(self, id: str) -> None:
        """End a subscription."""
        self._by_id.pop(id, None)

    def expiry(self, wanted: datetime) -> datetime:
        """Return when a subscription asked for until `wanted` will expire.

        Raises:
            GraphError: that is further ahead than allowed, or has passed.
        """
        now = self._clock.now()
        if wanted > now + LONGEST:
            raise bad_request(
                "Subscription expiration can only be 10080 minutes in the future.",
                "ValidationError",
            )
        if wanted <= now:
            raise bad_request("Subscription expiration must be in the future.", "ValidationError")
        return max(wanted, now + SHORTEST)


def watched_folder(resource: str, mailbox: Mailbox) -> str | None:
    """Return the folder a resource string names, None for the whole mailbox.

    Raises:
        GraphError: it names anything but the caller's own mail in Inbox, Junk Email or everywhere.
    """
    found = _RESOURCE.fullmatch(resource)
    if found is None:
        raise _unsupported(resource)
    user = found.group("user")
    owner = mailbox.owner
    if user and user.lower() not in (owner.oid, owner.upn.lower()):
        # outlook-change-notifications-overview: delegated permission covers the signed-in user's
        # own mailbox only.
        raise GraphError(403, "ErrorAccessDenied", "Access is denied.")
    name = found.group("quoted") or found.group("plain")
    if name and name.lower() not in _WATCHABLE:
        raise _unsupported(resource)
    return name.lower() if name else None


def _unsupported(resource: str) -> GraphError:
    return bad_request(f"Resource '{resource}' is not supported.", "InvalidRequest")
