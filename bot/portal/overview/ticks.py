"""Ticks in a list: which cases an action on many is for."""

from __future__ import annotations

import hashlib
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from bot.portal.forms.limits import OFFICERS_LIST
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.action_forms import KIND_OF_PATH
from bot.portal.overview.list_page import load_list
from bot.portal.overview.lists import choose_columns, leave_out, search_everywhere, sort_list
from bot.store import Tx
from bot.store.lists import open_lists
from bot.store.lists.open_lists import OpenList
from bot.store.lists.queries import unread
from bot.web.post_limits import limited_by

router = APIRouter()


@router.post("/handlaggare/lista/{list_id}/val", dependencies=limited_by(OFFICERS_LIST))
async def on_ticked(context: SignedInOfficer, list_id: str) -> Response:
    """Store the ticks of a page, and go where the pressed button leads: `do` is `PART:ARGUMENT`."""
    opened, posted = await load_list(context, list_id), await read_form(context.page)
    part, _, argument = posted.get("do").partition(":")

    save = partial(_save, context=context, opened=opened, posted=posted)
    await context.page.deps.service.database.write(save)
    if part == "utan":
        return await leave_out(context, opened, argument)
    if part == "sokalla":
        return await search_everywhere(context, opened)
    if part in ("ordna", "kolumner"):
        opened = await load_list(context, list_id)
        if part == "ordna":
            return await sort_list(context, opened, argument)
        return await choose_columns(context, opened, posted, argument)
    path = f"/handlaggare/lista/{list_id}"
    if part == "gor" and argument in KIND_OF_PATH:
        return context.page.redirect(f"{path}/{argument}")
    number = argument if argument.isdecimal() and len(argument) < 6 else posted.get("sida")
    return context.page.redirect(f"{path}?sida={number}" if number.isdecimal() else path)


def _save(tx: Tx, context: OfficerContext, opened: OpenList, posted: PostedForm) -> None:
    """Store the ticks as the pressed button says; *Markera som oläst* marks the ticked cases, and unticks them."""
    shown, ticked, part = posted.get_all("shown"), posted.get_all("case"), posted.get("do").partition(":")[0]
    if part == "alla":
        open_lists.tick_all(tx, opened)
    elif part == "ingen":
        open_lists.untick_all(tx, opened)
    elif part == "olast" and not opened.all_ticked:
        chosen = (set(opened.ticked) - set(shown)) | set(ticked)
        unread.mark_unread(tx, context.officer, chosen, context.page.now)
        open_lists.untick_all(tx, opened)
    elif not opened.all_ticked:
        open_lists.save_ticks(tx, opened, shown, shown if part == "sidan" else ticked)


def mark_choice(opened: OpenList) -> str:
    """What is ticked, for a form to be sent with: the officer may have changed it in another tab of their browser."""
    ticked = "all" if opened.all_ticked else ",".join(sorted(opened.ticked))
    return hashlib.sha256(ticked.encode()).hexdigest()[:16]


async def untick(context: OfficerContext, list_id: str) -> None:
    """Untick the cases of the list that the batch began from, where it is still open."""

    def work(tx: Tx) -> None:
        opened = open_lists.load(tx, context.officer.key, list_id)
        if opened is not None:
            open_lists.untick_all(tx, opened)

    await context.page.deps.service.database.write(work)
