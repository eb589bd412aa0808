"""What proves that nothing is lost can itself tell when something is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.text import words
from tests.chaos.checker import FinalState, StoredCase, find_violations
from tests.chaos.ledger import Action, Ledger

CASE = StoredCase(
    number="2026-000001",
    request="form:1",
    actions=Counter({("taken", "anna-berg"): 1, ("note", "Ringde"): 1}),
    card="Obehandlat",
    cards=("Obehandlat",),
    lines=Counter({"Anna tog ärendet.": 1}),
    lines_due=Counter({"Anna tog ärendet.": 1}),
    mails=frozenset({"<1>"}),
    mails_due=1,
)
FOUND = FinalState(cases=(CASE,), posts=Counter({"a": 1, "b": 1}))


def ledger() -> Ledger:
    kept = Ledger(opened={"form:1": CASE.number, "form:2": ""})
    kept.record(Action(CASE.number, "taken", "anna-berg", acknowledged=True))
    kept.record(Action(CASE.number, "note", "Ringde", acknowledged=True))
    kept.record(Action(CASE.number, "note", "Skrev", acknowledged=False))
    return kept


def test_where_all_promises_were_kept_nothing_is_wrong() -> None:
    assert find_violations(ledger(), FOUND) == []


def test_what_had_no_answer_may_be_done() -> None:
    done = replace(CASE, actions=CASE.actions | Counter({("note", "Skrev"): 1}))
    assert find_violations(ledger(), replace(FOUND, cases=(done,))) == []


@pytest.mark.parametrize(
    ("said", "promised"),
    [
        ((), True),
        (("ok.later",), True),
        (("ok.working", "ok.saved"), True),
        (("ok.working",), False),
        (("no.busy",), False),
        (("no.slackdown",), False),
        (("ok.working", "no.busy"), False),
    ],
)
def test_a_press_is_promised_unless_it_is_said_that_it_is_not_done(
    said: tuple[str, ...], promised: bool
) -> None:
    ack: dict[str, Any] = {"said": [words("sv")(key) for key in said]}
    lost = Ledger(opened={"form:1": CASE.number})
    lost.record(Action(CASE.number, "taken", "bjorn-ek", acknowledged=True, ack=ack))
    lost.record(Action(CASE.number, "taken", "anna-berg", acknowledged=True))
    lost.record(Action(CASE.number, "note", "Ringde", acknowledged=True))
    assert find_violations(lost, FOUND) == ([f"{CASE.number}: lost taken bjorn-ek"] if promised else [])


def case(**changed: object) -> FinalState:
    return replace(FOUND, cases=(replace(CASE, **changed),))  # type: ignore[arg-type]


BROKEN: dict[str, tuple[FinalState, str]] = {
    "a case is lost": (replace(FOUND, cases=()), "form:1 was answered 2026-000001 and opened []"),
    "a form opened two": (
        replace(FOUND, cases=(CASE, replace(CASE, number="2026-000002", actions=Counter()))),
        "form:1 opened 2 cases",
    ),
    "nobody asked": (
        replace(FOUND, cases=(CASE, replace(CASE, request="form:3", number="2", actions=Counter()))),
        "nobody asked for ['2'] (form:3)",
    ),
    "a press is lost": (case(actions=Counter({("note", "Ringde"): 1})), "lost taken anna-berg"),
    "a note is lost": (case(actions=Counter({("taken", "anna-berg"): 1})), "lost note Ringde"),
    "a note is doubled": (
        case(actions=CASE.actions + Counter({("note", "Ringde"): 1})),
        "2 times note Ringde",
    ),
    "unanswered but twice": (
        case(actions=CASE.actions + Counter({("note", "Skrev"): 2})),
        "2 times note Skrev",
    ),
    "out of nowhere": (
        case(actions=CASE.actions + Counter({("message", "Hej"): 1})),
        "nobody did message Hej",
    ),
    "no card": (case(cards=()), "0 cards"),
    "two cards": (case(cards=("Obehandlat", "Obehandlat")), "2 cards"),
    "an old card": (case(cards=("Inskickat",)), "the card says 'Inskickat', not 'Obehandlat'"),
    "a line is lost": (case(lines=Counter()), "1 lost of the line"),
    "a line is doubled": (case(lines=CASE.lines + CASE.lines), "1 too many of the line"),
    "a mail is lost": (case(mails=frozenset()), "0 mails for 1"),
    "a mail with a new id": (case(mails=frozenset({"<1>", "<2>"})), "2 mails for 1"),
    "more mails than were gathered": (
        case(mails=frozenset({"<1>", "<2>", "<3>"}), mails_optional=1),
        "3 mails for 1",
    ),
    "a post is doubled": (replace(FOUND, posts=Counter({"a": 2})), "2 posts of one intent a"),
    "something is left": (replace(FOUND, undelivered={("card", "parked"): 1}), "1 card still parked"),
    "the log is broken": (
        replace(FOUND, log_findings="2026-000001: changed"),
        "the log: 2026-000001: changed",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_every_broken_promise_is_told(broken: str) -> None:
    found, told = BROKEN[broken]
    assert any(told in one for one in find_violations(ledger(), found))


def test_a_case_without_its_ledger_is_told() -> None:
    empty: Callable[[], Ledger] = Ledger
    assert find_violations(empty(), FOUND)
