"""Gaps that remain in a text from a template, and the sentences about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches

from bot.catalog.templates import (
    ANSWER_BY,
    TAGS,
    english_tag,
    fill_tags,
    find_tags,
    find_typed_tags,
    tag_name,
)
from bot.text import Words, fold

MAX_GAP_FIELDS = 5
"""Gaps of a text that a form asks for in fields of their own; further ones are filled in where they stand."""


def gaps_with_fields(text: str) -> tuple[str, ...]:
    """The gaps of the text that a form asks for, in order."""
    return tuple(tag for tag in find_tags(text) if tag not in TAGS)[:MAX_GAP_FIELDS]


def gap_label(gap: str) -> str:
    """The gap as the label of its field: `det_som_saknas` is *Det som saknas*."""
    label = gap.replace("_", " ").replace(".", " ").strip()
    return label[:1].upper() + label[1:]


def fill_gaps(text: str, values: Mapping[str, str]) -> str:
    """The text with what was typed for its gaps, by gap."""
    return fill_tags(text, {gap: value.strip() for gap, value in values.items() if value.strip()})


def describe_gap_fields(text: str, values: Mapping[str, str], words: Words) -> dict[str, str]:
    """What is wrong with the fields of gaps, by gap: not filled in, itself with a gap, or gone from the text."""
    gaps = find_tags(text)
    nested = {gap: problem for gap, value in values.items() if (problem := describe_gaps(value, words))}
    missing = {
        gap: describe_gaps(f"{{{gap}}}", words) for gap in values if gap in gaps and not values[gap].strip()
    }
    unplaced = {
        gap: words("no.gap.place", gap=f"{{{gap}}}")
        for gap in values
        if gap not in gaps and values[gap].strip()
    }
    return nested | missing | unplaced


def describe_gaps(text: str, words: Words) -> str:
    """A sentence that names all gaps in the text; empty where there are none.

    The day to answer by is not included: it has a field of its own.
    """
    gaps = [tag for tag in find_typed_tags(text) if english_tag(tag) != ANSWER_BY]
    return words("no.gap", gap=words.list(_name_of(gap, words) for gap in gaps)) if gaps else ""


def describe_unknown_tags(text: str, words: Words) -> str:
    """Sentences about what a mailing cannot fill in: tags that do not exist, and gaps; empty where there is nothing.

    What has a dot, as the program's own tags have, is meant as one of them.
    """
    unknown = [tag for tag in find_tags(text) if tag not in TAGS]
    sentences = [_describe_unknown_tag(tag, words) for tag in unknown if "." in tag]
    gaps = describe_gaps(" ".join(f"{{{gap}}}" for gap in unknown if "." not in gap), words)
    return " ".join(filter(None, [*sentences, gaps]))


def _describe_unknown_tag(tag: str, words: Words) -> str:
    """That the tag does not exist, and which one may have been meant."""
    names = {fold(name): name for name in (tag_name(one, words.language) for one in TAGS)}
    near = get_close_matches(fold(tag), names, n=1, cutoff=0.5)
    if not near:
        return words("no.tag", tag=f"{{{tag}}}")
    return words("no.tag.near", tag=f"{{{tag}}}", near=f"{{{names[near[0]]}}}")


def describe_answer_day(text: str, day: date | None, today: date, words: Words) -> str:
    """What is wrong with the day to answer by; empty where nothing is. Optional where the text does not name it."""
    if day is None:
        typed = [tag for tag in find_typed_tags(text) if english_tag(tag) == ANSWER_BY]
        return words("no.answerby", tag=words.list(_name_of(tag, words) for tag in typed)) if typed else ""
    return words("no.pastdate") if day < today else ""


def _name_of(gap: str, words: Words) -> str:
    """The gap as it is typed in the text; for the program's own tags also what they mean."""
    name, tag = f"{{{gap}}}", english_tag(gap)
    return f"{name} ({words(f'tag.{tag}')})" if tag in TAGS else name
