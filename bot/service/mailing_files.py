"""The files of a mailing: each case gets copies of its own, so that none depends on another case's files."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.lists.batches import BatchAction, MailingFileGone, SeenCase, SendMailing, sendable_files
from bot.domain.submission import FileRef
from bot.service.performer import Clock
from bot.store import Database, Tx
from bot.store.files import unattached
from bot.store.files.file_store import FileStore

CopyIds = Mapping[str, str]
"""The ids of one case's copies, by the id of the original."""


@dataclass(frozen=True, slots=True)
class MailingFiles:
    """The originals as they are stored now, by id, and the copies of one case; without copies nothing is to be sent."""

    stored: Mapping[str, FileRef]
    copies: CopyIds | None = None

    def for_case(self, files: Sequence[FileRef]) -> tuple[FileRef, ...]:
        """The case's copies of the files, or the files themselves.

        Raises MailingFileGone, MailingFileStopped and MailingFileNotScanned.
        """
        originals = sendable_files(files, self.stored)
        if self.copies is None:
            return originals
        lost = [one for one in originals if one.id not in self.copies]
        if lost:
            raise MailingFileGone(file=lost[0].name)
        return tuple(replace(one, id=self.copies[one.id]) for one in originals)


def load_mailing_files(tx: Tx, action: BatchAction) -> dict[str, FileRef]:
    """The files of a mailing as they are stored now, by id; none of another action."""
    if not isinstance(action, SendMailing) or not action.files:
        return {}
    return unattached.find(tx, [file.id for file in action.files])


def complete_copies(tx: Tx, copies: Iterable[FileRef]) -> None:
    """Mark that the bytes of the copies are stored, so that a case can get them."""
    for copy in copies:
        unattached.complete(tx, copy)


class MailingFileCopier:
    """Makes the copies before the transaction in which the cases get them."""

    def __init__(self, database: Database, files: FileStore, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._clock = clock

    async def copy_for(self, cases: Sequence[SeenCase], action: BatchAction) -> dict[str, CopyIds]:
        """Copies of the mailing's files for each of the cases, by case. Those of a file that is gone are left out.

        The rows come before the bytes: what no case gets in the end is swept, also after a crash.
        """
        if not isinstance(action, SendMailing) or not action.files:
            return {}
        originals = [file.id for file in action.files]
        copies = {seen.id: {original: uuid.uuid4().hex for original in originals} for seen in cases}
        now = self._clock()

        def begin(tx: Tx) -> None:
            for of_case in copies.values():
                for copy_id in of_case.values():
                    unattached.begin(tx, copy_id, now)

        await self._database.write(begin)
        return await self._files.run(self._share, copies)

    def _share(self, copies: Mapping[str, CopyIds]) -> dict[str, CopyIds]:
        return {
            case_id: {original: copy for original, copy in of_case.items() if self._is_shared(original, copy)}
            for case_id, of_case in copies.items()
        }

    def _is_shared(self, original: str, copy: str) -> bool:
        try:
            self._files.share(original, copy)
        except FileNotFoundError:
            return False
        return True

    async def remove(self, copies: Iterable[CopyIds]) -> None:
        """Remove copies that no case got."""
        ids = [copy_id for of_case in copies for copy_id in of_case.values()]
        if not ids:
            return
        removed = await self._database.write(lambda tx: unattached.remove(tx, ids))
        for one in removed:
            await self._files.run(self._files.remove_soon, one.id)
