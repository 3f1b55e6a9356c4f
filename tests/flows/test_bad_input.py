"""Bad input and odd moments, through Teams and the browser: told in words, nothing half done."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.harness.cloud import User
from tests.harness.hands import Card, Hands, link_in
from tests.harness.installation import Installation, installation

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEQUENCE = {
    "program": "Customer feedback",
    "name": "Autumn survey",
    "threading": "true",
    "subject_1": "{{First Name}}, a question",
    "body_1": "Hello {{First Name}} of {{Team}}",
}


@dataclass
class Office:
    """An organisation with one connected mailbox and one sequence."""

    built: Installation
    hands: Hands
    admin: User
    owner: User
    second: User
    third: User
    member: User
    mailbox: Card


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with installation(tmp_path_factory.mktemp("office")) as built:
        hands = Hands(built.cloud)
        admin, _, owner, second, third, member = await built.cloud.users()
        for user in (admin, owner, second, third, member):
            await built.cloud.install(user)
        mailbox = await hands.connect(admin, owner)
        yield Office(built, hands, admin, owner, second, third, member, mailbox)


async def sequence_form(office: Office) -> tuple[Card, dict[str, str]]:
    card = await office.hands.ask(office.admin, "new sequence")
    return card, {"mailbox": await office.hands.choice(card, "mailbox", office.owner.upn)}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sequence(office: Office) -> str:
    card, mailbox = await sequence_form(office)
    await office.hands.press(card, "sequence.save", SEQUENCE | mailbox)
    form = await office.hands.ask(office.admin, "distribute")
    return await office.hands.choice(form, "sequence", "Autumn survey")


async def checked(office: Office, sequence: str, recipients: str) -> tuple[Card, str]:
    card = await office.hands.ask(office.admin, "distribute")
    inputs = {"sequence": sequence, "recipients": recipients}
    return card, await office.hands.press(card, "distribute.check", inputs)


async def test_an_unknown_command_gets_short_help(office: Office) -> None:
    told = await office.hands.told(office.admin, "make me a sandwich")
    assert "make me a sandwich" in told
    assert "invite" in told


@pytest.mark.parametrize(
    "command", ["invite", "mailboxes", "new sequence", "distribute", "history", "forecast"]
)
async def test_a_member_is_refused_at_every_command(office: Office, command: str) -> None:
    assert "Only organisation admins" in await office.hands.told(office.member, command)


async def test_a_button_pressed_by_somebody_without_the_right_is_refused(office: Office) -> None:
    channel = await office.built.cloud.channel("General")
    await office.built.cloud.install(office.admin, channel)
    answer = await office.built.cloud.say(office.admin, "invite", channel)
    card = Card(office.admin, answer["conversation"], answer["activities"][-1]["id"])
    inputs = {"person": "", "address": office.second.upn, "permission": "read_send"}
    told = await office.hands.press(card, "invite.send", inputs, user=office.member)
    assert "Only organisation admins" in told
    assert office.second.upn not in await office.hands.told(office.admin, "mailboxes")


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"person": "", "address": ""}, "Choose a person"),
        ({"person": "", "address": "nobody"}, "nobody"),
        ({"person": "", "address": "a@b.example, c@d.example"}, "not a valid"),
        ({"person": "11111111-2222-3333-4444-555555555555", "address": ""}, "type it"),
    ],
)
async def test_an_invite_that_cannot_be_is_told_in_the_card(
    office: Office, inputs: dict[str, str], named: str
) -> None:
    card = await office.hands.ask(office.admin, "invite")
    told = await office.hands.press(card, "invite.send", inputs | {"permission": "read_send"})
    assert named in told


async def test_a_mailbox_is_not_invited_twice(office: Office) -> None:
    card = await office.hands.ask(office.admin, "invite")
    inputs = {"person": "", "address": office.owner.upn, "permission": "read_only"}
    assert "already" in await office.hands.press(card, "invite.send", inputs)


async def test_two_presses_at_the_same_moment_invite_once(office: Office) -> None:
    card = await office.hands.ask(office.admin, "invite")
    inputs = {"person": "", "address": office.third.upn, "permission": "read_only"}
    links = {
        link_in(told)
        for told in await asyncio.gather(
            *(office.hands.press(card, "invite.send", inputs) for _ in range(2))
        )
    }
    assert len(links) == 1
    listed = await office.hands.told(office.admin, "mailboxes")
    assert listed.count("Invited · ") == 1


async def test_a_resent_invite_kills_the_link_before(office: Office) -> None:
    card = await office.hands.ask(office.admin, "invite")
    inputs = {"person": "", "address": office.second.upn, "permission": "read_only"}
    old = link_in(await office.hands.press(card, "invite.send", inputs))
    new = link_in(await office.hands.press(card, "mailbox.resend"))
    assert old != new
    _, page = await office.built.cloud.sign_in(old, office.second)
    assert "no longer works" in page
    status, page = await office.built.cloud.sign_in(new, office.second)
    assert status == 200
    assert "is connected" in page
    _, page = await office.built.cloud.sign_in(new, office.second)
    assert "no longer works" in page


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": " "}, "name"),
        ({"subject_1": "", "body_1": ""}, "at least one email"),
        ({"subject_1": ""}, "Email 1 has no subject"),
        ({"body_1": "Hello {{First Name}"}, "{{First Name}"),
    ],
)
async def test_a_sequence_that_cannot_be_is_told_in_the_card(
    office: Office, changes: dict[str, str], named: str
) -> None:
    card, mailbox = await sequence_form(office)
    inputs = SEQUENCE | mailbox | {"name": "Never saved"} | changes
    assert named in await office.hands.press(card, "sequence.save", inputs)
    assert "Never saved" not in await office.hands.told(office.admin, "sequences")


@pytest.mark.parametrize(
    ("recipients", "named"),
    [
        ("\n", "empty"),
        ("Ana <ana@customer>", "ana@customer"),
        ("Ana Abel <ana@customer.example>", "Team"),
        ("Email,Team\nana@customer.example,North", "First Name"),
    ],
)
async def test_a_list_that_cannot_be_is_told_in_the_card_and_nothing_is_made(
    office: Office, sequence: str, recipients: str, named: str
) -> None:
    _, told = await checked(office, sequence, recipients)
    assert named in told
    assert await office.built.cloud.journal("mail.submitted") == []
    assert "Autumn survey" not in await office.hands.told(office.admin, "history")


async def test_a_sequence_is_changed_and_an_older_form_of_it_is_refused(office: Office) -> None:
    card, mailbox = await sequence_form(office)
    await office.hands.press(card, "sequence.save", SEQUENCE | mailbox | {"name": "Winter"})
    listed = await office.hands.ask(office.admin, "sequences")
    chosen = {"sequence": await office.hands.choice(listed, "sequence", "Winter")}
    older = await office.hands.ask(office.admin, "sequences")
    assert "Winter" in await office.hands.press(older, "sequence.edit", chosen)
    assert "Change the sequence" in await office.hands.press(listed, "sequence.edit", chosen)
    changed = SEQUENCE | mailbox | {"name": "Spring", "subject_1": "Another question"}
    assert "Another question" in await office.hands.press(listed, "sequence.save", changed)
    other = changed | {"subject_1": "A third question"}
    assert "meanwhile" in await office.hands.press(older, "sequence.save", other)
    told = await office.hands.told(office.admin, "sequences")
    assert "Spring" in told
    assert "Winter" not in told


async def test_what_was_previewed_is_what_is_sent(office: Office) -> None:
    card, mailbox = await sequence_form(office)
    plain = {"name": "Preview", "subject_1": "Hello", "body_1": "Hello."}
    await office.hands.press(card, "sequence.save", SEQUENCE | mailbox | plain)
    form = await office.hands.ask(office.admin, "distribute")
    chosen = {"sequence": await office.hands.choice(form, "sequence", "Preview")}
    preview = chosen | {"recipients": "ana@customer.example"}
    await office.hands.press(form, "distribute.check", preview)
    listed = await office.hands.ask(office.admin, "sequences")
    await office.hands.press(listed, "sequence.edit", chosen)
    changed = SEQUENCE | mailbox | plain | {"body_1": "Something else"}
    await office.hands.press(listed, "sequence.save", changed)
    assert "changed after this preview" in await office.hands.press(form, "distribute.confirm")
    assert "Preview" not in await office.hands.told(office.admin, "history")


async def test_a_stale_card_answers_with_the_present_state(office: Office, sequence: str) -> None:
    table = "Email,First Name,Team\nana@customer.example,Ana,North"
    await office.built.cloud.call(
        "POST", "/control/people", [{"address": "ana@customer.example", "name": "Ana"}]
    )
    card, told = await checked(office, sequence, table)
    assert "1" in told
    started = await asyncio.gather(
        *(office.hands.press(card, "distribute.confirm") for _ in range(3))
    )
    assert len(set(started)) <= 2
    await office.built.cloud.until("mail.sent", lambda found: len(found) == 1, "one email")
    await office.built.caught_up(await office.built.cloud.now())
    assert "Sent" in await office.hands.press(card, "distribution.show")
    assert len(await office.built.cloud.journal("mail.submitted")) == 1
    assert "Autumn survey" in await office.hands.told(office.admin, "history")
