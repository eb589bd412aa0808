"""Files that stay through an error: loose in the store, named by signed references in the form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.intake import FileRef
from bot.portal.signing import sign, unsign
from bot.portal.uploads import Posted, Upload
from bot.portal.visit import Visit
from bot.store.files import unattached
from bot.store.files.file_kinds import not_taken


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a form that is filled in again, and the reference that brings it back."""

    file: FileRef
    token: str


async def files_of(visit: Visit, posted: Posted, field: str, nonce: str) -> list[KeptFile]:
    """The files of one field: those kept from earlier tries and those that just came, without those taken away."""
    removed = posted.one("do").removeprefix("remove_file:")
    ids = [found for token in posted.all(f"kept_{field}") if (found := _read(visit, token, nonce, field))]
    known = await visit.kit.service.database.read(lambda tx: unattached.loose(tx, ids)) if ids else {}
    earlier = [known[one] for one in ids if one in known and one != removed]
    files = {file.id: file for file in (*earlier, *posted.taken(field))}
    return bound(visit, files.values(), field, nonce)


def bound(visit: Visit, files: Iterable[FileRef], field: str, nonce: str) -> list[KeptFile]:
    """Files with references that hold for one filling-in of one form."""
    keys = visit.kit.keys
    return [KeptFile(file, sign(keys, "kept file", [nonce, field, file.id])) for file in files]


def _read(visit: Visit, token: str, nonce: str, field: str) -> str | None:
    match unsign(visit.kit.keys, "kept file", token):
        case [of, where, str(file_id)] if of == nonce and where == field:
            return file_id
    return None


def said_late(visit: Visit, posted: Posted) -> str:
    """That the form was open for too long; files that came with it were not kept, and are asked for again."""
    late = visit.words("page.form.late")
    return f"{late} {visit.words('page.form.files')}" if posted.uploads else late


def refusals(visit: Visit, uploads: Sequence[Upload]) -> list[str]:
    """A sentence for each file that was not taken."""
    limits = visit.catalog.municipality.files
    return [not_taken(one.name, one.refused, limits, visit.words) for one in uploads]
