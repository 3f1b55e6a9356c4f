"""Subscriptions and change notifications of the sandbox, through the real msgraph-sdk."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription
from msgraph.graph_service_client import GraphServiceClient

from tests.flows.graph_scene import HOOK_HOST, Scene, email, message, prefer, send

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

IMMUTABLE = 'IdType="ImmutableId"'
INBOX = "me/mailFolders('Inbox')/messages"
HOUR, DAY = 3600, 24 * 3600


async def wanted(scene: Scene, **changes: Any) -> Subscription:
    """A subscription to the inbox for a day."""
    until = datetime.fromisoformat(await scene.now()) + timedelta(days=1)
    fields = {
        "change_type": "created",
        "notification_url": f"{HOOK_HOST}/graph/notifications?shard=3",
        "lifecycle_notification_url": f"{HOOK_HOST}/graph/lifecycle",
        "resource": INBOX,
        "expiration_date_time": until,
        "client_state": "a secret of ours",
    }
    return Subscription(**{**fields, **changes})


async def subscribe(scene: Scene, graph: GraphServiceClient, **changes: Any) -> Subscription:
    made = await graph.subscriptions.post(await wanted(scene, **changes), prefer(IMMUTABLE))
    assert made is not None
    return made


async def arrive(scene: Scene, folder: str = "inbox") -> str:
    """Let a mail arrive and its notification be due; return its id."""
    before = len(await scene.journal("mail.arrived"))
    mail = {"from": "a@b.example", "to": scene.owner["mail"], "subject": "s", "text": "t"}
    await scene.control("POST", "/control/mail", {**mail, "folder": folder})
    await scene.jump(10)
    return str((await scene.journal("mail.arrived"))[before]["id"])


async def refusal(scene: Scene, graph: GraphServiceClient, **changes: Any) -> tuple[int, str]:
    with pytest.raises(ODataError) as raised:
        await subscribe(scene, graph, **changes)
    error = raised.value
    assert error.error is not None
    return error.response_status_code or 0, f"{error.error.code}: {error.error.message}"


async def test_both_endpoints_shake_hands_and_keep_their_query(scene: Scene) -> None:
    graph = await scene.graph()

    made = await subscribe(scene, graph)

    assert [path.partition("validationToken=")[0] for path in scene.hook.validated] == [
        "/graph/notifications?shard=3&",
        "/graph/lifecycle?",
    ]
    # On the wire the token is URL-encoded; only the decoded one is an answer.
    assert "+" in scene.hook.validated[0].partition("validationToken=")[2]
    assert made.client_state == "a secret of ours"
    assert made.application_id == scene.sandbox.settings["MAILROOM_APP_ID"]
    found = await graph.subscriptions.by_subscription_id(made.id or "").get()
    listed = await graph.subscriptions.get()
    assert found is not None
    assert listed is not None
    assert (found.id, [each.id for each in listed.value or []]) == (made.id, [made.id])


async def test_a_notification_leads_to_the_mail(scene: Scene) -> None:
    to = await scene.seed("ana", {"on": 1, "do": "reply"})
    graph = await scene.graph()
    made = await subscribe(scene, graph)

    await send(graph, email(to))
    await scene.jump(60)

    # Nothing of Drafts and Sent Items: the reply alone.
    [told] = scene.hook.notifications
    [arrived] = await scene.journal("mail.arrived")
    assert made.expiration_date_time is not None
    assert datetime.fromisoformat(told.pop("subscriptionExpirationDateTime")) == (
        made.expiration_date_time
    )
    etag = told["resourceData"].pop("@odata.etag")
    assert told == {
        "subscriptionId": made.id,
        "clientState": "a secret of ours",
        "changeType": "created",
        "tenantId": scene.sandbox.settings["MAILROOM_TENANT_ID"],
        "resource": f"Users/{scene.owner['oid']}/Messages/{arrived['id']}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": f"Users/{scene.owner['oid']}/Messages/{arrived['id']}",
            "id": arrived["id"],
        },
    }
    mail = await message(graph, told["resourceData"]["id"], wish=IMMUTABLE)
    assert mail.subject == "Re: How do you like it?"
    assert etag == f'W/"{mail.change_key}"'
    [noted] = await scene.journal("notification.delivered")
    assert (noted["subscription"], noted["status"], noted["attempt"]) == (made.id, 202, 1)


async def test_without_the_wish_at_creation_ids_are_not_immutable(scene: Scene) -> None:
    graph = await scene.graph()
    await graph.subscriptions.post(await wanted(scene))

    lasting = await arrive(scene)

    [told] = scene.hook.notifications
    assert told["resourceData"]["id"] != lasting
    assert (await message(graph, lasting)).id == told["resourceData"]["id"]


@pytest.mark.parametrize(
    ("resource", "inbox", "junk"),
    [
        (INBOX, 1, 0),
        ("/me/mailfolders/junkemail/messages", 0, 1),
        ("me/messages", 1, 1),
        ("users/{oid}/mailFolders('Inbox')/messages", 1, 0),
    ],
)
async def test_a_subscription_watches_its_resource_only(
    scene: Scene, resource: str, inbox: int, junk: int
) -> None:
    graph = await scene.graph()
    await subscribe(scene, graph, resource=resource.format(oid=scene.owner["oid"]))

    await arrive(scene, "inbox")
    assert len(scene.hook.notifications) == inbox
    await arrive(scene, "junkemail")

    assert len(scene.hook.notifications) == inbox + junk


async def test_the_same_subscription_again_is_a_conflict(scene: Scene) -> None:
    graph = await scene.graph()
    made = await subscribe(scene, graph)

    status, text = await refusal(scene, graph, resource="/me/mailFolders/inbox/messages")
    assert status == 409
    assert f"Subscription Id <{made.id}> already exists" in text

    await graph.subscriptions.by_subscription_id(made.id or "").delete()
    await subscribe(scene, graph)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"notification_url": "http://mailroom.test/x"}, "HTTPS"),
        ({"notification_url": "https://elsewhere.test/x"}, "validation request failed"),
        ({"lifecycle_notification_url": "https://elsewhere.test/x"}, "validation request failed"),
        ({"resource": "me/events"}, "not supported"),
        ({"resource": "me/mailFolders('SentItems')/messages"}, "not supported"),
        ({"resource": "me/messages?$filter=isRead eq false"}, "not supported"),
        ({"change_type": "created,updated"}, "InvalidRequest"),
        ({"client_state": "x" * 129}, "clientState"),
        ({"include_resource_data": True}, "includeResourceData"),
    ],
)
async def test_refuses_what_it_cannot_watch(
    scene: Scene, changes: dict[str, Any], text: str
) -> None:
    status, told = await refusal(scene, await scene.graph(), **changes)

    assert status == 400
    assert text in told


async def test_an_endpoint_that_does_not_echo_is_refused(scene: Scene) -> None:
    graph = await scene.graph()
    scene.hook.echo = lambda token: f'"{token}"'

    status, text = await refusal(scene, graph)

    assert (status, text[:57]) == (400, "InvalidRequest: Subscription validation request failed. R")
    listed = await graph.subscriptions.get()
    assert listed is not None
    assert listed.value == []


async def test_lifetime_is_at_most_seven_days_and_at_least_45_minutes(scene: Scene) -> None:
    graph, now = await scene.graph(), datetime.fromisoformat(await scene.now())

    too_late = now + timedelta(minutes=10_081)
    assert (await refusal(scene, graph, expiration_date_time=too_late))[0] == 400
    assert (await refusal(scene, graph, expiration_date_time=now - timedelta(days=1)))[0] == 400
    soon = await subscribe(scene, graph, expiration_date_time=now + timedelta(minutes=5))
    assert soon.expiration_date_time == now + timedelta(minutes=45)

    later = Subscription(expiration_date_time=now + timedelta(minutes=10_080))
    renewed = await graph.subscriptions.by_subscription_id(soon.id or "").patch(later)
    assert renewed is not None
    assert renewed.expiration_date_time == now + timedelta(minutes=10_080)


async def test_an_expired_subscription_falls_silent(scene: Scene) -> None:
    graph = await scene.graph()
    made = await subscribe(scene, graph)
    await scene.jump(DAY + 1)

    await arrive(scene)

    assert scene.hook.received == []
    later = Subscription(expiration_date_time=datetime.now(UTC) + timedelta(days=3000))
    for call in (
        graph.subscriptions.by_subscription_id(made.id or "").get(),
        graph.subscriptions.by_subscription_id(made.id or "").patch(later),
        graph.subscriptions.by_subscription_id(made.id or "").reauthorize.post(),
    ):
        with pytest.raises(ODataError) as raised:
            await call
        assert raised.value.response_status_code == 404


async def test_what_is_not_taken_comes_again_later_and_later_for_four_hours(scene: Scene) -> None:
    await subscribe(scene, await scene.graph())
    scene.hook.statuses = [503] * 100

    await arrive(scene)
    await scene.jump(12 * HOUR)

    failed = await scene.journal("notification.failed")
    assert [each["attempt"] for each in failed] == list(range(1, len(failed) + 1))
    assert {each["status"] for each in failed} == {503}
    entries = (await scene.control("GET", "/control/journal?kind=notification.failed"))["entries"]
    times = [datetime.fromisoformat(entry["at"]) for entry in entries[-len(failed) :]]
    pauses = [late - early for early, late in pairwise(times)]
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == len(pauses) > 5
    assert times[-1] - times[0] <= timedelta(hours=4)


async def test_retries_end_with_the_subscription(scene: Scene) -> None:
    soon = datetime.fromisoformat(await scene.now()) + timedelta(minutes=45)
    await subscribe(scene, await scene.graph(), expiration_date_time=soon)
    scene.hook.statuses = [503] * 100

    await arrive(scene)
    await scene.jump(HOUR)
    tried = len(scene.hook.received)
    await scene.jump(4 * HOUR)

    assert len(scene.hook.received) == tried > 5


async def test_a_notification_is_delivered_once_it_is_taken(scene: Scene) -> None:
    await subscribe(scene, await scene.graph())
    scene.hook.statuses = [500, 404, 202]

    await arrive(scene)
    await scene.jump(HOUR)

    assert [each["status"] for each in await scene.journal("notification.failed")] == [500, 404]
    [taken] = await scene.journal("notification.delivered")
    assert (taken["status"], taken["attempt"]) == (202, 3)


async def test_news_for_one_url_travel_together(scene: Scene) -> None:
    graph = await scene.graph()
    await subscribe(scene, graph)
    await subscribe(scene, graph, resource="me/messages")

    await arrive(scene)

    assert len(scene.hook.received) == 1
    assert len({each["subscriptionId"] for each in scene.hook.notifications}) == 2


async def test_notifications_get_lost_doubled_and_late_on_demand(scene: Scene) -> None:
    await subscribe(scene, await scene.graph())
    match = {"path": "^/graph/notifications$", "mailbox": scene.owner["oid"]}
    faults = [
        {"match": match, "kind": "drop_notification", "count": 1},
        {"match": match, "kind": "duplicate_notification", "count": 1},
        {"match": match, "kind": "delay_notification", "seconds": HOUR, "count": 1},
    ]
    await scene.control("POST", "/control/faults", faults)

    ids = [await arrive(scene) for _ in range(4)]
    assert [each["resourceData"]["id"] for each in scene.hook.notifications] == [
        ids[1], ids[1], ids[3],
    ]  # fmt: skip
    await scene.jump(HOUR + 10)

    assert scene.hook.notifications[-1]["resourceData"]["id"] == ids[2]
    assert len(await scene.journal("notification.dropped")) == 1


async def refile(scene: Scene, id: str, folder: str, *, copy: bool = False) -> str:
    """Have the owner move a message, or restore a copy of it; return the id it then has."""
    body = {"mailbox": scene.owner["oid"], "id": id, "folder": folder, "copy": copy}
    told = await scene.control("POST", "/control/mail/refile", body)
    await scene.jump(10)
    return str(told["id"])


async def test_what_is_moved_back_is_told_of_again_under_the_same_id(scene: Scene) -> None:
    await subscribe(scene, await scene.graph())
    id = await arrive(scene)

    assert await refile(scene, id, "deleteditems") == id
    assert await refile(scene, id, "inbox") == id

    assert [each["resourceData"]["id"] for each in scene.hook.notifications] == [id, id]
    assert [each["changeType"] for each in scene.hook.notifications] == ["created", "created"]


async def test_a_restored_copy_is_another_item_of_the_same_message(scene: Scene) -> None:
    graph = await scene.graph()
    await subscribe(scene, graph)
    id = await arrive(scene)
    await scene.jump(DAY / 2)

    copied = await refile(scene, id, "inbox", copy=True)

    assert [each["resourceData"]["id"] for each in scene.hook.notifications] == [id, copied]
    first, second = [await message(graph, each, wish=IMMUTABLE) for each in (id, copied)]
    assert copied != id
    assert first.internet_message_id == second.internet_message_id
    assert first.received_date_time == second.received_date_time


async def test_what_a_rule_files_elsewhere_is_listed_and_told_of_to_nobody(scene: Scene) -> None:
    graph = await scene.graph()
    await subscribe(scene, graph)
    await subscribe(scene, graph, resource="me/mailFolders('JunkEmail')/messages")

    id = await arrive(scene, "archive")

    assert scene.hook.notifications == []
    listed = await graph.me.messages.get(prefer(IMMUTABLE))
    assert listed is not None
    assert (listed.value or [])[0].id == id


async def test_a_notification_is_overtaken_on_demand(scene: Scene) -> None:
    await subscribe(scene, await scene.graph())
    fault = {"match": {}, "kind": "reorder_notification", "count": 1}
    await scene.control("POST", "/control/faults", fault)

    first, second = [await arrive(scene) for _ in range(2)]
    assert [each["resourceData"]["id"] for each in scene.hook.notifications] == [second, first]

    await scene.control("POST", "/control/faults", fault)
    last = await arrive(scene)
    await scene.jump(120)
    assert [each["resourceData"]["id"] for each in scene.hook.notifications][2:] == [last]


async def test_lifecycle_notifications_on_demand(scene: Scene) -> None:
    graph = await scene.graph()
    made = await subscribe(scene, graph)

    for event in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        body = {"subscription": made.id, "event": event}
        await scene.control("POST", "/control/lifecycle", body)
        await scene.jump(1)

    assert [each["lifecycleEvent"] for each in scene.hook.notifications] == [
        "reauthorizationRequired",
        "missed",
        "subscriptionRemoved",
    ]
    assert {each["clientState"] for each in scene.hook.notifications} == {"a secret of ours"}
    listed = await graph.subscriptions.get()
    assert listed is not None
    assert listed.value == []
