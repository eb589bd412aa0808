"""The case file (akt) of a case, as a zip that is made when it is asked for, and kept nowhere."""

from __future__ import annotations

from functools import partial
from typing import IO

from fastapi import APIRouter
from starlette.responses import Response

from bot.clients.pdf.typesetter import TypesettingBusy, TypesettingFailed
from bot.domain.case_record import CaseRecord
from bot.domain.rules import UnknownCase
from bot.domain.summary import DEFAULT_PARTS, SUMMARY_PARTS
from bot.export.case_file import CaseFileWriter
from bot.portal.download import attachment
from bot.portal.errors import refusal_text
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.officer.forms import read_case_form
from bot.portal.officer.officer_context import OfficerContext
from bot.portal.officer.summary import (
    CASE_FILE_FORM,
    SummaryChoice,
    find_export_refusal,
    load_summary,
    record_export,
    summary_page,
    typesetting_alert,
)
from bot.portal.page_context import CurrentPage
from bot.store.cases.case_records import RecordRequest, load_record
from bot.store.files.file_store import disk_full_as_error, read_chunks
from bot.text import words
from bot.web.post_limits import limited_by

router = APIRouter()


@router.post("/handlaggare/{ref}/akt", dependencies=limited_by(OFFICERS_BUTTON))
async def on_fetched_case_file(page: CurrentPage, ref: str) -> Response:
    """The case file, once with and once without notes for each time that the page was shown.

    All its parts are recorded as read and exported. Where there is none, the page is shown again with the reason.
    """
    form = await read_case_form(page, ref, CASE_FILE_FORM, ())
    context, with_notes = form.context, bool(form.posted.get("noteringar"))
    parts = frozenset(SUMMARY_PARTS) if with_notes else frozenset(SUMMARY_PARTS) - {"notes"}
    chosen = "notes" if with_notes else ""
    opening = f"{CASE_FILE_FORM}:{form.nonce}:{chosen}" if form.nonce is not None else ""
    shown_again = SummaryChoice(DEFAULT_PARTS, context.page.language, has_case_file_notes=with_notes)
    view = await context.reveal(form.view.case.id, parts, opening=opening)
    refusal = find_export_refusal(context, view)
    if refusal is not None:
        return await summary_page(context, view, shown_again, refusal_text(refusal, context.page.words), 403)
    if form.nonce is None:
        return await summary_page(context, view, shown_again, context.page.words("page.form.late"), 409)
    choice = SummaryChoice(parts, page.catalog.municipality.language)
    try:
        summary = await load_summary(context, view, choice)
        pdf = await page.deps.typesetter.typeset(summary.as_document())
    except (TypesettingFailed, TypesettingBusy) as error:
        alert = typesetting_alert(context, view, error, "casefile.failed")
        return await summary_page(context, view, shown_again, alert, 503)
    record = await _load_record(context, view.case.id, with_notes=with_notes)
    async with page.deps.case_file_slots:
        file = await page.deps.files.run(_write, context, record, pdf)
    if not await record_export(context, view, opening):
        file.close()
        return await summary_page(context, view, shown_again, context.page.words("no.export.used"), 409)
    size = file.seek(0, 2)
    file.seek(0)
    name = words(choice.language)("casefile.filename", number=view.case.number)
    return attachment(read_chunks(file), name, "application/zip", size)


async def _load_record(context: OfficerContext, case_id: str, *, with_notes: bool) -> CaseRecord:
    page = context.page
    request = RecordRequest(context.officer, case_id, with_notes, page.catalog, page.now)
    record = await page.deps.service.database.read(partial(load_record, request=request))
    if record is None:
        raise UnknownCase(number="")
    return record


def _write(context: OfficerContext, record: CaseRecord, pdf: bytes) -> IO[bytes]:
    """The case file in a file without a name. Raises DiskFull."""
    deps, w = context.page.deps, words(context.page.catalog.municipality.language)
    deps.export_files.refuse_full()
    file = deps.export_files.open_unnamed()
    try:
        with disk_full_as_error():
            CaseFileWriter(file, record, w, deps.files.read).write(pdf)
    except BaseException:
        file.close()
        raise
    return file
