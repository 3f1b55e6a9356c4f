"""Pasted lists, merge fields and forms: what is wrong is named, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.participant import is_address, read_recipients
from bot.domain.templates import as_html, fill, missing_fields, unknown_fields


def test_names_and_addresses_a_line() -> None:
    people, left_out = read_recipients("Ana Maria Abel <Ana@Customer.example>\nben@x.example\n\n")
    assert [each.address for each in people] == ["ana@customer.example", "ben@x.example"]
    assert people[0].fields == {"First Name": "Ana", "Last Name": "Maria Abel"}
    assert left_out == ()


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_with_a_heading(mark: str) -> None:
    rows = [["First Name", "Email", "Team"], ["Ana", "ana@x.example", "North"], ["Ben", "nope", ""]]
    people, left_out = read_recipients("\n".join(mark.join(row) for row in rows))
    assert people[0].fields == {"First Name": "Ana", "Team": "North"}
    assert "nope" in left_out[0].text
    assert "valid" in left_out[0].why


def test_twice_in_a_list_is_once_in_the_distribution() -> None:
    people, left_out = read_recipients("a@x.example\nA@X.example")
    assert len(people) == 1
    assert left_out[0].why == "listed twice"


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@x.example", "a@x", "a b@x.example", "a..b@x.example", ".a@x.example",
     "a@x.example\nBcc: b@x.example", "a@x.example,b@x.example", "<a@x.example>", "ä@x.example"],
)  # fmt: skip
def test_no_address(text: str) -> None:
    assert not is_address(text)


@given(st.text(max_size=200))
def test_no_list_raises(text: str) -> None:
    people, _ = read_recipients(text)
    assert all(is_address(each.address) for each in people)


def test_a_missing_value_is_named() -> None:
    assert missing_fields("Hi {{First Name}} of {{Team}}", {"Team": " "}) == ("First Name", "Team")


@pytest.mark.parametrize("text", ["{{First Name}", "{{ }}", "{{1st}}", "Hi }}", "{{a|safe}}"])
def test_braces_that_are_no_field_are_found(text: str) -> None:
    assert unknown_fields(text)


def test_values_are_filled_in_on_one_line() -> None:
    assert fill("Hi {{ First Name }}!", {"First Name": "A\r\nBcc: x"}) == "Hi ABcc: x!"


def test_a_value_that_looks_like_a_field_is_not_filled_again() -> None:
    assert fill("{{A}}", {"A": "{{B}}", "B": "secret"}) == "{{B}}"


def test_text_becomes_html_without_being_believed() -> None:
    assert as_html("a <b>\n\nc\nd") == ("<html><body><p>a &lt;b&gt;</p><p>c<br>d</p></body></html>")
