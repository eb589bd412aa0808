"""The files of drafts: those of an undone message are copied, since they stay with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from bot.domain.submission import FileRef
from bot.service.service import Service
from bot.store.files import attachments, unattached
from bot.store.files.file_store import FileStore


async def restore_files(service: Service, files: FileStore, ids: Sequence[str]) -> list[FileRef]:
    """The files of a draft: the files themselves, or copies of those that belong to an undone message.

    Files that no longer exist are left out.
    """
    if not ids:
        return []
    read = service.database.read
    unattached_files = await read(lambda tx: unattached.find(tx, ids))
    undone_files = await read(lambda tx: attachments.load_files_of_undone_messages(tx, ids))
    copies = {one.id: await _copy_file(service, files, one) for one in undone_files.values()}
    return [
        file for file_id in ids if (file := unattached_files.get(file_id) or copies.get(file_id)) is not None
    ]


async def _copy_file(service: Service, files: FileStore, original: FileRef) -> FileRef:
    write, now, copy_id = service.database.write, service.clock(), uuid.uuid4().hex
    await write(lambda tx: unattached.begin(tx, copy_id, now))
    await files.run(files.copy, original.id, copy_id)
    return await write(lambda tx: unattached.complete_copy(tx, original, copy_id))
