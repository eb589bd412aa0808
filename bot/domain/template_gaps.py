"""Gaps that remain in a text from a template, and the sentences about them."""

from __future__ import annotations

from datetime import date

from bot.catalog.templates import ANSWER_BY, TAGS, find_tags
from bot.text import Words


def describe_gaps(text: str, words: Words) -> str:
    """A sentence that names all gaps in the text; empty where there are none.

    The day to answer by is not included: it has a field of its own.
    """
    gaps = [tag for tag in find_tags(text) if tag != ANSWER_BY]
    return words("no.gap", gap=words.list(_name_of(gap, words) for gap in gaps)) if gaps else ""


def describe_answer_day(text: str, day: date | None, today: date, words: Words) -> str:
    """What is wrong with the day to answer by; empty where nothing is. Optional where the text does not name it."""
    if day is None:
        return words("no.answerby", tag=_name_of(ANSWER_BY, words)) if ANSWER_BY in find_tags(text) else ""
    return words("no.pastdate") if day < today else ""


def _name_of(gap: str, words: Words) -> str:
    """The gap as it is in the text; for the program's own tags also what they mean."""
    return f"{{{gap}}} ({words(f'tag.{gap}')})" if gap in TAGS else f"{{{gap}}}"
