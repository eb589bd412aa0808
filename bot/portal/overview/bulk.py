"""Actions on many cases: ticking them, the action's form, what it would do, its progress and its outcome."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.batch_wording import batch_sentence
from bot.domain.batches import (
    MAX_CASES,
    BatchProgress,
    ExportCases,
    NoCasesChosen,
    NoSuchBatch,
    SendMailing,
    SkippedCase,
    TooManyChosen,
)
from bot.domain.colour import COLOURS
from bot.domain.correspondence import UNDO_PERIOD
from bot.domain.exporting import FILE_LIFETIME, exportable_services
from bot.portal.download import attachment
from bot.portal.errors import refusal_text
from bot.portal.limits import OFFICERS_BUTTON, OFFICERS_LIST, OFFICERS_TEXT
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.action_forms import (
    ACTIONS,
    KIND_OF_PATH,
    MESSAGE_KINDS,
    ActionForm,
    ChosenCases,
    allowed_targets,
    answers_of,
    read_action,
)
from bot.portal.overview.filter_form import assignee_suggestions
from bot.portal.overview.lists import list_context, load_list
from bot.portal.uploads import read_form
from bot.store import Tx
from bot.store.lists.case_queries import CaseQueries
from bot.store.officers import batches, exports, open_lists
from bot.store.officers.exports import ExportFile
from bot.store.officers.open_lists import OpenList
from bot.web.post_limits import limited_by

router = APIRouter()

MAX_SKIPPED = 500
"""Skipped cases on a batch's page."""

MAX_RECENT = 50

NEED_CASES = ("status", "utskick", "exportera")
"""The actions whose forms depend on the chosen cases."""

REFRESH_SECONDS = 3
"""How often the page of a running batch loads itself again."""


@router.post("/handlaggare/lista/{list_id}/val", dependencies=limited_by(OFFICERS_LIST))
async def on_ticked(context: SignedInOfficer, list_id: str) -> Response:
    """Store the ticks of a page, and go where the pressed button leads: `do` is `PART:ARGUMENT`."""
    opened, posted = await load_list(context, list_id), await read_form(context.page)
    shown, ticked = posted.get_all("shown"), posted.get_all("case")
    part, _, argument = posted.get("do").partition(":")

    def save(tx: Tx) -> None:
        if part == "alla":
            open_lists.tick_all(tx, opened)
        elif part == "ingen":
            open_lists.untick_all(tx, opened)
        elif not opened.all_ticked:
            open_lists.save_ticks(tx, opened, shown, ticked)

    await context.page.deps.service.database.write(save)
    path = f"/handlaggare/lista/{list_id}"
    if part == "gor" and argument in ACTIONS:
        return context.page.redirect(f"{path}/{argument}")
    number = argument if argument.isdecimal() and len(argument) < 6 else posted.get("sida")
    return context.page.redirect(f"{path}?sida={number}" if number.isdecimal() else path)


@router.get("/handlaggare/lista/{list_id}/{action}")
async def on_opened_action(context: SignedInOfficer, list_id: str, action: str) -> Response:
    if action not in ACTIONS:
        raise HTTPException(404)
    opened = await load_list(context, list_id)
    return await _action_page(context, opened, action, ActionForm())


@router.post("/handlaggare/lista/{list_id}/{action}", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_action(context: SignedInOfficer, list_id: str, action: str) -> Response:
    """Prepare the batch, and go to its page, where it is confirmed."""
    if action not in ACTIONS:
        raise HTTPException(404)
    opened, posted = await load_list(context, list_id), await read_form(context.page)
    form = ActionForm(posted.first_values())
    nonce = context.verify_form_key(f"bulk:{action}", list_id, posted.get("key"))
    if nonce is None:
        form.alert = context.page.words("page.form.late")
        return await _action_page(context, opened, action, form, 409)
    chosen = await _read_chosen(context, opened)
    read = read_action(action, context.page, form, await _describe_chosen(context, opened, chosen))
    if read is None:
        return await _action_page(context, opened, action, form, 422)
    batch_id = _batch_id(context, nonce)
    batch_service = context.page.deps.batches
    try:
        await batch_service.prepare(context.officer, read, chosen, batch_id=batch_id)
    except (NoCasesChosen, TooManyChosen) as refusal:
        form.alert = refusal_text(refusal, context.page.words)
        return await _action_page(context, opened, action, form, 409)
    return context.page.redirect(f"/handlaggare/andringar/{batch_id}?lista={list_id}")


@router.get("/handlaggare/andringar")
async def on_opened_batches(context: SignedInOfficer) -> Response:
    """The officer's batches of the last thirty days."""
    page = context.page
    found = await page.deps.service.database.read(
        lambda tx: batches.list_recent(tx, context.officer.key, MAX_RECENT)
    )
    rows = [(one, _sentence(context, one)) for one in found]
    return page.render("officer/batches.html", me=context.officer.name, rows=rows)


@router.get("/handlaggare/andringar/{batch_id}")
async def on_opened_batch(context: SignedInOfficer, batch_id: str, lista: str = "") -> Response:
    """What the batch would do, until it is confirmed; then how far it has come, and what it skipped."""
    batch = await _load_batch(context, batch_id)
    if batch.is_confirmed:
        return await _batch_page(context, batch)
    return await _confirmation_page(context, batch, lista)


@router.post("/handlaggare/andringar/{batch_id}/bekrafta", dependencies=limited_by(OFFICERS_BUTTON))
async def on_confirmed(context: SignedInOfficer, batch_id: str) -> Response:
    """Have the batch performed: a mailing at its time, or after the time in which it can be undone."""
    page, batch = context.page, await _load_batch(context, batch_id)
    posted = await read_form(page)
    if context.verify_form_key("batch", batch_id, posted.get("key")) is not None:
        due_at = _due_at(batch, page.now)
        await page.deps.batches.confirm(context.officer, batch_id, due_at=due_at)
        await _untick(context, posted.get("lista"))
    return page.redirect(f"/handlaggare/andringar/{batch_id}")


async def _untick(context: OfficerContext, list_id: str) -> None:
    """Untick the cases of the list that the batch began from, where it is still open."""

    def work(tx: Tx) -> None:
        opened = open_lists.load(tx, context.officer.key, list_id)
        if opened is not None:
            open_lists.untick_all(tx, opened)

    await context.page.deps.service.database.write(work)


@router.post("/handlaggare/andringar/{batch_id}/avbryt", dependencies=limited_by(OFFICERS_BUTTON))
async def on_cancelled(context: SignedInOfficer, batch_id: str) -> Response:
    page, posted = context.page, await read_form(context.page)
    await _load_batch(context, batch_id)
    if context.verify_form_key("batch", batch_id, posted.get("key")) is not None:
        await page.deps.batches.cancel(context.officer, batch_id)
    return page.redirect(f"/handlaggare/andringar/{batch_id}")


def _due_at(batch: BatchProgress, now: datetime) -> datetime | None:
    if not isinstance(batch.action, SendMailing):
        return None
    return max(now + UNDO_PERIOD, batch.action.send_at or now)


async def _load_batch(context: OfficerContext, batch_id: str) -> BatchProgress:
    """The officer's batch. Raises HTTPException 404."""
    found = await context.page.deps.service.database.read(
        lambda tx: batches.load(tx, context.officer.key, batch_id)
    )
    if found is None:
        raise HTTPException(404)
    return found


async def _read_chosen(context: OfficerContext, opened: OpenList) -> list[str]:
    """The ids of the chosen cases: those ticked, or all that the query finds now."""
    if not opened.all_ticked:
        return list(opened.ticked)

    def find(tx: Tx) -> list[str]:
        return CaseQueries(tx, list_context(context)).ids(opened.query, limit=MAX_CASES + 1)

    return await context.page.deps.service.database.read(find)


async def _describe_chosen(context: OfficerContext, opened: OpenList, chosen: list[str]) -> ChosenCases:
    counts = await context.page.deps.service.database.read(
        lambda tx: batches.count_by_status(tx, context.officer, chosen)
    )
    targets = allowed_targets(context.officer, context.page, counts)
    return ChosenCases(targets, opened.query, tuple(dict.fromkeys(service for service, _ in counts)))


async def _action_page(
    context: OfficerContext, opened: OpenList, action: str, form: ActionForm, status: int = 200
) -> Response:
    page, chosen = context.page, await _read_chosen(context, opened)
    w = page.words
    if not chosen and not form.alert:
        form.alert = w("no.batch.empty")
    known = await _describe_chosen(context, opened, chosen) if action in NEED_CASES else None
    return page.render(
        "officer/bulk_form.html",
        status,
        me=context.officer.name,
        idle_seconds=30 * 60,
        opened=opened,
        action=action,
        title=w(f"batches.{KIND_OF_PATH[action]}"),
        chosen=w("page.bulk.chosen", n=len(chosen)),
        has_cases=bool(chosen),
        targets=known.targets if known is not None else (),
        answers_of=_service_name(context, answers_of(known)) if known is not None else "",
        colours=[(colour, w(f"colour.{colour}") if colour else w("colour.none")) for colour in COLOURS],
        kinds=[(kind, w(f"message.kind.{kind}")) for kind in MESSAGE_KINDS],
        suggestions=[name for name in assignee_suggestions(page.catalog, w) if name != w("page.list.nobody")],
        filled=form,
        key=context.create_form_key(f"bulk:{action}", opened.id),
    )


def _service_name(context: OfficerContext, key: str) -> str:
    service = context.page.catalog.service(key)
    return service.name.in_(context.page.language) if service is not None else ""


async def _confirmation_page(context: OfficerContext, batch: BatchProgress, list_id: str) -> Response:
    page = context.page
    w = page.words
    try:
        preview = await page.deps.batches.preview(context.officer, batch.id)
    except NoSuchBatch:  # swept meanwhile
        raise HTTPException(404) from None
    send_at = batch.action.send_at if isinstance(batch.action, SendMailing) else None
    return page.render(
        "officer/bulk_confirm.html",
        me=context.officer.name,
        idle_seconds=30 * 60,
        batch=batch,
        list_id=list_id if len(list_id) == 32 and list_id.isalnum() else "",
        title=w(f"batches.{batch.action.kind}"),
        summary=w(f"page.bulk.will.{_effect(batch)}", n=preview.changed, all=w.number(preview.total)),
        unchanged=w("page.bulk.unchanged", n=preview.unchanged) if preview.unchanged else "",
        refusals=[(count, refusal_text(refusal, w)) for refusal, count in preview.refusals],
        examples=preview.examples,
        send_at=w.moment(send_at) if send_at else "",
        is_possible=preview.changed > 0,
        submit=w(f"page.bulk.do.{_effect(batch)}", n=preview.changed),
        key=context.create_form_key("batch", batch.id),
    )


def _effect(batch: BatchProgress) -> str:
    """What happens to the cases, as texts name it."""
    if isinstance(batch.action, ExportCases):
        return "export"
    return "message" if isinstance(batch.action, SendMailing) else "change"


async def _batch_page(
    context: OfficerContext, batch: BatchProgress, *, alert: str = "", status: int = 200
) -> Response:
    page = context.page

    def load(tx: Tx) -> tuple[list[SkippedCase], ExportFile | None]:
        skipped = batches.list_skipped(tx, context.officer, batch.id, 0, MAX_SKIPPED)
        return skipped, exports.load(tx, context.officer.key, batch.id, page.now - FILE_LIFETIME)

    skipped, file = await page.deps.service.database.read(load)
    return page.render(
        "officer/batch.html",
        status,
        me=context.officer.name,
        batch=batch,
        alert=alert,
        title=page.words(f"batches.{batch.action.kind}"),
        sentence=_sentence(context, batch),
        skipped=[(one.number, refusal_text(one.refusal, page.words)) for one in skipped],
        refresh=0 if batch.is_finished else REFRESH_SECONDS,
        key=context.create_form_key("batch", batch.id),
        file=file,
        file_until=page.words.moment(file.created_at + FILE_LIFETIME) if file is not None else "",
        file_key=context.create_form_key(_link_name(file), batch.id) if file is not None else "",
        is_file_gone=batch.has_file and file is None,
    )


def _link_name(file: ExportFile) -> str:
    """What the form key of a download is made for: a key is valid until the next download."""
    return f"download:{file.downloads}"


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
async def on_exported_skipped(context: SignedInOfficer, batch_id: str) -> Response:
    """Export the cases that the batch skipped, each with the reason, and go to the page with the file."""
    page, batch, posted = context.page, await _load_batch(context, batch_id), await read_form(context.page)
    nonce = context.verify_form_key("batch", batch_id, posted.get("key"))
    if nonce is None:
        return page.redirect(f"/handlaggare/andringar/{batch_id}")
    ids = await page.deps.service.database.read(
        lambda tx: batches.list_skipped_ids(tx, context.officer.key, batch_id)
    )
    action = ExportCases(
        skipped_by=batch_id,
        query=page.words("page.export.skipped.query", what=page.words(f"batches.{batch.action.kind}")),
        language=page.language,
    )
    export_id = _batch_id(context, nonce)
    try:
        await page.deps.batches.begin(context.officer, action, ids, batch_id=export_id)
    except NoCasesChosen as refusal:
        return await _batch_page(context, batch, alert=refusal_text(refusal, page.words), status=409)
    return page.redirect(f"/handlaggare/andringar/{export_id}")


def _batch_id(context: OfficerContext, nonce: str) -> str:
    """The id of the batch that a form makes: the same however often it is sent."""
    return hashlib.sha256(f"{context.officer.key}/{nonce}".encode()).hexdigest()[:32]


_MEDIA_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
}


def _sentence(context: OfficerContext, batch: BatchProgress) -> str:
    return batch_sentence(batch, context.page.words)
