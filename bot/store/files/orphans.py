"""Files in S3-compatible storage that no case has: a restored database does not know what came after its backup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import islice

from bot.store.engine.database import Database
from bot.store.files import attachments
from bot.store.files.moving import PAGE_SIZE
from bot.store.files.s3_files import S3FileStore


def find_orphans(database: Database, files: S3FileStore) -> Iterator[tuple[str, datetime]]:
    """Ids of the files in the storage that no row needs, each with when it was written, by id.

    What the program itself takes care of is left out: files that are being received, and those that are to be removed.
    Raises FilesUnavailable.
    """
    stored = files.storage.list_ids()
    while page := list(islice(stored, PAGE_SIZE)):
        unnoted = [(file_id, at) for file_id, at in page if not files.is_noted(file_id)]
        ids = [file_id for file_id, _ in unnoted]
        needed = database.read_sync(partial(attachments.find_needed, ids=ids))
        yield from ((file_id, at) for file_id, at in unnoted if file_id not in needed)
