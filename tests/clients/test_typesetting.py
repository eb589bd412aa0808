"""A case as a PDF that can be archived, and be read by those who do not see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.clients.pdf import typesetter
from bot.clients.pdf.typesetter import Typesetter, TypesettingBusy, TypesettingFailed
from tests.clients.pdf_reading import count_pages, read_text, require_archivable

HOSTILE = '#panic() #sys.inputs $x$ *b* _i_ `raw` <label> @ref \\ // "q" = h'
ARABIC = "فاطمة الزهراء بن يوسف"
EMOJI = "👨‍👩‍👧 👍🏽 🇸🇪 ❤️"


def section(**parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"rows": [], "headings": [], "table": [], "widths": [], "entries": []}
    return {"title": "Uppgifter", "empty": "Inga än.", **empty, **parts}


def document(*sections: dict[str, Any], **facts: str) -> dict[str, Any]:
    return {
        "title": "Sammanställning av ärende 2026-000123",
        "author": "Byns kommun",
        "language": "sv",
        "date": [2026, 11, 23, 9, 0],
        "footer": "2026-000123",
        "page": "Sida {page} av {pages}",
        "facts": list(facts.items()),
        "sections": list(sections),
    }


def entry(text: str, heading: str = "Anna Berg, 23 nov. 2026") -> dict[str, Any]:
    return {"heading": heading, "about": ["2026-000123-4 · Utgående"], "text": text}


async def test_the_file_is_tagged_has_its_fonts_and_says_which_standards_it_follows() -> None:
    rows = section(headings=["Fråga", "Svar"], rows=[["Namn", ARABIC], ["Hälsning", EMOJI]])
    table = section(headings=["Nr", "Fil"], widths=[1, 2], table=[["1", "a.pdf"]])
    pdf = await Typesetter().typeset(document(rows, table, section(entries=[entry("Hej")]), section()))
    require_archivable(pdf, "sv")


@pytest.mark.parametrize(
    "text", ["Växjö, åäö – 25 €", ARABIC, EMOJI, HOSTILE, "山田太郎 한국어", "rad ett\nrad två"]
)
async def test_what_people_wrote_stands_in_the_file_letter_by_letter(text: str, tmp_path: Path) -> None:
    rows = section(headings=["Fråga", "Svar"], rows=[["Namn", text]])
    pdf = await Typesetter().typeset(document(rows, section(entries=[entry(text, heading=text)])))
    assert read_text(pdf, tmp_path).count(" ".join(text.split())) == 3


async def test_a_word_that_is_wider_than_the_page_is_broken_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    word = "".join(chr(ord("a") + place % 26) for place in range(900))
    pdf = await Typesetter().typeset(document(section(headings=["F", "S"], rows=[["Ord", word]])))
    assert word in read_text(pdf, tmp_path).replace(" ", "")


async def test_a_letter_that_no_font_has_is_written_by_its_number(tmp_path: Path) -> None:
    """Without it the whole file would be refused: PDF/A has no empty boxes."""
    text = "före \U00010380 \ue000 efter"
    pdf = await Typesetter().typeset(document(section(entries=[entry(text)])))
    require_archivable(pdf, "sv")
    assert "före [U+10380] [U+E000] efter" in read_text(pdf, tmp_path)


async def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetter, "MAX_SECONDS", 0.0)
    with pytest.raises(TypesettingFailed):
        await Typesetter().typeset(document())


async def test_a_document_that_is_too_large_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetter, "MAX_BYTES", 100)
    with pytest.raises(TypesettingFailed):
        await Typesetter().typeset(document())


async def test_those_who_would_wait_too_long_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetter, "MAX_WAITING", 0)
    with pytest.raises(TypesettingBusy):
        await Typesetter().typeset(document())


async def test_an_address_that_fits_is_copied_as_it_was_written(tmp_path: Path) -> None:
    """Nothing unseen is put into it: pasted into a mail program, it is the same address."""
    address = "malin.mossa@post.example"
    rows = section(headings=["Fråga", "Svar"], rows=[["E-post", address], [address, "x"]])
    table = section(headings=["Nr", "Post"], widths=[1, 2], table=[["1", address]])
    pdf = await Typesetter().typeset(
        document(rows, table, section(entries=[entry(address, address)]), Post=address)
    )
    assert read_text(pdf, tmp_path, with_hints=True).count(address) == 6


async def test_a_mark_stays_with_its_letter_where_a_long_word_is_broken(tmp_path: Path) -> None:
    word = "e\u0323\u0301" * 150
    pdf = await Typesetter().typeset(document(section(headings=["F", "S"], rows=[["Ord", word]])))
    text = read_text(pdf, tmp_path, with_hints=True)
    assert "\u200b" in text and "\u200b\u0301" not in text and "\u200b\u0323" not in text


@pytest.mark.long
async def test_a_case_of_five_hundred_messages_becomes_a_file(tmp_path: Path) -> None:
    text = "Åtgärden är klar och ärendet går vidare. " * 48
    entries = [entry(f"{number}: {text}", f"Meddelande {number}") for number in range(500)]
    pdf = await Typesetter().typeset(document(section(entries=entries)))
    require_archivable(pdf, "sv")
    assert count_pages(pdf) > 200 and "Meddelande 499" in read_text(pdf, tmp_path)
