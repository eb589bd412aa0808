"""The layout of a letter as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bot.letters.facts import LetterFacts
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words, or the words of a link and its address."""

    words: str
    link: str = ""


def _footer(facts: LetterFacts, words: Words, *, for_officer: bool) -> str:
    if for_officer:
        return words("letter.footer.officer")
    if not facts.may_follow:
        return words("letter.footer.receipt")
    return words("letter.footer", address=facts.public_url)


def as_text(paragraphs: Sequence[Paragraph], facts: LetterFacts, words: Words) -> str:
    """Paragraphs separated by empty lines; an address is on a line of its own, so that it is not broken."""
    blocks = [
        f"{paragraph.words}:\n{paragraph.link}" if paragraph.link else paragraph.words
        for paragraph in paragraphs
    ]
    footer = _footer(facts, words, for_officer=_is_for_officer(facts))
    return "\n\n".join([*blocks, footer, facts.municipality]) + "\n"


def _is_for_officer(facts: LetterFacts) -> bool:
    return facts.reason is not None


_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{subject}</title>\n</head>\n'
    '<body style="margin:0;padding:24px 16px;background:#ffffff;color:#1a1a1a;'
    'font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
    '<div style="max-width:560px">\n{paragraphs}\n'
    '<hr style="border:0;border-top:1px solid #767676;margin:24px 0 16px">\n'
    '<p style="margin:0 0 16px;font-size:14px;color:#4a4a4a">{ending}</p>\n'
    '<p style="margin:0;font-size:14px;color:#4a4a4a">{municipality}</p>\n</div>\n</body>\n</html>\n'
)
_TEXT = '<p style="margin:0 0 16px">{words}</p>'
_LINK = (
    '<p style="margin:0 0 8px"><a href="{link}" style="color:#0b4f8a;font-weight:bold">{words}</a></p>\n'
    '<p style="margin:0 0 16px;font-size:14px;word-break:break-all">{link}</p>'
)


def as_html(subject: str, paragraphs: Sequence[Paragraph], facts: LetterFacts, words: Words) -> str:
    """The same words as HTML, without pictures or styles; the link's address is also written out, to be checked."""
    html_paragraphs = [
        _LINK.format(link=escape(paragraph.link), words=escape(paragraph.words))
        if paragraph.link
        else _TEXT.format(words=escape(paragraph.words))
        for paragraph in paragraphs
    ]
    return _PAGE.format(
        language=words.language,
        subject=escape(subject),
        paragraphs="\n".join(html_paragraphs),
        ending=escape(_footer(facts, words, for_officer=_is_for_officer(facts))),
        municipality=escape(facts.municipality),
    )
