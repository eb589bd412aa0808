"""Search folding, and the order of Swedish names."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
_GENITIVE = re.compile(r"(?<=\w\w)(?:['\u2019:]?s|(?<=[sxz])['\u2019])$")
# Letters that NFKD does not decompose into a letter and a mark.
_WHOLE_LETTERS = {
    "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ŧ": "t",
}  # fmt: skip
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
# å, ä and ö stand after z. Written with letters only, so that every database collation agrees.
_AFTER_Z = str.maketrans({"å": "zza", "ä": "zzb", "æ": "zzb", "ö": "zzc", "ø": "zzc", "ü": "y"})
# Arabic phrases written as one sign, of which NFKD makes 18 and 8 letters, and texts so many times as long.
_PHRASES = dict.fromkeys(map(ord, "\ufdfa\ufdfb"), " ")


def fold(text: str) -> str:
    """The text without case and diacritics: "Ärendet" and "arendet" are the same search."""
    if text.isascii():
        return text.lower()
    # Marks go first and last: lowering "İ" makes a new one.
    decomposed = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", text.translate(_PHRASES)).casefold()
    )
    return _BEYOND_ASCII.sub(_fold_letter, decomposed)


def _fold_letter(found: re.Match[str]) -> str:
    letter = found[0]
    return "" if unicodedata.combining(letter) else _WHOLE_LETTERS.get(letter, letter)


def without_genitive(name: str) -> str:
    """The folded name without the s of a genitive, Swedish or English; as it is where it has none.

    A name may end in an s of its own, so the whole is to be looked for first.
    """
    return _GENITIVE.sub("", name)


def sort_key(name: str) -> str:
    """A key that puts names in Swedish order: å, ä and ö last, é as e, ü as y."""
    swedish = unicodedata.normalize("NFC", name).casefold().translate(_AFTER_Z)
    return " ".join(_WORD.findall(fold(swedish)))
