"""Actions on the case page that need no form: each is a button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.messages.scheduled_messages import find_scheduled
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import MakeNoteOfficial
from bot.domain.rules import Command, Refused, UnknownCase
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.idempotency_keys import make_one_click_key
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import reveal_for_form
from bot.portal.officer.last_list import find_place
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.store import Tx
from bot.store.lists.queries import unread
from bot.store.officers import drafts
from bot.web.post_limits import limited_by

router = APIRouter()


@router.post("/handlaggare/{ref}/ta", dependencies=limited_by(OFFICERS_BUTTON))
async def on_took_case(context: SignedInOfficer, ref: str) -> Response:
    posted = await read_form(context.page)
    mode = posted.get("mode")
    expected = tuple(key for key in posted.get("was").split(",") if key)
    case_id = await context.find_case_id(ref)
    command = TakeCase(
        case_id=case_id,
        mode="over" if mode == "over" else "together" if mode == "together" else "alone",
        expected=expected,
    )
    return await _perform(context, ref, command, posted, "taken")


@router.post("/handlaggare/{ref}/lamna", dependencies=limited_by(OFFICERS_BUTTON))
async def on_released_case(context: SignedInOfficer, ref: str) -> Response:
    posted = await read_form(context.page)
    return await _perform(
        context, ref, ReleaseCase(case_id=await context.find_case_id(ref)), posted, "released"
    )


@router.post("/handlaggare/{ref}/angra", dependencies=limited_by(OFFICERS_BUTTON))
async def on_undid_message(context: SignedInOfficer, ref: str) -> Response:
    """Undo a message, or cancel one that is to leave later."""
    posted = await read_form(context.page)
    command = UndoMessage(case_id=await context.find_case_id(ref), message_id=posted.get("message"))
    view = await context.reveal(ref, ())
    is_scheduled = find_scheduled(view.case, command.message_id) is not None
    return await _perform(context, ref, command, posted, "unscheduled" if is_scheduled else "undone")


@router.post("/handlaggare/{ref}/tjansteanteckning", dependencies=limited_by(OFFICERS_BUTTON))
async def on_made_note_official(context: SignedInOfficer, ref: str) -> Response:
    posted = await read_form(context.page)
    command = MakeNoteOfficial(
        case_id=await context.find_case_id(ref), place=posted.get("place"), expected=posted.get("was")
    )
    return await _perform(context, ref, command, posted, "official")


async def _perform(
    context: OfficerContext, ref: str, command: Command, posted: PostedForm, done: str
) -> Response:
    assert command.case_id is not None
    nonce = context.verify_form_key("act", command.case_id, posted.get("key"))
    if nonce is None:
        return redirect_to_case(
            context, command.case_id, ref, Flash(alert=context.page.words("page.form.late"))
        )
    try:
        await context.page.deps.service.perform(
            command,
            context.officer,
            idempotency_key=make_one_click_key(command, nonce, posted),
            in_transaction=_return_text(command, context.page.now),
        )
    except UnknownCase:
        raise
    except Refused as refusal:
        flash = Flash(alert=refusal_text(refusal, context.page.words))
    else:
        flash = Flash(done)
    return redirect_to_case(context, command.case_id, ref, flash)


def _return_text(command: Command, now: datetime) -> Callable[[Tx], None] | None:
    """What makes the text of an undone message a draft again; None for other commands."""
    if not isinstance(command, UndoMessage):
        return None
    return partial(drafts.return_undone, message_id=command.message_id, at=now)


@router.post("/handlaggare/{ref}/olast", dependencies=limited_by(OFFICERS_BUTTON))
async def on_marked_unread(context: SignedInOfficer, ref: str) -> Response:
    """Mark the case as unread, and go to the list that the officer came from: shown again, it would be read."""
    page, case_id = context.page, await context.find_case_id(ref)
    posted = await read_form(page)
    await reveal_for_form(context, ref, (), "unread")
    if context.verify_form_key("act", case_id, posted.get("key")) is None:
        return redirect_to_case(context, case_id, ref, Flash(alert=page.words("page.form.late")))
    await page.deps.service.database.write(
        lambda tx: unread.mark_unread(tx, context.officer, [case_id], page.now)
    )
    place = await find_place(context, case_id)
    return page.redirect(f"/handlaggare/lista/{place.list_id}" if place is not None else "/handlaggare")


@router.get("/handlaggare/{ref}/olast")
@router.get("/handlaggare/{ref}/ta")
@router.get("/handlaggare/{ref}/lamna")
@router.get("/handlaggare/{ref}/angra")
@router.get("/handlaggare/{ref}/tjansteanteckning")
@router.get("/handlaggare/{ref}/anledning")
async def on_opened_action(context: SignedInOfficer, ref: str) -> Response:
    """Redirect a GET of an action's address, as from the address bar, to the case: actions are POST only."""
    await context.find_case_id(ref)
    return context.page.redirect(f"/handlaggare/{ref}")
