"""The protocols of retention (gallringsprotokoll): what was disposed of, by which rule, when, and how much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, insert, select, true

from bot.domain.retention_plan import ProtocolLine, ProtocolSummary
from bot.store.engine.database import Tx
from bot.store.tables import CASE, CaseRow, FileRow, MessageRow, NoteRow, RetentionLineRow, RetentionRuleRow
from bot.text.working_days import local_day

_CASE_ID: Any = bindparam("wanted")
# Built once: building statements would take most of the time.
_COUNTS = select(
    *(
        select(func.count()).where(table.case_id == _CASE_ID).scalar_subquery().label(name)
        for name, table in (("messages", MessageRow), ("notes", NoteRow), ("files", FileRow))
    )
)
_ABOUT = select(
    CaseRow.number,
    CaseRow.service,
    func.coalesce(CaseRow.closed_at, CASE.deleted_at).label("closed_at"),
    CaseRow.__table__.c.disposed_at.label("at"),
).where(CaseRow.id == _CASE_ID)
_INSERT = insert(RetentionLineRow)


def count_contents(tx: Tx, case_id: str) -> dict[str, int]:
    """How many messages, notes and files the case has, to be counted before they are erased."""
    return tx.conn.execute(_COUNTS, {"wanted": case_id}).one()._asdict()


@dataclass(frozen=True, slots=True)
class Disposal:
    """A case that was disposed of on the day `run`: by the rule with that digest, which was approved by an officer."""

    case_id: str
    run: date
    digest: str
    approved_by: str = ""


def save_line(tx: Tx, disposal: Disposal, counts: dict[str, int]) -> None:
    """Save the line of the case that has been disposed of, in the same transaction."""
    case = tx.conn.execute(_ABOUT, {"wanted": disposal.case_id}).one()._asdict()
    row = asdict(disposal)
    closed_on = local_day(case.pop("closed_at"))
    tx.conn.execute(_INSERT, row | case | counts | {"closed_on": closed_on})


def list_runs(tx: Tx, services: Collection[str], limit: int) -> list[ProtocolSummary]:
    """The latest runs, for those e-services."""
    columns = RetentionLineRow.run, RetentionLineRow.service
    query = (
        select(*columns, func.count().label("cases"), func.sum(RetentionLineRow.files).label("files"))
        .where(RetentionLineRow.service.in_(list(services)))
        .group_by(*columns)
        .order_by(RetentionLineRow.run.desc(), RetentionLineRow.service)
        .limit(limit)
    )
    return [
        ProtocolSummary(row.run, row.service, row.cases, int(row.files or 0))
        for row in tx.conn.execute(query)
    ]


def load_lines(tx: Tx, run: date, services: Collection[str] | None) -> list[ProtocolLine]:
    """The lines of a run's protocol, for those e-services or all, in the order of the cases' numbers."""
    is_included = RetentionLineRow.service.in_(list(services)) if services is not None else true()
    query = (
        select(
            RetentionLineRow.__table__,
            RetentionRuleRow.months,
            RetentionRuleRow.counted_from,
            RetentionRuleRow.basis,
        )
        .join(RetentionRuleRow, RetentionRuleRow.digest == RetentionLineRow.digest)
        .where(RetentionLineRow.run == run, is_included)
        .order_by(RetentionLineRow.number)
    )
    return [
        ProtocolLine(
            number=row.number,
            service=row.service,
            closed_on=row.closed_on,
            at=row.at,
            months=row.months,
            counted_from=row.counted_from,
            basis=row.basis,
            approved_by=row.approved_by,
            messages=row.messages,
            notes=row.notes,
            files=row.files,
        )
        for row in tx.conn.execute(query)
    ]


def find_last_run(tx: Tx) -> date | None:
    """The day of the last run that disposed of anything."""
    return tx.conn.execute(select(func.max(RetentionLineRow.run))).scalar()
