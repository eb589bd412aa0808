"""Parsing of a slash command's text: a word, a case number, and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Literal

from bot.domain.case_numbers import find_numbers, parse_leading_number
from bot.domain.lists.query_words import ENGLISH_LISTS, LIST_WORDS
from bot.text import fold
from bot.text.nearest import find_named
from bot.text.typed_values import fold_signs

CommandWord = Literal[
    "show",
    "take",
    "release",
    "assign",
    "handover",
    "colour",
    "flag",
    "unflag",
    "status",
    "note",
    "message",
    "completion",
    "decision",
    "delay",
    "refusal",
    "history",
    "summary",
    "edit",
    "delete",
    "restore",
    "link",
    "tools",
    "list",
    "mailing",
    "export",
    "search",
    "statistics",
    "new",
    "settings",
    "away",
    "internal",
    "help",
]

_SWEDISH_WORDS: dict[str, CommandWord] = {
    "visa": "show",
    "ta": "take",
    "lämna": "release",
    "lämna tillbaka": "release",
    "tilldela": "assign",
    "överlåt": "handover",
    "färg": "colour",
    "färgmarkera": "colour",
    "flagga": "flag",
    "avflagga": "unflag",
    "status": "status",
    "notera": "note",
    "meddela": "message",
    "begär komplettering": "completion",
    "avsluta med beslut": "decision",
    "underrätta om försening": "delay",
    "avslå begäran": "refusal",
    "historik": "history",
    "sammanställning": "summary",
    "ändra": "edit",
    "ta bort": "delete",
    "återställ": "restore",
    "koppla": "link",
    "verktyg": "tools",
    "lista": "list",
    "utskick": "mailing",
    "exportera": "export",
    "sök": "search",
    "statistik": "statistics",
    "nytt": "new",
    "registrera": "new",
    "inställningar": "settings",
    "frånvaro": "away",
    "interna": "internal",
    "hjälp": "help",
}

_ENGLISH_WORDS: dict[str, CommandWord] = {
    "show": "show",
    "take": "take",
    "release": "release",
    "assign": "assign",
    "hand over": "handover",
    "colour": "colour",
    "flag": "flag",
    "unflag": "unflag",
    "status": "status",
    "note": "note",
    "message": "message",
    "request information": "completion",
    "close with decision": "decision",
    "tell of the delay": "delay",
    "refuse the request": "refusal",
    "history": "history",
    "summary": "summary",
    "edit": "edit",
    "delete": "delete",
    "restore": "restore",
    "link": "link",
    "tools": "tools",
    "list": "list",
    "mailing": "mailing",
    "export": "export",
    "search": "search",
    "statistics": "statistics",
    "register": "new",
    "new": "new",
    "settings": "settings",
    "away": "away",
    "internal": "internal",
    "help": "help",
}

COMMAND_WORDS: dict[str, CommandWord] = {**_SWEDISH_WORDS, **_ENGLISH_WORDS}
"""What the help tells of, in Swedish and then in English."""

_OTHER_NAMES: dict[str, CommandWord] = {
    "öppna": "show",
    "open": "show",
    "visa mig": "show",
    "show me": "show",
    "tar": "take",
    "jag tar": "take",
    "i'll take": "take",
    "lämna tillbaks": "release",
    "lämna åter": "release",
    "lämna ifrån mig": "release",
    "ge tillbaka": "release",
    "hand back": "release",
    "hand": "handover",
    "byt handläggare": "handover",
    "färga": "colour",
    "ta bort flaggan": "unflag",
    "remove flag": "unflag",
    "påminn": "flag",
    "påminn mig om": "flag",
    "remind me of": "flag",
    "stänga": "status",
    "klarmarkera": "status",
    "mejla": "message",
    "maila": "message",
    "mejla sökanden": "message",
    "email": "message",
    "skicka komplettering": "completion",
    "kommentera": "note",
    "comment": "note",
    "logg": "history",
    "log": "history",
    "skriv ut": "summary",
    "print": "summary",
    "radera": "delete",
    "leta": "search",
    "leta efter": "search",
    "search for": "search",
    "borta": "away",
    "jag är borta": "away",
    "semester": "away",
    "sjuk": "away",
    "ändra status": "status",
    "change status": "status",
    "ändra handläggare": "assign",
    "change officers": "assign",
    "ändra färg": "colour",
    "change colour": "colour",
    "ta över": "take",
    "take over": "take",
    "släpp": "release",
    "lämna över": "handover",
    "lämna vidare": "handover",
    "överlämna": "handover",
    "ge": "assign",
    "give": "assign",
    "avsluta": "status",
    "stäng": "status",
    "close": "status",
    "byt status": "status",
    "återöppna": "status",
    "reopen": "status",
    "hitta": "search",
    "find": "search",
    "svara": "message",
    "skriv": "message",
    "skriv till": "message",
    "skriv till sökanden": "message",
    "reply": "message",
    "write": "message",
    "write to": "message",
    "write to the applicant": "message",
    "komplettering": "completion",
    "anteckna": "note",
    "skriv notering": "note",
    "skriv en notering": "note",
    "ny notering": "note",
    "ny intern notering": "note",
    "new note": "note",
    "new internal note": "note",
    "give back": "release",
    "set colour": "colour",
    "koppla ärenden": "link",
    "link cases": "link",
    "försening": "delay",
    "delay": "delay",
    "avslag": "refusal",
    "refusal": "refusal",
    "markera som oläst": "tools",
    "oläst": "tools",
    "mark as unread": "tools",
    "unread": "tools",
    "gallringsstopp": "tools",
    "sätt gallringsstopp": "tools",
    "häv gallringsstopp": "tools",
    "häv gallringsstoppet": "tools",
    "hold on disposal": "tools",
    "put on hold": "tools",
    "end the hold": "tools",
    "skyddade personuppgifter": "tools",
    "markera skyddade personuppgifter": "tools",
    "markera som skyddat": "tools",
    "skydda": "tools",
    "protected identity": "tools",
    "mark as protected": "tools",
    "protect": "tools",
    "öppna sammanställningen": "summary",
    "open summary": "summary",
}
"""What the buttons call it, for which the first word alone would be another command; and what people say for it."""

_OVERVIEW_NAMES = frozenset(
    fold(name) for name in ("översikt", "översikten", "ärendeöversikt", "ärendeöversikten", "overview")
)
"""What the officers' platform calls both the list of cases and the summary of one."""

DEFAULT_LIST = "mina"
"""The list that is shown where none is named."""

_LIST_NAMES = frozenset(fold(name) for name in LIST_WORDS)
"""The lists that every officer has, which their name alone shows."""

_MAX_WORDS = max(len(name.split()) for name in (*COMMAND_WORDS, *_OTHER_NAMES))

_MAX_WORD_LENGTH = 1 + max(len(word) for word in (*COMMAND_WORDS, *_OTHER_NAMES))
"""Characters of a typed word that are compared: with one more than the longest has it is none of them."""

_MAX_LIST_NAME_LENGTH = 1 + max(len(name) for name in LIST_WORDS) + len(" ...")
"""The same of a list's name, with the punctuation after it."""

FINAL_PUNCTUATION = ".,:;!?"
"""What phones put after a word that is typed or dictated."""

WITHOUT_CASE: frozenset[CommandWord] = frozenset(
    {"list", "mailing", "export", "search", "statistics", "new", "settings", "away", "internal", "help"}
)
"""Words that are not about a case: a number after them is no case number."""

ALONE: frozenset[CommandWord] = frozenset(
    {"take", "release", "unflag", "show", "history", "summary", "edit", "delete", "restore", "tools"}
)
"""Words that are followed by a case number and nothing else."""

WITHOUT_REST: frozenset[CommandWord] = frozenset({"new", "settings", "internal"})
"""Words that are not about a case and are followed by nothing."""

WITH_TEXT: frozenset[CommandWord] = frozenset(
    {"note", "message", "completion", "decision", "delay", "refusal", "flag"}
)
"""Words that are followed by a text, in which a number may be any number."""


_JOINED = re.compile(r"(?:och|samt|and|&|\+)\s+(?=\S)", re.IGNORECASE)
"""What stands between two numbers that are both cases'."""

_JOINED_AT_END = re.compile(r"\s*(?<!\S)(?:och|samt|and|&|\+)$", re.I)

_QUOTED = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb](.*)[\"\u201c\u201d\u00ab\u00bb]", re.DOTALL)
"""A whole line within quotation marks, as it is pasted from an instruction."""

_BETWEEN_DIGITS = re.compile(r"(?<=\d),(?=\d)")

_BACK = re.compile(r"(?:back|tillbaka|tillbaks|åter|ifrån mig)[.!]?", re.IGNORECASE)
"""What follows the number where a case is given back: lämna 16 tillbaka."""

_AGAIN = re.compile(r"(?:igen|again)[.!]?", re.IGNORECASE)
"""What follows the number where a closed case is opened: öppna 16 igen."""

_TO_SOMEBODY = re.compile(r"(?:till|åt|to)\s+(?=\S)", re.IGNORECASE)
"""What follows where a case is not given back, but to a colleague."""

_DUPLICATE = re.compile(r"(?:(?:som|as|en|a)\s+){0,2}(?:dubblett|dublett|duplicate)\s+(?:av|till|of)\s", re.I)
"""A status that is a link to another case."""

_MIN_SHARED = 3
"""Letters with which a word in one language and its like in the other begin alike."""

MAX_NUMBERS = 10
"""Case numbers that are looked for in a text: each costs a look at all of it, while the event loop waits."""

_MAX_REPEATED = 40
"""Characters of what stood after a mistyped word that are repeated after the right one."""


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """What is requested: `number` is that of the case, `rest` what else was typed.

    `numbers` are several that may be the case's, or those in a text, each with what is then the rest; where they are
    `all_cases`, each was typed as a case's. `unknown_word` is what means nothing here, or not beside the number;
    `suggestions` are what is near to it and does.
    """

    word: CommandWord
    number: str = ""
    rest: str = ""
    unknown_word: str = ""
    suggestions: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    all_cases: bool = False


def parse(text: str, today: date, language: str = "sv") -> ParsedCommand:
    """Parse the text, the longest word first. A number alone shows that case, a list's name that list; an empty text
    lists one's own.

    The number may stand before the word too. Suggestions are in the language, unless the word is plainly the other's.
    """
    quoted = _QUOTED.fullmatch(text.strip())
    text = (quoted[1] if quoted else text).strip()
    if not text:
        return ParsedCommand("list")
    numbers, rest = _take_numbers(text, today, is_before_text=True)
    if not numbers:
        return _parse_words(text, today, language)
    word, rest_after_word = _first_word(rest)
    if word is None or word in WITHOUT_CASE:
        shown = _of_cases("show", *_take_numbers(text, today, is_before_text=False))
        return replace(shown, unknown_word=_skip_joining(shown.rest))
    return _of_cases(word, numbers, rest_after_word)


def _skip_joining(rest: str) -> str:
    """What stands after the numbers, but for what would join a further one to them."""
    return "" if _JOINED_AT_END.fullmatch(rest) else rest


def _take_numbers(text: str, today: date, *, is_before_text: bool) -> tuple[list[str], str]:
    """The case numbers that the text begins with, and the rest.

    Before a text of the officer's own, a further number counts only where it is joined to the one before: 28 och 29.
    """
    numbers: list[str] = []
    rest = text
    for _ in range(MAX_NUMBERS):
        found = parse_leading_number(rest, today)
        if found is None:
            break
        if found[0] not in numbers:
            numbers.append(found[0])
        rest = found[1]
        joined = _JOINED.match(rest)
        further = rest[joined.end() :] if joined else rest
        if parse_leading_number(further, today) is None or (is_before_text and not joined):
            break
        rest = further
    return numbers, rest


def _of_cases(word: CommandWord, numbers: Sequence[str], rest: str) -> ParsedCommand:
    """The command about the case; where several are typed, none is chosen."""
    particle = _word_of_particle(word, rest)
    word, rest = (particle, "") if particle is not None else (_word_with(word, rest), rest)
    if len(numbers) == 1:
        return ParsedCommand(word, numbers[0], rest)
    return ParsedCommand(word, rest=rest, numbers=tuple((one, rest) for one in numbers), all_cases=True)


def _word_of_particle(word: CommandWord, rest: str) -> CommandWord | None:
    """The word that is meant with what is all that follows the number: to give back, or to open again."""
    if word in ("assign", "handover", "release") and _BACK.fullmatch(rest):
        return "release"
    return "status" if word == "show" and _AGAIN.fullmatch(rest) else None


def _word_with(word: CommandWord, rest: str) -> CommandWord:
    """The word that is meant with the rest: a case is left to a colleague, and one that is a duplicate is linked."""
    if word == "status" and _DUPLICATE.match(rest):
        return "link"
    return "handover" if word == "release" and _TO_SOMEBODY.match(rest) else word


def _parse_words(text: str, today: date, language: str) -> ParsedCommand:
    first, _, others = text.partition(" ")
    if _fold_name(first[:_MAX_WORD_LENGTH]) in _OVERVIEW_NAMES:
        is_of_case = next(find_numbers(others, today), None) is not None
        return (
            _parse_case("summary", others, today)
            if is_of_case
            else ParsedCommand("list", rest=others.strip())
        )
    word, rest = _first_word(text)
    if word is None:
        if _fold_name(" ".join(text.split())[:_MAX_LIST_NAME_LENGTH]) in _LIST_NAMES:
            return ParsedCommand("list", rest=text)
        return _parse_unknown(text, today, language)
    if word in WITHOUT_CASE:
        return ParsedCommand(word, rest=rest if word != "help" else "")
    return _parse_case(word, rest, today)


def _parse_unknown(text: str, today: date, language: str) -> ParsedCommand:
    """What may be meant by words that mean nothing; where nothing does, to show the case whose number is among them."""
    first_word, *others = text.split(maxsplit=1)
    rest = others[0] if others and len(others[0]) <= _MAX_REPEATED else ""
    suggestions = tuple(
        f"{one} {rest}".rstrip() if one in COMMAND_WORDS else one for one in suggest(first_word, language)
    )
    numbers = dict(find_numbers(text, today))
    if not suggestions and len(numbers) == 1:
        suggestions = (f"{spelling_of('show', swedish=language == 'sv')} {next(iter(numbers))}",)
    return ParsedCommand("help", unknown_word=first_word, suggestions=suggestions)


def _parse_case(word: CommandWord, rest: str, today: date) -> ParsedCommand:
    """Parse the number after the word; where several are possible, none is chosen."""
    if word == "link" and (found := parse_leading_number(rest, today)):
        return ParsedCommand(word, *found)  # the further number is that of the case to link it to
    if word not in WITH_TEXT:
        rest = _BETWEEN_DIGITS.sub(", ", rest)
    leading, after = _take_numbers(rest, today, is_before_text=word in WITH_TEXT)
    if leading and (word not in ALONE or (len(leading) > 1 and not after) or word == "release"):
        return _of_cases(word, leading, after)
    numbers = tuple(dict(islice(find_numbers(rest, today), MAX_NUMBERS)).items())
    if numbers and word not in WITH_TEXT:
        return _of_cases(word, [number for number, _ in numbers], _without_numbers(rest, today))
    return ParsedCommand(_word_with(word, rest), rest=rest, numbers=numbers)


def _without_numbers(text: str, today: date) -> str:
    """The text without the case numbers in it, and without what joins them."""
    for _ in range(MAX_NUMBERS):
        found = next(find_numbers(text, today), None)
        if found is None:
            break
        text = _JOINED_AT_END.sub("", found[1])
    return text


def without_preposition(text: str) -> str:
    """`björn` of `till björn`."""
    found = _TO_SOMEBODY.match(text)
    return text[found.end() :] if found else text


def spelling_of(word: CommandWord, *, swedish: bool) -> str:
    """The word in Swedish or English, as it is typed."""
    spellings = [spelling for spelling, meaning in COMMAND_WORDS.items() if meaning == word]
    return spellings[0 if swedish else -1]


def command_of_list(name: str, language: str) -> str:
    """The command for the list, or query in words: in the language of a list's name, else in that of the officer."""
    swedish = name not in ENGLISH_LISTS if name in LIST_WORDS else language == "sv"
    return f"{spelling_of('list', swedish=swedish)} {name}"


def _first_word(text: str) -> tuple[CommandWord | None, str]:
    meanings = {fold(word): meaning for word, meaning in (COMMAND_WORDS | _OTHER_NAMES).items()}
    parts = text.split(None, _MAX_WORDS)
    for count in range(_MAX_WORDS, 0, -1):
        folded = _fold_name(" ".join(part[:_MAX_WORD_LENGTH] for part in parts[:count]))
        if len(parts) >= count and folded in meanings:
            return meanings[folded], _skip_words(text, count)
    return None, text


def _fold_name(typed: str) -> str:
    """What was typed as it is compared: folded, without invisible characters and a phone's punctuation at its end."""
    return fold(fold_signs(typed)).rstrip(FINAL_PUNCTUATION)


def _skip_words(text: str, count: int) -> str:
    """The text after the first `count` words, with its line breaks."""
    parts = text.split(None, count)
    return parts[count] if len(parts) > count else ""


def suggest(unknown: str, language: str) -> tuple[str, ...]:
    """Suggestions for an unknown word: commands, or lists whose name was typed alone, in the language.

    Those of the other language only where nothing in this one is like the word, nor means the same and begins so.
    """
    own, other = (_names(swedish=(language == "sv") == is_own) for is_own in (True, False))
    if found := find_named(unknown, own).candidates:
        return found
    found = find_named(unknown, other).candidates
    return tuple(dict.fromkeys(_in_own_language(one, swedish=language == "sv") for one in found))


def _names(*, swedish: bool) -> list[tuple[str, str]]:
    """The names of commands and lists in the language, each with how it is typed."""
    typed = _SWEDISH_WORDS if swedish else _ENGLISH_WORDS
    lists = [name for name in LIST_WORDS if (name in ENGLISH_LISTS) != swedish]
    return [(word, word) for word in typed] + [
        (name, command_of_list(name, "sv" if swedish else "en")) for name in lists
    ]


def _in_own_language(suggestion: str, *, swedish: bool) -> str:
    """`list` as `lista` for who reads Swedish: what was typed may be either. Others are as they are."""
    meaning = COMMAND_WORDS.get(suggestion)
    own = spelling_of(meaning, swedish=swedish) if meaning is not None else suggestion
    return own if own[:_MIN_SHARED] == suggestion[:_MIN_SHARED] else suggestion
