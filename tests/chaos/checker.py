"""What was promised against what is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.ledger import Ledger


@dataclass(frozen=True)
class Kept:
    """A case at last: what the store says was done to it, and what of it stands in Slack and lies in the mailbox.

    Deeds are counted by (kind, what), lines by their words, mails by their Message-ID.
    """

    number: str
    request: str
    deeds: Counter[tuple[str, str]]
    card: str = ""
    cards: tuple[str, ...] = ()
    lines: Counter[str] = field(default_factory=Counter)
    lines_due: Counter[str] = field(default_factory=Counter)
    mails: frozenset[str] = frozenset()
    mails_due: int = 0


@dataclass(frozen=True)
class Found:
    """All that is found: the cases, how often each post of the bot's stands, what is left to deliver, and what the
    proof of the log has to say (nothing where it is whole)."""

    cases: tuple[Kept, ...]
    posts: Counter[str] = field(default_factory=Counter)
    left: dict[tuple[str, str], int] = field(default_factory=dict)
    log: str = ""


def wrongs(ledger: Ledger, found: Found) -> list[str]:
    """Everything that is lost, doubled or half; empty where all promises were kept."""
    return [
        *_openings(ledger, found),
        *_deeds(ledger, found),
        *(wrong for case in found.cases for wrong in _told_of(case)),
        *(f"{n} posts of one intent {intent}" for intent, n in found.posts.items() if n > 1),
        *(f"{n} {kind} still {state}" for (kind, state), n in found.left.items()),
        *([f"the log: {found.log}"] if found.log else []),
    ]


def _openings(ledger: Ledger, found: Found) -> Iterator[str]:
    numbers: dict[str, list[str]] = {}
    for case in found.cases:
        numbers.setdefault(case.request, []).append(case.number)
    for request, answered in ledger.opened.items():
        stored = numbers.pop(request, [])
        if len(stored) > 1:
            yield f"{request} opened {len(stored)} cases"
        elif answered and stored != [answered]:
            yield f"{request} was answered {answered} and opened {stored}"
    for request, stored in numbers.items():
        yield f"nobody asked for {stored} ({request})"


def _deeds(ledger: Ledger, found: Found) -> Iterator[str]:
    stored = Counter({(case.number, *deed): n for case in found.cases for deed, n in case.deeds.items()})
    for deed in ledger.deeds:
        n = stored.pop((deed.number, deed.kind, deed.what), 0)
        if n > 1:
            yield f"{deed.number}: {n} times {deed.kind} {deed.what}"
        elif n == 0 and deed.sure:
            yield f"{deed.number}: lost {deed.kind} {deed.what}"
    for (number, kind, what), _ in stored.items():
        yield f"{number}: nobody did {kind} {what}"


def _told_of(case: Kept) -> Iterator[str]:
    if len(case.cards) != 1:
        yield f"{case.number}: {len(case.cards)} cards"
    elif case.cards[0] != case.card:
        yield f"{case.number}: the card says {case.cards[0]!r}, not {case.card!r}"
    for line, n in (case.lines_due - case.lines).items():
        yield f"{case.number}: {n} lost of the line {line!r}"
    for line, n in (case.lines - case.lines_due).items():
        yield f"{case.number}: {n} too many of the line {line!r}"
    if len(case.mails) != case.mails_due:
        yield f"{case.number}: {len(case.mails)} mails for {case.mails_due}"
