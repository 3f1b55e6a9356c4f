"""Which language a stranger is spoken to in, and that each table says the same as the others."""

from string import Formatter

import pytest

from bot.domain.inbound.kinds import Kind
from bot.domain.inbound.reader import read_mime
from bot.web.languages import Language, language_of, languages
from tests.unit.inbound import letters

LANGUAGES = languages()
ALL = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("de-CH-1996, en;q=0.9", "de"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("zh-Hant-TW", "zh"),
        ("nn-NO, en;q=0.5", "nb"),
        ("no", "nb"),
        ("en;q=0.3, fr;q=0.7, ja;q=0.7", "fr"),
        ("xx, tlh;q=0.9, fi;q=0.1", "fi"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("da ; q=0.4 , sv ; Q=0.8", "sv"),
        ("de;q=2, it;q=0.1", "it"),
        ("de;q=x, it;q=0.1", "it"),
        ("de;q=nan, it;q=0.1", "it"),
        ("de;level=1, it;q=0.1", "it"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        ("*", "en"),
        ("xx", "en"),
        ("", "en"),
        (";;,=,;q=1,-,,", "en"),
        ("de," * 2000, "de"),
    ],
)
def test_it_is_the_one_the_browser_likes_best(accepted: str, tag: str) -> None:
    assert language_of("", [accepted]).tag == tag


def test_a_header_told_in_parts_is_one_list() -> None:
    assert language_of("", ["xx, nl;q=0.2", "pl;q=0.5"]).tag == "pl"
    assert language_of("", []).tag == "en"


def test_what_was_chosen_on_the_page_counts_for_more_and_what_is_no_language_for_nothing() -> None:
    assert language_of("cs", ["de"]).tag == "cs"
    assert language_of("../en", ["de"]).tag == "de"
    assert language_of("xx", ["de"]).tag == "de"


def test_seventeen_languages_are_spoken_one_of_them_from_right_to_left() -> None:
    spoken = "cs da de en es fr it nl nb pl pt fi sv tr ar zh ja"
    assert " ".join(LANGUAGES) == spoken
    assert [each.tag for each in LANGUAGES.values() if each.direction == "rtl"] == ["ar"]


@ALL
def test_every_language_says_every_page(language: Language) -> None:
    english = LANGUAGES["en"]
    assert list(language.pages) == list(english.pages)
    for state, words in language.pages.items():
        told = english.pages[state]
        assert (len(words.says), bool(words.button)) == (len(told.says), bool(told.button))
        assert all(each.strip() for each in (words.heading, *words.says))
    assert fields(language.pages["ask"].heading) == {"organisation"}
    assert fields(language.pages["ask"].says[0]) == {"organisation"}
    assert "support" in fields(language.pages["done"].says[1])
    assert fields(language.questions) == {"support"}
    assert fields(language.instead) == {"word", "support"}


@ALL
def test_no_two_languages_share_a_sentence(language: Language) -> None:
    said = sentences(language)
    for other in LANGUAGES.values():
        assert other is language or said.isdisjoint(sentences(other))


@ALL
def test_the_word_that_a_page_names_opts_out_where_it_answers_an_email(language: Language) -> None:
    for written in (language.word, f"{language.word.capitalize()}.", quoted(language)):
        assert read_mime(letters.letter(written)).kind is Kind.OPT_OUT


def quoted(language: Language) -> str:
    """Return the word with the marks that its page puts around it."""
    before, _, after = language.instead.partition("{word}")
    return f"{before.strip()[-1]}{language.word}{after.strip()[0]}"


def fields(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def sentences(language: Language) -> set[str]:
    return {each for words in language.pages.values() for each in words.says} | {language.instead}
