"""Small parts of the bot's side of Teams, each by itself."""

import asyncio
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from msal.exceptions import MsalServiceError

from bot.domain.errors import ConfigurationError, PermanentError, TransientError
from bot.domain.mailbox import Message
from bot.domain.records import Conversation, ConversationKind
from bot.domain.roles import Actor
from bot.domain.views import EmailDraft
from bot.teams import commands, forms, verbs
from bot.teams.activity import Happened, UnreadableError, read, said
from bot.teams.afterwards import Afterwards
from bot.teams.authentication import ChannelSettings
from bot.teams.chat import Member
from bot.teams.hosts import ConnectorHosts, ForeignServiceError
from bot.teams.keys import ChannelKey, ChannelKeys
from bot.teams.pace import Pace
from bot.teams.people import People
from bot.teams.token import BotToken
from cards import verbs as names

BOT = "28:app"


def activity(**changes: Any) -> dict[str, Any]:
    return {
        "type": "message", "channelId": "msteams", "serviceUrl": "https://smba.example/",
        "from": {"id": "29:a", "aadObjectId": "OID", "name": "Ana"}, "recipient": {"id": BOT},
        "conversation": {"id": "a:1", "conversationType": "personal"},
        "channelData": {"tenant": {"id": "t"}}, "text": "help",
    } | changes  # fmt: skip


# -- reading activities ------------------------------------------------------------------------


def test_a_message_in_our_words() -> None:
    turn = read(activity())
    assert turn.what is Happened.SAID
    assert turn.actor == Actor(tenant_id="t", oid="oid", name="Ana")
    assert turn.conversation == Conversation(
        id="a:1", tenant_id="t", kind=ConversationKind.PERSONAL,
        service_url="https://smba.example/", user_oid="oid",
    )  # fmt: skip
    assert turn.text == "help"


def test_a_thread_belongs_to_its_channel() -> None:
    place = {"id": "19:c@thread.tacv2;messageid=17", "conversationType": "channel"}
    turn = read(
        activity(
            conversation=place,
            channelData={"tenant": {"id": "t"}, "channel": {"name": "Feedback"}},
        )
    )
    assert turn.conversation.id == "19:c@thread.tacv2"
    assert turn.conversation.kind is ConversationKind.CHANNEL
    assert (turn.conversation.name, turn.conversation.user_oid) == ("Feedback", "")


def test_the_mention_is_no_word() -> None:
    mention = {"type": "mention", "mentioned": {"id": BOT}, "text": "<at>Mailroom</at>"}
    other = {"type": "mention", "mentioned": {"id": "29:b"}, "text": "<at>Ben</at>"}
    text = "<at>Mailroom</at>&nbsp; notify \u00a0here <at>Ben</at>\n"
    assert said(activity(text=text, entities=[mention, other])) == "notify here <at>Ben</at>"
    assert said(activity(text=None, entities="odd")) == ""


def test_a_press_in_our_words() -> None:
    action = {
        "verb": "invite.send",
        "data": {"a": "x", "b": True, "c": 3, "d": {"e": 1}, "f": None},
    }
    turn = read(
        activity(
            type="invoke", name="adaptiveCard/action", replyToId="77", value={"action": action}
        )
    )
    assert turn.what is Happened.PRESSED
    assert turn.verb == "invite.send"
    assert turn.data == {"a": "x", "b": "true", "c": "3"}
    assert turn.card == Message(conversation_id="a:1", message_id="77")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"type": "invoke", "name": "task/fetch"}, Happened.ASKED),
        ({"type": "installationUpdate", "action": "add"}, Happened.ADDED),
        ({"type": "installationUpdate", "action": "add-upgrade"}, Happened.OTHER),
        ({"type": "installationUpdate", "action": "remove"}, Happened.REMOVED),
        ({"type": "conversationUpdate", "membersAdded": [{"id": BOT}]}, Happened.OTHER),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": BOT}]}, Happened.REMOVED),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": "29:b"}, 3]}, Happened.OTHER),
        ({"type": "messageReaction"}, Happened.OTHER),
    ],
)
def test_what_happened(changes: dict[str, Any], what: Happened) -> None:
    assert read(activity(**changes)).what is what


@pytest.mark.parametrize(
    "changes",
    [
        {"channelId": "webchat"}, {"channelData": None}, {"channelData": {"tenant": {"id": 3}}},
        {"conversation": {"id": ""}}, {"serviceUrl": None}, {"from": {"id": "29:a"}}, {"from": []},
    ],
)  # fmt: skip
def test_what_cannot_be_placed(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        read(activity(**changes))


# -- commands, verbs, forms --------------------------------------------------------------------


def test_every_verb_has_a_handler() -> None:
    declared = {value for name, value in vars(names).items() if name.isupper()}
    assert set(verbs.VERBS) == declared


def test_commands_are_as_announced() -> None:
    assert set(commands.COMMANDS) == {
        "help", "hello", "hi", "invite", "mailboxes", "domains", "sequences", "new sequence",
        "distribute", "history", "forecast", "notify here",
    }  # fmt: skip
    assert set(commands.ABOUT) == {"allow", "timeline", "why"}


def test_a_sequence_form_is_read_email_by_email() -> None:
    form = forms.sequence_form(
        {"program": "P", "mailbox": "m", "threading": "false", "subject_1": "S", "delay_3": "4"}
    )
    assert (form.program, form.name, form.mailbox_id, form.threading) == ("P", "", "m", False)
    assert form.emails == (
        EmailDraft(subject="S"), EmailDraft(), EmailDraft(delay="4"),
    )  # fmt: skip


def test_when_emails_may_leave_is_read() -> None:
    window = {"window": "own", "days": "Mon", "from_hour": "8", "to_hour": "9"}
    form = forms.sequence_form(window | {"whose_time": "recipients", "unit_2": "hours"})
    assert {name: getattr(form, name) for name in window} == window
    assert form.whose_time == "recipients"
    delayed = forms.sequence_form({"delay_2": "4", "unit_2": "hours"})
    assert delayed.emails[1] == EmailDraft(delay="4", unit="hours")


def test_a_form_with_nothing_or_nonsense_has_one_empty_email_or_eight() -> None:
    assert forms.sequence_form({}).emails == (EmailDraft(),)
    assert len(forms.sequence_form({"body_99": "x", "subject_0": "y", "body_x": ""}).emails) == 8


@pytest.mark.parametrize(
    ("version", "read"),
    [("3", 3), ("", 0), ("\u00b2", 0), ("-1", 0), ("\u0663", 0), ("9" * 5000, 0), ("1.0", 0)],
)
def test_a_version_is_a_plain_number(version: str, read: int) -> None:
    assert forms.sequence_form({"editing": "s", "version": version}).version == read


# -- hosts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://SMBA.trafficmanager.net:443/emea/", True),
        ("http://127.0.0.1:9402/emea", True),
        ("http://smba.trafficmanager.net/emea/", False),
        ("https://smba.trafficmanager.net:8443/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://user@smba.trafficmanager.net/", False),
        ("http://127.0.0.1:9403/", False),
        ("ftp://smba.trafficmanager.net/", False),
        ("https://[broken", False),
        ("https://smba.trafficmanager.net:port/", False),
        ("", False),
    ],
)
def test_hosts(url: str, allowed: bool) -> None:
    hosts = ConnectorHosts(["smba.trafficmanager.net", "127.0.0.1:9402"])
    if allowed:
        hosts.require(url)
    else:
        with pytest.raises(ForeignServiceError):
            hosts.require(url)


def test_settings_that_would_open_the_door_are_refused() -> None:
    good: dict[str, Any] = {
        "app_id": "a", "tenants": ("t",), "login_url": "https://x/t", "openid_metadata_url": "u",
        "token_issuer": "i", "connector_hosts": ("h",),
    }  # fmt: skip
    ChannelSettings(**good)
    wrong: list[dict[str, Any]] = [{"app_id": " "}, {"token_issuer": ""}, {"tenants": ()}]
    for each in [*wrong, {"tenants": ("",)}]:
        with pytest.raises(ConfigurationError):
            ChannelSettings(**(good | each))
    with pytest.raises(ConfigurationError):
        ConnectorHosts([" "])


# -- keys --------------------------------------------------------------------------------------


class Time:
    """A clock that stands until it is moved; sleeping moves it."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Published:
    """What the channel publishes, how often it was asked, and by which threads."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)
        self.threads: set[int] = set()
        self.asked = 0
        self.away = False

    def __call__(self) -> Mapping[str, ChannelKey]:
        self.asked += 1
        self.threads.add(threading.get_ident())
        if self.away:
            raise requests.ConnectionError
        return {each: ChannelKey(public_key=each, endorsements=()) for each in self.ids}


async def test_an_unknown_key_is_asked_for_at_most_once_a_minute() -> None:
    now, published = Time(), Published("one")
    keys = ChannelKeys(published, now)
    assert (await keys.get("one")).public_key == "one"
    for _ in range(3):
        with pytest.raises(PermissionError):
            await keys.get("two")
    assert published.asked == 1
    published.ids.append("two")
    now.at += 61
    assert (await keys.get("two")).public_key == "two"
    assert published.asked == 2


async def test_keys_are_fetched_beside_the_loop() -> None:
    now, published = Time(), Published("one")
    keys = ChannelKeys(published, now)
    await keys.refresh()
    now.at += 61
    with pytest.raises(PermissionError):
        await keys.get("two")
    assert published.asked == 2
    assert threading.get_ident() not in published.threads


async def test_keys_grow_old_in_a_day_and_an_outage_is_no_fault_of_the_caller() -> None:
    now, published = Time(), Published("one")
    keys = ChannelKeys(published, now)
    await keys.get("one")
    published.away = True
    now.at += 13 * 3600
    with pytest.raises(TransientError):
        await keys.keep_fresh()
    await keys.get("one")
    now.at += 12 * 3600
    with pytest.raises(TransientError):
        await keys.get("one")


async def test_a_token_without_key_id_is_refused() -> None:
    with pytest.raises(PermissionError):
        await ChannelKeys(Published("one"), Time()).get(None)


# -- the bot's token ---------------------------------------------------------------------------


class SlowMsal:
    """msal as far as we use it; slow, as the network is."""

    def __init__(self, answer: Callable[[], dict[str, Any]], seconds: float = 0.0) -> None:
        self.calls = 0
        self.threads: set[int] = set()
        self._answer = answer
        self._seconds = seconds

    def acquire_token_for_client(self, scopes: list[str]) -> dict[str, Any]:
        self.calls += 1
        self.threads.add(threading.get_ident())
        time.sleep(self._seconds)
        assert scopes == ["https://api.botframework.com/.default"]
        return self._answer()


async def test_many_ask_and_one_token_is_fetched_beside_the_loop() -> None:
    msal = SlowMsal(lambda: {"access_token": "t", "expires_in": 3600}, 0.05)
    token = BotToken(msal)
    await asyncio.gather(*(token.ensure() for _ in range(20)))
    assert (token.value, msal.calls) == ("t", 1)
    assert threading.get_ident() not in msal.threads


async def test_a_token_is_renewed_ahead_of_its_end() -> None:
    now = Time()
    msal = SlowMsal(lambda: {"access_token": f"t{msal.calls}", "expires_in": 3600})
    token = BotToken(msal, now)
    await token.ensure()
    now.at += 3060
    await token.ensure()
    assert token.value == "t1"
    await token.keep_fresh()
    assert token.value == "t2"


async def test_a_refused_secret_stops_the_start_but_not_the_work() -> None:
    token = BotToken(SlowMsal(lambda: {"error": "invalid_client"}), Time())
    with pytest.raises(ConfigurationError, match="MAILROOM_APP_SECRET"):
        await token.keep_fresh()
    with pytest.raises(TransientError):
        await token.ensure()


async def test_a_sign_in_service_that_is_away_is_a_passing_fault() -> None:
    def away() -> dict[str, Any]:
        raise requests.ConnectionError

    for answer in (away, lambda: {"error": "temporarily_unavailable"}):
        with pytest.raises(TransientError):
            await BotToken(SlowMsal(answer), Time()).keep_fresh()


async def test_whatever_breaks_in_msal_is_a_passing_fault_that_tells_no_secret() -> None:
    def broken() -> dict[str, Any]:
        raise MsalServiceError(error="AADSTS7000215", error_description="the secret s3cret")

    odd: list[Callable[[], Any]] = [broken, lambda: None]
    odd.append(lambda: {"access_token": "t", "expires_in": "s3cret"})
    for answer in odd:
        with pytest.raises(TransientError) as told:
            await BotToken(SlowMsal(answer), Time()).ensure()
        assert "s3cret" not in "".join(traceback.format_exception(told.value))


# -- pace --------------------------------------------------------------------------------------


async def test_posts_keep_to_every_window() -> None:
    now = Time()
    pace = Pace(now, now.sleep)
    at = []
    for _ in range(60):
        await pace.turn("c;messageid=1")
        at.append(now.at)
    for seconds, most in ((1, 7), (2, 8), (30, 60)):
        for begin in at:
            assert sum(begin <= each < begin + seconds for each in at) <= most


async def test_conversations_do_not_wait_for_each_other() -> None:
    now = Time()
    pace = Pace(now, now.sleep)
    for n in range(100):
        await pace.turn(f"c{n}")
    assert now.at == 1000.0


async def test_a_long_queue_is_given_back() -> None:
    now = Time()
    pace = Pace(now, now.sleep)
    for _ in range(60):
        await pace.turn("c")
    with pytest.raises(TransientError) as told:
        await pace.turn("c")
    assert told.value.retry_after
    assert told.value.retry_after > 10


# -- people ------------------------------------------------------------------------------------

ANA = Actor(tenant_id="t", oid="o", name="")
PLACE = Conversation(id="a:1", tenant_id="t", kind=ConversationKind.PERSONAL, service_url="s")


async def test_a_person_is_looked_up_once_in_some_minutes() -> None:
    asked, now = [], Time()

    async def find(place: Conversation, oid: str) -> Member | None:
        asked.append(oid)
        return Member(
            oid=oid, name="Ana", user_principal_name="ana@x", email="a.abel@x", tenant_id="t"
        )

    people = People(find, now)
    first = await people.named(ANA, PLACE)
    assert (first.name, first.address) == ("Ana", "ana@x")
    await people.named(ANA, PLACE)
    assert len(asked) == 1
    now.at += 301
    await people.named(ANA, PLACE)
    assert len(asked) == 2


async def test_somebody_without_an_address_has_rights_by_id_only() -> None:
    async def refused(place: Conversation, oid: str) -> Member | None:
        raise PermanentError("no", code="BotNotInConversationRoster")

    async def nobody(place: Conversation, oid: str) -> Member | None:
        return None

    for find in (refused, nobody):
        assert (await People(find).named(ANA, PLACE)).address == ""


@pytest.mark.parametrize(
    "member",
    [
        Member(oid="o", name="G", user_principal_name="", email="admin@x", tenant_id="t"),
        Member(oid="o", name="G", user_principal_name="admin@x", email="", tenant_id="u"),
        Member(oid="o", name="G", user_principal_name="admin@x", email="", tenant_id=""),
    ],
)
async def test_a_guest_claims_no_right_by_an_address(member: Member) -> None:
    async def guest(place: Conversation, oid: str) -> Member | None:
        return member

    named = await People(guest).named(ANA, PLACE)
    assert (named.name, named.address) == ("G", "")


async def test_a_roster_that_is_away_is_no_refusal() -> None:
    async def away(place: Conversation, oid: str) -> Member | None:
        raise TransientError("away")

    with pytest.raises(TransientError):
        await People(away).named(ANA, PLACE)


# -- afterwards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "tries"),
    [
        ([], 1),
        ([TransientError("busy", retry_after=40.0), TransientError("away")], 3),
        ([TransientError("away")] * 100, 101),
        ([TransientError("away", retry_after=9000.0)], 1),
        ([PermanentError("gone")], 1),
        ([KeyError("a defect")], 1),
    ],
)
async def test_what_may_pass_is_tried_again_for_long(faults: list[Exception], tries: int) -> None:
    now, tried, left = Time(), [], list(faults)

    async def work() -> None:
        tried.append(now.at)
        if left:
            raise left.pop(0)

    afterwards = Afterwards(now.sleep)
    afterwards.start("work", work, 5.0)
    await asyncio.gather(*afterwards._running)
    assert len(tried) == tries
    assert tried[0] == 1005.0
    if tries == 3:
        assert tried == [1005.0, 1045.0, 1049.0]


async def test_no_more_waits_than_fits() -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    afterwards = Afterwards()
    for _ in range(1001):
        afterwards.start("work", work)
    assert len(afterwards._running) == 1000
