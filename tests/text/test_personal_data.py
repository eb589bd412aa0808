"""What tells of a person is known by itself."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from bot.text import clean
from bot.text.personal_data import tells_of_person


@pytest.mark.parametrize(
    "text",
    [
        "Eva Ek", "Ring Eva Ek när ni kommer", "Ek, Eva", "EVA EK", "Anna-Karin Åberg", "Eva K. Ek", "Carl von Linné",
        "Seán O'Neill", "Zoë Ångström.", "1JAN16LAN - Janne Långben", "sökanden Eva\u00a0Ek",
        "eva@ek.example", "Nås på eva@ek.example!", "eva＠ek.example",
        "kontakt(at)ek.example", "kontakt [ at ] ek.example",
        "070-123 45 67", "+46701234567", "Ring 08 - 508 00 000 efter lunch", "0701234567",
        "070.123.45.67", "(090) 16 10 00",
        "123 45", "12345 Sandköping", "Bor på Ekgatan 1", "Norra vägen 12 B",
        "c/o Ek", "C/O ek, vid torget", "℅ Ek", "Skriv till @ek_77 på Instagram", "(@ek77)", "https://www.facebook.com/ek.77",
        "instagram.com/ek77", "linkedin.com/in/ek-77", "t.me/ek77", "李小龙", "Kontakta محمد", "დავით", "राम",
        "19811228-9874", "8112289874", "181228–9874", "1981-12-28-9874",
    ],
)  # fmt: skip
def test_a_person_is_known_by_what_is_written(text: str) -> None:
    assert tells_of_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Nybyggnad", "Ja", "Norr\nSöder", "En altan mot söder, 12 m².", "15000,00 SEK", "567.89", "2026-11-30",
        "Fakturan avser 2026. Betalas inom 30 dagar.", "Björken 4:12", "Barn och utbildning", "556036-0793", "0,25",
        "Projekt 70123456", "Ta bort trädet vid vägen", "A/C och värme", "3 st @ 40 kr", "40 kr @12 m²", "https://www.byn.example/bygglov",
        "facebook.com", "Vi annonserar på Instagram", "1º våningen", "25 µm, ª", "½ m",
    ],
)  # fmt: skip
def test_what_tells_of_nobody_is_left_alone(text: str) -> None:
    assert not tells_of_person(text)


@pytest.mark.parametrize(("text", "told"), [("eva ek", True), ("EK", True), ("jag vill bo här", False)])
def test_those_who_applied_are_known_in_whatever_letters(text: str, told: bool) -> None:
    assert tells_of_person(text, ["Eva Ek", "Bo Ås"]) is told


def test_of_more_digits_than_can_be_judged_it_is_taken_for_granted() -> None:
    assert tells_of_person("0 " * 5_000)


def test_a_text_too_long_to_examine_is_taken_for_one_that_tells_of_somebody() -> None:
    assert tells_of_person("a " * 5_001)
    assert not tells_of_person("a " * 4_999)


def test_marks_that_were_kept_apart_are_not_brought_together_to_be_sorted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Normalisation sorts a run of marks, which takes a second where it is long."""
    normalised = []
    normalize = unicodedata.normalize

    def note(form: Any, text: str) -> str:
        normalised.append(text)
        return normalize(form, text)

    text = clean("a" + "\u0f74\u0f72\u0f71" * 3_000)
    monkeypatch.setattr(unicodedata, "normalize", note)
    tells_of_person(text)
    assert normalised
    assert not [one for one in normalised if re.search("[\u0f71\u0f72\u0f74]{31}", one)]


def test_of_two_hundred_ordinary_answers_none_is_taken_for_one_that_tells_of_somebody() -> None:
    answers = read_answers("ordinary_answers.txt")
    assert len(answers) >= 200
    assert [answer for answer in answers if tells_of_person(answer)] == []


def test_a_first_name_is_known_alone_in_small_letters_and_within_a_sentence() -> None:
    missed = [answer for answer in read_answers("named_answers.txt") if not tells_of_person(answer)]
    assert missed == ["bo ek", "stig lund"]  # words as well: see the decision on what tells of a person


def read_answers(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
