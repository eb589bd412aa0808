"""The program's sentences, and its formats for dates and numbers, by language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.text.applicant_word import DEFAULT_APPLICANT_WORDS, ApplicantWord
from bot.text.isolation import isolate
from bot.text.sentences import end_once
from bot.text.translations import Forms, read_translations

LANGUAGES = ("sv", "en")
STOCKHOLM = ZoneInfo("Europe/Stockholm")

# British English: "a, b and c", and the day before the month as in Swedish.
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_TAG = re.compile(r"\{(\w+)\}")
_UNITS = ("B", "kB", "MB", "GB")


@cache
def words(language: str) -> Words:
    """The words of one language; ValueError for a language the program does not speak."""
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; there are {', '.join(LANGUAGES)}")
    return Words(language)


class Words:
    """Sentences, dates and numbers in one language. Created by `words(language)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._applicant_facts = DEFAULT_APPLICANT_WORDS[language].facts
        self._locale = _LOCALES[language]
        self._sentences = read_translations(language)
        self.isolates = False
        """Whether facts and listed names that are written from right to left are isolated."""

    def naming_applicants(self, applicant: ApplicantWord) -> Words:
        """The same words, with that word for an applicant."""
        named = copy(self)
        named._applicant_facts = applicant.facts
        return named

    def isolating(self) -> Words:
        """The same words, with each fact isolated that is written from right to left: for pages and Slack."""
        isolating = copy(self)
        isolating.isolates = True
        return isolating

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence `key` with its facts filled in; a sentence with plural forms needs the fact `plural`."""
        forms = self._forms(key)
        if isinstance(forms, str):
            return self._fill(key, forms, facts)
        n = facts.get("n")
        if not isinstance(n, int):
            raise KeyError(f"{key} needs the number n")
        return self.plural(key, n, **{name: fact for name, fact in facts.items() if name != "n"})

    def plural(self, key: str, n: int, /, **facts: object) -> str:
        """The plural form of `key` for `plural`, which the sentence shows as a written number."""
        forms = self._forms(key)
        if isinstance(forms, str):
            raise KeyError(f"{key} has no plural forms")
        # Swedish and English have the same two plural forms: one, and everything else.
        return self._fill(key, forms[0 if n == 1 else 1], {**facts, "n": self.number(n)})

    def has(self, key: str) -> bool:
        return key in self._sentences

    def keys(self) -> frozenset[str]:
        return frozenset(self._sentences)

    def day(self, moment: date | datetime) -> str:
        """4 dec. 2026"""
        return self._date(moment, "d MMM y")

    def day_short(self, moment: date | datetime) -> str:
        """4 dec."""
        return self._date(moment, "d MMM")

    def month(self, moment: date | datetime) -> str:
        """dec. 2026"""
        return self._date(moment, "LLL y")

    def moment(self, moment: datetime) -> str:
        """22 nov. 2026 14:03"""
        return self._time(moment, "d MMM y HH:mm")

    def clock(self, moment: datetime) -> str:
        """14:03:20"""
        return self._time(moment, "HH:mm:ss")

    def hour(self, moment: datetime) -> str:
        """14:03"""
        return self._time(moment, "HH:mm")

    def number(self, n: int | float | Decimal) -> str:
        """1 204 (with a space that does not break)"""
        return format_decimal(n, locale=self._locale)

    def size(self, count: int) -> str:
        """1,2 MB (of 1 024 kB each, as computers show them)"""
        value, unit = float(count), 0
        while round(value, 1) >= 1024 and unit < len(_UNITS) - 1:
            value, unit = value / 1024, unit + 1
        shown = format_decimal(round(value, 1), format="#,##0.#", locale=self._locale)
        return f"{shown} {_UNITS[unit]}"

    def list(self, items: Iterable[str]) -> str:
        """a, b och c"""
        return format_list(self._items(items), locale=self._locale)

    def either(self, items: Iterable[str]) -> str:
        """a, b eller c"""
        return format_list(self._items(items), style="or", locale=self._locale)

    def _items(self, items: Iterable[str]) -> Sequence[str]:
        return [isolate(item) if self.isolates else item for item in items]

    def _forms(self, key: str) -> Forms:
        try:
            return self._sentences[key]
        except KeyError:
            raise KeyError(f"no text {key} in {self.language}") from None

    def _fill(self, key: str, sentence: str, facts: dict[str, object]) -> str:
        try:
            formatted = {name: self._format_fact(fact) for name, fact in facts.items()}
            values = self._applicant_facts | formatted
            return end_once(sentence, _TAG, lambda name: str(values.get(name, ""))).format(**values)
        except KeyError as missing:
            raise KeyError(f"{key} needs the fact {missing.args[0]}") from None

    def _format_fact(self, fact: object) -> object:
        """Dates, times and decimals in the language's format, and texts isolated on pages and in Slack.

        Whole numbers may be keys, and are left as they are.
        """
        if isinstance(fact, datetime):
            return self.moment(fact)
        if isinstance(fact, date):
            return self.day(fact)
        if isinstance(fact, str) and self.isolates:
            return isolate(fact)
        return self.number(fact) if isinstance(fact, Decimal) else fact

    def _date(self, moment: date | datetime, pattern: str) -> str:
        day = _local(moment).date() if isinstance(moment, datetime) else moment
        return format_date(day, pattern, locale=self._locale)

    def _time(self, moment: datetime, pattern: str) -> str:
        # Babel takes a naive time as UTC, so the time zone is given.
        return format_datetime(_local(moment), pattern, tzinfo=STOCKHOLM, locale=self._locale)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written: nobody knows which hour it is")
    return moment.astimezone(STOCKHOLM)
