"""The sandbox's Teams, with a bot on the real botbuilder and every token check on."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msal
import pytest
import requests
from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationParameters,
    InvokeResponse,
)
from botframework.connector.auth import PasswordServiceClientCredentialFactory

from bot.sandbox import control, tls
from bot.sandbox.clock import Clock
from bot.sandbox.connector import control as teams_control
from bot.sandbox.connector import http as connector_http
from bot.sandbox.connector.channel_tokens import TOKEN_FAULTS
from bot.sandbox.connector.limits import SEND, RateLimit
from bot.sandbox.connector.state import Teams
from bot.sandbox.directory import Directory
from bot.sandbox.entra import http as entra_http
from bot.sandbox.entra.tokens import Tokens
from bot.sandbox.journal import Journal
from bot.sandbox.keys import SigningKey
from tests.flows.cloud_thread import CloudThread, bound

TENANT = "3f5c0a52-8f6f-4d3c-9b1a-0c8d3f6b7a10"
ADAPTIVE = "application/vnd.microsoft.card.adaptive"
Turn = Callable[[Any], Awaitable[None]]

ORDER = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [
        {"type": "TextBlock", "text": "New sequence"},
        {
            "type": "Container",
            "items": [
                {"type": "Input.Text", "id": "name", "label": "Name", "isRequired": True,
                 "errorMessage": "A name, please", "maxLength": 20, "regex": "^[a-z ]+$"},
                {"type": "Input.Text", "id": "note", "label": "Note"},
                {"type": "Input.Toggle", "id": "now", "title": "At once"},
            ],
        },
        {"type": "ActionSet", "actions": [
            {"type": "Action.Execute", "title": "Back", "verb": "order.back",
             "associatedInputs": "none"},
        ]},
    ],
    "actions": [
        {"type": "Action.Execute", "title": "Save", "verb": "order.save",
         "data": {"order": 7, "name": "unnamed"}},
        {"type": "Action.ShowCard", "title": "More", "card": {
            "type": "AdaptiveCard",
            "body": [{"type": "Input.Number", "id": "limit", "label": "Limit", "max": 25}],
            "actions": [
                {"type": "Action.Execute", "title": "Save with a limit", "verb": "order.limit"},
            ],
        }},
    ],
}  # fmt: skip


@dataclass
class Credentials:
    """The stock credentials, with an msal application that knows the sandbox (and its CA)."""

    stock: Any
    app: Any

    async def is_valid_app_id(self, app_id: str) -> bool:
        return bool(await self.stock.is_valid_app_id(app_id))

    async def is_authentication_disabled(self) -> bool:
        return bool(await self.stock.is_authentication_disabled())

    async def create_credentials(self, *arguments: Any, **named: Any) -> Any:
        credentials = await self.stock.create_credentials(*arguments, **named)
        credentials.app = self.app
        return credentials


class Strict:
    """The stock authentication, with every failure told apart from a failing turn."""

    def __init__(self, stock: Any) -> None:
        self._stock = stock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stock, name)

    async def authenticate_request(self, activity: Any, header: str) -> Any:
        if not header:
            raise PermissionError("no token")
        try:
            return await self._stock.authenticate_request(activity, header)
        except Exception as error:
            raise PermissionError("bad token") from error


@dataclass
class Bot:
    """A bot whose turn each test writes."""

    adapter: Any
    app_id: str
    seen: list[Any] = field(default_factory=list)
    turn: Turn | None = None

    async def endpoint(self, request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        try:
            invoked = await self.adapter.process_activity(
                request.headers.get("Authorization", ""), activity, self._on_turn
            )
        except PermissionError:
            return web.Response(status=401)
        if invoked is None:
            return web.Response(status=201)
        return web.json_response(invoked.body, status=invoked.status)

    async def _on_turn(self, context: Any) -> None:
        self.seen.append(context.activity)
        if self.turn is not None:
            await self.turn(context)


@dataclass
class Town:
    """The running sandbox, the bot, and the hands of the test."""

    directory: Directory
    teams: Teams
    journal: Journal
    bot: Bot
    bot_thread: CloudThread
    control_base: str
    msal_app: Any
    http: requests.Session

    @property
    def owner(self) -> Any:
        return self.directory.users[2]

    @property
    def chat(self) -> str:
        return self.teams.roster.chat_id(self.owner)

    @property
    def feedback(self) -> str:
        return next(c.id for c in self.teams.roster.team.channels if c.name == "Feedback")

    def steer(self, path: str, expect: int = 200, **content: Any) -> dict[str, Any]:
        url = f"{self.control_base}/control/teams/{path}"
        answer = self.http.post(url, json=content, timeout=20)
        assert answer.status_code == expect, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def look(self, conversation: str) -> list[dict[str, Any]]:
        """The bot's messages there, in their present state."""
        url = f"{self.control_base}/control/teams/conversations/{quote(conversation, safe='')}"
        activities = self.http.get(url, timeout=10).json()["activities"]
        return [item for item in activities if item["sandbox"]["is_from_bot"]]

    def call(
        self,
        method: str,
        path: str,
        content: Any = None,
        scope: str = "https://api.botframework.com",
    ) -> requests.Response:
        """Call the Connector as the bot, past botbuilder."""
        token = self.msal_app.acquire_token_for_client([f"{scope}/.default"])["access_token"]
        return self.http.request(
            method,
            self.teams.service_url.rstrip("/") + path,
            json=content,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )

    def proactively(self, turn: Turn) -> None:
        """Let the bot speak where it was last spoken to."""
        reference = TurnContext.get_conversation_reference(self.bot.seen[-1])
        self.bot_thread.run(
            self.bot.adapter.continue_conversation(reference, turn, self.bot.app_id)
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    directory = Directory.seeded(TENANT, seed=3)
    certificate = tls.load_or_create(tmp_path)
    entra_key = SigningKey.load_or_create(tmp_path / "entra.pem")
    channel_key = SigningKey.load_or_create(tmp_path / "channel.pem")
    with CloudThread() as cloud, CloudThread() as bot_thread:
        clock = cloud.call(lambda: Clock(datetime.now(UTC), speed=1))
        journal = Journal(clock)
        sockets = [bound() for _ in range(4)]
        https_base = f"https://127.0.0.1:{sockets[0][1]}"
        connector_base = f"http://127.0.0.1:{sockets[1][1]}"
        tokens = Tokens(directory, entra_key, https_base=https_base)
        teams = Teams(directory, channel_key, journal, clock, f"{connector_base}/emea/{TENANT}/")
        entra = entra_http.application(
            directory, tokens, entra_key, journal, https_base=https_base, http_base=connector_base
        )
        cloud.serve(entra, sockets[0][0], certificate.context)
        cloud.serve(connector_http.application(teams, tokens), sockets[1][0])
        cloud.serve(control.application(teams_control.routes(teams)), sockets[2][0])

        session = requests.Session()
        session.trust_env = False
        session.verify = str(certificate.ca_file)
        msal_app = msal.ConfidentialClientApplication(
            directory.app.app_id,
            client_credential=directory.app.secret,
            authority=f"{https_base}/{TENANT}",
            instance_discovery=False,
            http_client=session,
        )
        bot = Bot(_adapter(directory, https_base, connector_base, msal_app), directory.app.app_id)
        listening = web.Application()
        listening.router.add_post("/api/messages", bot.endpoint)
        bot_thread.serve(listening, sockets[3][0])
        teams.bot_endpoint = f"http://127.0.0.1:{sockets[3][1]}/api/messages"
        yield Town(
            directory, teams, journal, bot, bot_thread,
            f"http://127.0.0.1:{sockets[2][1]}", msal_app, session,
        )  # fmt: skip
        session.close()


def _adapter(directory: Directory, https_base: str, connector_base: str, msal_app: Any) -> Any:
    metadata = f"{connector_base}/v1/.well-known/openidconfiguration"
    app = directory.app

    class Settings:
        APP_ID = app.app_id
        APP_PASSWORD = app.secret
        APP_TYPE = "SingleTenant"
        APP_TENANTID = TENANT
        TO_CHANNEL_FROM_BOT_LOGIN_URL = f"{https_base}/{TENANT}"
        TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = "https://api.botframework.com"
        TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = "https://api.botframework.com"
        TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = metadata
        TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL = metadata
        OAUTH_URL = connector_base
        VALIDATE_AUTHORITY = True

    stock = PasswordServiceClientCredentialFactory(app.app_id, app.secret, TENANT)
    credentials = Credentials(stock, msal_app)
    authentication = ConfigurationBotFrameworkAuthentication(
        Settings, credentials_factory=credentials
    )
    adapter = CloudAdapter(Strict(authentication))

    async def raise_again(_context: Any, error: Exception) -> None:
        raise error

    adapter.on_turn_error = raise_again
    return adapter


def card(content: dict[str, Any]) -> Any:
    return Activity(
        type="message", attachments=[Attachment(content_type=ADAPTIVE, content=content)]
    )


async def answer_invoke(context: Any, body: dict[str, Any]) -> None:
    response = InvokeResponse(status=200, body=body)
    await context.send_activity(Activity(type="invokeResponse", value=response))


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_installing_sends_both_events_as_teams_does(town: Town) -> None:
    personal = town.steer("install", user=town.owner.upn)
    team = town.steer("install", user=town.owner.oid, channel=town.feedback)

    assert personal["statuses"] == team["statuses"] == [201, 201]
    installed, joined, team_installed, team_joined = town.bot.seen
    assert (installed.type, installed.action) == ("installationUpdate", "add")
    assert installed.conversation.conversation_type == "personal"
    assert installed.from_property.aad_object_id == town.owner.oid
    assert installed.channel_data["tenant"]["id"] == TENANT
    assert joined.members_added[0].id == joined.recipient.id == f"28:{town.bot.app_id}"
    assert team_installed.conversation.id == town.feedback
    assert team_joined.channel_data["eventType"] == "teamMemberAdded"
    assert team_joined.channel_data["team"]["aadGroupId"] == town.teams.roster.team.group_id


def test_a_person_says_something_and_sees_the_reply(town: Town) -> None:
    async def echo(context: Any) -> None:
        await context.send_activity(f"You said {context.activity.text}")

    town.steer("install", user=town.owner.upn)
    town.bot.turn = echo

    said = town.steer("say", user=town.owner.upn, text="help")

    assert said["status"] == 201
    assert said["conversation"] == town.chat
    assert [item["text"] for item in said["activities"]] == ["You said help"]
    heard = town.bot.seen[-1]
    assert heard.channel_id == "msteams"
    assert heard.from_property.name == town.owner.name
    assert heard.service_url == town.teams.service_url
    assert said["activities"][0]["replyToId"] == heard.id
    heard_of, posted = town.journal.since(kind="teams.")[-2:]
    assert heard_of["kind"] == "teams.activity.in"
    assert heard_of["facts"]["from"] == town.owner.oid
    assert posted["kind"] == "teams.activity.posted"
    assert posted["facts"]["activity"] == said["activities"][0]["id"]


def test_in_a_channel_the_bot_is_mentioned_and_answers_in_the_thread(town: Town) -> None:
    typed: list[str] = []

    async def echo(context: Any) -> None:
        typed.append(context.activity.text)
        text = TurnContext.remove_recipient_mention(context.activity).strip()
        await context.send_activity(f"You said {text}")

    town.steer("install", user=town.owner.upn, channel=town.feedback)
    town.bot.turn = echo

    first = town.steer("say", user=town.owner.upn, text="status", conversation=town.feedback)
    other = town.steer("say", user=town.owner.upn, text="again", conversation=town.feedback)
    reply = town.steer("say", user=town.owner.upn, text="more", conversation=first["conversation"])

    root = first["conversation"].partition(";messageid=")[2]
    assert first["conversation"] == f"{town.feedback};messageid={root}"
    assert typed[0] == "<at>Mailroom</at> status"
    assert [item["text"] for item in first["activities"]] == ["You said status"]
    assert reply["conversation"] == first["conversation"] != other["conversation"]
    texts = [item["text"] for item in town.look(first["conversation"])]
    assert texts == ["You said status", "You said more"]
    assert len(town.look(town.feedback)) == 3


@pytest.mark.parametrize("fault", [fault for fault in TOKEN_FAULTS if fault != "none"])
def test_a_bot_with_its_checks_on_never_runs_on_a_faulty_token(town: Town, fault: str) -> None:
    assert town.steer("raw", fault=fault) == {"status": 401}
    assert town.bot.seen == []

    assert town.steer("raw", fault="none") == {"status": 201}
    assert len(town.bot.seen) == 1


def test_any_activity_can_be_sent_and_its_token_names_its_own_service_url(town: Town) -> None:
    elsewhere = "http://127.0.0.1:9/elsewhere"
    activity = {
        "type": "message", "channelId": "msteams", "serviceUrl": elsewhere, "id": "1", "text": "x",
        "from": {"id": "29:x"}, "recipient": {"id": "28:x"}, "conversation": {"id": "a:1"},
    }  # fmt: skip

    assert town.steer("raw", fault="none", activity=activity) == {"status": 201}
    assert town.bot.seen[0].service_url == elsewhere


def _send_order(town: Town, answers: dict[str, dict[str, Any]]) -> str:
    async def turn(context: Any) -> None:
        if context.activity.type == "invoke":
            await answer_invoke(context, answers[context.activity.value["action"]["verb"]])
        elif context.activity.type == "message":
            await context.send_activity(card(ORDER))

    town.steer("install", user=town.owner.upn)
    town.bot.turn = turn
    posted = town.steer("say", user=town.owner.upn, text="new")["activities"]
    return str(posted[0]["id"])


def test_the_client_refuses_bad_inputs_and_sends_nothing(town: Town) -> None:
    order = _send_order(town, {})
    before = len(town.bot.seen)
    press = {"user": town.owner.upn, "conversation": town.chat, "activity": order}

    empty = town.steer("press", 422, **press, button="Save")
    shouted = town.steer("press", 422, **press, button="Save", inputs={"name": "LOUD"})
    long = town.steer("press", 422, **press, button="Save", inputs={"name": "a" * 21})
    unknown = town.steer("press", 422, **press, button="Save", inputs={"nome": "x"})
    missing = town.steer("press", 422, **press, button="Delete")
    over = town.steer(
        "press", 422, **press, button="Save with a limit", inputs={"name": "x", "limit": 26}
    )

    assert empty["error"] == shouted["error"] == long["error"] == "name: A name, please"
    assert "nome" in unknown["error"]
    assert "Save" in missing["error"]
    assert "limit" in over["error"]
    assert len(town.bot.seen) == before


def test_pressing_sends_data_and_inputs_and_shows_the_card_that_comes_back(town: Town) -> None:
    done = {"type": "AdaptiveCard", "version": "1.5", "body": [], "actions": [
        {"type": "Action.Execute", "title": "Undo", "verb": "order.undo"},
    ]}  # fmt: skip
    order = _send_order(
        town,
        {
            "order.save": {"statusCode": 200, "type": ADAPTIVE, "value": done},
            "order.undo": {
                "statusCode": 200,
                "type": "application/vnd.microsoft.activity.message",
                "value": "Undone",
            },
        },
    )
    press = {"user": town.owner.upn, "conversation": town.chat, "activity": order}

    saved = town.steer("press", **press, button="Save", inputs={"name": "pilot", "now": True})

    assert saved["status"] == 200
    assert saved["body"]["value"] == done
    invoke = town.bot.seen[-1]
    assert (invoke.name, invoke.reply_to_id) == ("adaptiveCard/action", order)
    assert invoke.value == {
        "action": {
            "type": "Action.Execute",
            "verb": "order.save",
            "data": {"order": 7, "name": "pilot", "now": "true"},
        },
        "trigger": "manual",
    }
    stale = town.steer("press", 422, **press, button="Save", inputs={"name": "pilot"})
    assert "Undo" in stale["error"]
    undone = town.steer("press", **press, button="order.undo")
    assert undone["body"]["value"] == "Undone"
    (shown,) = town.look(town.chat)
    assert shown["sandbox"]["views"] == {town.owner.oid: done}
    assert [item["verb"] for item in shown["sandbox"]["responses"]] == ["order.save", "order.undo"]
    invokes = [entry["facts"] for entry in town.journal.since(kind="teams.invoke")]
    assert [(facts["verb"], facts["status"]) for facts in invokes] == [
        ("order.save", 200),
        ("order.undo", 200),
    ]


def test_buttons_gather_the_inputs_around_them_or_none(town: Town) -> None:
    nothing = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": ""}
    order = _send_order(town, {"order.limit": nothing, "order.back": nothing})
    press = {"user": town.owner.upn, "conversation": town.chat, "activity": order}

    town.steer("press", **press, button="Save with a limit", inputs={"name": "x", "limit": 5})
    town.steer("press", **press, button="Back")

    limit, back = (seen.value["action"] for seen in town.bot.seen[-2:])
    assert limit["data"] == {"name": "x", "limit": "5", "now": "false"}
    assert back["data"] == {}


def test_an_update_changes_the_message_in_place_and_ends_personal_views(town: Town) -> None:
    receipt = {"type": "AdaptiveCard", "version": "1.5", "body": []}
    order = _send_order(
        town, {"order.back": {"statusCode": 200, "type": ADAPTIVE, "value": receipt}}
    )
    town.steer("press", user=town.owner.upn, conversation=town.chat, activity=order, button="Back")

    async def update(context: Any) -> None:
        changed = Activity(type="message", id=order, text="Saved", conversation=None)
        changed.conversation = context.activity.conversation
        await context.update_activity(changed)

    town.proactively(update)

    (shown,) = town.look(town.chat)
    assert (shown["id"], shown["text"]) == (order, "Saved")
    assert shown["sandbox"]["versions"] == 2
    assert shown["sandbox"]["views"] == {}
    assert town.journal.since(kind="teams.activity.updated")[-1]["facts"]["activity"] == order

    async def delete(context: Any) -> None:
        await context.delete_activity(order)

    town.proactively(delete)
    assert town.look(town.chat) == []
    gone = town.call(
        "PUT", f"/v3/conversations/{town.chat}/activities/{order}", {"type": "message"}
    )
    assert code_of(gone) == (404, "ActivityNotFoundInConversation")


def test_the_bot_speaks_first_by_reference_by_object_id_and_in_a_new_thread(town: Town) -> None:
    town.steer("install", user=town.owner.upn)
    other = town.directory.users[3]
    made: list[Any] = []

    async def hello(context: Any) -> None:
        await context.send_activity("Hello")

    async def create(parameters: Any) -> None:
        async def remember(context: Any) -> None:
            made.append(context.activity)
            if not parameters.is_group:
                await context.send_activity("Good morning")

        await town.bot.adapter.create_conversation(
            town.bot.app_id, remember, parameters,
            channel_id="msteams", service_url=town.teams.service_url,
            audience="https://api.botframework.com",
        )  # fmt: skip

    town.proactively(hello)
    assert [item["text"] for item in town.look(town.chat)] == ["Hello"]

    bot = ChannelAccount(id=f"28:{town.bot.app_id}")
    chat = ConversationParameters(
        is_group=False, bot=bot, members=[ChannelAccount(id=other.oid)], tenant_id=TENANT,
        channel_data={"tenant": {"id": TENANT}},
    )  # fmt: skip
    with pytest.raises(Exception, match="not part of the conversation roster"):
        town.bot_thread.run(create(chat))
    town.steer("install", user=other.upn)
    town.bot_thread.run(create(chat))
    assert made[-1].conversation.id == town.teams.roster.chat_id(other)
    assert [item["text"] for item in town.look(made[-1].conversation.id)] == ["Good morning"]

    town.steer("install", user=town.owner.upn, channel=town.feedback)
    thread = ConversationParameters(
        is_group=True, bot=bot, tenant_id=TENANT, activity=Activity(type="message", text="News"),
        channel_data={"channel": {"id": town.feedback}},
    )  # fmt: skip
    town.bot_thread.run(create(thread))
    assert made[-1].conversation.id == f"{town.feedback};messageid={made[-1].id}"
    assert [item["text"] for item in town.look(made[-1].conversation.id)] == ["News"]


def test_the_roster_names_people_in_three_ways(town: Town) -> None:
    town.steer("install", user=town.owner.upn, channel=town.feedback)
    base = f"/v3/conversations/{quote(town.feedback, safe='')}"
    teams_id = town.teams.roster.user_id(town.owner)

    everybody = town.call("GET", f"{base}/pagedmembers?pageSize=500").json()["members"]

    assert {item["aadObjectId"] for item in everybody} == {u.oid for u in town.directory.users}
    for name in (teams_id, town.owner.oid, town.owner.upn):
        found = town.call("GET", f"{base}/members/{quote(name, safe='')}").json()
        assert (found["id"], found["userPrincipalName"]) == (teams_id, town.owner.upn)
    nobody = town.call("GET", f"{base}/members/nobody@contoso.example")
    assert code_of(nobody) == (404, "MemberNotFoundInConversation")


def test_where_the_app_is_not_installed_the_bot_is_refused(town: Town) -> None:
    message = {"type": "message", "text": "Hello"}
    refused = (403, "BotNotInConversationRoster")
    chat, channel = f"/v3/conversations/{town.chat}", f"/v3/conversations/{town.feedback}"

    assert code_of(town.call("POST", f"{chat}/activities", message)) == refused
    assert code_of(town.call("POST", f"{channel}/activities", message)) == refused
    assert code_of(town.call("GET", f"{channel}/pagedmembers")) == refused
    town.steer("say", 422, user=town.owner.upn, text="Hello")
    town.steer("install", user=town.owner.upn)
    assert town.call("POST", f"{chat}/activities", message).status_code == 201
    town.steer("uninstall", user=town.owner.upn)
    assert code_of(town.call("POST", f"{chat}/activities", message)) == refused
    assert town.bot.seen[-2].action == "remove"
    # An app in the team reaches its members in person.
    town.steer("install", user=town.owner.upn, channel=town.feedback)
    assert town.call("POST", f"{chat}/activities", message).status_code == 201


def test_the_connector_refuses_what_teams_refuses(town: Town) -> None:
    town.steer("install", user=town.owner.upn)
    chat = f"/v3/conversations/{town.chat}/activities"
    oid = {"id": town.owner.oid}

    def post(**activity: Any) -> tuple[int, str]:
        return code_of(town.call("POST", chat, {"type": "message", **activity}))

    def create(**parameters: Any) -> tuple[int, str]:
        return code_of(town.call("POST", "/v3/conversations", parameters))

    nowhere = town.call("POST", "/v3/conversations/a:1/activities", {"type": "message"})
    assert code_of(nowhere) == (404, "ConversationNotFound")
    assert post(text="x" * 52_000) == (413, "MessageSizeTooBig")
    assert post() == (400, "BadSyntax")
    assert post(text="x", colour="red") == (400, "BadSyntax")
    assert post(type="event", name="x") == (400, "BadArgument")
    newer = {"contentType": ADAPTIVE, "content": {"type": "AdaptiveCard", "version": "1.6"}}
    assert post(attachments=[newer]) == (400, "BadArgument")
    assert create(members=[oid]) == (400, "BadSyntax")
    assert create(members=[oid], tenantId="another") == (400, "BadArgument")
    assert create(members=[{"id": town.owner.upn}], tenantId=TENANT) == (400, "BadSyntax")
    assert create(isGroup=True, members=[oid, oid], tenantId=TENANT) == (400, "BadSyntax")


def test_the_bot_changes_its_own_messages_only(town: Town) -> None:
    town.steer("install", user=town.owner.upn)
    town.steer("say", user=town.owner.upn, text="help")
    path = f"/v3/conversations/{town.chat}/activities/{town.bot.seen[-1].id}"

    assert town.call("PUT", path, {"type": "message", "text": "x"}).status_code == 403
    assert town.call("DELETE", path).status_code == 403


def test_only_the_bots_own_token_opens_the_connector(town: Town) -> None:
    town.steer("install", user=town.owner.upn)
    chat = f"/v3/conversations/{town.chat}/activities"
    message = {"type": "message", "text": "x"}

    for_graph = town.call("POST", chat, message, scope="https://graph.microsoft.com")
    without = town.http.post(town.teams.service_url.rstrip("/") + chat, json=message, timeout=10)

    token = town.msal_app.acquire_token_for_client(["https://api.botframework.com/.default"])
    otherwise = town.http.post(
        town.teams.service_url.rstrip("/") + chat,
        json=message,
        headers={"Authorization": f"Basic {token['access_token']}"},
        timeout=10,
    )

    statuses = [answer.status_code for answer in (for_graph, without, otherwise)]
    assert statuses == [401, 401, 401]
    assert town.look(town.chat) == []


def test_a_burst_is_throttled_in_its_conversation_only(town: Town) -> None:
    town.steer("install", user=town.owner.upn)
    chat = f"/v3/conversations/{town.chat}/activities"
    message = {"type": "message", "text": "x"}

    accepted, answer = 0, town.call("POST", chat, message)
    while answer.status_code == 201 and accepted < 61:
        accepted, answer = accepted + 1, town.call("POST", chat, message)

    assert 7 <= accepted <= 60
    assert code_of(answer) == (429, "Throttled")
    assert int(answer.headers["Retry-After"]) >= 1
    other = town.directory.users[3]
    town.steer("install", user=other.upn)
    elsewhere = f"/v3/conversations/{town.teams.roster.chat_id(other)}/activities"
    assert town.call("POST", elsewhere, message).status_code == 201


def test_the_limits_are_those_of_the_table() -> None:
    now = 0.0
    limit = RateLimit(SEND, now=lambda: now)

    def burst() -> int:
        taken = 0
        while limit.wait("thread") is None:
            limit.take("thread")
            taken += 1
        return taken

    assert burst() == 7
    assert limit.wait("thread") == 1
    assert limit.wait("another thread") is None
    now = 1.0
    assert burst() == 1
    now = 2.0
    assert burst() == 7
    total = 15
    while now < 29:
        now += 1
        total += burst()
    assert total == 60
    assert limit.wait("thread") == 1
    now = 3599.5
    assert burst() == 7


def test_control_refuses_what_it_does_not_know(town: Town) -> None:
    assert "usr" in town.steer("say", 400, usr="x", text="x")["error"]
    assert "text" in town.steer("say", 400, user=town.owner.upn)["error"]
    assert "sleepy" not in TOKEN_FAULTS
    assert "fault" in town.steer("raw", 400, fault="sleepy")["error"]
    town.steer("install", 404, user="nobody@contoso.example")
    town.teams.bot_endpoint = None
    assert "endpoint" in town.steer("install", 422, user=town.owner.upn)["error"]


def test_a_bot_that_is_down_is_a_bad_gateway(town: Town) -> None:
    sock, port = bound()
    sock.close()
    town.teams.bot_endpoint = f"http://127.0.0.1:{port}/api/messages"

    assert town.steer("install", user=town.owner.upn)["statuses"] == [502, 502]


def test_conversations_are_listed(town: Town) -> None:
    found = town.http.get(f"{town.control_base}/control/teams/conversations", timeout=10).json()

    kinds = [item["kind"] for item in found["conversations"]]
    assert kinds.count("personal") == len(town.directory.users)
    assert [item["name"] for item in found["conversations"] if item["kind"] == "channel"] == [
        "General",
        "Feedback",
    ]
