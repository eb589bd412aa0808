"""What is written after the command: a word, a number, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from rapidfuzz import fuzz, process

from bot.domain.case_numbers import parse_leading_number
from bot.text import fold

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
    "list",
    "search",
    "settings",
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
    "lista": "list",
    "list": "list",
    "sök": "search",
    "search": "search",
    "inställningar": "settings",
    "settings": "settings",
    "hjälp": "help",
    "help": "help",
}

UNSUPPORTED_WORDS = (
    *("ändra", "edit"),
    *("ta bort", "delete", "återställ", "restore", "sammanställning", "summary"),
    *("exportera", "export", "statistik", "statistics", "frånvaro", "away"),
)
"""Words that people may expect and that do nothing here: it is said plainly, and "ta bort" is never "ta"."""

CaseListKind = Literal["mine", "unassigned", "flagged", "all", "closed"]

LIST_WORDS: dict[str, CaseListKind] = {
    "mina": "mine",
    "mine": "mine",
    "obehandlade": "unassigned",
    "unassigned": "unassigned",
    "flaggade": "flagged",
    "flagged": "flagged",
    "alla": "all",
    "all": "all",
    "avslutade": "closed",
    "closed": "closed",
}

_MIN_SIMILARITY = 60.0


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """What was meant. `unknown_word` is what means nothing here, `suggestion` the nearest that does, if any is near."""

    word: CommandWord
    number: str = ""
    rest: str = ""
    unknown_word: str = ""
    suggestion: str = ""


def parse(text: str, today: date) -> ParsedCommand:
    """The longest word first; a number alone shows that case, and nothing at all lists one's own."""
    text = text.strip()
    if not text:
        return ParsedCommand("list")
    if found := parse_leading_number(text, today):
        return ParsedCommand("show", *found)
    return _parse_words(text, today)


def _parse_words(text: str, today: date) -> ParsedCommand:
    word, rest = _first_word(text)
    if word is None:
        first_word = text.split(maxsplit=1)[0]
        return ParsedCommand("help", unknown_word=first_word, suggestion=_suggest(first_word))
    if word == "not here":
        return ParsedCommand("help", rest=text[: len(text) - len(rest)].strip())
    if word != "search" and (found := parse_leading_number(rest, today)):
        return ParsedCommand(word, *found)
    return ParsedCommand(word, rest=rest if word != "help" else "")


def match_list(text: str) -> CaseListKind | None:
    """The list called that, however it is spelled; one's own where nothing is typed, None where nothing is like it."""
    if not text.strip():
        return "mine"
    by_folded_name = {fold(word): meaning for word, meaning in LIST_WORDS.items()}
    best = process.extractOne(
        fold(text.strip()), list(by_folded_name), scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY
    )
    return by_folded_name[best[0]] if best else None


def spelling_of(word: CommandWord, *, swedish: bool) -> str:
    """How one writes the word in Swedish or in English."""
    spellings = [spelling for spelling, meaning in COMMAND_WORDS.items() if meaning == word]
    return spellings[0 if swedish else -1]


def _list_word(name: str) -> str:
    """The word for lists in the language of a list's name."""
    spellings = [spelling for spelling, meaning in LIST_WORDS.items() if meaning == LIST_WORDS[name]]
    return spelling_of("list", swedish=name == spellings[0])


def _first_word(text: str) -> tuple[CommandWord | Literal["not here"] | None, str]:
    meanings: dict[str, CommandWord | Literal["not here"]] = {
        fold(word): "not here" for word in UNSUPPORTED_WORDS
    }
    meanings |= {fold(word): meaning for word, meaning in COMMAND_WORDS.items()}
    parts = text.split(None, 2)
    for count in (2, 1):
        folded = fold(" ".join(parts[:count]))
        if len(parts) >= count and folded in meanings:
            return meanings[folded], _skip_words(text, count)
    return None, text


def _skip_words(text: str, count: int) -> str:
    """What follows so many words, its line breaks kept."""
    parts = text.split(None, count)
    return parts[count] if len(parts) > count else ""


def _suggest(unknown: str) -> str:
    """What may be meant instead: a word, or a list where somebody wrote its name alone."""
    by_folded_name = {fold(name): f"{_list_word(name)} {name}" for name in LIST_WORDS} | {
        fold(word): word for word in COMMAND_WORDS
    }
    best = process.extractOne(
        fold(unknown), list(by_folded_name), scorer=fuzz.ratio, score_cutoff=_MIN_SIMILARITY
    )
    return by_folded_name[best[0]] if best else ""
