"""What is written after the command: a word, a number, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from rapidfuzz import fuzz, process

from bot.domain.case_numbers import number_first
from bot.text import fold

Word = Literal[
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

WORDS: dict[str, Word] = {
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

NOT_HERE = (
    *("ändra", "edit"),
    *("ta bort", "delete", "återställ", "restore", "sammanställning", "summary"),
    *("exportera", "export", "statistik", "statistics", "frånvaro", "away"),
)
"""Words that people may expect and that do nothing here: it is said plainly, and "ta bort" is never "ta"."""

List = Literal["mine", "unassigned", "flagged", "all", "closed"]

LISTS: dict[str, List] = {
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

_LIKE_ENOUGH = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What was meant. `unknown` is what means nothing here, `guess` the nearest that does, if any is near."""

    word: Word
    number: str = ""
    rest: str = ""
    unknown: str = ""
    guess: str = ""


def understood(text: str, today: date) -> Said:
    """The longest word first; a number alone shows that case, and nothing at all lists one's own."""
    text = text.strip()
    if not text:
        return Said("list")
    if found := number_first(text, today):
        return Said("show", *found)
    return _worded(text, today)


def _worded(text: str, today: date) -> Said:
    word, after = _first_word(text)
    if word is None:
        typed = text.split(maxsplit=1)[0]
        return Said("help", unknown=typed, guess=_nearest(typed))
    if word == "not here":
        return Said("help", rest=text[: len(text) - len(after)].strip())
    if word != "search" and (found := number_first(after, today)):
        return Said(word, *found)
    return Said(word, rest=after if word != "help" else "")


def list_named(typed: str) -> List | None:
    """The list called that, however it is spelled; one's own where nothing is typed, None where nothing is like it."""
    if not typed.strip():
        return "mine"
    by_fold = {fold(word): meaning for word, meaning in LISTS.items()}
    best = process.extractOne(
        fold(typed.strip()), list(by_fold), scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH
    )
    return by_fold[best[0]] if best else None


def spelled(word: Word, *, swedish: bool) -> str:
    """How one writes the word in Swedish or in English."""
    spellings = [spelling for spelling, meaning in WORDS.items() if meaning == word]
    return spellings[0 if swedish else -1]


def _list_word(name: str) -> str:
    """The word for lists in the language of a list's name."""
    spellings = [spelling for spelling, meaning in LISTS.items() if meaning == LISTS[name]]
    return spelled("list", swedish=name == spellings[0])


def _first_word(text: str) -> tuple[Word | Literal["not here"] | None, str]:
    known: dict[str, Word | Literal["not here"]] = {fold(word): "not here" for word in NOT_HERE}
    known |= {fold(word): meaning for word, meaning in WORDS.items()}
    parts = text.split(None, 2)
    for count in (2, 1):
        typed = fold(" ".join(parts[:count]))
        if len(parts) >= count and typed in known:
            return known[typed], _after(text, count)
    return None, text


def _after(text: str, count: int) -> str:
    """What follows so many words, its line breaks kept."""
    parts = text.split(None, count)
    return parts[count] if len(parts) > count else ""


def _nearest(typed: str) -> str:
    """What may be meant instead: a word, or a list where somebody wrote its name alone."""
    by_fold = {fold(name): f"{_list_word(name)} {name}" for name in LISTS} | {
        fold(word): word for word in WORDS
    }
    best = process.extractOne(fold(typed), list(by_fold), scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH)
    return by_fold[best[0]] if best else ""
