"""Pasted lists, merge fields and forms: what is wrong is named, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.participant import is_address, read_recipients
from bot.domain.templates import missing_fields, unknown_fields


def test_names_and_addresses_a_line() -> None:
    people, left_out = read_recipients("Ana Maria Abel <Ana@Customer.example>\nben@x.example\n\n")
    assert [each.address for each in people] == ["ana@customer.example", "ben@x.example"]
    assert people[0].fields == {"First Name": "Ana", "Last Name": "Maria Abel"}
    assert left_out == ()


@pytest.mark.parametrize(
    "text",
    [
        "a@x.example, b@x.example; c@x.example",
        "a@x.example b@x.example\tc@x.example",
        "a@x.example,;b@x.example;\nc@x.example;",
        "<a@x.example>, <b@x.example>, <c@x.example>",
    ],
)
def test_a_line_of_addresses_only_is_read_whole(text: str) -> None:
    people, left_out = read_recipients(text)
    assert [each.address for each in people] == ["a@x.example", "b@x.example", "c@x.example"]
    assert left_out == ()


@pytest.mark.parametrize(
    "row",
    [
        "Ana <a@x.example>, Ben <b@x.example>",
        "Ana <a@x.example> b@x.example",
        "a@x.example, nope@x, c@x.example",
        "a@x.example/b@x.example",
    ],
)
def test_a_line_of_several_that_is_not_plain_is_left_out_whole_and_named(row: str) -> None:
    people, left_out = read_recipients(f"{row}\nz@x.example")
    assert [each.address for each in people] == ["z@x.example"]
    assert [(each.text, each.why) for each in left_out] == [
        (row, "several people in one line: put each on a line of their own")
    ]


def test_a_name_with_a_comma_is_one_person() -> None:
    people, _ = read_recipients('"Abel, Ana" <a@x.example>;\nb@x.example <B@x.example>')
    assert [each.name for each in people] == ["Ana Abel", "b@x.example"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a@x.example, Ben", "not clear: write it as Name <address>"),
        ("Ana <a@x>", "not a valid email address"),
        ("Ana", "not a valid email address"),
        (",", "not a valid email address"),
    ],
)
def test_a_line_that_is_no_person_is_named(row: str, why: str) -> None:
    people, left_out = read_recipients(row)
    assert people == ()
    assert [(each.text, each.why) for each in left_out] == [(row, why)]


@pytest.mark.parametrize(
    "text",
    [
        'Email"",Name\na@x.example,Ana',
        '"Email,Name\na@x.example,Ana',
        "Email,Name\n" + "a" * 200_000 + ",Ana",
        "\0Email,Name\na@x.example,Ana",
        '\ufeffEmail,Name\na@x.example,"Ana',
    ],
)
def test_an_odd_table_is_an_error_in_words_or_read(text: str) -> None:
    people, left_out = read_recipients(text)
    assert people or left_out
    assert all(each.why for each in left_out)


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
