"""The summary of a case: what it includes is chosen, and it is printed from the page or fetched as a PDF."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from bot.clients.pdf.typesetter import TypesettingBusy, TypesettingFailed
from bot.domain.documents import list_documents
from bot.domain.lists.exporting import export_refusal
from bot.domain.rules import Refused
from bot.domain.summary import (
    DEFAULT_PARTS,
    SUMMARY_PARTS,
    Summary,
    SummaryContext,
    SummaryPart,
    create_summary,
)
from bot.domain.views import CaseView
from bot.portal.download import attachment
from bot.portal.errors import refusal_text
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.officer.case_page import case_header
from bot.portal.officer.forms import read_case_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.store.log import history, readings
from bot.store.log.readings import EXPORTED_CASE_PART, Reading
from bot.text import LANGUAGES, words
from bot.web.post_limits import limited_by

router = APIRouter()
log = structlog.get_logger()

FORM, CASE_FILE_FORM = "summary", "casefile"


@dataclass(frozen=True, slots=True)
class SummaryChoice:
    """Which parts a summary has, its language, and whether the case file is to have the notes."""

    parts: frozenset[SummaryPart]
    language: str
    has_case_file_notes: bool = False


@router.get("/handlaggare/{ref}/sammanstallning")
@router.get("/handlaggare/{ref}/sammanstallning/pdf")
async def on_opened_summary(context: SignedInOfficer, ref: str) -> Response:
    """The summary with what is chosen in the address, below the choices.

    Who is asked for a reason, or signs in again, comes back to the address of the PDF by a link, and is shown the page.
    """
    query = context.page.request.query_params
    choice = _read_choice(context, query.getlist("del"), query.get("sprak", ""))
    view = await context.reveal(ref, choice.parts)
    return await summary_page(context, view, choice)


@router.post("/handlaggare/{ref}/sammanstallning/pdf", dependencies=limited_by(OFFICERS_BUTTON))
async def on_fetched_summary(page: CurrentPage, ref: str) -> Response:
    """The summary as PDF, once for each choice on a page that was shown. It is recorded as an export of the case."""
    form = await read_case_form(page, ref, FORM, ())
    context, posted = form.context, form.posted
    choice = _read_choice(context, posted.get_all("del"), posted.get("sprak"))
    chosen = f"{choice.language}:{','.join(sorted(choice.parts))}"
    opening = f"{FORM}:{form.nonce}:{chosen}" if form.nonce is not None else ""
    view = await context.reveal(form.view.case.id, choice.parts, opening=opening)
    refusal = find_export_refusal(context, view)
    if refusal is not None:
        return await summary_page(context, view, choice, refusal_text(refusal, context.page.words), 403)
    if form.nonce is None:
        return await summary_page(context, view, choice, context.page.words("page.form.late"), 409)
    summary = await load_summary(context, view, choice)
    try:
        pdf = await page.deps.typesetter.typeset(summary.as_document())
    except (TypesettingFailed, TypesettingBusy) as error:
        return await summary_page(context, view, choice, typesetting_alert(context, view, error), 503)
    if not await record_export(context, view, opening):
        return await summary_page(context, view, choice, context.page.words("no.export.used"), 409)
    name = words(choice.language)("summary.filename", number=view.case.number)
    return attachment(iter([pdf]), name, "application/pdf", len(pdf))


def typesetting_alert(
    context: OfficerContext,
    view: CaseView,
    error: TypesettingFailed | TypesettingBusy,
    failed: str = "summary.failed",
) -> str:
    """Log that there is no PDF. Returns why, for the officer; `failed` is the key where trying again does not help."""
    log.warning("not_typeset", case=view.case.number, kind=type(error).__name__)
    return context.page.words("summary.busy" if isinstance(error, TypesettingBusy) else failed)


async def record_export(context: OfficerContext, view: CaseView, opening: str) -> bool:
    """Record that the officer exports what was revealed in that opening. False where they have, in the same one."""
    name = context.opening_name(opening)
    reading = Reading(context.officer.ref, view.case.id, EXPORTED_CASE_PART, name)
    return await context.page.deps.service.database.write(
        lambda tx: readings.record(tx, reading, context.page.now)
    )


def _read_choice(context: OfficerContext, parts: Iterable[str], language: str) -> SummaryChoice:
    """What was chosen. Where no language was, nothing has been: the form always has one."""
    chosen = frozenset(part for part in SUMMARY_PARTS if part in set(parts))
    if language not in LANGUAGES:
        return SummaryChoice(chosen or DEFAULT_PARTS, context.page.language)
    return SummaryChoice(chosen, language)


def find_export_refusal(context: OfficerContext, view: CaseView) -> Refused | None:
    """Why the officer may not take the case along as a file; None where they may."""
    case = view.case
    return export_refusal(case.service, context.officer, context.page.catalog, protected=case.protected)


async def load_summary(context: OfficerContext, view: CaseView, choice: SummaryChoice) -> Summary:
    """The summary of the view's parts, with the documents' numbers."""
    page, case_id = context.page, view.case.id
    lines = await page.deps.service.database.read(lambda tx: history.read(tx, case_id))
    facts = SummaryContext(
        page.catalog, words(choice.language), list_documents(lines), context.officer.name, page.now
    )
    return create_summary(view, choice.parts, facts)


async def summary_page(
    context: OfficerContext, view: CaseView, choice: SummaryChoice, alert: str = "", status: int = 200
) -> Response:
    refusal = find_export_refusal(context, view)
    return context.page.render(
        "officer/summary.html",
        status,
        **case_header(context, view),
        summary=await load_summary(context, view, choice),
        choice=choice,
        parts=_part_labels(context, choice.parts),
        languages=LANGUAGES,
        alert=alert,
        refusal=refusal_text(refusal, context.page.words) if refusal is not None else "",
        key=context.create_form_key(FORM, view.case.id),
        case_file_key=context.create_form_key(CASE_FILE_FORM, view.case.id),
    )


def _part_labels(
    context: OfficerContext, chosen: Collection[SummaryPart]
) -> list[tuple[SummaryPart, str, bool]]:
    """(part, label, whether it is chosen)"""
    w = context.page.words
    return [
        (part, w(f"summary.part.{part}")[:1].upper() + w(f"summary.part.{part}")[1:], part in chosen)
        for part in SUMMARY_PARTS
    ]
