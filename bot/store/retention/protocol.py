"""The protocols of retention (gallringsprotokoll): what was disposed of, by which rule, when, and how much."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, insert, select, true

from bot.domain.retention_plan import ProtocolLine, ProtocolSummary
from bot.store.engine.database import Tx
from bot.store.tables import CASE, CaseRow, FileRow, MessageRow, NoteRow, RetentionLineRow, RetentionRuleRow
from bot.text.working_days import local_day

_CASE_IDS: Any = bindparam("wanted", expanding=True)
# Built once: building statements would take most of the time.
_COUNTS = select(
    CaseRow.id,
    *(
        select(func.count()).where(table.case_id == CaseRow.id).scalar_subquery().label(name)
        for name, table in (("messages", MessageRow), ("notes", NoteRow), ("files", FileRow))
    ),
).where(CaseRow.id.in_(_CASE_IDS))
_ABOUT = select(
    CaseRow.id,
    CaseRow.number,
    CaseRow.service,
    func.coalesce(CaseRow.closed_at, CASE.deleted_at).label("closed_at"),
    CaseRow.__table__.c.disposed_at.label("at"),
).where(CaseRow.id.in_(_CASE_IDS))
_INSERT = insert(RetentionLineRow)

ContentCounts = Mapping[str, dict[str, int]]
"""How many messages, notes and files cases have, by case id."""


def count_contents(tx: Tx, case_ids: Sequence[str]) -> ContentCounts:
    """What the cases have, to be counted before it is erased."""
    rows = [row._asdict() for row in tx.conn.execute(_COUNTS, {"wanted": case_ids})]
    return {row.pop("id"): row for row in rows}


@dataclass(frozen=True, slots=True)
class Disposal:
    """A case that was disposed of on the day `run`: by the rule with that digest, which was approved by an officer."""

    case_id: str
    run: date
    digest: str
    approved_by: str = ""


def save_lines(tx: Tx, disposals: Sequence[Disposal], counts: ContentCounts) -> None:
    """Save the lines of the cases that have been disposed of, in the same transaction."""
    if not disposals:
        return
    rows = tx.conn.execute(_ABOUT, {"wanted": [one.case_id for one in disposals]})
    cases = {row.pop("id"): row for row in (row._asdict() for row in rows)}
    lines = []
    for one in disposals:
        case = cases[one.case_id]
        closed_on = local_day(case.pop("closed_at"))
        lines.append(asdict(one) | case | counts[one.case_id] | {"closed_on": closed_on})
    tx.conn.execute(_INSERT, lines)


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
