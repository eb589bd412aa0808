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
from tests.chaos.ledger import Deed, Ledger
from tests.scenarios.town_hall import NUMBER


def evidence(tx: Tx, wrongs: Sequence[str], ledger: Ledger, log: Path) -> str:
    """Of each case that is named in what is wrong: its history, what people were answered, the receipts of their
    presses, and what the program wrote down of it and of who pressed."""
    numbers = {number for wrong in wrongs for number in NUMBER.findall(wrong)}
    written = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return "\n".join(line for number in sorted(numbers) for line in _of_case(tx, number, ledger, written))


def _of_case(tx: Tx, number: str, ledger: Ledger, written: list[str]) -> Iterator[str]:
    yield f"--- {number} ---"
    case_id = tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number)).scalar()
    for one in history.read(tx, case_id) if case_id else ():
        yield f"history: {one.seq} {one.at:%H:%M:%S.%f} {one.event} by {one.by} {one.facts}"
    for deed in ledger.deeds:
        if deed.number == number:
            yield f"promised: {_told_of(tx, deed)}"
    people = {str(deed.ack.get("user")) for deed in ledger.deeds if deed.number == number}
    for line in written:
        if (
            number in line
            or (case_id and case_id in line)
            or any(_is_trouble_of(one, line) for one in people)
        ):
            yield f"log: {line}"


def _told_of(tx: Tx, deed: Deed) -> dict[str, Any]:
    """The deed with its acknowledgement, and the receipt of its press: a form's has another name."""
    pressed = deed.ack.get("trigger_id") if deed.ack.get("type") == "block_actions" else None
    receipt = {"receipt": idempotency.find(tx, f"slack:{pressed}")} if pressed else {}
    return {"kind": deed.kind, "what": deed.what, "sure": deed.sure, **deed.ack, **receipt}


def _is_trouble_of(user: str, line: str) -> bool:
    return f'"user": "{user}"' in line and '"level": "info"' not in line
