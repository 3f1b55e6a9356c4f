"""What a list lacks for the emails of a sequence is told before anything is sent (G5)."""

from dataclasses import replace

from bot.domain.distribution import missing_values
from bot.domain.participant import Participant
from bot.domain.schedule import AT_ONCE, Delay
from bot.domain.sequence import Email
from bot.domain.views import Choice, EmailDraft, SequenceForm
from bot.services.composing import wrong_links
from bot.services.sequence_forms import read_form
from tests.contract import samples

LATER = Delay(number=3)
SEQUENCE = replace(
    samples.sequence(),
    emails=(
        Email(subject="{{First Name}}?", body="{{Nick|default('you')}}", delay=AT_ONCE),
        Email(subject="Again, {{Team}}", body="<p>{{Org Name}} {{City}}</p>", delay=LATER),
        Email(subject="Last", body="{{Survey|link}}", delay=LATER),
    ),
)


def person(**fields: str) -> Participant:
    named = {name.replace("_", " "): value for name, value in fields.items()}
    return Participant(address="dana@fabrikam.example", fields={"Last Name": "Okafor", **named})


def test_every_missing_value_of_every_email_is_told_with_the_name() -> None:
    (told,) = missing_values(SEQUENCE, [person()], "Contoso", "Owner")
    assert told == "Okafor has no First Name and no Team and no City and no Survey."
    whole = person(First_Name="Dana", Team="Sales", City="Lagos", Survey="https://s.example/1")
    assert missing_values(SEQUENCE, [whole], "Contoso", "Owner") == ()
    blank = replace(whole, fields={**whole.fields, "City": " \u202e\u0007"})
    assert missing_values(SEQUENCE, [whole, blank], "Contoso", "Owner") == (
        "Dana Okafor has no City.",
    )


def test_a_value_that_is_no_link_where_one_is_needed_is_told_with_the_name() -> None:
    (told,) = wrong_links(SEQUENCE, [person(Survey="javascript:alert(1)"), person()])
    assert told.startswith("Okafor has “javascript:alert(1)” for Survey, which is no web address")
    assert wrong_links(SEQUENCE, [person(Survey="https://s.example/1")]) == ()


def test_what_is_wrong_in_a_template_is_told_with_the_number_of_the_email() -> None:
    form = SequenceForm(
        mailboxes=(Choice(title="m", value="m1"),),
        name="Autumn",
        mailbox_id="m1",
        emails=(
            EmailDraft(subject="Hello", body="Hi {{First Name}}"),
            EmailDraft(subject="{{First Name", body="{% if x %}", delay="1"),
            EmailDraft(subject="Hello", body="<a href='{{Site}}/x'>go</a>", delay="1"),
        ),
    )
    read, told = read_form(form)
    assert read is None
    assert [each.split(" has ")[0] for each in told] == ["Email 2", "Email 2", "Email 3"]
    assert "{{First Name, no merge" in told[0]
    assert "{% if x %" in told[1]
    assert "which site" in told[2]
