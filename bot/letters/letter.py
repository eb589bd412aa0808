"""Composition of a letter: a subject, and the same words as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.letters.facts import LetterFacts, LetterKind
from bot.letters.layout import Paragraph, as_html, as_text
from bot.letters.subject import write_subject
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def compose_letter(kind: LetterKind, facts: LetterFacts, words: Words) -> Letter:
    """The letter of that kind in the language of `words`."""
    subject, paragraphs = write_subject(kind, facts, words), _PARAGRAPHS[kind](facts, words)
    return Letter(subject, as_text(paragraphs, facts, words), as_html(subject, paragraphs, facts, words))


Body = Callable[[LetterFacts, Words], list[Paragraph]]


def _applicant_body(key: str) -> Body:
    """The writer of a letter to an applicant: the first sentence named by the key, the e-service, and the link."""

    def write(facts: LetterFacts, words: Words) -> list[Paragraph]:
        if not facts.is_confirmed:
            return _unconfirmed_body(key, facts, words)
        if not facts.may_follow:
            return _receipt_body(facts, words)
        name = "strict" if facts.is_strict else key
        return [
            _first_paragraph(f"letter.{name}", facts, words),
            *_service_paragraph(facts, words),
            Paragraph(words(f"letter.link.{name}"), facts.link),
        ]

    return write


def _unconfirmed_body(key: str, facts: LetterFacts, words: Words) -> list[Paragraph]:
    """To an address that may be another's: that something was sent in, or has happened, and how to confirm it."""
    what = "first" if key == "received" else "news"
    return [
        Paragraph(words(f"letter.unconfirmed.{what}", municipality=facts.municipality)),
        Paragraph(words("letter.unconfirmed.other")),
        Paragraph(words("letter.link.unconfirmed"), facts.link),
    ]


def _first_paragraph(name: str, facts: LetterFacts, words: Words) -> Paragraph:
    if name == "letter.complete" and facts.answer_by is None:
        return Paragraph(words("letter.complete.undated"))
    return Paragraph(words(f"{name}.first", municipality=facts.municipality, date=facts.answer_by or ""))


def _receipt_body(facts: LetterFacts, words: Words) -> list[Paragraph]:
    """The receipt for applicants who cannot follow the case: no link."""
    first = Paragraph(words("letter.receipt.strict" if facts.is_strict else "letter.receipt.first"))
    return [first, *_service_paragraph(facts, words)]


def _service_paragraph(facts: LetterFacts, words: Words) -> list[Paragraph]:
    if not facts.service or facts.is_strict:
        return []
    return [Paragraph(words("letter.service", service=facts.service))]


def _code_body(facts: LetterFacts, words: Words) -> list[Paragraph]:
    code = f"{facts.code[:3]} {facts.code[3:]}"
    return [Paragraph(words("letter.code.first", code=code))]


def _application_code_body(facts: LetterFacts, words: Words) -> list[Paragraph]:
    code = f"{facts.code[:3]} {facts.code[3:]}"
    return [Paragraph(words("letter.confirm.code.first", code=code, municipality=facts.municipality))]


def _officer_body(facts: LetterFacts, words: Words) -> list[Paragraph]:
    """To an officer: that the case is handled in Slack, and why this is a mail."""
    why = "letter.officer.wished" if facts.is_wished else "letter.officer.unreached"
    return [Paragraph(f"{words('letter.officer.first')} {words(why)}")]


def _trouble_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.trouble.first"))]


def _catalog_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.catalog.first"))]


def _retention_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.retention.first"))]


def _absence_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.absence.first"))]


def _day_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.day.first"))]


def _unassigned_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.unassigned.first"))]


def _lost_access_body(_facts: LetterFacts, words: Words) -> list[Paragraph]:
    return [Paragraph(words("letter.lostaccess.first"))]


_PARAGRAPHS: dict[LetterKind, Body] = {
    "received": _applicant_body("received"),
    "message": _applicant_body("message"),
    "completion": _applicant_body("complete"),
    "status": _applicant_body("status"),
    "closed": _applicant_body("closed"),
    "file_stopped": _applicant_body("file"),
    "answer_soon": _applicant_body("answersoon"),
    "answer_late": _applicant_body("answerlate"),
    "code": _code_body,
    "application_code": _application_code_body,
    "officer": _officer_body,
    "trouble": _trouble_body,
    "catalog": _catalog_body,
    "retention": _retention_body,
    "unassigned": _unassigned_body,
    "absence": _absence_body,
    "day": _day_body,
    "lost_access": _lost_access_body,
}
