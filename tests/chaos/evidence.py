"""What is known of the cases that something is wrong with, for whoever is to judge whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.store import Tx
from bot.store.engine import idempotency
from bot.store.log import history
from bot.store.tables import CaseRow
from tests.chaos.ledger import Action, Ledger
from tests.scenarios.running_program import NUMBER


def collect_evidence(tx: Tx, violations: Sequence[str], ledger: Ledger, log: Path) -> str:
    """Of each case that is named in what is wrong: its history, what people were answered, the receipts of their
    presses, and what the program wrote down of it and of who pressed."""
    numbers = {number for violation in violations for number in NUMBER.findall(violation)}
    log_lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return "\n".join(
        line for number in sorted(numbers) for line in _collect_for_case(tx, number, ledger, log_lines)
    )


def _collect_for_case(tx: Tx, number: str, ledger: Ledger, log_lines: list[str]) -> Iterator[str]:
    yield f"--- {number} ---"
    case_id = tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number)).scalar()
    for one in history.read(tx, case_id) if case_id else ():
        yield f"history: {one.seq} {one.at:%H:%M:%S.%f} {one.event} by {one.by} {one.facts}"
    for action in ledger.actions:
        if action.number == number:
            yield f"promised: {_describe(tx, action)}"
    people = {str(action.ack.get("user")) for action in ledger.actions if action.number == number}
    for line in log_lines:
        if (
            number in line
            or (case_id and case_id in line)
            or any(_is_trouble_line_of(one, line) for one in people)
        ):
            yield f"log: {line}"


def _describe(tx: Tx, action: Action) -> dict[str, Any]:
    """The action with its acknowledgement, and the receipt of its press: a form's has another name."""
    trigger_id = action.ack.get("trigger_id") if action.ack.get("type") == "block_actions" else None
    receipt = {"receipt": idempotency.find(tx, f"slack:{trigger_id}")} if trigger_id else {}
    return {"kind": action.kind, "what": action.detail, "sure": action.is_confirmed, **action.ack, **receipt}


def _is_trouble_line_of(user: str, line: str) -> bool:
    return f'"user": "{user}"' in line and '"level": "info"' not in line
