"""What the virus scanner has said of files, sealed so that another verdict in its place shows.

A file's seal is made when it is attached, and anew with each verdict; `verification` holds the state against it. What
the scanner has stopped is also in the log of its case.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import cast, get_args

from sqlalchemy import func, select, update

from bot.domain.submission import FileRef, ScanState
from bot.store.engine.database import Tx
from bot.store.engine.keys import Keys
from bot.store.files.attachments import file_ref_from_row
from bot.store.tables import FileRow, MessageRow

SCAN_STATES: tuple[ScanState, ...] = get_args(ScanState)

_IS_UNSCANNED = FileRow.scan == "", FileRow.sha256.is_not(None)


def find_file(tx: Tx, file_id: str) -> FileRef | None:
    """The file that is to be scanned, attached or not; None where it is gone or disposed of."""
    row = tx.conn.execute(
        select(FileRow.__table__).where(FileRow.id == file_id, FileRow.sha256.is_not(None))
    ).first()
    return file_ref_from_row(row) if row is not None else None


def create_seals(keys: Keys, file_id: str, sha256: str) -> Mapping[ScanState, str]:
    """The seal of each state, keyed, for the file with that content."""
    return {state: create_seal(keys, file_id, sha256, state) for state in SCAN_STATES}


def create_seal(keys: Keys, file_id: str, sha256: str, state: ScanState) -> str:
    """The seal of that state, keyed, for the file with that content."""
    return hmac.digest(keys.derive("scan"), f"{file_id}:{sha256}:{state}".encode(), "sha256").hex()


def find_case_id(tx: Tx, file_id: str) -> str | None:
    """The id of the file's case; None where it belongs to none."""
    return tx.conn.execute(select(FileRow.case_id).where(FileRow.id == file_id)).scalar()


def save_state(tx: Tx, file: FileRef, state: ScanState) -> ScanState | None:
    """Save the state and its seal. Returns the state before; None where it is the same, or the file is disposed of.

    The file's case is to be locked, where it has one.
    """
    is_stored = FileRow.id == file.id, FileRow.sha256 == file.sha256
    before = tx.conn.execute(select(FileRow.scan).where(*is_stored).with_for_update()).scalar()
    if before is None or before == state:
        return None
    seal = create_seal(tx.keys, file.id, file.sha256, state)
    tx.conn.execute(update(FileRow).where(*is_stored).values(scan=state, scan_seal=seal))
    return cast(ScanState, before)


def find_senders(tx: Tx, file_id: str, applicants: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the case's applicants who sent the file: all for one of its form, none for an officer's."""
    row = tx.conn.execute(
        select(FileRow.message_id, FileRow.note_id, MessageRow.applicant)
        .select_from(FileRow.__table__.outerjoin(MessageRow, MessageRow.id == FileRow.message_id))
        .where(FileRow.id == file_id)
    ).one()
    if row.message_id is None and row.note_id is None:
        return applicants
    return tuple(one for one in applicants if one == row.applicant)


def list_unscanned(tx: Tx, most: int) -> list[str]:
    """Ids of at most so many files that were stored without a scanner."""
    return list(tx.conn.execute(select(FileRow.id).where(*_IS_UNSCANNED).limit(most)).scalars())


def count_unscanned(tx: Tx) -> int:
    """The number of files that were stored without a scanner, and are offered so."""
    return tx.conn.execute(select(func.count()).where(*_IS_UNSCANNED)).scalar_one()


def count_waiting(tx: Tx) -> int:
    """The number of files that wait to be scanned."""
    is_waiting = FileRow.scan == "waiting", FileRow.sha256.is_not(None)
    return tx.conn.execute(select(func.count()).where(*is_waiting)).scalar_one()
