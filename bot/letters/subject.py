"""The subject of a letter."""

from __future__ import annotations

from bot.domain.notice_reasons import NOTICE_REASONS
from bot.letters.facts import LetterFacts, LetterKind
from bot.text import Words

_KEYS: dict[LetterKind, str] = {
    "received": "letter.received.subject",
    "message": "letter.message.subject",
    "completion": "letter.complete.subject",
    "status": "letter.status.subject",
    "closed": "letter.closed.subject",
    "file_stopped": "letter.file.subject",
    "answer_soon": "letter.answersoon.subject",
    "answer_late": "letter.answerlate.subject",
    "code": "letter.code.subject",
    "application_code": "letter.confirm.code.subject",
    "trouble": "letter.trouble.subject",
    "catalog": "letter.catalog.subject",
    "retention": "letter.retention.subject",
    "unassigned": "letter.unassigned.subject",
    "absence": "letter.absence.subject",
    "day": "letter.day.subject",
    "lost_access": "letter.lostaccess.subject",
}
_FOR_APPLICANT: frozenset[LetterKind] = frozenset(
    {"received", "message", "completion", "status", "closed", "file_stopped", "answer_soon", "answer_late"}
)


def write_subject(kind: LetterKind, facts: LetterFacts, words: Words) -> str:
    """The subject in the language of `words`. About a strict e-service it says only that there is something to read."""
    return words(_subject_key(kind, facts), number=facts.number, municipality=facts.municipality)


def _subject_key(kind: LetterKind, facts: LetterFacts) -> str:
    if facts.reason is not None:
        return NOTICE_REASONS[facts.reason].subject_key
    if kind in _FOR_APPLICANT and not facts.is_confirmed:
        return "letter.unconfirmed.subject"
    if kind in _FOR_APPLICANT and facts.is_strict:
        return "letter.strict.subject"
    if kind in _FOR_APPLICANT and not facts.may_follow:
        return "letter.received.subject"
    return _KEYS[kind]
