"""Exports: what is read for them, and the finished files until they are swept."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, insert, not_, or_, select, update

from bot.catalog.definition import Definition
from bot.domain.actors import Officer
from bot.domain.lists.batches import Outcome, refusal_from_json
from bot.domain.rules import Refused
from bot.store.cases.contents import load_definition
from bot.store.engine.database import Tx
from bot.store.tables import AnswersRow, BatchCaseRow, BatchRow, CaseRow, ExportFileRow
from bot.store.visibility import visible_to


@dataclass(frozen=True, slots=True)
class ExportFile:
    """The finished file of an officer's batch. `downloads` is how often it was downloaded."""

    batch_id: str
    officer: str
    file_id: str
    name: str
    size: int
    created_at: datetime
    downloads: int = 0


def list_definitions(tx: Tx, batch_id: str, service: str) -> list[Definition]:
    """The forms of the e-service through which cases of the batch were submitted."""
    digests = tx.conn.execute(
        select(CaseRow.definition)
        .join(BatchCaseRow, BatchCaseRow.case_id == CaseRow.id)
        .where(BatchCaseRow.batch_id == batch_id, CaseRow.service == service)
        .distinct()
    ).scalars()
    return [load_definition(tx, digest) for digest in sorted(digests)]


def load_answers_of(tx: Tx, ids: Collection[str]) -> dict[str, tuple[Definition, dict[str, Any]]]:
    """The form and the current answers of each case, by its id. Callers have checked who may see them."""
    rows = tx.conn.execute(
        select(CaseRow.id, CaseRow.definition, AnswersRow.body)
        .join(AnswersRow, AnswersRow.case_id == CaseRow.id)
        .where(CaseRow.id.in_(list(ids)))
        .order_by(CaseRow.id, AnswersRow.version)
    ).all()
    definitions = {digest: load_definition(tx, digest) for digest in {row.definition for row in rows}}
    return {
        row.id: (definitions[row.definition], dict(json.loads(row.body)) if row.body else {}) for row in rows
    }


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case in a batch: its outcome, None before it has one, and why it was skipped."""

    outcome: Outcome | None
    refusal: Refused | None = None


def load_results(tx: Tx, officer: str, batch_id: str, ids: Collection[str]) -> dict[str, CaseResult]:
    """What became of each of the cases in the officer's batch, by its id."""
    rows = tx.conn.execute(
        select(BatchCaseRow.case_id, BatchCaseRow.outcome, BatchCaseRow.refusal)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(
            BatchRow.id == batch_id,
            BatchRow.officer == officer,
            BatchCaseRow.case_id.in_(list(ids)),
        )
    )
    return {
        row.case_id: CaseResult(
            row.outcome, refusal_from_json(json.loads(row.refusal)) if row.refusal else None
        )
        for row in rows
    }


def save(tx: Tx, file: ExportFile) -> None:
    tx.conn.execute(
        insert(ExportFileRow).values(
            batch_id=file.batch_id,
            officer=file.officer,
            file_id=file.file_id,
            name=file.name,
            size=file.size,
            created_at=file.created_at,
            downloads=file.downloads,
        )
    )


def load(tx: Tx, officer: str, batch_id: str, created_after: datetime) -> ExportFile | None:
    """The file of the officer's batch; None where there is none, or it is older."""
    row = tx.conn.execute(
        select(ExportFileRow.__table__).where(
            ExportFileRow.batch_id == batch_id,
            ExportFileRow.officer == officer,
            ExportFileRow.created_at > created_after,
        )
    ).first()
    if row is None:
        return None
    return ExportFile(
        row.batch_id, row.officer, row.file_id, row.name, row.size, row.created_at, row.downloads
    )


def count_download(tx: Tx, file: ExportFile) -> bool:
    """Count a download. False where the file was downloaded since it was loaded: each link works once."""
    counted = tx.conn.execute(
        update(ExportFileRow)
        .where(ExportFileRow.batch_id == file.batch_id, ExportFileRow.downloads == file.downloads)
        .values(downloads=file.downloads + 1)
    )
    return counted.rowcount == 1


def is_allowed(tx: Tx, officer: Officer, batch_id: str, services: Sequence[str]) -> bool:
    """Whether the officer may still export every case of the batch's file, with the e-services that they may export."""
    is_forbidden = or_(
        CaseRow.id.is_(None),
        CaseRow.protected.is_(True),
        CaseRow.service.not_in(services),
        not_(visible_to(officer)),
    )
    query = (
        select(BatchCaseRow.case_id)
        .outerjoin(CaseRow, CaseRow.id == BatchCaseRow.case_id)
        .where(BatchCaseRow.batch_id == batch_id, BatchCaseRow.outcome == "done", is_forbidden)
    )
    return not tx.conn.execute(select(exists(query))).scalar_one()


def list_old(tx: Tx, created_before: datetime) -> list[str]:
    """The ids of older files, whose bytes and rows are to be removed."""
    is_old = ExportFileRow.created_at < created_before
    return list(tx.conn.execute(select(ExportFileRow.file_id).where(is_old)).scalars())


def remove(tx: Tx, file_id: str) -> None:
    """Delete the row of the file, whose bytes are removed."""
    tx.conn.execute(delete(ExportFileRow).where(ExportFileRow.file_id == file_id))


def list_file_ids(tx: Tx) -> list[str]:
    """The ids of all files that have a row."""
    return list(tx.conn.execute(select(ExportFileRow.file_id)).scalars())
