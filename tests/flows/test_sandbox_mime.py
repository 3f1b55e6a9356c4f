"""The sandbox takes an email in MIME form, as Graph does."""

import base64
from email.message import EmailMessage

import pytest

from tests.flows.graph_scene import Scene

TEXT = {"Content-Type": "text/plain"}


def letter(to: str) -> EmailMessage:
    made = EmailMessage()
    made["To"] = f"Ana Abel <{to}>"
    made["Subject"] = "Grüße"
    made["Message-ID"] = "<mine.1@mailroom.example>"
    made["In-Reply-To"] = "<before@mailroom.example>"
    made["X-Program"] = "spring"
    made.set_content("How was it?")
    made.add_alternative("<p>How was it?</p>", subtype="html")
    return made


async def submitted(scene: Scene, made: EmailMessage) -> int:
    body = base64.encodebytes(made.as_bytes())
    return (await scene.raw("POST", "/me/sendMail", content=body, headers=TEXT)).status_code


async def test_it_leaves_with_what_it_says(scene: Scene) -> None:
    to = await scene.seed("ana")
    assert await submitted(scene, letter(to)) == 202
    await scene.jump(60)
    [received] = (await scene.control("GET", f"/control/people/{to}/mail"))["mail"]
    headers = dict(received["headers"])
    assert headers["Message-ID"] == "<mine.1@mailroom.example>"
    assert headers["In-Reply-To"] == "<before@mailroom.example>"
    assert headers["X-Program"] == "spring"
    assert received["subject"] == "Grüße"
    [sent] = await scene.journal("mail.sent")
    assert sent["to"] == [to]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not base64!", "ErrorMimeContentInvalidBase64String"),
        (base64.b64encode(b"Subject: to nobody\r\n\r\nx"), "ErrorInvalidRecipients"),
    ],
)
async def test_what_is_no_email_to_anybody_is_refused(scene: Scene, body: bytes, code: str) -> None:
    answer = await scene.raw("POST", "/me/sendMail", content=body, headers=TEXT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_an_attachment_is_not_served(scene: Scene) -> None:
    made = letter(await scene.seed("ana"))
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    assert await submitted(scene, made) == 400
