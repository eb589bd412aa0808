"""What is written to people by mail."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from bot.letters import Facts, Kind, letter
from bot.text import words

SV, EN = words("sv"), words("en")
HOME = "https://arenden.lindsjo.example"
FACTS = Facts(
    municipality="Lindsjö kommun",
    home=HOME,
    number="2026-000123",
    link=f"{HOME}/m/0123/4567",
    answer_by=date(2026, 12, 6),
)
TO_APPLICANTS: list[Kind] = ["received", "message", "completion", "status", "closed"]


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
        ("closed", "Det har hänt något i ditt ärende 2026-000123", "Logga in för att se vad."),
    ],
)
def test_each_letter_has_its_subject_and_first_sentence(kind: Kind, subject: str, first: str) -> None:
    drawn = letter(kind, FACTS, SV)
    assert (drawn.subject, drawn.text.splitlines()[0]) == (subject, first)


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_every_letter_ends_with_the_way_there_and_what_we_never_ask(kind: Kind) -> None:
    ending = (
        f"Du kan också gå till {HOME} och välja Mina sidor. Det går inte att svara på det här mejlet. "
        "Vi ber dig aldrig om lösenord eller BankID i ett mejl."
    )
    assert ending in letter(kind, FACTS, SV).text


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_a_strict_e_service_says_the_same_whatever_has_happened(kind: Kind) -> None:
    strict = replace(FACTS, strict=True, service="Orosanmälan", link="")
    assert letter(kind, strict, SV) == letter("received", strict, SV)


@pytest.mark.parametrize("kind", TO_APPLICANTS)
def test_a_strict_letter_names_neither_case_nor_e_service(kind: Kind) -> None:
    drawn = letter(kind, replace(FACTS, strict=True, service="Orosanmälan"), SV)
    told = drawn.subject + drawn.text + drawn.html
    assert not any(word in told for word in ("2026-000123", "Orosanmälan", "6 dec"))


def test_the_e_service_is_named_where_the_catalog_lets_it_be() -> None:
    assert "Ärendet gäller: Bygglov" in letter("message", replace(FACTS, service="Bygglov"), SV).text


def test_a_request_without_a_day_says_no_day() -> None:
    drawn = letter("completion", replace(FACTS, answer_by=None), SV)
    assert drawn.text.splitlines()[0] == "Logga in och läs vad som saknas."


def test_one_who_cannot_follow_gets_a_receipt_without_link_or_my_pages() -> None:
    drawn = letter("received", replace(FACTS, follows=False, strict=True), SV)
    assert not any(word in drawn.text for word in ("http", "Mina sidor", "2026-000123"))


def test_a_code_is_easy_to_read_aloud() -> None:
    drawn = letter("code", replace(FACTS, code="482913", link=""), SV)
    assert drawn.text.startswith("Koden är 482 913 och gäller i 10 minuter.")


@pytest.mark.parametrize("kind", TO_APPLICANTS)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_html_says_the_same_words_as_the_text(kind: Kind, language: str) -> None:
    drawn = letter(kind, FACTS, words(language))
    seen = unescape(re.sub(r"<[^>]+>", " ", drawn.html.partition("<body")[2].partition(">")[2]))
    in_html = re.findall(r"[\w-]+", seen)
    assert in_html == re.findall(r"[\w-]+", drawn.text)


def test_html_shows_a_name_as_it_is_written() -> None:
    drawn = letter("message", replace(FACTS, municipality='Å & "B" <kommun>'), SV)
    assert "Å &amp; &quot;B&quot; &lt;kommun&gt;" in drawn.html


@pytest.mark.parametrize(
    ("reason", "subject"),
    [
        ("message", "New message: case 2026-000123"),
        ("added", "Information added: case 2026-000123"),
        ("undelivered", "Not delivered to the applicant: case 2026-000123"),
    ],
)
def test_an_officer_without_slack_is_told_by_number(reason: str, subject: str) -> None:
    assert letter("officer", replace(FACTS, reason=reason, link=""), EN).subject == subject
