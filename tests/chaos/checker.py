"""What was promised against what is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.ledger import Ledger


@dataclass(frozen=True)
class StoredCase:
    """A case at last: what the store says was done to it, and what of it stands in Slack and lies in the mailbox.

    Actions are counted by (kind, what), lines by their words, mails by their Message-ID. Mails about the status are
    gathered, so `mails_optional` more than `mails_due` may lie there.
    """

    number: str
    request: str
    actions: Counter[tuple[str, str]]
    card: str = ""
    cards: tuple[str, ...] = ()
    lines: Counter[str] = field(default_factory=Counter)
    lines_due: Counter[str] = field(default_factory=Counter)
    mails: frozenset[str] = frozenset()
    mails_due: int = 0
    mails_optional: int = 0


@dataclass(frozen=True)
class FinalState:
    """All that is found: the cases, how often each post of the bot's stands, what is left to deliver, and what the
    proof of the log has to say (nothing where it is whole)."""

    cases: tuple[StoredCase, ...]
    posts: Counter[str] = field(default_factory=Counter)
    undelivered: dict[tuple[str, str], int] = field(default_factory=dict)
    log_findings: str = ""


def find_violations(ledger: Ledger, final_state: FinalState) -> list[str]:
    """Everything that is lost, doubled or half; empty where all promises were kept."""
    return [
        *_check_openings(ledger, final_state),
        *_check_actions(ledger, final_state),
        *(violation for case in final_state.cases for violation in _check_slack_and_mail(case)),
        *(f"{n} posts of one intent {intent}" for intent, n in final_state.posts.items() if n > 1),
        *(
            f"{n} {kind} still {delivery_state}"
            for (kind, delivery_state), n in final_state.undelivered.items()
        ),
        *([f"the log: {final_state.log_findings}"] if final_state.log_findings else []),
    ]


def _check_openings(ledger: Ledger, final_state: FinalState) -> Iterator[str]:
    numbers: dict[str, list[str]] = {}
    for case in final_state.cases:
        numbers.setdefault(case.request, []).append(case.number)
    for request, answered in ledger.opened.items():
        stored = numbers.pop(request, [])
        if len(stored) > 1:
            yield f"{request} opened {len(stored)} cases"
        elif answered and stored != [answered]:
            yield f"{request} was answered {answered} and opened {stored}"
    for request, stored in numbers.items():
        yield f"nobody asked for {stored} ({request})"


def _check_actions(ledger: Ledger, final_state: FinalState) -> Iterator[str]:
    stored = Counter(
        {(case.number, *action): n for case in final_state.cases for action, n in case.actions.items()}
    )
    for action in ledger.actions:
        n = stored.pop((action.number, action.kind, action.detail), 0)
        if n > 1:
            yield f"{action.number}: {n} times {action.kind} {action.detail}"
        elif n == 0 and action.is_confirmed:
            yield f"{action.number}: lost {action.kind} {action.detail}"
    for (number, kind, detail), _ in stored.items():
        yield f"{number}: nobody did {kind} {detail}"


def _check_slack_and_mail(case: StoredCase) -> Iterator[str]:
    if len(case.cards) != 1:
        yield f"{case.number}: {len(case.cards)} cards"
    elif case.cards[0] != case.card:
        yield f"{case.number}: the card says {case.cards[0]!r}, not {case.card!r}"
    for line, n in (case.lines_due - case.lines).items():
        yield f"{case.number}: {n} lost of the line {line!r}"
    for line, n in (case.lines - case.lines_due).items():
        yield f"{case.number}: {n} too many of the line {line!r}"
    if not 0 <= len(case.mails) - case.mails_due <= case.mails_optional:
        yield f"{case.number}: {len(case.mails)} mails for {case.mails_due}"
