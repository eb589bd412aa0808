"""Detection of personal data in a text by its content, whatever its field is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import phonenumbers

from bot.text.cleaning import clean
from bot.text.personnummer import has_personnummer
from bot.text.typed_values import fold_signs

_MAIL = re.compile(r"[^\s@]@[^\s@]|[^\s@] ?[(\[{] ?(?:at|@|snabel-?a) ?[)\]}]", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@(?=[\w.]*[^\W\d_])[\w.]{3,}")
_PROFILE = re.compile(
    r"\b(?:facebook\.com|fb\.com|instagram\.com|linkedin\.com/in|tiktok\.com|snapchat\.com|youtube\.com|twitter\.com"
    r"|x\.com|threads\.net|t\.me|wa\.me|m\.me)/\S",
    re.IGNORECASE,
)
_CARE_OF = re.compile(r"(?<!\w)c/o(?!\w)", re.IGNORECASE)
_GEORGIAN = frozenset(map(chr, range(0x10D0, 0x1100)))
"""Letters that Unicode counts as small ones, though their language writes no capitals."""
_DIGIT = re.compile(r"\d")
_PHONE = re.compile(r"(?<![\d.,])(?:\+|0)[\d ()./-]{5,22}\d(?!\d)")
_MAX_CANDIDATES = 100
MAX_LENGTH = 10_000
"""Characters of the longest text that is examined, folded or not: cards are drawn often, on the event loop."""
_POSTCODE = re.compile(r"(?<!\d)\d{3} ?\d{2},? [^\W\d_]{3,}|\A\d{3} \d{2}\Z")
_STREET = re.compile(
    r"(?:gatan|gata|vägen|väg|gränden?|stigen?|torget?|backen|allén?|esplanaden|leden|kajen|liden|stråket|street|road)"
    r" \d{1,4}(?!\d)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN_NAMES = frozenset(
    {"af", "av", "al", "bin", "da", "de", "del", "den", "der", "di", "la", "van", "von", "zu"}
)
_IN_NAMES = "-'’´."
_ENDS_A_NAME = (".", ":", ";", "!", "?", ",")


def tells_of_person(text: str, names: Iterable[str] = ()) -> bool:
    """Whether a personnummer, a phone number, a mail or postal address, an account of theirs, or a name is in the text.

    A name is one of `names` or a common first name, in any case, two or more capitalised words in a row, or any word
    in a script without capitals. False positives are accepted so that no name is missed; a text that is too long to
    examine counts as one.
    """
    if len(text) > MAX_LENGTH:
        return True
    # Cleaned again: folding takes away what parts long runs of marks, which NFKC would sort.
    signs = clean(fold_signs(text))
    folded = unicodedata.normalize("NFKC", signs)
    if len(folded) > MAX_LENGTH:
        return True
    return (
        _MAIL.search(folded) is not None
        or any(pattern.search(folded) for pattern in (_HANDLE, _PROFILE, _CARE_OF))
        or _has_word_without_capitals(folded)
        or (_DIGIT.search(folded) is not None and _has_personal_number(folded, folded == signs))
        or any(_has_full_name(line) for line in folded.splitlines())
        or _has_first_name(folded)
        or _has_name_of(folded, names)
    )


def _has_word_without_capitals(text: str) -> bool:
    """Whether a letter of a script that has no capitals is in the text, so that a name in it is not known as one."""
    return not text.isascii() and any(
        unicodedata.category(sign) == "Lo" or sign in _GEORGIAN for sign in set(text)
    )


def _has_personal_number(text: str, is_folded: bool) -> bool:
    """Whether a postal address, a personnummer or a phone number is in the text, which may be one of `fold_signs`."""
    return (
        _POSTCODE.search(text) is not None
        or _STREET.search(text) is not None
        or has_personnummer(text if is_folded else fold_signs(text))
        or _has_phone_number(text)
    )


def is_name_word(word: str) -> bool:
    """Whether it is one word with a capital, as a name is written: Eva, Anna-Karin, O'Neill."""
    return (
        len(word) > 1
        and word[0].isupper()
        and any(sign.islower() for sign in word)
        and all(sign.isalpha() or sign in _IN_NAMES for sign in word)
    )


def _has_phone_number(text: str) -> bool:
    """Whether a phone number is in the text; True for a text with too many digits to examine."""
    candidates = _PHONE.findall(text)
    return len(candidates) > _MAX_CANDIDATES or any(_is_phone_number(written) for written in candidates)


def _is_phone_number(written: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, "SE"))
    except phonenumbers.NumberParseException:
        return False


def _has_full_name(line: str) -> bool:
    """Whether the line contains `Eva Ek`, or consists of `Ek, Eva` or `EVA EK`."""
    if sum(map(str.isupper, line)) < 2:
        return False
    words = line.split()
    if len(words) == 2 and words[0].endswith(",") and all(is_name_word(word.rstrip(",")) for word in words):
        return True
    if 2 <= len(words) <= 3 and all(len(word) > 1 and word.isalpha() and word.isupper() for word in words):
        return True
    return any(length > 1 for length in _runs_of_names(words))


def _runs_of_names(words: Iterable[str]) -> Iterator[int]:
    """Lengths of the runs of capitalised words: `von` and initials do not end a run, a full stop or a comma does."""
    length = 0
    for word in words:
        bare = word.strip("()\"'“”«»,;:!?")
        if is_name_word(bare.rstrip(".")):
            length += 1
            yield length
        elif not (length and (bare in _BETWEEN_NAMES or _is_initial(bare))):
            length = 0
        if word.endswith(_ENDS_A_NAME) and not _is_initial(bare):
            length = 0


def _has_first_name(text: str) -> bool:
    """Whether a first name that is no other word stands in the text, in any case, perhaps in the genitive."""
    names = _first_names()
    return any(
        word in names or (word.endswith("s") and word[:-1] in names)
        for word in _WORD.findall(text.casefold())
    )


@cache
def _first_names() -> frozenset[str]:
    lines = Path(__file__).with_name("first_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def _is_initial(word: str) -> bool:
    bare = word.rstrip(".")
    return len(bare) == 1 and bare.isupper()


def _has_name_of(text: str, names: Iterable[str]) -> bool:
    """Whether one of the people is named: by two of their names in a row, or by one that is the whole text."""
    written = [word.strip("()\"'“”«».,;:!?").casefold() for word in text.split()]
    for name in names:
        parts = {part.casefold() for part in unicodedata.normalize("NFKC", name).split()}
        if len(written) == 1 and written[0] in parts:
            return True
        if any(one in parts and other in parts for one, other in pairwise(written)):
            return True
    return False
