"""Batches: what one would do, its progress, its outcome and its file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.lists.batch_wording import (
    action_title,
    batch_sentence,
    cancel_label,
    describe_action,
    describe_more,
    describe_times,
    summarize,
)
from bot.domain.lists.batches import (
    BatchPreview,
    BatchProgress,
    ExportCases,
    NoCasesChosen,
    NoSuchBatch,
    SkippedCase,
    begins_at,
)
from bot.domain.lists.exporting import FILE_LIFETIME, exportable_services
from bot.domain.status import current_status_name
from bot.domain.views import ListedCase
from bot.portal.download import attachment
from bot.portal.errors import refusal_text
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import read_form
from bot.portal.officer.last_list import last_list
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.action_forms import PATH_OF_KIND
from bot.portal.overview.ticks import untick
from bot.portal.page_context import PageContext
from bot.service.batch_actions import MAX_LOOKED_AT
from bot.store import Tx
from bot.store.lists import open_lists
from bot.store.lists.queries.case_lists import load_listed_cases
from bot.store.officers import batches, exports
from bot.store.officers.exports import ExportFile
from bot.text import Words
from bot.web.post_limits import limited_by

router = APIRouter()

MAX_SKIPPED = 500
"""Skipped cases on a batch's page."""

MAX_DONE = 200
"""Done cases on a batch's page."""

MAX_CHOSEN = 200
"""Chosen cases on the page where a batch is confirmed."""

MAX_RECENT = 50

REFRESH_SECONDS = 3
"""How often the page of a running batch loads itself again."""

_NOTIFIES = {"1": True, "0": False}
"""Whether applicants are notified, by the form's value."""

_MEDIA_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
}


@router.get("/handlaggare/andringar")
async def on_opened_batches(context: SignedInOfficer) -> Response:
    """The officer's batches of the last thirty days."""
    page = context.page
    found = await page.deps.service.database.read(
        lambda tx: batches.list_recent(tx, context.officer.key, MAX_RECENT)
    )
    rows = [(one, _sentence(context, one)) for one in found]
    list_path = await _list_path(context, last_list(page))
    return page.render("officer/batches.html", me=context.officer.name, rows=rows, list_path=list_path)


@router.get("/handlaggare/andringar/{batch_id}")
async def on_opened_batch(
    context: SignedInOfficer, batch_id: str, lista: str = "", exempel: str = ""
) -> Response:
    """What the batch would do, until it is confirmed; then how far it has come, and what it skipped.

    `exempel` is the number of the mailing's example that is shown, from 1.
    """
    batch = await _load_batch(context, batch_id)
    if batch.state != "prepared":
        return await _batch_page(context, batch, list_id=lista)
    number = int(exempel) if exempel.isdecimal() and len(exempel) == 1 else 1
    return await _confirmation_page(context, batch, lista, example=number)


@router.post("/handlaggare/andringar/{batch_id}/bekrafta", dependencies=limited_by(OFFICERS_BUTTON))
async def on_confirmed(context: SignedInOfficer, batch_id: str) -> Response:
    """Have the batch performed: a mailing at its time, or after the time in which it can be undone."""
    page, batch = context.page, await _load_batch(context, batch_id)
    posted = await read_form(page)
    requires_answer, notifies = bool(posted.get("asked")), _NOTIFIES.get(posted.get("notifies"))
    if context.verify_form_key("batch", batch_id, posted.get("key")) is None:
        return page.redirect(f"/handlaggare/andringar/{batch_id}")
    if requires_answer and notifies is None and batch.state == "prepared":
        return await _confirmation_page(context, batch, posted.get("lista"), is_unanswered=True)
    due_at = begins_at(batch.action, page.now)
    await page.deps.batches.confirm(context.officer, batch_id, due_at=due_at, notifies=notifies)
    list_id = posted.get("lista")
    await untick(context, list_id)
    return page.redirect(_batch_path(batch_id, list_id))


@router.post("/handlaggare/andringar/{batch_id}/avbryt", dependencies=limited_by(OFFICERS_BUTTON))
async def on_cancelled(context: SignedInOfficer, batch_id: str) -> Response:
    page, posted = context.page, await read_form(context.page)
    await _load_batch(context, batch_id)
    if context.verify_form_key("batch", batch_id, posted.get("key")) is not None:
        await page.deps.batches.cancel(context.officer, batch_id)
    return page.redirect(f"/handlaggare/andringar/{batch_id}")


@router.post("/handlaggare/andringar/{batch_id}/fil", dependencies=limited_by(OFFICERS_BUTTON))
async def on_downloaded(context: SignedInOfficer, batch_id: str) -> Response:
    """The exported file, once for each time that its page was shown, while its officer may export all its cases."""
    page, batch, posted = context.page, await _load_batch(context, batch_id), await read_form(context.page)
    services = exportable_services(context.officer, page.catalog)

    def load(tx: Tx) -> tuple[ExportFile | None, bool]:
        file = exports.load(tx, context.officer.key, batch_id, page.now - FILE_LIFETIME)
        return file, exports.is_allowed(tx, context.officer, batch_id, services)

    file, is_allowed = await page.deps.service.database.read(load)
    if file is None:
        return await _batch_page(context, batch, status=404)
    if not is_allowed:
        return await _batch_page(context, batch, alert=page.words("no.export.changed"), status=403)
    is_usable = context.verify_form_key(_link_name(file), batch_id, posted.get("key")) is not None
    if not is_usable or not await page.deps.service.database.write(
        lambda tx: exports.count_download(tx, file)
    ):
        return await _batch_page(context, batch, alert=page.words("no.export.used"), status=409)
    chunks = page.deps.export_files.read(file.file_id)
    if chunks is None:
        return await _batch_page(context, batch, alert=page.words("page.export.gone"), status=404)
    return attachment(chunks, file.name, _MEDIA_TYPES[Path(file.name).suffix], file.size)


@router.post("/handlaggare/andringar/{batch_id}/exportera", dependencies=limited_by(OFFICERS_BUTTON))
async def on_exported(context: SignedInOfficer, batch_id: str) -> Response:
    """Export the cases with their outcomes, all or with `do` only those skipped, and go to the page with the file."""
    page, batch, posted = context.page, await _load_batch(context, batch_id), await read_form(context.page)
    nonce = context.verify_form_key("batch", batch_id, posted.get("key"))
    if nonce is None:
        return page.redirect(f"/handlaggare/andringar/{batch_id}")
    only_skipped = posted.get("do") == "skipped"
    ids = await page.deps.service.database.read(
        lambda tx: batches.list_case_ids(tx, context.officer.key, batch_id, only_skipped=only_skipped)
    )
    which = "page.export.skipped.query" if only_skipped else "page.export.outcomes.query"
    action = ExportCases(
        outcomes_of=batch_id,
        query=page.words(which, what=action_title(batch.action, page.catalog, page.words)),
        language=page.language,
    )
    export_id = batch_id_of(context, f"{nonce}:skipped" if only_skipped else nonce)
    try:
        await page.deps.batches.begin(context.officer, action, ids, batch_id=export_id)
    except NoCasesChosen as refusal:
        return await _batch_page(context, batch, alert=refusal_text(refusal, page.words), status=409)
    return page.redirect(f"/handlaggare/andringar/{export_id}")


async def _load_batch(context: OfficerContext, batch_id: str) -> BatchProgress:
    """The officer's batch, whose page calls an applicant as its e-services do. Raises HTTPException 404."""
    page = context.page

    def load(tx: Tx) -> tuple[BatchProgress | None, list[str]]:
        found = batches.load(tx, context.officer.key, batch_id)
        return found, batches.list_services(tx, batch_id, MAX_LOOKED_AT) if found is not None else []

    found, keys = await page.deps.service.database.read(load)
    if found is None:
        raise HTTPException(404)
    services = (page.catalog.service(key) for key in keys)
    page.set_services(service for service in services if service is not None)
    return found


async def _confirmation_page(
    context: OfficerContext,
    batch: BatchProgress,
    list_id: str,
    *,
    example: int = 1,
    is_unanswered: bool = False,
) -> Response:
    """`is_unanswered`: it was sent without the answer whether applicants are notified. `example`: which is shown."""
    page = context.page
    try:
        preview = await page.deps.batches.preview(context.officer, batch.id)
    except NoSuchBatch:  # swept meanwhile
        raise HTTPException(404) from None
    chosen = await page.deps.service.database.read(lambda tx: _load_chosen(tx, context.officer, batch))
    return page.render(
        "officer/bulk_confirm.html",
        422 if is_unanswered else 200,
        page_path=f"/handlaggare/andringar/{batch.id}",
        me=context.officer.name,
        idle_seconds=30 * 60,
        batch=batch,
        list_id=list_id if _is_list_id(list_id) else "",
        list_path=await _list_path(context, list_id),
        title=page.words(f"batches.{batch.action.kind}"),
        facts=describe_action(batch.action, page.catalog, page.words, is_confirmed=False),
        chosen=[(one.number, _present_status(one, page.catalog, page.words)) for one in chosen],
        chosen_more=batch.total - len(chosen),
        examples=preview.examples,
        shown=max(1, min(example, len(preview.examples))),
        edit_path=_edit_path(batch),
        is_unanswered=is_unanswered,
        key=context.create_form_key("batch", batch.id),
        **_outcome_facts(page, batch, preview),
    )


def _outcome_facts(page: PageContext, batch: BatchProgress, preview: BatchPreview) -> dict[str, Any]:
    """What the batch would do, and which cases it would skip and why."""
    summary = summarize(batch, preview, page.catalog, page.words)
    refusals = [
        (one, refusal_text(one.refusal, page.words), describe_more(one, page.words))
        for one in summary.refusals
    ]
    return {"summary": summary, "refusals": refusals}


def _load_chosen(tx: Tx, officer: Officer, batch: BatchProgress) -> list[ListedCase]:
    """The first cases of the batch, in its order."""
    ids = batches.list_case_ids(tx, officer.key, batch.id, only_skipped=False, most=MAX_CHOSEN)
    return load_listed_cases(tx, officer, ids)


async def _batch_page(
    context: OfficerContext, batch: BatchProgress, *, alert: str = "", status: int = 200, list_id: str = ""
) -> Response:
    """`list_id`: the list that the batch began from, to go back to; without it the one that was looked at last."""
    page = context.page

    def load(tx: Tx) -> tuple[list[SkippedCase], list[str], ExportFile | None]:
        skipped = batches.list_skipped(tx, context.officer, batch.id, 0, MAX_SKIPPED)
        done = batches.list_done_numbers(tx, context.officer, batch.id, MAX_DONE)
        return skipped, done, exports.load(tx, context.officer.key, batch.id, page.now - FILE_LIFETIME)

    skipped, done, file = await page.deps.service.database.read(load)
    return page.render(
        "officer/batch.html",
        status,
        page_path=f"/handlaggare/andringar/{batch.id}",
        me=context.officer.name,
        batch=batch,
        path=_batch_path(batch.id, list_id),
        alert=alert,
        list_path=await _list_path(context, list_id or last_list(page)),
        title=page.words(f"batches.{batch.action.kind}"),
        sentence=_sentence(context, batch),
        facts=describe_action(batch.action, page.catalog, page.words),
        times=describe_times(batch, page.words),
        cancel_label=cancel_label(batch.action, page.words),
        starts=page.words.moment(batch.scheduled_at) if batch.scheduled_at is not None else "",
        skipped=[(one.number, refusal_text(one.refusal, page.words)) for one in skipped],
        hidden=max(min(batch.skipped, MAX_SKIPPED) - len(skipped), 0),
        done=done,
        done_more=max(batch.done - MAX_DONE, 0),
        # One that waits for its day is not asked for: that would keep the session of an officer who has left alive.
        refresh=REFRESH_SECONDS if not batch.is_finished and batch.scheduled_at is None else 0,
        is_exportable=batch.is_finished and not isinstance(batch.action, ExportCases),
        key=context.create_form_key("batch", batch.id),
        is_file_gone=batch.has_file and file is None,
        **_file_facts(context, file),
    )


def _file_facts(context: OfficerContext, file: ExportFile | None) -> dict[str, Any]:
    """What the page says of the batch's file: until when, and by which key, it can be downloaded."""
    if file is None:
        return {"file": None, "file_until": "", "file_key": ""}
    return {
        "file": file,
        "file_until": context.page.words.moment(file.created_at + FILE_LIFETIME),
        "file_key": context.create_form_key(_link_name(file), file.batch_id),
    }


def _batch_path(batch_id: str, list_id: str) -> str:
    """The address of the batch's page, with the list that it began from, where it is known."""
    path = f"/handlaggare/andringar/{batch_id}"
    return f"{path}?lista={list_id}" if _is_list_id(list_id) else path


async def _list_path(context: OfficerContext, list_id: str) -> str:
    """The address of the officer's list, where it is still open; else that of the one they start with."""
    opened = None
    if _is_list_id(list_id):
        opened = await context.page.deps.service.database.read(
            lambda tx: open_lists.load(tx, context.officer.key, list_id)
        )
    return f"/handlaggare/lista/{opened.id}" if opened is not None else "/handlaggare"


def _is_list_id(text: str) -> bool:
    return len(text) == 32 and text.isalnum()


def _present_status(case: ListedCase, catalog: Catalog, words: Words) -> str:
    return current_status_name(catalog.service(case.service), case, words)


def _edit_path(batch: BatchProgress) -> str:
    """The last part of the address of the action's form, with what it was filled in with."""
    return f"{PATH_OF_KIND[batch.action.kind]}?andra={batch.id}"


def _link_name(file: ExportFile) -> str:
    """What the form key of a download is made for: a key is valid until the next download."""
    return f"download:{file.downloads}"


def batch_id_of(context: OfficerContext, nonce: str) -> str:
    """The id of the batch that a form makes: the same however often it is sent."""
    return hashlib.sha256(f"{context.officer.key}/{nonce}".encode()).hexdigest()[:32]


def _sentence(context: OfficerContext, batch: BatchProgress) -> str:
    return batch_sentence(batch, context.page.catalog, context.page.words)
