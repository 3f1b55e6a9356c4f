"""The sandbox's delta query: what came into a folder and left it, round by round."""

from typing import Any

import pytest

from tests.flows.graph_scene import Scene

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
INBOX = "/me/mailFolders/inbox/messages/delta"


async def arrive(scene: Scene, subject: str) -> None:
    mail = {
        "from": await scene.seed("ana"),
        "to": scene.owner["mail"],
        "subject": subject,
        "text": "x",
    }
    await scene.control("POST", "/control/mail", mail)
    await scene.jump(10)


async def asked(scene: Scene, path: str) -> dict[str, Any]:
    """Return one page; `path` may be a link as Graph gave it."""
    answer = await scene.raw("GET", path.rpartition("/v1.0")[2], headers=IMMUTABLE)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def told(scene: Scene, path: str) -> tuple[list[dict[str, Any]], str]:
    """Return everything of one round, and the link to the next."""
    found: list[dict[str, Any]] = []
    while True:
        page = await asked(scene, path)
        found += page["value"]
        if link := page.get("@odata.deltaLink"):
            assert "@odata.nextLink" not in page
            return found, str(link)
        path = str(page["@odata.nextLink"])


async def lately(scene: Scene) -> str:
    """Return the option that leaves out what came before: others use this mailbox, too."""
    await scene.jump(1)
    return f"$filter=receivedDateTime ge {await scene.now()}"


def subjects(entries: list[dict[str, Any]]) -> list[str]:
    return [each["subject"] for each in entries if "@removed" not in each]


async def test_a_round_lists_the_folder_in_pages_and_the_next_what_changed(scene: Scene) -> None:
    begun = await lately(scene)
    for number in range(3):
        await arrive(scene, f"No. {number}")
    known, link = await told(scene, f"{INBOX}?$select=subject&$top=2&{begun}")
    assert subjects(known) == ["No. 0", "No. 1", "No. 2"]
    assert (await told(scene, link))[0] == []

    await arrive(scene, "No. 3")
    gone = {"mailbox": scene.owner["oid"], "id": known[1]["id"], "folder": "archive"}
    await scene.control("POST", "/control/mail/refile", gone)
    changed, link = await told(scene, link)
    assert subjects(changed) == ["No. 3"]
    removed = [each for each in changed if "@removed" in each]
    assert removed == [{"id": known[1]["id"], "@removed": {"reason": "deleted"}}]

    await scene.control("POST", "/control/mail/refile", gone | {"folder": "inbox"})
    assert subjects((await told(scene, link))[0]) == ["No. 1"]


async def test_only_what_is_new_is_told_where_that_is_asked_for(scene: Scene) -> None:
    begun = await lately(scene)
    await arrive(scene, "Old")
    known, link = await told(scene, f"{INBOX}?changeType=created&{begun}")
    gone = {"mailbox": scene.owner["oid"], "id": known[0]["id"], "folder": "archive"}
    await scene.control("POST", "/control/mail/refile", gone)
    await arrive(scene, "New")
    assert subjects((await told(scene, link))[0]) == ["New"]


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ("?$orderby=subject", 400, "BadRequest"),
        ("?changeType=updated", 400, "BadRequest"),
        ("?$filter=internetMessageId eq '<a@b>'", 400, "ErrorInvalidUrlQueryFilter"),
        ("?$deltatoken=nonsense", 400, "ErrorInvalidSyncStateData"),
    ],
)
async def test_what_it_does_not_know_is_refused(
    scene: Scene, options: str, status: int, code: str
) -> None:
    answer = await scene.raw("GET", INBOX + options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_token_of_another_folder_begins_anew_and_none_takes_options(scene: Scene) -> None:
    _, link = await told(scene, INBOX)
    token = link.partition("?")[2]
    elsewhere = await scene.raw("GET", f"/me/mailFolders/archive/messages/delta?{token}")
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (410, "syncStateNotFound")
    assert (await scene.raw("GET", f"{INBOX}?{token}&$top=1")).status_code == 400
