"""Parsing of a query typed in words, such as `bygglov försenade Anna Berg sedan 1 maj`, in Swedish and English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from typing import Any, Literal

from babel.dates import get_month_names

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.colour import INFLECTED_COLOURS
from bot.domain.lists.case_query import (
    NOBODY,
    CaseFilter,
    CaseQuery,
    DayRange,
    SortColumn,
    read_search_text,
    with_text,
)
from bot.text import LANGUAGES, fold, words
from bot.text.folding import without_genitive
from bot.text.nearest import find_named

Parts = Mapping[str, Any]
"""Parts of a filter, and `sort` and `descending` of the query."""

LIST_WORDS: Mapping[str, Parts] = {
    "mina": {"own": True},
    "mine": {"own": True},
    "att göra": {"waiting": True, "sort": "urgency"},
    "to do": {"waiting": True, "sort": "urgency"},
    "obehandlade": {"state": "open", "assignees": (NOBODY,)},
    "unassigned": {"state": "open", "assignees": (NOBODY,)},
    "försenade": {"overdue": True, "sort": "due"},
    "overdue": {"overdue": True, "sort": "due"},
    "flaggade": {"flagged": True},
    "flagged": {"flagged": True},
    "alla": {},
    "all": {},
    "avslutade": {"state": "closed", "sort": "closed"},
    "closed": {"state": "closed", "sort": "closed"},
}
"""The names of the lists that every officer has, in Swedish and then in English."""

ENGLISH_LISTS = frozenset(tuple(LIST_WORDS)[1::2])

_FILTER_WORDS: Sequence[tuple[Parts, tuple[str, ...], tuple[str, ...]]] = (
    ({"own": True}, ("mitt", "jag har", "vad har jag"), ("my", "i have", "what do i have")),
    ({"state": "open"}, ("öppna", "öppet", "pågående"), ("open",)),
    (
        {"overdue": True, "sort": "due"},
        ("sena", "försenad", "försenat", "förfallna", "förfallen", "förfallet"),
        ("late", "past due"),
    ),
    ({"flagged": True}, ("flaggat", "flaggad"), ()),
    ({}, ("allt",), ("everything",)),
    ({"state": "closed", "sort": "closed"}, ("stängda", "slutförda"), ()),
    ({"unread": True}, ("olästa", "oläst"), ("unread",)),
    ({"answer_overdue": True}, ("utan svar", "svarstiden har gått ut"), ("no answer in time",)),
    (
        {"state": "open", "assignees": (NOBODY,)},
        ("otagna", "otilldelade", "lediga", "nya"),
        ("untaken", "new"),
    ),
    (
        {"assignees": (NOBODY,)},
        ("ingen", "ingen handläggare", "utan handläggare"),
        ("nobody", "no officer", "without an officer", "without officer"),
    ),
    ({"audience": "external"}, ("externa", "extern"), ("external",)),
    ({"audience": "internal"}, ("interna", "intern"), ("internal",)),
    ({"origins": ("web",)}, ("webben", "via webben"), ("web", "from the web")),
    ({"origins": ("api",)}, ("andra system", "från andra system"), ("api",)),
    (
        {"origins": ("open_eplatform",)},
        ("e-tjänsteplattformen", "via e-tjänsteplattformen"),
        ("open eplatform",),
    ),
    *(({"colours": (colour,)}, names, ()) for colour, names in INFLECTED_COLOURS.items()),
    ({"descending": True}, ("nyast först",), ("newest first",)),
    ({"descending": False}, ("äldst först",), ("oldest first",)),
)
"""Parts of a filter, with what they are called in Swedish and in English."""

_SORT_NAMES: Mapping[SortColumn, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "received": (("inkom",), ("received",)),
    "changed": (("senast ändrat", "ändrat"), ("last changed", "changed")),
    "due": (("att göra senast", "klart senast"), ("due",)),
    "number": (("ärendenummer", "nummer"), ("case number", "number")),
    "status": (("status",), ("status",)),
    "service": (("e-tjänst",), ("e-service",)),
    "closed": (("avslutat",), ("closed",)),
    "officers": (("handläggare",), ("officer",)),
    "colour": (("färg",), ("colour",)),
}
_SORT_WORDS = (("efter", "sorterade efter", "sortera på"), ("by", "sorted by"))
_SORT_PHRASES = tuple(
    tuple(
        (f"{by} {name}", sort)
        for sort, names in _SORT_NAMES.items()
        for by, name in product(words_of, names[n])
    )
    for n, words_of in enumerate(_SORT_WORDS)
)
"""In Swedish and in English: how an order is asked for, and the column."""

_SWEDISH_NAMES, _ENGLISH_NAMES = (
    frozenset(
        [name for name in LIST_WORDS if (name in ENGLISH_LISTS) == bool(n)]
        + [name for _, *both in _FILTER_WORDS for name in both[n]]
        + [phrase for phrase, _ in _SORT_PHRASES[n]]
    )
    for n in (0, 1)
)
"""What the program itself calls lists, filters and orders, by language."""

_PHRASES = frozenset(name for name in _SWEDISH_NAMES | _ENGLISH_NAMES if " " in name)

ME = ("mig", "me")
"""What officers call themselves."""

_SKIPPED_SWEDISH = (
    "de den det har dem arende arenden med och i hos at for av som ar visa ska "
    "status farg handlaggare e-tjanst"
)
_SKIPPED_ENGLISH = "case cases with and in of for is are has colour officer e-service show the"
_SKIPPED = frozenset(f"{_SKIPPED_SWEDISH} {_SKIPPED_ENGLISH}".split())
"""Folded words that mean nothing by themselves."""

_Column = Literal["received", "changed", "closed", "due_before"]
_COLUMN_WORDS: Mapping[str, _Column] = {
    "inkomna": "received",
    "inkommet": "received",
    "inkom": "received",
    "received": "received",
    "andrade": "changed",
    "andrat": "changed",
    "changed": "changed",
    "avslutade": "closed",
    "avslutat": "closed",
    "closed": "closed",
    "klara": "due_before",
    "klart": "due_before",
    "goras": "due_before",
    "due": "due_before",
}
_SINCE = frozenset(["sedan", "fran", "efter", "since", "from", "after"])
_UNTIL = frozenset(["till", "until", "to"])
_BEFORE = frozenset(["fore", "innan", "before"])
_UNTIL_THAT_DAY = "till"
_ON_THAT_DAY = ("sedan", _UNTIL_THAT_DAY)
"""What is meant where a day follows at once: `inkomna igår`."""

_SEARCH_WORDS = ("sök", "search")
_WORD = re.compile(r"\S+")
_TOKEN = re.compile(r"[^\s,;\"”“]+")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SHORT_DAY = re.compile(r"(\d{1,2})/(\d{1,2})")
_YEARS = range(1000, 3000)
_DAY_OF_MONTH = re.compile(r"\d{1,2}")
_MAX_WORDS = 8
"""Words of one name, at most."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The query that was typed; or the first word that means nothing, and texts that may have been meant."""

    query: CaseQuery
    unknown_word: str = ""
    suggestions: tuple[str, ...] = ()


def parse_query_words(
    typed: str, officer: Officer, catalog: Catalog, today: date, language: str = "sv"
) -> ParsedQuery:
    """Parse what was typed. What is not surely one thing is not guessed: the person is asked about it.

    A day without a year is the last such day, or for what is due the next one. What follows `sök` is the text that the
    cases have. Lists are suggested in the language, unless what was typed is like none in it.
    """
    typed, text = _split_text(typed)
    parsed = _Parser(_TOKEN.findall(typed), _Vocabulary(officer, catalog), today, language).parse()
    return replace(
        parsed,
        query=with_text(parsed.query, text),
        suggestions=tuple(f"{one} {_SEARCH_WORDS[0]} {text}".rstrip() for one in parsed.suggestions)
        if text
        else parsed.suggestions,
    )


def _split_text(typed: str) -> tuple[str, str]:
    """What was typed before `sök`, and the text after it."""
    for found in _WORD.finditer(typed):
        if fold(found[0]) in map(fold, _SEARCH_WORDS):
            return typed[: found.start()], read_search_text(typed[found.end() :])
    return typed, ""


@dataclass(frozen=True)
class _Vocabulary:
    """What may be typed by this officer, and what it means."""

    officer: Officer
    catalog: Catalog

    @cached_property
    def meanings(self) -> dict[str, Parts]:
        """By folded name; the first of several with one name."""
        found: dict[str, Parts] = {}
        for name, parts in self._named():
            found.setdefault(fold(name), parts)
        return found

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The names, once each, for finding what was nearly typed."""
        first = {fold(name): name for name, _ in reversed(list(self._named()))}
        return [(name, name) for name in first.values()]

    @cached_property
    def people(self) -> list[tuple[str, Parts]]:
        """The groups and officers."""
        return list(self._people())

    def _named(self) -> Iterator[tuple[str, Parts]]:
        yield from LIST_WORDS.items()
        yield from ((name, parts) for parts, *both in _FILTER_WORDS for names in both for name in names)
        yield from self._services_and_statuses()
        for language in LANGUAGES:
            say = words(language)
            for colour in ("red", "orange", "yellow", "green", "blue", "purple"):
                yield say(f"colour.{colour}"), {"colours": (colour,)}
        yield from ((phrase, {"sort": sort}) for phrases in _SORT_PHRASES for phrase, sort in phrases)
        yield from self._people()

    def _services_and_statuses(self) -> Iterator[tuple[str, Parts]]:
        statuses: dict[str, set[str]] = {}
        for service in filter(None, map(self.catalog.service, sorted(self.officer.access))):
            for name in (service.name.sv, service.name.en, service.key):
                yield name, {"services": (service.key,)}
            for status in service.statuses:
                for name in (status.name.sv, status.name.en):
                    statuses.setdefault(name, set()).add(status.key)
        for name, keys in statuses.items():
            yield name, {"statuses": tuple(sorted(keys))}
        for language in LANGUAGES:
            for kind in ("submitted", "waiting_for_completion", "in_progress", "new"):
                yield words(language)(f"statuskind.{kind}"), {"kinds": (kind,)}

    def _people(self) -> Iterator[tuple[str, Parts]]:
        for me in ME:
            yield me, {"assignees": (self.officer.ref,)}
        for group in self.catalog.municipality.groups:
            for name in (group.name.sv, group.name.en, group.key):
                yield name, {"assignees": (f"group:{group.key}",)}
        for person in self.catalog.municipality.officers:
            for name in (person.name, person.key):
                yield name, {"assignees": (f"officer:{person.key}",)}


@dataclass
class _Parser:
    tokens: Sequence[str]
    vocabulary: _Vocabulary
    today: date
    language: str
    parts: dict[str, Any] = field(default_factory=dict)
    column: _Column = "received"
    """What the last days were about; further ones are about the same."""
    is_backwards: bool = False
    """The last days that were read end before they begin."""

    def parse(self) -> ParsedQuery:
        place = 0
        while place < len(self.tokens):
            length = (
                self._take_days(place)
                or self._take_name(place)
                or self._take_genitive(place)
                or self._take_part_of_name(place)
            )
            if self.is_backwards or (not length and fold(self.tokens[place]) not in _SKIPPED):
                return self._ask_about(place, max(1, length))
            place += length or 1
        chosen = dict(self.parts)
        query = {name: chosen.pop(name) for name in ("sort", "descending") if name in chosen}
        return ParsedQuery(CaseQuery(filter=CaseFilter(**chosen), **query))

    def _folded(self, place: int, length: int = 1) -> str:
        return " ".join(fold(token.removeprefix("@")) for token in self.tokens[place : place + length])

    def _take_name(self, place: int) -> int:
        """The number of words, from there on, of the longest name; 0 where there is none."""
        for length in range(min(_MAX_WORDS, len(self.tokens) - place), 0, -1):
            meaning = self.vocabulary.meanings.get(self._folded(place, length))
            if meaning is not None:
                self._add(meaning)
                return length
        return 0

    def _take_part_of_name(self, place: int) -> int:
        if self._folded(place) in _SKIPPED:
            return 0
        for length in range(min(3, len(self.tokens) - place), 0, -1):
            found = find_named(self._folded(place, length), self.vocabulary.names).found
            # A part of a phrase may mean something else: of "utan svar", the "utan" of "utan handläggare".
            if found is not None and found not in _PHRASES:
                self._add(self.vocabulary.meanings[fold(found)])
                return length
        return 0

    def _take_genitive(self, place: int) -> int:
        """The number of words of a person's or group's name, or a part of one, in the genitive: `Björns`."""
        for length in range(min(3, len(self.tokens) - place), 0, -1):
            folded = self._folded(place, length)
            name = without_genitive(folded)
            found = find_named(name, self.vocabulary.people).found if name != folded else None
            if found is not None:
                self._add(found)
                return length
        return 0

    def _add(self, meaning: Parts) -> None:
        for name, value in meaning.items():
            before = self.parts.get(name, ())
            self.parts[name] = (*before, *value) if isinstance(value, tuple) else value

    def _ask_about(self, place: int, length: int) -> ParsedQuery:
        unknown = " ".join(self.tokens[place : place + length])
        guesses = find_named(unknown, self.vocabulary.names).guesses
        of_other = _SWEDISH_NAMES if self.language == "en" else _ENGLISH_NAMES
        guesses = tuple(one for one in guesses if one not in of_other) or guesses
        before, after = self.tokens[:place], self.tokens[place + length :]
        return ParsedQuery(
            CaseQuery(),
            unknown_word=unknown,
            suggestions=tuple(" ".join((*before, guess, *after)) for guess in guesses),
        )

    def _take_days(self, place: int) -> int:
        """The number of words of `inkomna sedan 1 maj`, where such words stand there."""
        column = _COLUMN_WORDS.get(self._folded(place))
        start = place + 1 if column is not None else place
        if start >= len(self.tokens):
            return 0
        word = self._folded(start)
        is_limit = word in _SINCE | _UNTIL | _BEFORE
        if column is None and not is_limit:
            return 0
        is_ahead = (column or self.column) == "due_before"
        start += is_limit
        found = self._read_day(start, is_ahead=is_ahead)
        if found is None:
            return 0
        self.column = column or self.column
        day, length = found
        for limit in (word,) if is_limit else ((_UNTIL_THAT_DAY,) if is_ahead else _ON_THAT_DAY):
            self._limit(limit, day)
        return start + length - place

    def _limit(self, word: str, day: date) -> None:
        column = self.column
        if column == "due_before":
            self.parts[column] = day if word in _BEFORE else day + timedelta(days=1)
            return
        days: DayRange = self.parts.get(column, DayRange())
        end = {"first": day} if word in _SINCE else {"last": day - timedelta(days=word in _BEFORE)}
        chosen = DayRange.model_construct(**(days.model_dump() | end))
        self.is_backwards = bool(chosen.first and chosen.last and chosen.first > chosen.last)
        self.parts[column] = chosen

    def _read_day(self, place: int, *, is_ahead: bool) -> tuple[date, int] | None:
        """The day that is written there, and its number of words."""
        texts = [self._folded(place + n) if place + n < len(self.tokens) else "" for n in range(3)]
        for days_ago, names in enumerate((("idag", "today", "i dag"), ("igar", "yesterday", "i gar"))):
            if texts[0] in names or " ".join(texts[:2]) in names:
                return self.today - timedelta(days=days_ago), 2 if texts[0] == "i" else 1
        if match := _ISO_DAY.fullmatch(texts[0]):
            return _day(*map(int, match.groups()), length=1)
        if match := _SHORT_DAY.fullmatch(texts[0]):
            return self._nearest(int(match[2]), int(match[1]), 1, is_ahead=is_ahead)
        month = _MONTHS.get(texts[1].rstrip("."))
        if not _DAY_OF_MONTH.fullmatch(texts[0]) or month is None:
            return None
        if re.fullmatch(r"\d{4}", texts[2]):
            return _day(int(texts[2]), month, int(texts[0]), length=3)
        return self._nearest(month, int(texts[0]), 2, is_ahead=is_ahead)

    def _nearest(self, month: int, day: int, length: int, *, is_ahead: bool) -> tuple[date, int] | None:
        years = range(
            self.today.year, self.today.year + 9 if is_ahead else self.today.year - 9, 1 if is_ahead else -1
        )
        found = (_day(year, month, day, length=length) for year in years)
        past = (one for one in found if one and (one[0] >= self.today if is_ahead else one[0] <= self.today))
        return next(past, None)


def _day(year: int, month: int, day: int, *, length: int) -> tuple[date, int] | None:
    """The day and its number of words; None where there is no such day, or it is one that nobody means."""
    try:
        return (date(year, month, day), length) if year in _YEARS else None
    except ValueError:
        return None


_MONTHS: dict[str, int] = {
    fold(name).rstrip("."): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    for number, name in get_month_names(width, locale=language).items()
}
