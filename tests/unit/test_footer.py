"""What stands below every email, and that nothing leaves without it (G12)."""

from dataclasses import replace

import pytest

from bot.domain.errors import UserMistakeError
from bot.domain.footer import footer, lacking
from bot.domain.opt_out import OptOutLinks
from bot.domain.roles import Organisation
from bot.services.organisations import Organisations
from tests.contract import samples

LINK = "https://mailroom.example/optout/abc"
LINKS = OptOutLinks(public_url="https://mailroom.example", secrets=("new", "old"))


def test_the_footer_says_who_why_where_and_how_to_end_it() -> None:
    end = footer(samples.organisation(), LINK)
    for part in (
        "You get this email because Contoso asks you.",
        "Contoso, 1 Harbour Street, Hamburg",
        "https://contoso.example/privacy",
        "help@contoso.example",
        LINK,
    ):
        assert part in end.text
        assert part in end.html
    assert f'<a href="{LINK}">No more emails from Contoso</a>' in end.html


def test_settings_are_text_in_a_footer() -> None:
    odd = replace(samples.organisation(), name='<b>"A&B"</b>', postal_address="<script>")
    end = footer(odd, LINK)
    assert "<script>" not in end.html
    assert "&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;, &lt;script&gt;" in end.html
    assert "<script>" in end.text


def test_an_email_carries_the_footer_with_a_link_of_its_own() -> None:
    first = samples.composing().compose(samples.enrolment(1), samples.sequence(), "Owner")
    other = samples.composing().compose(samples.enrolment(2), samples.sequence(), "Owner")
    assert first.unsubscribe != other.unsubscribe
    assert first.unsubscribe in first.html
    assert first.unsubscribe in first.text
    assert first.html.startswith("<html><body><p>1</p><hr>")


@pytest.mark.parametrize(
    ("organisation", "setting"),
    [
        (replace(samples.organisation(), postal_address=""), "MAILROOM_POSTAL_ADDRESS"),
        (replace(samples.organisation(), privacy_url=""), "MAILROOM_PRIVACY_URL"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_put_together(
    organisation: Organisation, setting: str
) -> None:
    (told,) = lacking(organisation)
    assert setting in told
    composing = samples.composing(Organisations([organisation]))
    with pytest.raises(UserMistakeError, match=setting):
        composing.compose(samples.enrolment(), samples.sequence(), "Owner")
    assert lacking(samples.organisation()) == ()


def test_a_link_names_its_email_and_nobody_else_can_make_one() -> None:
    due = samples.enrolment()
    link = LINKS.link("m1", due.id, 2)
    token = link.removeprefix("https://mailroom.example/optout/")
    read = LINKS.read(token)
    assert read is not None
    assert (read.enrolment_id, read.number) == (due.id, 2)
    assert OptOutLinks(public_url="", secrets=("newest", "new")).read(token) == read
    assert OptOutLinks(public_url="", secrets=("newest",)).read(token) is None


@pytest.mark.parametrize("at", range(52))
def test_a_link_changed_anywhere_is_none(at: int) -> None:
    token = LINKS.link("m1", samples.enrolment().id, 1).rpartition("/")[2]
    assert len(token) == 52
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    assert LINKS.read(changed) is None


@pytest.mark.parametrize("token", ["", "abc", "ä" * 52, "=" * 52, "A" * 52, "A" * 5000])
def test_what_is_no_token_is_none(token: str) -> None:
    assert LINKS.read(token) is None
