"""The later parts of Swedish compounds: `panel` of träpanel, `ansökan` of bygglovsansökan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

_VOWELS = "aeiouyåäö"
_MIN_WORD_LENGTH, _MAX_WORD_LENGTH = 6, 60
_MIN_FIRST_LENGTH, _MIN_LAST_LENGTH = 3, 4
_MIN_BEFORE_SHORT_WORD = 2

_SHORT_WORDS = """
avd axe bad bal ben bil bio bok bot bro båt dag del djur dom duk dörr eld fall fat fel fil fond fot får fält färg
gas gata gård hall ham hamn hav hem hus häst hål hög jakt jobb jord kaj kam kap kar kis kol kopp korg kort kran kurs
kö kök lag land led lek lin list ljud ljus lov luft lukt lån lås lön mark mat mur mål nät park pass plan plog plåt
post pris prov rad ras rast risk rot rum råd rök rör rätt röst sal salt sand sek sida sits sjö skog skor slam snö
sop spår stad stat stol stöd svar säck säd säng tak tal tank tid tipp tolk torg torn tråd träd tåg tält vak vakt val
vall vik vin vind vrak vård vägg väg värd värk växt yta ytan ytor ägg år öra
"""
"""Short words that often end a compound. Of other short endings hyphenation finds too many that are no words."""

_SHORT_ENDING = re.compile(rf"(?:{'|'.join(_SHORT_WORDS.split())})(?:en|et|ar|er|na|s|arna|erna|ens|ets)?$")
_FIRST_WORDS = """
avfall bad badrums balkong barn berg bil brand budget bygg båt cykel dag djur el eld enskilt faktura fisk fjärr flygel
fönster färg förskole garage gas glas grund grus gräs gång hamn hem hiss hund häck is kaffe kamin katt klimat kontor
kontroll kost kultur kyl kök lek ljud ljus lokal luft mark mat miljö mur musik natur nät olje park plast post rått rök
rör sand sjuk sjö skog skol sko snö social sol sotar sport sten strand tak tomt torg trafik träd trä ute vatten ved
vind väg vägg växt äldre
"""
"""Words that often begin a compound, in which hyphenation misses where the next begins (ma-tav-fall, snöp-log)."""

_FIRST_WORD = re.compile("|".join(sorted(_FIRST_WORDS.split(), key=len, reverse=True)))
_BEFORE_JOINING_S = re.compile(r"(?<=.)(?:ing|ion|het|skap|ment|bet|stad)s(?=.)")
_ONSET = re.compile(
    rf"[^{_VOWELS}]?[{_VOWELS}]|bl|br|dr|dv|fl|fr|gl|gn|gr|kl|kn|kr|kv|pl|pr|sch|sj|sk|sl|sm|sn|sp|st|sv|tj|tr|tv|vr"
    r"|ch|bj|fj|hj|hv|lj|mj|nj|pj|dj|gj|kj"
)
"""With what a Swedish word may begin."""

# Derivational endings: hyphenation points stand before them, but no word begins with them.
_ENDING = re.compile(
    rf"(?:[^{_VOWELS}]{{0,2}}(?:ing(?:en|ar|arna|s|ens)?|ande|ende|else(?:n|r|rna)?|are(?:n|ns)?|arna|erna"
    r"|era(?:r|s|d|de|t)?|ade?s?)"
    rf"|[^{_VOWELS}]?(?:[tsk]ion(?:en|er|s|ell|ellt|ella|erna)?|het(?:en|er|erna|s)?|ment(?:et|en)?"
    r"|isk(?:t|a)?|lig(?:t|a|en|het|heten)?|skap(?:et|en)?))$"
)
_PREFIXES = frozenset(
    {
        "an", "av", "be", "bi", "ent", "er", "fram", "från", "för", "ge", "in", "med", "mis", "mot", "ned", "om", "på",
        "re", "sam", "till", "und", "under", "upp", "ut", "vid", "å", "åter", "över",
    }
)  # fmt: skip
"""Prefixes: a hyphenation point after one does not join two words (an-mälan, till-stånd)."""
_WITHIN_WORD = re.compile(rf"[^{_VOWELS}]{{0,2}}ings|[^{_VOWELS}]?(?:[tsk]ion|hets|ments|skaps)")


def later_parts(word: str) -> tuple[str, ...]:
    """The endings of a lower-case word that may be words of their own, the longest first.

    An ending follows a hyphenation point, a joining s or a word that often comes first, or is one of the short words.
    No dictionary is used, so there are false ones ("malan" of anmälan) and missed ones ("dispens" of vägdispens).
    """
    if not _MIN_WORD_LENGTH <= len(word) <= _MAX_WORD_LENGTH:
        return ()
    places = sorted({*_hyphenation_points(word), *_after_joining_s(word)})
    found = [
        word[place:]
        for before, place in pairwise((0, *places))
        if place >= _MIN_FIRST_LENGTH and _may_be_word(word[place:]) and word[before:place] not in _PREFIXES
    ]
    found += [word[place:] for place in _after_first_word(word) if _may_be_word(word[place:])]
    if (short := _SHORT_ENDING.search(word)) and short.start() >= _MIN_BEFORE_SHORT_WORD:
        found.append(short[0])
    return tuple(dict.fromkeys(found))


def _may_be_word(part: str) -> bool:
    may_begin = len(part) >= _MIN_LAST_LENGTH and _ONSET.match(part) is not None
    return may_begin and not _ENDING.match(part) and not _WITHIN_WORD.match(part)


def _after_first_word(word: str) -> Iterator[int]:
    """The position after a word that often comes first, if the word begins with one."""
    if first := _FIRST_WORD.match(word):
        yield first.end()


def _after_joining_s(word: str) -> Iterator[int]:
    """Positions after a joining s, which hyphenation puts with the vowel that follows (bygglov-sansökan)."""
    yield from (found.end() for found in _BEFORE_JOINING_S.finditer(word))
    for place in range(_MIN_FIRST_LENGTH, len(word)):
        if word[place - 1] == "s" and word[place] in _VOWELS and word[place - 2] not in _VOWELS:
            yield place


def _hyphenation_points(word: str) -> list[int]:
    hyphenation = _load_hyphenation()
    points = [int(point) for point in hyphenation.positions(word)]
    # pyphen caches every word it has seen, people's names among them.
    hyphenation.hd.cache.clear()
    return points


@cache
def _load_hyphenation() -> Any:
    # Imported on first use: reading the rules takes 0.1 s.
    import pyphen  # noqa: PLC0415

    return pyphen.Pyphen(lang="sv")
