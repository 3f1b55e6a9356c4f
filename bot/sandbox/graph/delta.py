"""What changed in a folder since last time (graph/api/message-delta, graph/delta-query-overview).

A round lists everything in the folder, or what came into it and left it since the round before;
its pages are tied by `$skiptoken`, its last one names the next round by `$deltatoken`. Both say
where they are: nothing is kept between requests.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bot.sandbox.graph import odata
from bot.sandbox.graph.errors import GraphError, bad_request
from bot.sandbox.graph.mailbox import Change, Item, Mailbox

_FIRST_ONLY = {"$select", "$top", "$filter", "$expand", "changeType"}
_TOKENS = ("$skiptoken", "$deltatoken")


@dataclass(frozen=True)
class Round:
    """One round over `folder` of the mailbox of `owner`: from the change `since` (None: the whole
    folder) up to `until`, of which `told` entries were told. `options` are those it began with.
    """

    owner: str
    folder: str
    options: Mapping[str, str]
    since: int | None
    until: int
    told: int = 0

    @property
    def query(self) -> odata.ListQuery:
        """What of each message is asked for."""
        return odata.parse_list({k: v for k, v in self.options.items() if k != "changeType"})

    def page(self, mailbox: Mailbox) -> tuple[Sequence[Item | Change], tuple[str, str]]:
        """Return the next entries, messages that are there and changes by which they left, and the
        option that leads on.
        """
        query, entries = self.query, self._entries(mailbox)
        end = self.told + query.top
        if len(entries) > end:
            return entries[self.told : end], ("$skiptoken", _token(replace(self, told=end)))
        following = replace(self, since=self.until, told=0)
        return entries[self.told :], ("$deltatoken", _token(following))

    def _entries(self, mailbox: Mailbox) -> Sequence[Item | Change]:
        wanted = self.query.clauses
        if self.since is None:
            inside = (each for each in mailbox if each.folder == self.folder)
            return [each for each in inside if all(clause.holds(each) for clause in wanted)]
        found: dict[str, Item | Change] = {}
        for change in mailbox.changes[self.since : self.until]:
            item = mailbox.find(change.immutable_id)
            if item is not None and item.folder == self.folder:
                if all(clause.holds(item) for clause in wanted):
                    found[change.immutable_id] = item
            elif change.left == self.folder and "changeType" not in self.options:
                found[change.immutable_id] = change
        return list(found.values())


def begun(mailbox: Mailbox, folder: str, options: Mapping[str, str]) -> Round:
    """Return the round that a request is about: a new one, or the one its token names.

    Raises:
        GraphError: an option is unknown or comes with a token, or the token leads nowhere (410,
            graph/delta-query-overview, "Synchronization reset").
    """
    given = [name for name in _TOKENS if name in options]
    if not given:
        return _first(mailbox, folder, options)
    if len(options) > 1:
        raise bad_request("A token was given, so no other option may be.")
    told = _read(options[given[0]])
    if (told.owner, told.folder) != (mailbox.owner.oid, folder) or told.until > len(
        mailbox.changes
    ):
        raise GraphError(410, "syncStateNotFound", "The sync state generation is not found.")
    is_new_round = given[0] == "$deltatoken"
    return replace(told, until=len(mailbox.changes)) if is_new_round else told


def _first(mailbox: Mailbox, folder: str, options: Mapping[str, str]) -> Round:
    if unknown := sorted(set(options) - _FIRST_ONLY):
        raise bad_request(f"The query specified in the URI is not valid: '{unknown[0]}'.")
    if options.get("changeType", "created") != "created":
        raise bad_request(f"The changeType '{options['changeType']}' is not served here.")
    made = Round(mailbox.owner.oid, folder, dict(options), None, len(mailbox.changes))
    if any(each.field != "receivedDateTime" for each in made.query.clauses):
        raise bad_request("Only receivedDateTime can be filtered by.", "ErrorInvalidUrlQueryFilter")
    return made


def _token(at: Round) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(at)).encode()).decode()


def _read(token: str) -> Round:
    malformed = bad_request("Badly formed token.", "ErrorInvalidSyncStateData")
    try:
        told = Round(**json.loads(base64.urlsafe_b64decode(token.encode())))
    except (binascii.Error, ValueError, TypeError) as error:
        raise malformed from error
    if not isinstance(told.options, dict) or not all(
        isinstance(each, int) for each in (told.since or 0, told.until, told.told)
    ):
        raise malformed
    return told
