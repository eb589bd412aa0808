"""Parsing of a slash command's text: a word, a case number, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
    "colour",
    "flag",
    "unflag",
    "status",
    "note",
    "message",
    "history",
    "summary",
    "edit",
    "delete",
    "restore",
    "link",
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

COMMAND_WORDS: dict[str, CommandWord] = {
    "visa": "show",
    "show": "show",
    "ta": "take",
    "take": "take",
    "lämna": "release",
    "lämna tillbaka": "release",
    "release": "release",
    "tilldela": "assign",
    "assign": "assign",
    "färg": "colour",
    "färgmarkera": "colour",
    "colour": "colour",
    "flagga": "flag",
    "flag": "flag",
    "avflagga": "unflag",
    "unflag": "unflag",
    "status": "status",
    "notera": "note",
    "note": "note",
    "meddela": "message",
    "message": "message",
    "historik": "history",
    "history": "history",
    "sammanställning": "summary",
    "summary": "summary",
    "ändra": "edit",
    "edit": "edit",
    "ta bort": "delete",
    "delete": "delete",
    "återställ": "restore",
    "restore": "restore",
    "koppla": "link",
    "link": "link",
    "lista": "list",
    "list": "list",
    "utskick": "mailing",
    "mailing": "mailing",
    "exportera": "export",
    "export": "export",
    "sök": "search",
    "search": "search",
    "statistik": "statistics",
    "statistics": "statistics",
    "nytt": "new",
    "registrera": "new",
    "register": "new",
    "new": "new",
    "inställningar": "settings",
    "settings": "settings",
    "frånvaro": "away",
    "away": "away",
    "interna": "internal",
    "internal": "internal",
    "hjälp": "help",
    "help": "help",
}

_OTHER_NAMES: dict[str, CommandWord] = {
    "öppna": "show",
    "open": "show",
    "ändra status": "status",
    "change status": "status",
    "ändra handläggare": "assign",
    "change officers": "assign",
    "ändra färg": "colour",
    "change colour": "colour",
    "släpp": "release",
    "ge": "assign",
    "give": "assign",
    "avsluta": "status",
    "stäng": "status",
    "close": "status",
    "byt status": "status",
    "svara": "message",
    "skriv": "message",
    "skriv till": "message",
    "reply": "message",
    "write": "message",
    "anteckna": "note",
    "skriv notering": "note",
    "ny notering": "note",
    "new note": "note",
}
"""What the buttons call it, for which the first word alone would be another command; and what people say for it."""

DEFAULT_LIST = "mina"
"""The list that is shown where none is named."""

_LIST_NAMES = frozenset(fold(name) for name in LIST_WORDS)
"""The lists that every officer has, which their name alone shows."""

_MAX_WORD_LENGTH = 1 + max(len(word) for word in (*COMMAND_WORDS, *_OTHER_NAMES))
"""Characters of a typed word that are compared: with one more than the longest has it is none of them."""

_MAX_LIST_NAME_LENGTH = 1 + max(len(name) for name in LIST_WORDS) + len(" ...")
"""The same of a list's name, with the punctuation after it."""

_FINAL_PUNCTUATION = ".,:;!?"
"""What phones put after a word that is typed or dictated."""

WITHOUT_CASE: frozenset[CommandWord] = frozenset(
    {"list", "mailing", "export", "search", "statistics", "new", "settings", "away", "internal", "help"}
)
"""Words that are not about a case: a number after them is no case number."""

ALONE: frozenset[CommandWord] = frozenset(
    {"take", "release", "unflag", "show", "history", "summary", "edit", "delete", "restore"}
)
"""Words that are followed by a case number and nothing else."""

WITH_TEXT: frozenset[CommandWord] = frozenset({"note", "message", "flag"})
"""Words that are followed by a text, in which a number may be any number."""


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """What is requested: `number` is that of the case, `rest` what else was typed.

    `numbers` are several that may be the case's, or those in a text, each with what is then the rest. `unknown_word` is
    what means nothing here, `suggestions` what is near to it and does.
    """

    word: CommandWord
    number: str = ""
    rest: str = ""
    unknown_word: str = ""
    suggestions: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()


def parse(text: str, today: date) -> ParsedCommand:
    """Parse the text, the longest word first. A number alone shows that case, a list's name that list; an empty text
    lists one's own.

    The number may stand before the word too.
    """
    text = text.strip()
    if not text:
        return ParsedCommand("list")
    found = parse_leading_number(text, today)
    if found is None:
        return _parse_words(text, today)
    number, rest = found
    word, rest_after_word = _first_word(rest)
    if word is None or word in WITHOUT_CASE:
        return ParsedCommand("show", number, rest)
    return ParsedCommand(word, number, rest_after_word)


def _parse_words(text: str, today: date) -> ParsedCommand:
    word, rest = _first_word(text)
    if word is None:
        if _fold_name(" ".join(text.split())[:_MAX_LIST_NAME_LENGTH]) in _LIST_NAMES:
            return ParsedCommand("list", rest=text)
        first_word = text.split(maxsplit=1)[0]
        return ParsedCommand("help", unknown_word=first_word, suggestions=suggest(first_word))
    if word in WITHOUT_CASE:
        return ParsedCommand(word, rest=rest if word != "help" else "")
    return _parse_case(word, rest, today)


def _parse_case(word: CommandWord, rest: str, today: date) -> ParsedCommand:
    """Parse the number after the word; where several are possible, none is chosen."""
    if word not in ALONE and (found := parse_leading_number(rest, today)):
        return ParsedCommand(word, *found)
    numbers = tuple(dict(find_numbers(rest, today)).items())
    if len(numbers) == 1 and word not in WITH_TEXT:
        return ParsedCommand(word, *numbers[0])
    return ParsedCommand(word, rest=rest, numbers=numbers)


def spelling_of(word: CommandWord, *, swedish: bool) -> str:
    """The word in Swedish or English, as it is typed."""
    spellings = [spelling for spelling, meaning in COMMAND_WORDS.items() if meaning == word]
    return spellings[0 if swedish else -1]


def command_of_list(name: str) -> str:
    """The command for the list, or query in words, in the language of the list's name, else in Swedish."""
    return f"{spelling_of('list', swedish=name not in ENGLISH_LISTS)} {name}"


def _first_word(text: str) -> tuple[CommandWord | None, str]:
    meanings = {fold(word): meaning for word, meaning in (COMMAND_WORDS | _OTHER_NAMES).items()}
    parts = text.split(None, 2)
    for count in (2, 1):
        folded = _fold_name(" ".join(part[:_MAX_WORD_LENGTH] for part in parts[:count]))
        if len(parts) >= count and folded in meanings:
            return meanings[folded], _skip_words(text, count)
    return None, text


def _fold_name(typed: str) -> str:
    """What was typed as it is compared: folded, without invisible characters and a phone's punctuation at its end."""
    return fold(fold_signs(typed)).rstrip(_FINAL_PUNCTUATION)


def _skip_words(text: str, count: int) -> str:
    """The text after the first `count` words, with its line breaks."""
    parts = text.split(None, count)
    return parts[count] if len(parts) > count else ""


def suggest(unknown: str) -> tuple[str, ...]:
    """Suggestions for an unknown word: commands, or lists whose name was typed alone."""
    names = [(word, word) for word in COMMAND_WORDS] + [(name, command_of_list(name)) for name in LIST_WORDS]
    return find_named(unknown, names).candidates
