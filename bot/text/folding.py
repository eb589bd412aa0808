"""Search folding, and the order of Swedish names."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
# Letters that NFKD does not decompose into a letter and a mark.
_WHOLE_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ŧ": "t"}
)
# å, ä and ö stand after z. Written with letters only, so that every database collation agrees.
_AFTER_Z = str.maketrans({"å": "zza", "ä": "zzb", "æ": "zzb", "ö": "zzc", "ø": "zzc", "ü": "y"})


def fold(text: str) -> str:
    """The text without case and diacritics: "Ärendet" and "arendet" are the same search."""
    # Marks go first and last: lowering "İ" makes a new one.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    without_marks = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return without_marks.translate(_WHOLE_LETTERS)


def sort_key(name: str) -> str:
    """A key that puts names in Swedish order: å, ä and ö last, é as e, ü as y."""
    swedish = unicodedata.normalize("NFC", name).casefold().translate(_AFTER_Z)
    return " ".join(_WORD.findall(fold(swedish)))
