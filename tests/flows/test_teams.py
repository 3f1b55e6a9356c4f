"""The bot's side of Teams, over real HTTP against the local cloud, every token check on."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, cast

import aiohttp
import msal
import pytest
import requests
from aiohttp import web
from cryptography.fernet import Fernet

from bot.distributing import Distributing
from bot.domain.delivery import SentCopy
from bot.domain.enrolment import Enrolment
from bot.domain.errors import ConcurrentChangeError, PermanentError, TransientError
from bot.domain.mailbox import Mailbox, MailboxStatus, Permission
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Organisation
from bot.domain.sequence import Sequence as MailSequence
from bot.domain.tally import Tally, tally
from bot.domain.views import Notice
from bot.jobs import Job
from bot.ports import R, Record
from bot.services.booking import Booking
from bot.services.carrying_out import CarryingOut
from bot.services.conversations import Conversations
from bot.services.editing import Editing
from bot.services.forecasts import Forecasts
from bot.services.mailboxes import Mailboxes
from bot.services.organisations import Organisations
from bot.services.senders import Senders
from bot.services.sequences import Sequences
from bot.services.steering import Steering
from bot.services.suppressions import Suppressions
from bot.storage.memory_jobs import MemoryJobQueue
from bot.storage.memory_store import MemoryStore
from bot.teams.adapter import TeamsAdapter
from bot.teams.afterwards import Afterwards
from bot.teams.authentication import ChannelSettings
from bot.teams.chat import TeamsChat
from bot.teams.link import TeamsLink
from bot.teams.pace import Pace
from bot.teams.use_cases import UseCases
from bot.web import messages
from tests.flows.cloud_thread import bound
from tests.harness.cloud import Cloud, Entry, User, card_text

CARD = "application/vnd.microsoft.card.adaptive"
FAULTS = (
    "missing", "garbage", "expired", "not_yet_valid", "wrong_issuer", "wrong_audience",
    "wrong_service_url", "forged", "unknown_kid", "alg_none", "not_endorsed",
)  # fmt: skip


class MemoryRecords:
    """The records of one organisation, in memory, with the store's rules on revisions."""

    def __init__(self) -> None:
        self.kept: dict[tuple[type, str], Any] = {}
        self.jobs: list[Job] = []
        self.broken = False

    async def get(self, kind: type[R], home: str, id: str) -> R | None:
        if self.broken:
            raise TransientError("the store is away")
        found: R | None = self.kept.get((kind, id))
        return found

    async def list(self, kind: type[R], home: str) -> Sequence[R]:
        return [record for (of, _), record in self.kept.items() if of is kind]

    async def many(self, kind: type[R], home: str, ids: Sequence[str]) -> Sequence[R]:
        return [self.kept[kind, id] for id in ids if (kind, id) in self.kept]

    async def save(self, *records: Record, jobs: Sequence[Job] = (), at: datetime) -> None:
        for each in records:
            known = self.kept.get((type(each), each.id))
            if (known.rev if known else 0) != each.rev:
                raise ConcurrentChangeError(each.id)
        for each in records:
            self.kept[(type(each), each.id)] = replace(each, rev=each.rev + 1)
        self.jobs.extend(jobs)

    async def delete(self, kind: type[R], home: str, id: str) -> None:
        self.kept.pop((kind, id), None)

    async def enrolments(self, mailbox_id: str, ids: Sequence[str]) -> Sequence[Enrolment]:
        return [self.kept[Enrolment, id] for id in ids if (Enrolment, id) in self.kept]

    async def tally(self, mailbox_id: str, distribution_id: str) -> Tally:
        kept = [record for (of, _), record in self.kept.items() if of is Enrolment]
        return tally(each for each in kept if each.distribution_id == distribution_id)

    async def read_back(self, mailbox_id: str, copies: Mapping[tuple[str, int], SentCopy]) -> None:
        raise AssertionError("nothing is sent here")

    async def enrolment_by_message_id(self, mailbox_id: str, message_id: str) -> Enrolment | None:
        return None

    async def enrolments_by_address(self, mailbox_id: str, address: str) -> Sequence[Enrolment]:
        return []

    async def enrolments_to(self, mailbox_id: str, addresses: Sequence[str]) -> Sequence[Enrolment]:
        return []


class MemorySecrets:
    """Secrets in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, name: str, value: bytes, *, expires: datetime | None = None) -> None:
        self.kept[name] = value

    async def get(self, name: str) -> tuple[bytes, int] | None:
        return (self.kept[name], 1) if name in self.kept else None

    async def swap(self, name: str, value: bytes, revision: int) -> bool:
        if revision != (1 if name in self.kept else 0):
            return False
        self.kept[name] = value
        return True

    async def take(self, name: str) -> bytes | None:
        return self.kept.pop(name, None)

    async def delete(self, name: str) -> None:
        self.kept.pop(name, None)


class WallClock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Scene:
    """The running cloud, and the bot in this process."""

    cloud: Cloud
    link: TeamsLink
    chat: TeamsChat
    records: MemoryRecords
    endpoint: str
    users: Sequence[User]

    @property
    def admin(self) -> User:
        return self.users[0]

    @property
    def member(self) -> User:
        return self.users[-1]

    @property
    def tenant(self) -> str:
        return self.cloud.settings["MAILROOM_TENANT_ID"]

    async def raw(self, fault: str, activity: dict[str, Any] | None = None) -> int:
        body = {"fault": fault} | ({"activity": activity} if activity else {})
        status: int = (await self.cloud.call("POST", "/control/teams/raw", body))["status"]
        return status

    async def stands(self, chat: str, card: str, text: str) -> None:
        """Wait until a posted card says `text` to everybody."""
        shown = ""
        for _ in range(200):
            activity = await self.cloud.activity(await self.cloud.conversation(chat), card)
            shown = card_text(activity["attachments"])
            if text in shown:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"the card never says “{text}”: {shown}")

    async def ask(self, user: User, text: str) -> tuple[str, Entry]:
        """Say something; return the chat and the answering activity."""
        answer = await self.cloud.say(user, text)
        return answer["conversation"], answer["activities"][-1]

    def known(self) -> Conversation:
        """The one conversation the bot has heard of."""
        (found,) = [each for each in self.records.kept.values() if isinstance(each, Conversation)]
        return found


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    listening, port = bound()  # held from here on: nobody else gets the port
    endpoint = f"http://127.0.0.1:{port}/api/messages"
    async with aiohttp.ClientSession() as session:
        cloud = await Cloud.start(
            tmp_path, session, speed=1, arguments=["--bot-endpoint", endpoint]
        )
        settings = channel_settings(cloud)
        with requests.Session() as msal_session:
            link = TeamsLink(settings, msal_app(cloud, msal_session))
            chat = TeamsChat(link)
            records = MemoryRecords()
            adapter = TeamsAdapter(link, chat, use_cases(cloud, records, chat))
            app = web.Application()
            app.add_routes(messages.routes(adapter))
            runner = web.AppRunner(app)
            await runner.setup()
            await web.SockSite(runner, listening).start()
            await link.warm_up()
            try:
                yield Scene(cloud, link, chat, records, endpoint, await cloud.users())
            finally:
                await runner.cleanup()
                await cloud.process.stop()


def channel_settings(cloud: Cloud) -> ChannelSettings:
    told = cloud.settings
    return ChannelSettings(
        app_id=told["MAILROOM_APP_ID"],
        tenants=(told["MAILROOM_TENANT_ID"],),
        login_url=told["MAILROOM_BOT_LOGIN_URL"],
        openid_metadata_url=told["MAILROOM_BOT_OPENID_METADATA_URL"],
        token_issuer=told["MAILROOM_BOT_TOKEN_ISSUER"],
        connector_hosts=(told["MAILROOM_CONNECTOR_HOSTS"],),
        ca_bundle=Path(told["MAILROOM_CA_BUNDLE"]),
    )


def msal_app(cloud: Cloud, session: requests.Session) -> Any:
    session.trust_env = False
    session.verify = cloud.settings["MAILROOM_CA_BUNDLE"]
    return msal.ConfidentialClientApplication(
        cloud.settings["MAILROOM_APP_ID"],
        client_credential=cloud.settings["MAILROOM_APP_SECRET"],
        authority=cloud.settings["MAILROOM_BOT_LOGIN_URL"],
        instance_discovery=False,
        http_client=session,
    )


def use_cases(cloud: Cloud, records: MemoryRecords, chat: TeamsChat) -> UseCases:
    organisations = Organisations(
        [
            Organisation(
                tenant_id=cloud.settings["MAILROOM_TENANT_ID"],
                name="Example",
                support="the help desk",
                admins=frozenset(cloud.settings["MAILROOM_ADMINS"].lower().split(",")),
                postal_address="1 Harbour Street",
                privacy_url="https://contoso.example/privacy",
            )
        ]
    )
    clock = WallClock()
    senders = Senders(records, cast(Any, None), "")  # nothing leaves by SMTP here
    store = MemoryStore([Fernet.generate_key().decode()], clock)
    places = store.places
    booking = Booking(records, places, store.sends, organisations, clock)
    conversations = Conversations(records, organisations, clock)
    suppressions = Suppressions(records, organisations, clock)
    distributing = Distributing(
        records=records,
        chat=chat,
        booking=booking,
        organisations=organisations,
        conversations=conversations,
        senders=senders,
        suppressions=suppressions,
        clock=clock,
    )
    carrying_out = CarryingOut(records, store.jobs, booking, organisations, clock)
    editing = Editing(records, places, carrying_out, organisations, clock)
    return UseCases(
        suppressions=suppressions,
        organisations=organisations,
        conversations=conversations,
        mailboxes=Mailboxes(
            records=records,
            places=places,
            secrets=MemorySecrets(),
            chat=chat,
            organisations=organisations,
            clock=clock,
            public_url="http://127.0.0.1:1",
        ),
        releasing=cast(Any, None),  # not asked here
        domains=cast(Any, None),
        sequences=Sequences(records, organisations, senders, editing, clock),
        distributions=distributing.distributions,
        confirming=distributing.confirming(),
        scheduling=distributing.scheduling(),
        approving=distributing.approving(),
        trying_out=cast(Any, None),  # not asked here
        steering=Steering(
            records=records,
            jobs=MemoryJobQueue(),
            carrying_out=carrying_out,
            distributions=distributing.distributions,
            senders=senders,
            under_way=distributing.under_way,
            organisations=organisations,
            clock=clock,
        ),
        moving=cast(Any, None),  # not asked here
        questions=cast(Any, None),
        forecasts=Forecasts(records, places, store.sends, organisations, clock),
        letters=cast(Any, None),
        on_replies=cast(Any, None),
        timelines=cast(Any, None),
    )


# -- who may come in ---------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_faulty_token_gets_401_and_reaches_nobody(scene: Scene, fault: str) -> None:
    assert await scene.raw(fault) == 401
    assert scene.records.kept == {}


async def test_a_sound_token_comes_in(scene: Scene) -> None:
    assert await scene.raw("none") == 200
    assert scene.known().tenant_id == scene.tenant


def activity(scene: Scene, **changes: Any) -> dict[str, Any]:
    service = f"http://{scene.cloud.settings['MAILROOM_CONNECTOR_HOSTS']}/emea/{scene.tenant}/"
    return {
        "type": "message", "id": "1", "channelId": "msteams", "serviceUrl": service,
        "from": {"id": "29:x", "aadObjectId": scene.admin.oid}, "recipient": {"id": "28:x"},
        "conversation": {"id": "a:1", "conversationType": "personal"},
        "channelData": {"tenant": {"id": scene.tenant}}, "text": "help",
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"channelData": {"tenant": {"id": "11111111-2222-3333-4444-555555555555"}}},
        {"channelData": {}},
        {"channelData": "odd"},
        {"serviceUrl": "http://127.0.0.1:9/elsewhere"},
        {"serviceUrl": "https://smba.trafficmanager.net.evil.example/"},
        {"from": {"id": "29:x"}},
        {"conversation": {}},
    ],
)
async def test_what_is_not_ours_is_refused(scene: Scene, changes: dict[str, Any]) -> None:
    assert await scene.raw("none", activity(scene, **changes)) == 403
    assert scene.records.kept == {}


async def test_another_channel_is_not_even_endorsed(scene: Scene) -> None:
    assert await scene.raw("none", activity(scene, channelId="directline")) == 401
    assert scene.records.kept == {}


async def test_unknown_keys_do_not_make_us_ask_more_than_once_a_minute(scene: Scene) -> None:
    for _ in range(5):
        assert await scene.raw("unknown_kid") == 401
    assert await scene.raw("none") == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{}", 415),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/json"}, b"nonsense", 400),
        ({"Content-Type": "application/json"}, b"[]", 400),
        ({"Content-Type": "application/json"}, b"{}", 400),
        ({"Content-Type": "application/json"}, b"[" * 50_000, 400),
        ({"Content-Type": "application/json"}, b'{"type": "message", "from": 7}', 401),
        ({"Content-Type": "application/json"}, b'{"type": "message"}', 401),
        ({"Content-Type": "application/json"}, b"x" * (256 * 1024 + 1), 413),
    ],
)
async def test_what_is_no_activity(
    scene: Scene, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with (
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
        session.post(scene.endpoint, data=body, headers=headers) as answer,
    ):
        assert answer.status == status


async def test_a_stranger_cannot_hold_up_the_loop_with_a_long_body(scene: Scene) -> None:
    many = 60_000
    body = json.dumps(activity(scene, attachments=[{}] * many))
    assert 200_000 < len(body) < messages.MOST_BYTES
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x.y.z"}
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    async with aiohttp.ClientSession() as session:
        sys.setprofile(count)  # bot and test share this thread
        try:
            async with session.post(scene.endpoint, data=body, headers=headers) as answer:
                assert answer.status == 401
        finally:
            sys.setprofile(None)
    assert 0 < calls < many  # nobody has walked through the attachments


async def test_a_browser_gets_405(scene: Scene) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(scene.endpoint) as answer,
    ):
        assert answer.status == 405


# -- talking -----------------------------------------------------------------------------------


async def test_help_answers_a_card(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    await scene.cloud.install(scene.admin)
    chat, card = await scene.ask(scene.admin, "help")
    shown = card["attachments"][0]
    assert shown["contentType"] == CARD
    assert "new sequence" in card_text(shown["content"])
    assert card["summary"] == "What I can do"
    welcomed = await scene.cloud.conversation(chat)
    from_bot = [each for each in welcomed["activities"] if each["sandbox"]["is_from_bot"]]
    assert len(from_bot) == 2  # one welcome however often it is added, one answer


async def test_unknown_words_are_shown_as_typed(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    _, card = await scene.ask(scene.admin, "[win](https://evil.example) **now**")
    assert "[win](https://evil.example) **now**" in card_text(card["attachments"])


async def test_in_a_channel_the_answer_stays_in_the_thread(scene: Scene) -> None:
    channel = await scene.cloud.channel("Feedback")
    await scene.cloud.install(scene.admin, channel)
    answer = await scene.cloud.say(scene.admin, "notify here", channel)
    assert "told" in card_text(answer["activities"][-1]["attachments"])
    assert answer["activities"][-1]["conversation"]["id"] == answer["conversation"]
    assert scene.known().id == channel
    assert scene.known().kind is ConversationKind.CHANNEL
    assert scene.known().announce


async def test_rights_are_read_from_the_roster_by_address(scene: Scene) -> None:
    for user in (scene.admin, scene.member):
        await scene.cloud.install(user)
    _, card = await scene.ask(scene.admin, "mailboxes")
    assert "No mailbox is connected yet" in card_text(card["attachments"])
    _, card = await scene.ask(scene.member, "mailboxes")
    assert "Only organisation admins" in card_text(card["attachments"])


async def test_removal_forgets_the_place(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    assert scene.known()
    body = {"user": scene.admin.oid}
    await scene.cloud.call("POST", "/control/teams/uninstall", body)
    assert scene.records.kept == {}


class Hurried:
    """A clock that only sleeping moves, and no sleep takes long."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        await asyncio.sleep(0)


async def test_an_answer_beyond_the_limits_comes_later(scene: Scene) -> None:
    channel = await scene.cloud.channel("Feedback")
    await scene.cloud.install(scene.admin, channel)
    hurried = Hurried()
    scene.link.pace = Pace(hurried, hurried.sleep)
    scene.link.afterwards = Afterwards(hurried.sleep)
    for _ in range(60):
        await scene.link.pace.turn(channel)
    full = hurried.at
    answer = await scene.cloud.say(scene.admin, "mailboxes", channel)
    for _ in range(200):
        thread = await scene.cloud.conversation(channel)
        shown = [each for each in thread["activities"] if "No mailbox" in card_text(each)]
        if shown:
            break
        await asyncio.sleep(0.02)
    assert [each["conversation"]["id"] for each in shown] == [answer["conversation"]]
    assert hurried.at > full + 10


# -- buttons -----------------------------------------------------------------------------------


async def test_a_press_replaces_the_card(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    chat, card = await scene.ask(scene.admin, "invite")
    inputs = {"address": scene.member.upn, "permission": "read_send"}
    body = await scene.cloud.press(scene.admin, chat, card["id"], "invite.send", inputs)
    assert (body["statusCode"], body["type"]) == (200, CARD)
    shown = card_text(body["value"])
    assert "Invited" in shown
    assert "http://127.0.0.1:1/connect/" in shown


async def test_an_address_that_is_none_leaves_the_form(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    chat, card = await scene.ask(scene.admin, "invite")
    body = await scene.cloud.press(
        scene.admin, chat, card["id"], "invite.send", {"address": "ana@customer"}
    )
    assert "ana@customer” is not a valid" in card_text(body["value"])
    assert Mailbox not in {kind for kind, _ in scene.records.kept}


async def test_somebody_picked_is_found_by_their_address(scene: Scene) -> None:
    channel = await scene.cloud.channel("Feedback")
    await scene.cloud.install(scene.admin, channel)
    answer = await scene.cloud.say(scene.admin, "invite", channel)
    thread, card = answer["conversation"], answer["activities"][-1]["id"]
    picked = {"person": scene.member.oid}
    body = await scene.cloud.press(scene.admin, thread, card, "invite.send", picked)
    assert scene.member.name in card_text(body["value"])


async def test_a_person_and_an_address_that_disagree_are_asked_about(scene: Scene) -> None:
    channel = await scene.cloud.channel("Feedback")
    await scene.cloud.install(scene.admin, channel)
    answer = await scene.cloud.say(scene.admin, "invite", channel)
    thread, card = answer["conversation"], answer["activities"][-1]["id"]
    both = {"person": scene.member.oid, "address": scene.admin.upn}
    body = await scene.cloud.press(scene.admin, thread, card, "invite.send", both)
    shown = card_text(body["value"])
    assert f"“{scene.admin.upn}” is not the address of {scene.member.name}" in shown
    assert Mailbox not in {kind for kind, _ in scene.records.kept}
    agreed = both | {"address": scene.member.upn.upper()}
    body = await scene.cloud.press(scene.admin, thread, card, "invite.send", agreed)
    assert "Invited" in card_text(body["value"])


def active(scene: Scene) -> Mailbox:
    return Mailbox(
        id="m1", tenant_id=scene.tenant, address="lee@example.org", owner_name="Lee",
        owner_oid="o", permission=Permission.READ_SEND, status=MailboxStatus.ACTIVE,
        invited_by="a", invited_by_name="A", invite=1, invite_expires=datetime.now(UTC),
    )  # fmt: skip


async def written(scene: Scene) -> tuple[str, str, Entry]:
    """Fill in the form of a sequence, email by email; return where and what was answered."""
    await scene.records.save(active(scene), at=datetime.now(UTC))
    await scene.cloud.install(scene.admin)
    chat, card = await scene.ask(scene.admin, "new sequence")
    form = {"mailbox": "m1", "subject_1": "Hello", "body_1": "First"}
    await scene.cloud.press(scene.admin, chat, card["id"], "sequence.add_email", form)
    form |= {"name": "Autumn", "subject_2": "Again", "body_2": "Second", "delay_2": "2"}
    body = await scene.cloud.press(scene.admin, chat, card["id"], "sequence.save", form)
    return chat, card["id"], body


async def test_a_sequence_is_written_and_its_form_is_gone_for_good(scene: Scene) -> None:
    chat, card, body = await written(scene)
    assert "2 days after the one before" in card_text(body["value"])
    await scene.stands(chat, card, "The sequence is saved")


async def test_a_distribution_is_checked_and_confirmed_once(scene: Scene) -> None:
    await written(scene)
    chat, card = await scene.ask(scene.admin, "distribute")
    sequence = next(each for each in await scene.records.list(MailSequence, scene.tenant))
    given = {"sequence": sequence.id, "recipients": "Ana <ana@x.example>\nBen <ben@x.example>"}
    body = await scene.cloud.press(scene.admin, chat, card["id"], "distribute.check", given)
    assert "Send to 2 people" in card_text(body["value"])
    pressed = await asyncio.gather(
        *(scene.cloud.press(scene.admin, chat, card["id"], "distribute.confirm") for _ in range(2))
    )
    assert all("Starting" in card_text(each["value"]) for each in pressed)
    assert len(scene.records.jobs) == 1


async def test_a_button_nobody_knows_and_a_stale_one_are_explained(scene: Scene) -> None:
    press = {"action": {"type": "Action.Execute", "verb": "no.such", "data": {}}}
    invoke = activity(scene, type="invoke", name="adaptiveCard/action", value=press, replyToId="9")
    assert await scene.raw("none", invoke) == 200
    press["action"] |= {"verb": "mailbox.show", "data": {"mailbox": {"odd": 1}}}
    assert await scene.raw("none", invoke) == 200
    assert await scene.raw("none", invoke | {"name": "task/fetch"}) == 200
    assert await scene.raw("none", invoke | {"value": None}) == 200


async def test_a_store_that_is_away_is_explained(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    chat, card = await scene.ask(scene.admin, "help")
    scene.records.broken = True
    body = await scene.cloud.press(scene.admin, chat, card["id"], "history")
    assert "Please try again" in card_text(body["value"])
    assert "the help desk" in card_text(body["value"])


# -- speaking unasked --------------------------------------------------------------------------


async def test_a_card_is_posted_and_replaced_unasked(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    place = scene.known()
    posted = await scene.chat.post(place, Notice(title="First"))
    await scene.chat.update(place, posted, Notice(title="Second"))
    stands = await scene.cloud.activity(await scene.cloud.conversation(place.id), posted)
    assert card_text(stands["attachments"]) == "Second"
    assert stands["summary"] == "Second"


async def test_somebodys_own_chat_is_opened(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    await scene.cloud.install(scene.member)
    service = next(iter(scene.records.kept.values())).service_url
    place = await scene.chat.open_personal(scene.tenant, scene.member.oid, service)
    await scene.chat.post(place, Notice(title="Hello"))
    assert "Hello" in card_text((await scene.cloud.personal_chat(scene.member))["activities"])


async def test_faults_of_speaking_are_told_apart(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    place = scene.known()
    with pytest.raises(PermanentError) as refused:
        await scene.chat.open_personal(scene.tenant, scene.member.oid, place.service_url)
    assert refused.value.code == "BotNotInConversationRoster"
    with pytest.raises(PermanentError):
        await scene.chat.open_personal(scene.tenant, scene.admin.oid, "")
    with pytest.raises(PermanentError) as foreign:
        await scene.chat.post(
            replace(place, service_url="https://evil.example/"), Notice(title="x")
        )
    assert foreign.value.code == "ForeignService"
    with pytest.raises(PermanentError):
        await scene.chat.post(replace(place, id="a:nowhere"), Notice(title="x"))
    assert await scene.chat.person(place, "no-such-person") is None
    found = await scene.chat.person(place, scene.admin.oid)
    assert found is not None
    assert found.name == scene.admin.name


async def test_a_connector_that_is_away_is_a_passing_fault(scene: Scene) -> None:
    await scene.cloud.install(scene.admin)
    place = scene.known()
    await scene.cloud.process.kill()
    with pytest.raises(TransientError):
        await scene.chat.post(place, Notice(title="x"))


async def test_many_posts_ask_for_one_token_and_keep_to_the_limits(scene: Scene) -> None:
    for user in scene.users:
        await scene.cloud.install(user)
    places = [each for each in scene.records.kept.values() if isinstance(each, Conversation)]
    assert len(places) == len(scene.users) > 4
    before = await tokens_asked(scene)
    assert before == 1
    await asyncio.gather(
        *(scene.chat.post(place, Notice(title=str(n))) for n in range(5) for place in places)
    )
    await asyncio.gather(*(scene.chat.post(places[0], Notice(title="more")) for _ in range(5)))
    assert await tokens_asked(scene) == before


async def tokens_asked(scene: Scene) -> int:
    return len(await scene.cloud.journal("entra.token"))
