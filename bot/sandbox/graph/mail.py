"""The mail routes of Graph: /me, sendMail and reading (graph/api/user-sendmail, message-get,
user-list-messages, mailfolder-list-messages).
"""

import json
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.graph import delta, mime_submission, odata, render, submission
from bot.sandbox.graph.errors import GraphError, access_denied, bad_request, item_not_found
from bot.sandbox.graph.filters import PROPERTIES
from bot.sandbox.graph.mailbox import Change, Item, Mailbox, Mailboxes
from bot.sandbox.graph.middleware import CALLER, LISTED, USER
from bot.sandbox.graph.render import View

CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"
_READING = {"Mail.Read", "Mail.ReadWrite"}
_IMMUTABLE = 'IdType="ImmutableId"'
_AS_TEXT = 'outlook.body-content-type="text"'
_AS_HTML = 'outlook.body-content-type="html"'


class Switches(Protocol):
    """What of it concerns reading."""

    @property
    def finds_by_property(self) -> bool:
        """Whether a filter by an extended property sees messages."""
        ...


class Transport(Protocol):
    """Where a submission goes."""

    def submit(self, mailbox: Mailbox, submission: submission.Submission) -> None:
        """Accept a message."""
        ...

    @property
    def switches(self) -> Switches:
        """What no page settles."""
        ...


class MailRoutes:
    """Handlers over one set of mailboxes."""

    def __init__(self, mailboxes: Mailboxes, transport: Transport) -> None:
        self._mailboxes = mailboxes
        self._transport = transport

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/v1.0/me", self.me, allow_head=False),
            web.post("/v1.0/me/sendMail", self.send),
            web.get("/v1.0/me/messages", self.messages, allow_head=False),
            web.get("/v1.0/me/mailFolders/{folder}/messages", self.folder, allow_head=False),
            web.get("/v1.0/me/mailFolders/{folder}/messages/delta", self.delta, allow_head=False),
            web.get("/v1.0/me/messages/{id}", self.message, allow_head=False),
            web.get("/v1.0/me/messages/{id}/$value", self.mime, allow_head=False),
        ]

    async def me(self, request: web.Request) -> web.Response:
        """GET /me (graph/api/user-get)."""
        if "User.Read" not in request[CALLER].scopes:
            raise GraphError(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )
        shown = render.user(request[USER], odata.only_select(request.query))
        return web.json_response({"@odata.context": f"{CONTEXT}users/$entity", **shown})

    async def send(self, request: web.Request) -> web.Response:
        """POST /me/sendMail: 202 and nothing else."""
        if "Mail.Send" not in request[CALLER].scopes:
            raise access_denied()
        odata.no_options(request.query)
        if request.content_type == "text/plain":
            wanted = mime_submission.parse(await request.read())
        else:
            wanted = submission.parse(await read_json(request))
        user = request[USER]
        if wanted.sender and wanted.sender.lower() not in (user.mail.lower(), user.upn.lower()):
            raise GraphError(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right "
                "to send mail on behalf of the specified sending account.",
            )
        self._transport.submit(self._mailboxes.of(user), wanted)
        return web.Response(status=202)

    async def messages(self, request: web.Request) -> web.Response:
        """GET /me/messages: every folder, drafts and deleted ones too."""
        mailbox = self._readable(request)
        return self._page(request, mailbox, mailbox)

    async def folder(self, request: web.Request) -> web.Response:
        """GET /me/mailFolders/{id or well-known name}/messages."""
        mailbox = self._readable(request)
        name = mailbox.folder(request.match_info["folder"])
        if name is None:
            raise item_not_found()
        return self._page(request, mailbox, (item for item in mailbox if item.folder == name))

    async def delta(self, request: web.Request) -> web.Response:
        """GET /me/mailFolders/{folder}/messages/delta (graph/api/message-delta)."""
        mailbox = self._readable(request)
        name = mailbox.folder(request.match_info["folder"])
        if name is None:
            raise item_not_found()
        at = delta.begun(mailbox, name, request.query)
        entries, (option, token) = at.page(mailbox)
        view, applied = _view(request, at.query.select, at.query.expand)
        link = "nextLink" if option == "$skiptoken" else "deltaLink"
        content = {
            "@odata.context": f"{CONTEXT}Collection(message)",
            "value": [_changed(mailbox, each, view) for each in entries],
            f"@odata.{link}": str(request.url.with_query({option: token})),
        }
        return web.json_response(content, headers=applied)

    async def message(self, request: web.Request) -> web.Response:
        """GET /me/messages/{id}."""
        mailbox = self._readable(request)
        select, expand = odata.parse_item(request.query)
        item = _found(mailbox, request)
        view, applied = _view(request, select, expand)
        context = f"{CONTEXT}users('{mailbox.owner.oid}')/messages/$entity"
        shown = {"@odata.context": context, **render.message(mailbox, item, view)}
        return web.json_response(shown, headers=applied)

    async def mime(self, request: web.Request) -> web.Response:
        """GET /me/messages/{id}/$value (graph/outlook-get-mime-message)."""
        mailbox = self._readable(request)
        odata.no_options(request.query)
        item = _found(mailbox, request)
        if item.letter is None:
            raise bad_request("The MIME of a draft is not served here.", "ErrorInvalidOperation")
        return web.Response(body=item.letter.raw, content_type="text/plain")

    def _readable(self, request: web.Request) -> Mailbox:
        """The caller's mailbox. Mail.ReadBasic, which hides bodies and extended properties, is
        refused: the sandbox does not model it.
        """
        if not request[CALLER].scopes & _READING:
            raise access_denied()
        return self._mailboxes.of(request[USER])

    def _page(self, request: web.Request, mailbox: Mailbox, items: Iterable[Item]) -> web.Response:
        query = odata.parse_list(request.query)
        view, applied = _view(request, query.select, query.expand)
        by_property = any(each.field == PROPERTIES for each in query.clauses)
        seen = items if self._transport.switches.finds_by_property or not by_property else ()
        page, more = query.apply(seen)
        if items is mailbox:
            request[LISTED] = [item.immutable_id for item in page]
        content: dict[str, Any] = {
            "@odata.context": f"{CONTEXT}users('{mailbox.owner.oid}')/messages",
            "value": [render.message(mailbox, item, view) for item in page],
        }
        if more:
            following = request.url.with_query(query.next_options(request.query))
            content["@odata.nextLink"] = str(following)
        return web.json_response(content, headers=applied)


async def read_json(request: web.Request) -> object:
    """Return the JSON of the body.

    Raises:
        GraphError: there is none, or the content type says something else.
    """
    if request.content_type != "application/json":
        raise bad_request(f"The content type '{request.content_type}' is not served here.")
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and "
            "payload is of valid JSON format."
        ) from error


def wants_immutable_ids(request: web.Request) -> bool:
    """Return whether the caller prefers immutable ids (graph/outlook-immutable-id)."""
    return _IMMUTABLE.lower() in _preferences(request)


def _found(mailbox: Mailbox, request: web.Request) -> Item:
    item = mailbox.find(request.match_info["id"])
    if item is None:
        raise item_not_found()
    return item


def _changed(mailbox: Mailbox, entry: Item | Change, view: View) -> dict[str, Any]:
    if isinstance(entry, Item):
        return dict(render.message(mailbox, entry, view))
    return {"id": entry.id(immutable=view.immutable), "@removed": {"reason": "deleted"}}


def _view(
    request: web.Request, select: Iterable[str] | None, expand: Iterable[str]
) -> tuple[View, dict[str, str]]:
    """How the caller prefers messages, and the header that says which wishes were heard.

    Preferences are advisory (RFC 7240): those the sandbox does not know go unanswered.
    """
    preferred = _preferences(request)
    known = (_IMMUTABLE, _AS_TEXT, _AS_HTML)
    applied = [wish for wish in known if wish.lower() in preferred]
    view = View(
        select=None if select is None else tuple(select),
        expand=tuple(expand),
        immutable=_IMMUTABLE in applied,
        as_text=_AS_TEXT in applied,
    )
    return view, {"Preference-Applied": ", ".join(applied)} if applied else {}


def _preferences(request: web.Request) -> set[str]:
    wishes = ",".join(request.headers.getall("Prefer", [])).split(",")
    return {wish.strip().lower() for wish in wishes}
