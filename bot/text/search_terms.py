"""The words that texts are indexed by, and the search terms that are matched against them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from bot.text.compounds import later_parts
from bot.text.folding import fold, without_genitive

MAX_TERMS = 12
"""Words of a query that count."""

_MAX_QUERY_LENGTH = 500
_MAX_WORD_LENGTH, _MAX_NUMBER_LENGTH = 60, 16
_MIN_PREFIX_LENGTH = 3
_HYPHENS = "-\u2010\u2012\u2013\u2014\u2212'\u2019"
# The soft hyphen and zero-width joiners.
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060]")
# Digits in groups, as telephone numbers and personnummer are written; or a word, perhaps with hyphens in it.
_CHUNK = re.compile(rf"\+?\d+(?:[{_HYPHENS} ()/+]{{1,3}}\d+)*(?![^\W_])|[^\W_]+(?:[{_HYPHENS}][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_FROM_SWEDEN = re.compile(r"(?:\+|00)46")
_CENTURY = re.compile(r"(?:16|18|19|20)(?=[0-9]{10})")


@dataclass(frozen=True, slots=True)
class Prefix:
    """The letters a word is to begin with; with `is_whole_word` they are too few for that, and are the whole word."""

    letters: str
    is_whole_word: bool = False


SearchTerm = tuple[tuple[Prefix, ...], ...]
"""Alternative spellings of one term: it is found where all prefixes of any one alternative are."""


def index_words(texts: Iterable[str]) -> Iterator[str]:
    """The words that the texts are indexed by: folded, in order, repeats included.

    Hyphenated words and groups of digits give their parts and the whole; a Swedish compound also gives its later parts.
    """
    for text in texts:
        yield from _compound_endings(text)
        for chunk in _chunks(text):
            if chunk.isalpha():  # most are: one word, which has no parts
                yield chunk[:_MAX_WORD_LENGTH]
                continue
            parts = _PART.findall(chunk)
            yield from (part[:_MAX_WORD_LENGTH] for part in parts)
            for start in range(len(parts)):
                rest = parts[start : start + _MAX_WORD_LENGTH]
                yield from _join_parts(rest, from_sweden=start == 0 and _is_from_sweden(chunk))


def _compound_endings(text: str) -> Iterator[str]:
    # Not folded yet: hyphenation needs å, ä and ö.
    visible = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).casefold()
    for word in _LETTERS.findall(visible):
        yield from _folded_later_parts(word)


@lru_cache(maxsize=16_384)
def _folded_later_parts(word: str) -> tuple[str, ...]:
    return tuple(folded for part in later_parts(word) if (folded := fold(part)).isalnum())


def parse_query(typed: str) -> tuple[SearchTerm, ...]:
    """The terms of a query, all of which must be found: of its first twelve words. Empty for a query without words."""
    chunks = _chunks(typed[:_MAX_QUERY_LENGTH])
    return tuple(islice(dict.fromkeys(_alternatives(chunk) for chunk in chunks), MAX_TERMS))


def has_term(words: Collection[str], term: SearchTerm) -> bool:
    """Whether the term is found among words from `index_words`."""
    return any(all(_begins_one_of(words, prefix) for prefix in way) for way in term)


def _begins_one_of(words: Collection[str], prefix: Prefix) -> bool:
    if prefix.is_whole_word:
        return prefix.letters in words
    return any(word.startswith(prefix.letters) for word in words)


def _chunks(text: str) -> Iterator[str]:
    return (found[0] for found in _CHUNK.finditer(fold(_INVISIBLE.sub("", text))))


def _alternatives(chunk: str) -> SearchTerm:
    parts = _PART.findall(chunk)
    joined = ([joined_word] for joined_word in _join_parts(parts, from_sweden=_is_from_sweden(chunk)))
    ways = [tuple(map(_prefix, words)) for words in (parts, *joined)]
    return tuple(dict.fromkeys((*ways, *_nominative(chunk))))


def _nominative(chunk: str) -> Iterator[tuple[Prefix, ...]]:
    """The word without its genitive, which short words keep in their stem: `evas` is `eva`, and nothing longer."""
    word = without_genitive(chunk)
    if word != chunk and word.isalpha() and not word.startswith(_prefix(chunk).letters):
        yield (Prefix(word[:_MAX_WORD_LENGTH], is_whole_word=True),)


def _join_parts(parts: Sequence[str], *, from_sweden: bool) -> Iterator[str]:
    """The parts joined, and for numbers also without the century or the country code."""
    run = "".join(parts[:_MAX_WORD_LENGTH])
    is_number = run.isdecimal()
    if len(parts) > 1:
        yield run[: _MAX_NUMBER_LENGTH if is_number else _MAX_WORD_LENGTH]
    if is_number and from_sweden:
        yield "0" + run.lstrip("0").removeprefix("46").lstrip("0")[: _MAX_NUMBER_LENGTH - 1]
    elif is_number and _CENTURY.match(run):
        yield run[2:_MAX_NUMBER_LENGTH]


def _is_from_sweden(chunk: str) -> bool:
    return _FROM_SWEDEN.match(chunk) is not None


def preload() -> None:
    """Load the stemmer and the hyphenation, so that the first search does not wait for them."""
    _stem("")
    later_parts("hyphenation")


def _stem(word: str) -> str:
    # Imported on first use: it loads the stemmers of all languages, which takes 0.1 s.
    import snowballstemmer  # noqa: PLC0415

    return str(snowballstemmer.stemmer("swedish").stemWord(word))


@lru_cache(maxsize=4096)
def _prefix(word: str) -> Prefix:
    """The word's stem, with which its inflections, its compounds and half-typed words begin."""
    word = word[:_MAX_WORD_LENGTH]
    stem = _stem(word)
    letters = stem if len(stem) >= _MIN_PREFIX_LENGTH and word.startswith(stem) else word
    return Prefix(letters, is_whole_word=len(letters) < _MIN_PREFIX_LENGTH)
