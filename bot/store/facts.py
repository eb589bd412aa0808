"""What delivery asks of a case when something is about to be told; for the bot itself, not for an actor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from bot.domain.case import Case
from bot.domain.views import HistoryLine
from bot.store import history
from bot.store.cases import state_of
from bot.store.database import Tx
from bot.store.tables import CaseRow, HistoryRow, MessageRow, SignInRow


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the mail about it needs it: whether it still stands, and until when it is to be answered."""

    undone: bool
    answer_by: date | None


def case(tx: Tx, case_id: str) -> Case | None:
    """The case as it is now."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    return state_of(tx, row) if row is not None else None


def written(tx: Tx, message_id: str) -> Written | None:
    """What is known of a message besides its text."""
    row = tx.conn.execute(
        select(MessageRow.undone_at, MessageRow.answer_by).where(MessageRow.id == message_id)
    ).first()
    return Written(row.undone_at is not None, row.answer_by) if row is not None else None


def happened(tx: Tx, case_id: str, seqs: Collection[int]) -> list[HistoryLine]:
    """Those events of the case, oldest first."""
    rows = tx.conn.execute(
        select(HistoryRow.seq, HistoryRow.meta)
        .where(HistoryRow.case_id == case_id, HistoryRow.seq.in_(sorted(seqs)))
        .order_by(HistoryRow.seq)
    )
    return [history.line(row.seq, row.meta) for row in rows]


def mailbox_of_sign_in(tx: Tx, sign_in_id: str) -> str | None:
    """The mailbox's key of an asked-for code; None once it has been used or swept."""
    return tx.conn.execute(
        select(SignInRow.mailbox).where(SignInRow.id == sign_in_id, SignInRow.used_at.is_(None))
    ).scalar()
