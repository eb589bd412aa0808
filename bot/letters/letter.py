"""Composition of a letter: a subject, and the same words as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Literal

from bot.domain.notice_reasons import NOTICE_REASONS, NoticeReason
from bot.text import Words

LetterKind = Literal["received", "message", "completion", "status", "closed", "code", "officer", "trouble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """All that a letter may contain: by design no message, decision, answer or name of a person.

    `service` is given only where the e-service allows its name in mail. `link` leads to what the letter is about,
    `public_url` to the municipality's pages. `may_follow` is False where the applicant cannot follow the case.
    """

    municipality: str
    public_url: str
    number: str = ""
    link: str = ""
    service: str = ""
    is_strict: bool = False
    may_follow: bool = True
    answer_by: date | None = None
    code: str = ""
    reason: NoticeReason | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Words, or the words of a link and its address."""

    words: str
    link: str = ""


def compose_letter(kind: LetterKind, facts: LetterFacts, words: Words) -> Letter:
    """The letter of that kind in the language of `words`."""
    subject, paragraphs = _LETTERS[kind](facts, words)
    return Letter(subject, _as_text(paragraphs, facts, words), _as_html(subject, paragraphs, facts, words))


def _applicant_letter(key: str) -> Callable[[LetterFacts, Words], tuple[str, list[_Paragraph]]]:
    """The builder of a letter to an applicant, with the subject and first sentence named by the key, and the link."""

    def compose(facts: LetterFacts, words: Words) -> tuple[str, list[_Paragraph]]:
        if not facts.may_follow:
            return _receipt_letter(facts, words)
        name = "letter.strict" if facts.is_strict else f"letter.{key}"
        subject = words(f"{name}.subject", number=facts.number, municipality=facts.municipality)
        first = _first_paragraph(name, facts, words)
        link = "strict" if facts.is_strict else key
        return subject, [
            first,
            *_service_paragraph(facts, words),
            _Paragraph(words(f"letter.link.{link}"), facts.link),
        ]

    return compose


def _first_paragraph(name: str, facts: LetterFacts, words: Words) -> _Paragraph:
    if name == "letter.complete" and facts.answer_by is None:
        return _Paragraph(words("letter.complete.undated"))
    return _Paragraph(words(f"{name}.first", municipality=facts.municipality, date=facts.answer_by or ""))


def _receipt_letter(facts: LetterFacts, words: Words) -> tuple[str, list[_Paragraph]]:
    """The receipt for applicants who cannot follow the case: no link."""
    if facts.is_strict:
        subject = words("letter.strict.subject", municipality=facts.municipality)
        return subject, [_Paragraph(words("letter.receipt.strict"))]
    subject = words("letter.received.subject", number=facts.number)
    return subject, [_Paragraph(words("letter.receipt.first")), *_service_paragraph(facts, words)]


def _service_paragraph(facts: LetterFacts, words: Words) -> list[_Paragraph]:
    if not facts.service or facts.is_strict:
        return []
    return [_Paragraph(words("letter.service", service=facts.service))]


def _code_letter(facts: LetterFacts, words: Words) -> tuple[str, list[_Paragraph]]:
    code = f"{facts.code[:3]} {facts.code[3:]}"
    return words("letter.code.subject"), [_Paragraph(words("letter.code.first", code=code))]


def _officer_letter(facts: LetterFacts, words: Words) -> tuple[str, list[_Paragraph]]:
    """To an officer without Slack account: the case number, and that the case is handled in Slack."""
    assert facts.reason is not None
    subject = words(NOTICE_REASONS[facts.reason].subject_key, number=facts.number)
    return subject, [_Paragraph(words("letter.officer.first"))]


def _trouble_letter(facts: LetterFacts, words: Words) -> tuple[str, list[_Paragraph]]:
    return words("letter.trouble.subject"), [_Paragraph(words("letter.trouble.first"))]


_LETTERS: dict[str, Callable[[LetterFacts, Words], tuple[str, list[_Paragraph]]]] = {
    "received": _applicant_letter("received"),
    "message": _applicant_letter("message"),
    "completion": _applicant_letter("complete"),
    "status": _applicant_letter("status"),
    "closed": _applicant_letter("closed"),
    "code": _code_letter,
    "officer": _officer_letter,
    "trouble": _trouble_letter,
}


def _footer(facts: LetterFacts, words: Words, *, for_officer: bool) -> str:
    if for_officer:
        return words("letter.footer.officer")
    if not facts.may_follow:
        return words("letter.footer.receipt")
    return words("letter.footer", address=facts.public_url)


def _as_text(paragraphs: Sequence[_Paragraph], facts: LetterFacts, words: Words) -> str:
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


def _as_html(subject: str, paragraphs: Sequence[_Paragraph], facts: LetterFacts, words: Words) -> str:
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
