"""Emails filled in: no value changes anything but the text in its place."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.templates import fields_of, missing_fields, unknown_fields
from bot.rendering.emails import FieldError, filled_in, filled_line, link_fields, problems_of

HTML = (
    '<div><h2>Hi {{First Name}}</h2><p>{{A}}<br>{{B|default("you")|upper}} '
    '<a href="https://survey.example/?id={{A}}&amp;t=1">here</a> '
    '<img src="https://a.example/p.png" alt="{{A}}"> '
    '<a href="mailto:us@a.example?subject={{A}}">write</a></p>'
    "<table><tr><td>{{A}}"
    "</table></div>"
)
TEXT = (
    "Hi {{First Name}},\n\n{{A}} at https://survey.example/{{A}}/x, {{B|default('you')}}\nBye {{A}}"
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "\x02{ f0.__class__ }\x02",
    "</p></div><a href=javascript:x>",
    "&lt;b&gt;&#60;b&#62;",
    "a\r\nBcc: everybody@evil.example",
)


class Outline(HTMLParser):
    """The tags of a page with their attributes, and what is written between them."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.said = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self.said += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!--", (data,)))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("!", (decl,)))


def filled(body: str, value: str) -> Outline:
    values = {"First Name": value, "A": value, "B": value}
    return Outline(filled_in("s", body, values).html)


some_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(min_size=1),
    st.text(alphabet="<>\"'&{}%/= ax\x02\r\n-!", min_size=1),
).filter(lambda value: bool(re.sub(r"[\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\s]", "", value)))


@given(some_text, st.sampled_from([HTML, TEXT]))
def test_no_value_changes_the_markup(value: str, body: str) -> None:
    assert filled(body, value).tags == filled(body, "x").tags


@given(some_text)
def test_links_lead_where_the_template_says(value: str) -> None:
    plain, hostile = filled(HTML, "x").values, filled(HTML, value).values
    assert hostile[0].startswith("https://survey.example/?id=")
    assert hostile[0].endswith("&t=1")
    assert hostile[0].count("&") == plain[0].count("&")
    assert hostile[1] == "https://a.example/p.png"
    assert re.fullmatch(r"mailto:us@a\.example\?subject=[^&?#\s]*", hostile[3])


@given(some_text)
def test_a_subject_is_one_line(value: str) -> None:
    subject = filled_line("About {{A}}: you", {"A": value})
    assert subject.isascii() or not re.search(r"[\u2028\u2029\u202e\x85]", subject)
    assert not re.search(r"[\x00-\x1f\x7f]", subject)
    assert subject.startswith("About ")
    assert subject.endswith(": you")


@given(st.text())
def test_no_template_is_run(body: str) -> None:
    """Whatever an author writes: what has no field in it says itself, safe, and never fails."""
    text = body.replace("{{", "{ {")
    shown = Outline(filled_in("s", text, {}).html)
    allowed = {"p", "br", "a", "b", "u", "i", "em", "h1", "h2", "h3", "hr", "li", "ul", "ol", "td"}
    assert {tag.lstrip("/") for tag, _ in shown.tags} <= allowed


def test_values_are_text() -> None:
    letter = filled_in("Hi {{A}}", "<p>{{A}}</p>", {"A": "R&D <b>"})
    assert letter.subject == "Hi R&D <b>"
    assert letter.html == "<p>R&amp;D &lt;b&gt;</p>"
    assert letter.text == "R&D <b>"


@pytest.mark.parametrize(
    "part",
    [
        "<script>alert(1)</script>",
        "<style>p{display:none}</style>",
        '<p style="display:none">',
        '<form action="https://evil.example"><input name="x"></form>',
        '<a href="javascript:alert(1)">',
        '<a href="data:text/html,x">',
        '<img src="data:image/png;base64,AA==">',
        '<img src="http://a.example/p.png">',
        '<p onclick="alert(1)">',
        "<!-- secret -->",
        "<iframe src='https://a.example'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        '<base href="https://evil.example/">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<a href="&#106;avascript:alert(1)">',
    ],
)
def test_what_no_email_holds_is_taken_out(part: str) -> None:
    markup = filled_in("s", f"<p>Hello</p>{part}", {}).html
    shown = Outline(markup)
    assert shown.said.startswith("Hello")
    assert {value for value in shown.values if value} == set()
    assert not re.search(r"script|alert|display|evil|secret|base64|http", markup)


def test_braces_made_of_entities_are_no_field() -> None:
    letter = filled_in("s", "<p>&#123;&#123;A}} &#2;{ 7*7 }&#2;</p>", {"A": "v"})
    assert letter.html == "<p>{{A}} { 7*7 }</p>"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="{{A}}/x">go</a>', "has {{A}} in an address"),
        ('<a href="https://{{A}}/">go</a>', "has {{A}} in an address"),
        ('<a href="https://a.example{{A}}">go</a>', "has {{A}} in an address"),
        ('<a href="mailto:{{A}}">go</a>', "has {{A}} in an address"),
        ('<p>x</p><img src="https://a.example/?{{A}}">', "has {{A}} in an address"),
        ("<p>x</p><script>{{A}}</script>", "has {{A}} inside HTML that is not sent"),
        ("<p {{A}}>x</p>", "has {{A}} inside HTML that is not sent"),
        ('<p>x <a href="javascript:{{A}}">y</a></p>', "has {{A}} inside HTML that is not sent"),
        ("<script>x</script>", "has no text that anybody could read"),
    ],
)
def test_a_field_that_could_mislead_is_found(body: str, problem: str) -> None:
    (told,) = problems_of("s", body)
    assert told.startswith(problem)


def test_nothing_is_wrong_with_fields_in_their_places() -> None:
    assert problems_of("Hi {{A}}", HTML) == ()
    assert problems_of("Hi {{A}}", TEXT) == ()


@pytest.mark.parametrize(
    "body",
    [
        "{{Survey|link}}",
        "<p>{{Survey|link}}</p>",
        "<a href='{{ Survey }}'>x</a>",
        '<a href="{{Survey|link}}">x</a>',
    ],
)
def test_a_field_that_is_a_link_takes_web_addresses_only(body: str) -> None:
    assert link_fields(body) == {"Survey"}
    address = "https://survey.example/?a=1&b=2"
    assert Outline(filled_in("s", body, {"Survey": address}).html).values == [address]
    for wrong in ("javascript:alert(1)", "survey.example", 'https://a.example/" onclick="x'):
        with pytest.raises(FieldError):
            filled_in("s", body, {"Survey": wrong})


def test_text_becomes_html_with_its_links() -> None:
    letter = filled_in("s", "Hi <you> & me\n\nSee https://a.example/x?y=1&z=2.\nBye", {})
    assert letter.html == (
        '<p>Hi &lt;you&gt; &amp; me</p><p>See <a href="https://a.example/x?y=1&amp;z=2">'
        "https://a.example/x?y=1&amp;z=2</a>.<br>Bye</p>"
    )
    assert letter.text == "Hi <you> & me\n\nSee https://a.example/x?y=1&z=2.\nBye"


def test_html_becomes_text() -> None:
    body = (
        "<h1>Hi {{A}}</h1><p>one<br>two   three</p><ul><li>a</li><li>b</li></ul>"
        '<p><a href="https://a.example/?id={{A}}">go</a></p><hr>'
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
    )
    assert filled_in("s", body, {"A": "Ann Lee"}).text == (
        "Hi Ann Lee\n\none\ntwo three\n\n- a\n- b\n\ngo (https://a.example/?id=Ann%20Lee)\n\n"
        "----\n\n1 2\n3"
    )


def test_a_default_stands_in_and_is_text() -> None:
    body = "<p>{{A|default('<you>')}} {{A | title}}</p>"
    assert missing_fields("{{A|default('you')}}", {}) == ()
    assert missing_fields(body, {}) == ("A",)
    assert filled_in("s", "<p>{{A|default('<you>')}}</p>", {"A": " "}).html == "<p>&lt;you&gt;</p>"
    assert filled_in("s", body, {"A": "ann lee"}).html == "<p>ann lee Ann Lee</p>"


def test_a_missing_value_is_never_sent_empty() -> None:
    with pytest.raises(FieldError):
        filled_in("s", "Hi {{A}}", {"A": "\u202e "})
    with pytest.raises(FieldError):
        filled_line("Hi {{A}}", {})


def test_fields_are_known_in_any_script() -> None:
    assert fields_of("{{Prénom}} {{ Straße }} {{A}}{{A|upper}}") == ("Prénom", "Straße", "A")


@pytest.mark.parametrize(
    "text",
    [
        "{{A|safe}}", "{{A|attr('x')}}", "{{A.b}}", "{{A['b']}}", "{{A()}}", "{{7*7}}", "{{_A}}",
        "{% if A %}", "{{A|default('x'}}", "{{A|default(B)}}", "{{ A", "}}", "{{}}",
    ],
)  # fmt: skip
def test_anything_else_of_a_template_language_is_found(text: str) -> None:
    assert unknown_fields(f"Hello {text} you") != ()
    assert fields_of(text) == ()
