"""What the virus scanner has said of files."""

from __future__ import annotations

from sqlalchemy import func, select, update

from bot.domain.submission import FileRef, ScanState
from bot.store.engine.database import Tx
from bot.store.files.attachments import file_ref_from_row
from bot.store.tables import FileRow


def find_file(tx: Tx, file_id: str) -> FileRef | None:
    """The file that is to be scanned, attached or not; None where it is gone or disposed of."""
    row = tx.conn.execute(
        select(FileRow.__table__).where(FileRow.id == file_id, FileRow.sha256.is_not(None))
    ).first()
    return file_ref_from_row(row) if row is not None else None


def find_case_id(tx: Tx, file_id: str) -> str | None:
    """The id of the file's case; None where it belongs to none."""
    return tx.conn.execute(select(FileRow.case_id).where(FileRow.id == file_id)).scalar()


def save_state(tx: Tx, file_id: str, state: ScanState) -> str | None:
    """Save the state. Returns the id of the file's case; None where it belongs to none, or had the state already."""
    is_new = FileRow.id == file_id, FileRow.scan != state
    saved = update(FileRow).where(*is_new).values(scan=state).returning(FileRow.case_id)
    return tx.conn.execute(saved).scalar()


def count_waiting(tx: Tx) -> int:
    """The number of files that wait to be scanned."""
    return tx.conn.execute(select(func.count()).where(FileRow.scan == "waiting")).scalar_one()
