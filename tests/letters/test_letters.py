"""What is written to people by mail."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from bot.letters import LetterFacts, LetterKind, compose_letter
from bot.text import words

SV, EN = words("sv"), words("en")
HOME = "https://arenden.lindsjo.example"
FACTS = LetterFacts(
    municipality="Lindsjö kommun",
    public_url=HOME,
    number="2026-000123",
    link=f"{HOME}/m/0123/4567",
    answer_by=date(2026, 12, 6),
)
TO_APPLICANTS: list[LetterKind] = ["received", "message", "completion", "status", "closed", "file_stopped"]
TO_APPLICANTS += ["answer_soon", "answer_late"]


@pytest.mark.parametrize(
    ("kind", "subject", "first"),
    [
        ("received", "Vi har tagit emot ditt ärende 2026-000123", "Du hittar ditt kvitto på Mina sidor."),
        (
            "message",
            "Nytt meddelande i ditt ärende 2026-000123",
            "Du har fått ett meddelande från Lindsjö kommun.",
        ),
        (
            "completion",
            "Vi behöver mer information i ärende 2026-000123",
            "Logga in och läs vad som saknas. Svara senast 6 dec. 2026.",
        ),
        ("status", "Det har hänt något i ditt ärende 2026-000123", "Logga in för att se vad."),
        (
            "file_stopped",
            "En fil i ditt ärende 2026-000123 går inte att öppna",
            "Logga in och se vilken fil det gäller och vad du kan göra.",
        ),
        (
            "answer_soon",
            "Påminnelse: vi väntar på svar i ärende 2026-000123",
            "Logga in och läs vad vi behöver. Svara senast 6 dec. 2026.",
        ),
        (
            "answer_late",
            "Vi har inte fått svar i ärende 2026-000123",
            "Vi bad dig svara senast 6 dec. 2026. Logga in och svara så snart du kan, annars kan vi behöva gå vidare "
            "utan ditt svar.",
        ),
        ("closed", "Det har hänt något i ditt ärende 2026-000123", "Logga in för att se vad."),
    ],
)
def test_each_letter_has_its_subject_and_first_sentence(kind: LetterKind, subject: str, first: str) -> None:
    rendered = compose_letter(kind, FACTS, SV)
    assert (rendered.subject, rendered.text.splitlines()[0]) == (subject, first)


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_every_letter_ends_with_the_way_there_and_what_we_never_ask(kind: LetterKind) -> None:
    ending = (
        f"Du kan också gå till {HOME} och välja Mina sidor. Det går inte att svara på det här mejlet. "
        "Vi ber dig aldrig om lösenord eller BankID i ett mejl."
    )
    assert ending in compose_letter(kind, FACTS, SV).text


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_a_strict_e_service_says_the_same_whatever_has_happened(kind: LetterKind) -> None:
    strict = replace(FACTS, is_strict=True, service="Orosanmälan", link="")
    assert compose_letter(kind, strict, SV) == compose_letter("received", strict, SV)


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_a_strict_letter_names_neither_case_nor_e_service(kind: LetterKind) -> None:
    rendered = compose_letter(kind, replace(FACTS, is_strict=True, service="Orosanmälan"), SV)
    result = rendered.subject + rendered.text + rendered.html
    assert not any(word in result for word in ("2026-000123", "Orosanmälan", "6 dec"))


def test_the_e_service_is_named_where_the_catalog_lets_it_be() -> None:
    assert "Ärendet gäller: Bygglov" in compose_letter("message", replace(FACTS, service="Bygglov"), SV).text


def test_a_request_without_a_day_says_no_day() -> None:
    rendered = compose_letter("completion", replace(FACTS, answer_by=None), SV)
    assert rendered.text.splitlines()[0] == "Logga in och läs vad som saknas."


def test_one_who_cannot_follow_gets_a_receipt_without_link_or_my_pages() -> None:
    rendered = compose_letter("received", replace(FACTS, may_follow=False, is_strict=True), SV)
    assert not any(word in rendered.text for word in ("http", "Mina sidor", "2026-000123"))


def test_a_code_is_easy_to_read_aloud() -> None:
    rendered = compose_letter("code", replace(FACTS, code="482913", link=""), SV)
    assert rendered.text.startswith("Koden är 482 913 och gäller i 10 minuter.")


@pytest.mark.parametrize("kind", TO_APPLICANTS)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_html_says_the_same_words_as_the_text(kind: LetterKind, language: str) -> None:
    rendered = compose_letter(kind, FACTS, words(language))
    seen = unescape(re.sub(r"<[^>]+>", " ", rendered.html.partition("<body")[2].partition(">")[2]))
    in_html = re.findall(r"[\w-]+", seen)
    assert in_html == re.findall(r"[\w-]+", rendered.text)


def test_html_shows_a_name_as_it_is_written() -> None:
    rendered = compose_letter("message", replace(FACTS, municipality='Å & "B" <kommun>'), SV)
    assert "Å &amp; &quot;B&quot; &lt;kommun&gt;" in rendered.html


@pytest.mark.parametrize(
    ("reason", "subject"),
    [
        ("message", "New message: case 2026-000123"),
        ("added", "Information added: case 2026-000123"),
        ("undelivered", "E-mail not delivered: case 2026-000123"),
    ],
)
def test_an_officer_without_slack_is_told_by_number(reason: str, subject: str) -> None:
    assert compose_letter("officer", replace(FACTS, reason=reason, link=""), EN).subject == subject
