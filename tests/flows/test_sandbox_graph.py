"""The sandbox's Graph and Exchange, driven by the real msgraph-sdk."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from msgraph.generated.models.internet_message_header import InternetMessageHeader
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from tests.flows.graph_scene import (
    KEY,
    Scene,
    by_key,
    email,
    expand,
    extended,
    in_folder,
    message,
    mime,
    refusal,
    send,
)

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

IMMUTABLE = 'IdType="ImmutableId"'
JUNK = {"folder": "junkemail"}
CLASS, IN_REPLY_TO, REFERENCES = "String 0x001A", "String 0x1042", "String 0x1039"


def new_id() -> str:
    """A message id with characters that a URL has to escape."""
    return f"<{uuid.uuid4().hex}+1@mailroom.example>"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def test_a_mail_goes_from_drafts_to_sent_items_to_its_recipient(scene: Scene) -> None:
    to, graph, mine = await scene.seed("ana"), await scene.graph(), new_id()
    mail = email(to, **{KEY: mine})
    mail.internet_message_id = mine

    await send(graph, mail)
    [draft] = await in_folder(graph, "drafts", filter=by_key(mine))
    assert draft.is_draft
    assert await in_folder(graph, "sentitems", filter=by_key(mine)) == []
    await scene.jump(60)

    assert await in_folder(graph, "drafts", filter=by_key(mine)) == []
    [sent] = await in_folder(
        graph, "sentitems", filter=f"internetMessageId eq '{mine}'", expand=expand(KEY, CLASS)
    )
    assert not sent.is_draft
    assert sent.internet_message_id == mine
    assert sent.to_recipients[0].email_address.address == to
    assert sent.body.content == "<p>One question &amp; no more.</p>"
    assert sent.body_preview == "One question & no more."
    # Graph answers with the short form of a tag.
    assert extended(sent) == {KEY: mine, "String 0x1a": "IPM.Note"}
    [delivered] = await scene.journal("mail.delivered")
    assert (delivered["recipient"], delivered["internetMessageId"]) == (to, mine)
    assert [each["internetMessageId"] for each in await scene.journal("mail.sent")] == [mine]


async def test_headers_of_a_sent_mail_are_in_its_mime_only(scene: Scene) -> None:
    to, graph, key = await scene.seed("ana"), await scene.graph(), new_id()
    mail = email(to, **{KEY: key})
    mail.internet_message_headers = [InternetMessageHeader(name="X-Program", value="spring")]

    await send(graph, mail)
    await scene.jump(60)

    [sent] = await in_folder(
        graph, "sentitems", filter=by_key(key), select=["subject", "internetMessageHeaders"]
    )
    assert sent.internet_message_headers is None
    assert (await mime(graph, sent.id))["X-Program"] == "spring"
    [received] = (await scene.control("GET", f"/control/people/{to}/mail"))["mail"]
    assert ["X-Program", "spring"] in received["headers"]


async def test_a_mail_stays_in_drafts_for_the_delay_of_sent_items(scene: Scene) -> None:
    to, graph, key = await scene.seed("ana"), await scene.graph(), new_id()
    await scene.control("PUT", "/control/exchange", {"sent_items_delay": 600})

    await send(graph, email(to, **{KEY: key}))
    await scene.jump(300)
    assert len(await in_folder(graph, "drafts", filter=by_key(key))) == 1
    assert len(await scene.journal("mail.delivered")) == 1
    await scene.jump(310)

    assert len(await in_folder(graph, "sentitems", filter=by_key(key))) == 1


async def test_a_mail_not_to_be_saved_leaves_no_copy(scene: Scene) -> None:
    to, key = await scene.seed("ana"), new_id()
    body = {
        "message": {
            "toRecipients": [{"emailAddress": {"address": to}}],
            "singleValueExtendedProperties": [{"id": KEY, "value": key}],
        },
        "saveToSentItems": False,
    }

    answer = await scene.raw("POST", "/me/sendMail", json=body)
    await scene.jump(60)

    assert (answer.status_code, answer.content) == (202, b"")
    assert len(await scene.journal("mail.delivered")) == 1
    everywhere = await scene.raw("GET", "/me/messages", params={"$filter": by_key(key)})
    assert everywhere.json()["value"] == []


async def test_exchange_may_replace_the_message_id(scene: Scene) -> None:
    to, graph, mine = await scene.seed("ana"), await scene.graph(), new_id()
    await scene.control("PUT", "/control/exchange", {"keeps_message_id": False})
    mail = email(to, **{KEY: mine})
    mail.internet_message_id = mine

    await send(graph, mail)
    await scene.jump(60)

    [sent] = await in_folder(graph, "sentitems", filter=by_key(mine))
    assert sent.internet_message_id != mine
    assert (await scene.journal("mail.delivered"))[0]["internetMessageId"] == (
        sent.internet_message_id
    )
    wire = await mime(graph, sent.id)
    assert wire["Message-ID"].strip() == sent.internet_message_id
    assert wire["X-Microsoft-Original-Message-ID"].strip() == mine


@pytest.mark.parametrize("kept", [True, False])
async def test_threading_properties_leave_as_headers_or_not(scene: Scene, kept: bool) -> None:
    to, graph = await scene.seed("ana"), await scene.graph()
    await scene.control("PUT", "/control/exchange", {"keeps_threading_properties": kept})
    root, parent = new_id(), new_id()
    mail = email(
        to,
        **{IN_REPLY_TO: parent, REFERENCES: f"{root} {parent}", "String 0x1045": "<mailto:x@y.z>"},
    )

    await send(graph, mail)
    await scene.jump(60)

    [received] = (await scene.control("GET", f"/control/people/{to}/mail"))["mail"]
    headers = dict(received["headers"])
    expected = (parent, f"{root} {parent}", "<mailto:x@y.z>") if kept else (None, None, None)
    assert (
        tuple(headers.get(name) for name in ("In-Reply-To", "References", "List-Unsubscribe"))
        == expected
    )
    [delivered] = await scene.journal("mail.delivered")
    assert delivered["references"] == ([root, parent] if kept else [])


async def test_a_reply_comes_back_in_thread_with_the_original_quoted(scene: Scene) -> None:
    behaviour = {"on": 1, "after": 3600, "do": "reply", "text": "Yes, gladly.\nAna"}
    to, graph, mine = await scene.seed("ana", behaviour), await scene.graph(), new_id()
    mail = email(to)
    mail.internet_message_id = mine

    await send(graph, mail)
    await scene.jump(3000)
    assert await scene.journal("mail.arrived") == []
    await scene.jump(700)

    [arrived] = await scene.journal("mail.arrived")
    assert (arrived["from"], arrived["in_reply_to"], arrived["kind"]) == (to, mine, "reply")
    [sent] = await in_folder(graph, "sentitems", filter=f"internetMessageId eq '{mine}'")
    reply = await message(
        graph,
        arrived["id"],
        wish='outlook.body-content-type="text"',
        select=[
            "subject",
            "uniqueBody",
            "body",
            "conversationId",
            "internetMessageHeaders",
            "from",
        ],
        expand=expand(CLASS, IN_REPLY_TO, REFERENCES),
    )
    assert reply.subject == "Re: How do you like it?"
    assert reply.unique_body.content == "Yes, gladly.\nAna"
    assert "One question & no more." in reply.body.content
    assert reply.conversation_id == sent.conversation_id
    assert reply.from_.email_address.name == "Ana"
    assert extended(reply) == {
        "String 0x1a": "IPM.Note",
        "String 0x1042": mine,
        "String 0x1039": mine,
    }
    assert "In-Reply-To" in {header.name for header in reply.internet_message_headers}
    wire = await mime(graph, arrived["id"])
    assert wire.get_content_type() == "multipart/alternative"
    assert text_of(wire).startswith("Yes, gladly.\r\nAna\r\n")


async def test_each_mail_received_calls_for_its_own_answer(scene: Scene) -> None:
    to = await scene.seed(
        "ben",
        {"on": 1, "after": 5, "do": "auto_reply"},
        {
            "on": 1,
            "after": 90,
            "do": "fresh_mail",
            "from": "ben@home.example",
            "folder": "junkemail",
        },
        {"on": 2, "do": "opt_out"},
        {"on": "any", "do": "reply"},
    )
    graph, mine = await scene.graph(), [new_id(), new_id(), new_id()]
    for id in mine:
        mail = email(to)
        mail.internet_message_id = id
        await send(graph, mail)
        await scene.jump(200)

    arrived = await scene.journal("mail.arrived")
    assert [(each["kind"], each["folder"], each["in_reply_to"]) for each in arrived] == [
        ("auto_reply", "inbox", mine[0]),
        ("fresh_mail", "junkemail", ""),
        ("opt_out", "inbox", mine[1]),
        ("reply", "inbox", mine[2]),
    ]
    assert arrived[1]["from"] == "ben@home.example"
    automatic = await mime(graph, arrived[0]["id"])
    assert automatic["Auto-Submitted"] == "auto-replied"
    assert automatic["Subject"] == "Automatic reply: How do you like it?"
    [junk] = await in_folder(graph, "junkemail", filter=by_message_id(arrived[1]))
    assert junk.conversation_id not in {
        None,
        (await message(graph, arrived[0]["id"])).conversation_id,
    }


async def test_who_asks_for_no_automatic_answers_gets_none(scene: Scene) -> None:
    to = await scene.seed("ana", {"on": "any", "do": "auto_reply"})
    graph = await scene.graph()
    mail = email(to)
    mail.internet_message_headers = [
        InternetMessageHeader(name="X-Auto-Response-Suppress", value="OOF, AutoReply")
    ]

    await send(graph, mail)
    await scene.jump(60)

    assert len(await scene.journal("mail.delivered")) == 1
    assert await scene.journal("mail.arrived") == []


@pytest.mark.parametrize(
    ("domain_is_known", "status", "text"),
    [
        (True, "5.1.10", "RESOLVER.ADR.RecipientNotFound"),
        (False, "5.4.310", "DNS domain"),
    ],
)
async def test_mail_to_nobody_comes_back_as_a_report(
    scene: Scene, domain_is_known: bool, status: str, text: str
) -> None:
    if domain_is_known:
        await scene.seed("somebody")
    graph, mine, nobody = await scene.graph(), new_id(), f"nobody@{scene.domain}"
    mail = email(nobody)
    mail.internet_message_id = mine

    await send(graph, mail)
    await scene.jump(120)

    assert await scene.journal("mail.delivered") == []
    [arrived] = await scene.journal("mail.arrived")
    assert arrived["kind"] == "ndr"
    report = await message(
        graph,
        arrived["id"],
        select=["subject", "from", "internetMessageHeaders"],
        expand=expand(CLASS),
    )
    assert extended(report) == {"String 0x1a": "REPORT.IPM.Note.NDR"}
    assert report.subject == "Undeliverable: How do you like it?"
    sender = report.from_.email_address
    assert sender.name == "Microsoft Outlook"
    assert sender.address.startswith("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@")
    wire = await mime(graph, arrived["id"])
    assert wire.get_content_type() == "multipart/report"
    assert wire["Auto-Submitted"] == "auto-replied"
    assert wire["X-MS-Exchange-Message-Is-Ndr"] == ""
    parts = {part.get_content_type(): part for part in wire.walk()}
    _, recipient = parts["message/delivery-status"].get_payload()
    assert recipient["Final-Recipient"] == f"rfc822;{nobody}"
    assert (recipient["Action"], recipient["Status"]) == ("failed", status)
    assert f"550 {status}" in recipient["Diagnostic-Code"]
    assert text in recipient["Diagnostic-Code"]
    assert mine in parts["text/rfc822-headers"].get_payload()
    assert f"550 {status}" in text_of(wire)


async def test_who_suppresses_everything_gets_no_report_either(scene: Scene) -> None:
    graph = await scene.graph()
    mail = email(f"nobody@{scene.domain}")
    mail.internet_message_headers = [
        InternetMessageHeader(name="X-Auto-Response-Suppress", value="All")
    ]

    await send(graph, mail)
    await scene.jump(120)

    assert [each["reported"] for each in await scene.journal("mail.bounced")] == [False]
    assert await scene.journal("mail.arrived") == []


async def test_a_person_can_bounce_with_a_text_of_their_own(scene: Scene) -> None:
    text = "550 5.2.2 mailbox full"
    to = await scene.seed("ana", {"on": 1, "do": "bounce", "text": text})

    await send(await scene.graph(), email(to))
    await scene.jump(120)

    assert [each["diagnostic"] for each in await scene.journal("mail.bounced")] == [text]
    assert [each["kind"] for each in await scene.journal("mail.arrived")] == ["ndr"]


async def test_colleagues_get_mail_in_their_own_inbox(scene: Scene) -> None:
    colleague = scene.users[2]

    await send(await scene.graph(), email(colleague["mail"].replace("@", "+tag@")))
    await scene.jump(60)

    [arrived] = await scene.journal("mail.arrived")
    assert (arrived["mailbox"], arrived["kind"]) == (colleague["oid"], "colleague")
    theirs = await scene.graph(colleague["upn"])
    assert (await message(theirs, arrived["id"])).subject == "How do you like it?"
    with pytest.raises(ODataError) as raised:
        await message(await scene.graph(), arrived["id"])
    assert refusal(raised) == (404, "ErrorItemNotFound")


async def test_somebody_outside_writes_by_hand(scene: Scene) -> None:
    mine = new_id()
    written = await scene.control(
        "POST",
        "/control/mail",
        {
            "from": "cleo@customer.example",
            "to": scene.owner["mail"],
            "subject": "Re: hello",
            "text": "By hand",
            "in_reply_to": mine,
            "headers": {"Precedence": "bulk"},
        },
    )

    graph = await scene.graph()
    [found] = await in_folder(
        graph, "inbox", filter=by_message_id(written), expand=expand(IN_REPLY_TO)
    )
    assert extended(found) == {"String 0x1042": mine}
    assert (await mime(graph, found.id))["Precedence"] == "bulk"
    [shown, *_] = (await scene.control("GET", f"/control/mailboxes/{scene.owner['mail']}/inbox"))[
        "messages"
    ]
    assert shown["internetMessageId"] == written["internetMessageId"]


REFUSED_MAIL: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"subjet": "x"}, "RequestBodyRead"),
    "unknown field below": ({"body": {"content": "x", "charset": "y"}}, "RequestBodyRead"),
    "wrong type": ({"subject": 1}, "RequestBodyRead"),
    "attachments, which the sandbox lacks": ({"attachments": []}, "RequestBodyRead"),
    "standard header": (
        {"internetMessageHeaders": [{"name": "In-Reply-To", "value": "<a@b>"}]},
        "InvalidInternetMessageHeader",
    ),
    "six headers": (
        {"internetMessageHeaders": [{"name": f"x-{n}", "value": "v"} for n in range(6)]},
        "InvalidInternetMessageHeaderCollection",
    ),
    "empty list of headers": (
        {"internetMessageHeaders": []},
        "InvalidInternetMessageHeaderCollection",
    ),
    "nobody": ({"toRecipients": []}, "ErrorInvalidRecipients"),
    "bad address": (
        {"toRecipients": [{"emailAddress": {"address": "no address"}}]},
        "ErrorInvalidRecipients",
    ),
    "address with two dots": (
        {"toRecipients": [{"emailAddress": {"address": "a..b@c.example"}}]},
        "ErrorInvalidRecipients",
    ),
    "two lines in the subject": ({"subject": "a\r\nBcc: x@y.example"}, "ErrorInvalidArgument"),
    "property id": (
        {"singleValueExtendedProperties": [{"id": "Thing 1", "value": "v"}]},
        "ErrorInvalidProperty",
    ),
    "message id": ({"internetMessageId": "no id"}, "ErrorInvalidArgument"),
}


@pytest.mark.parametrize("name", REFUSED_MAIL)
async def test_refuses_mail_that_graph_refuses(scene: Scene, name: str) -> None:
    change, code = REFUSED_MAIL[name]
    good = {"subject": "x", "toRecipients": [{"emailAddress": {"address": "a@b.example"}}]}

    answer = await scene.raw("POST", "/me/sendMail", json={"message": {**good, **change}})

    assert (answer.status_code, code_of(answer)) == (400, code)
    assert await scene.journal("mail.submitted") == []


async def test_refuses_to_send_as_somebody_else(scene: Scene) -> None:
    other = {"emailAddress": {"address": scene.users[2]["mail"]}}
    mail = {"toRecipients": [{"emailAddress": {"address": "a@b.example"}}], "from": other}

    answer = await scene.raw("POST", "/me/sendMail", json={"message": mail})

    assert (answer.status_code, code_of(answer)) == (403, "ErrorSendAsDenied")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/me/messages?$search=x", "BadRequest"),
        ("/me/messages?select=id", "BadRequest"),
        ("/me/messages?$top=1001", "BadRequest"),
        ("/me/messages?$select=subjet", "RequestBroker--ParseUri"),
        ("/me/messages?$orderby=subject", "BadRequest"),
        ("/me/messages?$filter=isRead eq false", "ErrorInvalidUrlQueryFilter"),
        ("/me/messages?$filter=internetMessageId eq 'a' or x", "ErrorInvalidUrlQueryFilter"),
        ("/me/messages?$filter=receivedDateTime ge yesterday", "ErrorInvalidUrlQueryFilter"),
        ("/me/messages?$filter=receivedDateTime ge 2026-13-01T00:00:00Z", "BadRequest"),
        (
            "/me/messages?$filter=internetMessageId eq 'a'&$orderby=receivedDateTime",
            "InefficientFilter",
        ),
        (
            "/me/messages?$filter=internetMessageId eq 'a' and receivedDateTime ge "
            "2026-01-01T00:00:00Z&$orderby=receivedDateTime",
            "InefficientFilter",
        ),
        ("/me/messages?$expand=attachments", "BadRequest"),
        ("/me/messages?$skiptoken=abc", "BadRequest"),
        ("/me?$select=shoeSize", "Request_BadRequest"),
        ("/me/mailboxSettings", "BadRequest"),
        ("/me/messages/x/$value?$select=id", "BadRequest"),
    ],
)
async def test_refuses_queries_it_does_not_know(scene: Scene, path: str, code: str) -> None:
    answer = await scene.raw("GET", path)

    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.mark.parametrize("path", ["/me/messages/x", "/me/mailFolders/x/messages"])
async def test_what_is_not_there_is_not_found(scene: Scene, path: str) -> None:
    answer = await scene.raw("GET", path)

    assert (answer.status_code, code_of(answer)) == (404, "ErrorItemNotFound")


async def test_pages_hold_ten_and_lead_to_the_next(scene: Scene) -> None:
    since = await scene.now()
    written = [await by_hand(scene, number) for number in range(23)]
    condition = {"$filter": f"receivedDateTime ge {since}", "$orderby": "receivedDateTime asc"}

    pages = [(await scene.raw("GET", "/me/mailFolders/inbox/messages", params=condition)).json()]
    while "@odata.nextLink" in pages[-1]:
        _, _, path = pages[-1]["@odata.nextLink"].partition("/v1.0")
        pages.append((await scene.raw("GET", path)).json())

    assert [len(page["value"]) for page in pages] == [10, 10, 3]
    found = [each["internetMessageId"] for page in pages for each in page["value"]]
    assert found == written
    newest = await scene.raw("GET", "/me/messages", params={"$top": 2, "$skip": 1})
    assert [each["internetMessageId"] for each in newest.json()["value"]] == [
        written[-2],
        written[-3],
    ]


async def test_a_time_window_has_two_ends(scene: Scene) -> None:
    first = await by_hand(scene, 1)
    start = datetime.fromisoformat(await scene.now())
    second = await by_hand(scene, 2)
    third = await by_hand(scene, 3)
    end = start + timedelta(seconds=1)

    graph = await scene.graph()
    window = f"receivedDateTime gt {stamp(start)} and receivedDateTime lt {stamp(end)}"
    inside = await in_folder(graph, "inbox", filter=window)
    after = await in_folder(graph, "inbox", filter=f"receivedDateTime ge {stamp(start)}")

    assert [each.internet_message_id for each in inside] == [second]
    assert [each.internet_message_id for each in after] == [third, second]
    assert first not in [each.internet_message_id for each in after]


async def test_only_immutable_ids_survive_the_way_to_sent_items(scene: Scene) -> None:
    to, graph, key = await scene.seed("ana"), await scene.graph(), new_id()
    await send(graph, email(to, **{KEY: key}))
    [moving] = await in_folder(graph, "drafts", filter=by_key(key))
    [lasting] = await in_folder(graph, "drafts", filter=by_key(key), wish=IMMUTABLE)
    assert scene.exchanges[-1].response.headers["Preference-Applied"] == IMMUTABLE
    assert moving.id != lasting.id
    await scene.jump(60)

    assert (await message(graph, lasting.id, wish=IMMUTABLE)).id == lasting.id
    with pytest.raises(ODataError) as raised:
        await message(graph, moving.id)
    assert refusal(raised) == (404, "ErrorItemNotFound")


async def test_each_permission_opens_its_own_door(scene: Scene) -> None:
    upn = scene.users[5]["upn"]
    mail = {"message": {"toRecipients": [{"emailAddress": {"address": "a@b.example"}}]}}
    subscription = {
        "changeType": "created",
        "resource": "me/messages",
        "notificationUrl": "https://mailroom.test/hook",
        "expirationDateTime": "2036-01-01T00:00:00Z",
    }

    async def status(method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = await scene.raw(method, path, upn=upn, scopes=("User.Read",), json=body)
        return answer.status_code, code_of(answer)

    assert await status("GET", "/me/messages") == (403, "ErrorAccessDenied")
    assert await status("POST", "/me/sendMail", mail) == (403, "ErrorAccessDenied")
    assert await status("POST", "/subscriptions", subscription) == (403, "ErrorAccessDenied")
    for bearer in ("", "Bearer x.y.z", "Basic eA=="):
        answer = await scene.raw("GET", "/me", headers={"Authorization": bearer})
        assert (answer.status_code, code_of(answer)) == (401, "InvalidAuthenticationToken")


async def test_a_fifth_request_at_once_to_a_mailbox_is_throttled(scene: Scene) -> None:
    owner, other = scene.owner, scene.users[2]
    slow = {"match": {"path": "/me/messages"}, "kind": "latency", "seconds": 0.4}
    await scene.control("POST", "/control/faults", slow)

    answers = await asyncio.gather(
        *[scene.raw("GET", "/me/messages", upn=owner["upn"]) for _ in range(5)],
        scene.raw("GET", "/me/messages", upn=other["upn"]),
    )

    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 1
    assert (refused[0].status_code, code_of(refused[0])) == (429, "ApplicationThrottled")
    assert int(refused[0].headers["Retry-After"]) > 0
    assert (await scene.raw("GET", "/me/messages")).status_code == 200


async def test_accepted_then_504_sends_the_mail_all_the_same(scene: Scene) -> None:
    to, graph, key = await scene.seed("ana"), await scene.graph(), new_id()
    fault = {
        "match": {"method": "POST", "path": "/sendMail$", "mailbox": scene.owner["mail"]},
        "kind": "accepted_then_status",
        "status": 504,
        "count": 1,
    }
    await scene.control("POST", "/control/faults", fault)

    with pytest.raises(ODataError) as raised:
        await send(graph, email(to, **{KEY: key}))
    await scene.jump(60)

    assert raised.value.response_status_code == 504
    assert len(await in_folder(graph, "sentitems", filter=by_key(key))) == 1
    assert len(await scene.journal("mail.delivered")) == 1
    [call] = [each for each in await scene.journal("graph.call") if "sendMail" in each["path"]]
    assert (call["status"], call["fault"]) == (504, "accepted_then_status")
    await send(graph, email(to))


async def test_a_fault_strikes_the_mailbox_it_names_only(scene: Scene) -> None:
    for name in (scene.owner["oid"], scene.owner["mail"].upper()):
        fault = {"match": {"mailbox": name}, "kind": "status", "status": 503, "count": 1}
        await scene.control("POST", "/control/faults", fault)

        other = await scene.raw("GET", "/me", upn=scene.users[2]["upn"])
        own = [(await scene.raw("GET", "/me")).status_code for _ in range(2)]

        assert other.status_code == 200
        assert own == [503, 200]


async def test_a_lost_answer_resets_the_connection(scene: Scene) -> None:
    to, graph = await scene.seed("ana"), await scene.graph()
    for kind in ("accepted_then_reset", "reset"):
        fault = {"match": {"path": "/sendMail"}, "kind": kind, "count": 1}
        await scene.control("POST", "/control/faults", fault)

        with pytest.raises(httpx.ReadError):
            await send(graph, email(to))

    await scene.jump(60)
    assert len(await scene.journal("mail.delivered")) == 1
    sends = [each for each in await scene.journal("graph.call") if "sendMail" in each["path"]]
    assert [each["status"] for each in sends] == [0, 0]


async def test_a_status_fault_does_nothing_and_can_be_taken_back(scene: Scene) -> None:
    to, graph = await scene.seed("ana"), await scene.graph()
    fault = {
        "match": {"path": "/sendMail"},
        "kind": "status",
        "status": 403,
        "code": "ErrorMessageSubmissionBlocked",
        "retry_after": 7,
    }
    await scene.control("POST", "/control/faults", fault)

    for _ in range(2):
        with pytest.raises(ODataError) as raised:
            await send(graph, email(to))
        assert refusal(raised) == (403, "ErrorMessageSubmissionBlocked")
        assert scene.exchanges[-1].response.headers["Retry-After"] == "7"
    await scene.control("DELETE", "/control/faults")
    await send(graph, email(to))

    assert len(await scene.journal("mail.submitted")) == 1


async def by_hand(scene: Scene, number: int) -> str:
    """Let a mail arrive, then a second pass; return its message id."""
    written = await scene.control(
        "POST",
        "/control/mail",
        {
            "from": "cleo@customer.example",
            "to": scene.owner["upn"],
            "subject": f"Number {number}",
            "text": "x",
        },
    )
    await scene.jump(1)
    return str(written["internetMessageId"])


def by_message_id(facts: dict[str, Any]) -> str:
    return f"internetMessageId eq '{facts['internetMessageId']}'"


def stamp(moment: datetime) -> str:
    return (moment - timedelta(milliseconds=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def text_of(wire: EmailMessage) -> str:
    plain = wire.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())
