"""Uploads that are retained when a form has errors: unattached files, with signed references in the form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.submission import FileRef
from bot.portal.forms.posted_form import PostedForm, Upload
from bot.portal.page_context import PageContext
from bot.portal.signing import sign, unsign
from bot.store.files import unattached
from bot.store.files.file_kinds import refusal_text


@dataclass(frozen=True, slots=True)
class RetainedFile:
    """A retained file, and the reference to it in the form."""

    file: FileRef
    token: str


async def collect_files(
    page: PageContext,
    posted: PostedForm,
    field: str,
    nonce: str,
    attached: Mapping[str, FileRef] | None = None,
) -> list[RetainedFile]:
    """The files of one field: retained ones and new ones, without those that the person has removed.

    `attached` are the files, by id, of a case that is edited: they may be among the retained ones too.
    """
    removed = posted.get("do").removeprefix("remove_file:")
    file_ids = [
        file_id_
        for token in posted.get_all(f"kept_{field}")
        if (file_id_ := _read_token(page, token, nonce, field))
    ]
    retained = await load_files(page, file_ids, attached)
    earlier = [file for file in retained if file.id != removed]
    files = {file.id: file for file in (*earlier, *posted.accepted_files(field))}
    return sign_files(page, files.values(), field, nonce)


async def load_files(
    page: PageContext, file_ids: Sequence[str], attached: Mapping[str, FileRef] | None = None
) -> list[FileRef]:
    """Those of the files that are still retained, or among `attached` as in `collect_files`."""
    found = (
        await page.deps.service.database.read(lambda tx: unattached.find(tx, file_ids)) if file_ids else {}
    )
    found = {**(attached or {}), **found}
    return [found[one] for one in file_ids if one in found]


async def discard_files(page: PageContext, file_ids: Collection[str]) -> None:
    """Delete those of the files that are attached to nothing."""
    if not file_ids:
        return
    for one in await page.deps.service.database.write(lambda tx: unattached.remove(tx, file_ids)):
        await page.deps.files.run(page.deps.files.remove_soon, one.id)


def sign_files(page: PageContext, files: Iterable[FileRef], field: str, nonce: str) -> list[RetainedFile]:
    """The files with references that are valid for one form with that nonce."""
    keys = page.deps.keys
    return [RetainedFile(file, sign(keys, "kept file", [nonce, field, file.id])) for file in files]


def _read_token(page: PageContext, token: str, nonce: str, field: str) -> str | None:
    match unsign(page.deps.keys, "kept file", token):
        case [token_nonce, token_field, str(file_id)] if token_nonce == nonce and token_field == field:
            return file_id
    return None


def late_keys(posted: PostedForm) -> list[str]:
    """The keys of the sentences that the form has expired, and that its files have to be added again."""
    return ["page.form.late", *(["page.form.files"] if posted.uploads else [])]


def late_refusal(page: PageContext, posted: PostedForm) -> str:
    """These sentences."""
    return " ".join(page.words(key) for key in late_keys(posted))


def refusal_texts(page: PageContext, uploads: Sequence[Upload]) -> list[str]:
    """A sentence for each refused file."""
    limits = page.catalog.municipality.files
    return [refusal_text(upload.name, upload.refusal_key, limits, page.words) for upload in uploads]


def infected_texts(page: PageContext, files: Iterable[RetainedFile]) -> list[str]:
    """A sentence for each file that the virus scanner has found to be harmful."""
    return [
        page.words("page.file.infected", file=one.file.name) for one in files if one.file.scan == "infected"
    ]
