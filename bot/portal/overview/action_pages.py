"""The form of an action on many cases, and the batch that it prepares."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.batch_forms import (
    ACTION_FORMS,
    ChosenCases,
    FormContext,
    describe_chosen,
    form_fields,
    read_action,
)
from bot.domain.batches import NoCasesChosen, TooManyChosen
from bot.portal.errors import refusal_text
from bot.portal.limits import OFFICERS_TEXT
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.action_forms import KIND_OF_PATH, FilledAction
from bot.portal.overview.batch_pages import batch_id_of
from bot.portal.overview.filter_form import assignee_suggestions
from bot.portal.overview.list_page import load_list
from bot.portal.overview.ticks import mark_choice, read_chosen
from bot.portal.uploads import read_form
from bot.store.lists.open_lists import OpenList
from bot.store.officers import batches
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/lista/{list_id}/{action}")
async def on_opened_action(context: SignedInOfficer, list_id: str, action: str) -> Response:
    if action not in KIND_OF_PATH:
        raise HTTPException(404)
    opened = await load_list(context, list_id)
    return await _action_page(context, opened, action, FilledAction())


@router.post("/handlaggare/lista/{list_id}/{action}", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_action(context: SignedInOfficer, list_id: str, action: str) -> Response:
    """Prepare the batch, and go to its page, where it is confirmed."""
    if action not in KIND_OF_PATH:
        raise HTTPException(404)
    opened, posted = await load_list(context, list_id), await read_form(context.page)
    filled = FilledAction(posted.first_values())
    nonce = context.verify_form_key(f"bulk:{action}", list_id, posted.get("key"))
    if nonce is None:
        filled.alert = context.page.words("page.form.late")
        return await _action_page(context, opened, action, filled, 409)
    if posted.get("chosen") != mark_choice(opened):
        filled.alert = context.page.words("page.bulk.otherchoice")
        return await _action_page(context, opened, action, filled, 409)
    chosen = await read_chosen(context, opened)
    form_context = await _form_context(context, opened, chosen)
    read, filled.problems = read_action(KIND_OF_PATH[action], form_context, filled.values)
    if read is None:
        return await _action_page(context, opened, action, filled, 422)
    batch_id = batch_id_of(context, nonce)
    try:
        await context.page.deps.batches.prepare(context.officer, read, chosen, batch_id=batch_id)
    except (NoCasesChosen, TooManyChosen) as refusal:
        filled.alert = refusal_text(refusal, context.page.words)
        return await _action_page(context, opened, action, filled, 409)
    return context.page.redirect(f"/handlaggare/andringar/{batch_id}?lista={list_id}")


async def _form_context(context: OfficerContext, opened: OpenList, chosen: list[str]) -> FormContext:
    page = context.page
    counts = await page.deps.service.database.read(
        lambda tx: batches.count_by_status(tx, context.officer, chosen)
    )
    described = describe_chosen(context.officer, page.catalog, counts, opened.query)
    return FormContext(page.catalog, page.words, page.now, described)


async def _action_page(
    context: OfficerContext, opened: OpenList, action: str, filled: FilledAction, status: int = 200
) -> Response:
    page, kind, chosen = context.page, KIND_OF_PATH[action], await read_chosen(context, opened)
    w = page.words
    if not chosen and not filled.alert:
        filled.alert = w("no.batch.empty")
    form_context = (
        await _form_context(context, opened, chosen)
        if ACTION_FORMS[kind].needs_cases
        else FormContext(page.catalog, w, page.now, ChosenCases((), opened.query, ()))
    )
    return page.render(
        "officer/bulk_form.html",
        status,
        me=context.officer.name,
        idle_seconds=30 * 60,
        opened=opened,
        action=action,
        title=w(f"batches.{kind}"),
        chosen=w("page.bulk.chosen", n=len(chosen)),
        has_cases=bool(chosen),
        fields=form_fields(kind, form_context),
        suggestions=[name for name in assignee_suggestions(page.catalog, w) if name != w("page.list.nobody")],
        filled=filled,
        choice=mark_choice(opened),
        key=context.create_form_key(f"bulk:{action}", opened.id),
    )
