"""What a search finds, said as plainly as can be: the databases are held to this."""

from __future__ import annotations

from collections.abc import Iterable

from bot.text.search_terms import Prefix, index_words, parse_query


def is_found(typed: str, *texts: str) -> bool:
    """Whether a case with these texts is found by what was typed."""
    words = set(index_words(texts))
    terms = parse_query(typed)
    return bool(terms) and all(
        any(_matches(words, words_) for words_ in alternatives) for alternatives in terms
    )


def _matches(words: set[str], prefixes: Iterable[Prefix]) -> bool:
    return all(
        prefix.letters in words
        if prefix.is_whole_word
        else any(word.startswith(prefix.letters) for word in words)
        for prefix in prefixes
    )


FOUND = [
    ("bygglov", "Ansökan om BYGGLOV för altan"),
    ("bygglovet", "bygglovsansökan"),
    ("bygglovsansökning", "flera bygglovsansökningar"),
    ("handläggaren", "två handläggare"),
    ("ansökan", "Bygglovsansökan"),
    ("panelen", "träpanel"),
    ("lov", "bygglovet"),
    ("fläkt", "KÖKSFLÄKTEN"),
    ("fastighete", "fastigheten"),
    ("altan bygglov", "Bygglov, altan"),
    ("ANGSTROM", "Per-Olov Ångström"),
    ("ångström", "Angstrom"),
    ("lofven", "Löfvén"),
    ("Per Olov", "Per-Olov"),
    ("perolov", "Per-Olov"),
    ("per-olov", "Perolov"),
    ("karin-maria", "Anna-Karin-Maria"),
    ("e-tjänst", "etjänsten"),
    ("etjänst", "E‑tjänst"),
    ("sara", "Elin Sárá Blind"),
    ("dihtosit", "dihtošit"),
    ("nuorra", "ŋuorra"),
    ("cacce", "čáhcce čácce"),
    ("dorde", "Đorđe"),
    ("strasse", "Straße"),
    ("жалоба", "Жалоба на шум"),
    ("шикоят", "шикоят"),
    ("سارة", "سارة أحمد"),
    ("o'brien", "O’Brien"),
    ("obrien", "O'Brien"),
    ("siv.ek@prov.example", "Mejla siv.ek@prov.example!"),
    ("siv@prov", "siv@prov.example"),
    ("19900101-1234", "199001011234"),
    ("900101-1234", "19900101-1234"),
    ("9001011234", "19900101-1234"),
    ("199001011234", "900101-1234"),
    ("900101+1234", "900101-1234"),
    ("900101 1234", "Hon är född 19900101-1234."),
    ("19900101", "19900101-1234"),
    ("5566778899", "556677-8899"),
    ("165566778899", "556677-8899"),
    ("070-123 45 67", "+46701234567"),
    ("0701234567", "Ring 070 - 123 45 67 i dag"),
    ("+46 70 123 45 67", "070-123 45 67"),
    ("+46 (0)70-1234567", "0701234567"),
    ("070-123", "070-123 45 67"),
    ("2026-000123", "Se även 2026-000123."),
    ("björken 4:12", "Björken 4:12"),
    ("Storgatan 12 B", "Storgatan 12 B, 123 45 Lindsjö"),
    ("ek", "Eva Ek"),
    ('"altan"', "en altan"),
    ("altan*", "altanen"),
    ("-altan", "altan"),
    ("altan AND NOT staket", "and not: staket, altan"),
    ("altan NEAR tak", "altan near tak"),
    ("altan OR", "altan or"),
    ("altan:tak", "altan tak"),
    ("altan^2 {tak} (mur", "altan 2 tak mur"),
    ("'altan' & tak | !mur", "altan tak mur"),
    ("altan; DROP TABLE search; --", "altan drop table search"),
    ("my_file", "my_file.pdf"),
    ("soft\u00adware", "software"),
    ("a\u030angstrom", "Ångström"),
]  # fmt: skip
"""What is typed, and a text that it finds."""

MISSED = [
    ("", "altan"),
    ("   ", "altan"),
    ('"*-^', "altan"),
    ("altan staket", "altan"),
    ("ek", "ekonomi"),
    ("lov", "klov"),
    ("rad", "strådd"),
    ("ansökan", "bygglov"),
    ("altan OR staket", "altan"),
    ("altan NOT staket", "altan"),
    ("_bygglov", ""),
    ("12", "Storgatan 123"),
    ("1234", "19900101-5678"),
    ("👍", "👍"),
]
"""What is typed, and a text that it does not find."""
