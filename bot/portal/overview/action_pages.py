"""The form of an action on many cases, and the batch that it prepares."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.batches import NoCasesChosen, TooManyChosen
from bot.domain.colour import COLOURS
from bot.portal.errors import refusal_text
from bot.portal.limits import OFFICERS_TEXT
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
from bot.portal.overview.batch_pages import batch_id_of
from bot.portal.overview.filter_form import assignee_suggestions
from bot.portal.overview.lists import load_list
from bot.portal.overview.ticks import read_chosen
from bot.portal.uploads import read_form
from bot.store.officers import batches
from bot.store.officers.open_lists import OpenList
from bot.web.post_limits import limited_by

router = APIRouter()

NEED_CASES = ("status", "utskick", "exportera")
"""The actions whose forms depend on the chosen cases."""


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
    chosen = await read_chosen(context, opened)
    read = read_action(action, context.page, form, await _describe_chosen(context, opened, chosen))
    if read is None:
        return await _action_page(context, opened, action, form, 422)
    batch_id = batch_id_of(context, nonce)
    batch_service = context.page.deps.batches
    try:
        await batch_service.prepare(context.officer, read, chosen, batch_id=batch_id)
    except (NoCasesChosen, TooManyChosen) as refusal:
        form.alert = refusal_text(refusal, context.page.words)
        return await _action_page(context, opened, action, form, 409)
    return context.page.redirect(f"/handlaggare/andringar/{batch_id}?lista={list_id}")


async def _describe_chosen(context: OfficerContext, opened: OpenList, chosen: list[str]) -> ChosenCases:
    counts = await context.page.deps.service.database.read(
        lambda tx: batches.count_by_status(tx, context.officer, chosen)
    )
    targets = allowed_targets(context.officer, context.page, counts)
    return ChosenCases(targets, opened.query, tuple(dict.fromkeys(service for service, _ in counts)))


async def _action_page(
    context: OfficerContext, opened: OpenList, action: str, form: ActionForm, status: int = 200
) -> Response:
    page, chosen = context.page, await read_chosen(context, opened)
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
