"""Saved views: lists that an officer has saved under a name, the same on the web and in Slack."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.lists.case_query import CaseQuery
from bot.domain.lists.query_validation import query_problems
from bot.domain.lists.query_wording import describe_filter, describe_order
from bot.domain.lists.saved_views import (
    NoSuchView,
    SavedView,
    ViewNameTaken,
    is_same_name,
    validate_view_name,
)
from bot.domain.rules import Refused
from bot.portal.errors import refusal_text
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import read_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.list_page import (
    VIEW_PANEL,
    ListForms,
    ViewForm,
    load_list,
    open_list,
    request_view,
    save_last_place,
    show_list,
)
from bot.store import Tx
from bot.store.lists import saved_views
from bot.store.lists.open_lists import ListRequest
from bot.store.officers import preferences
from bot.web.post_limits import limited_by

router = APIRouter()


@router.post("/handlaggare/lista/{list_id}/vy", dependencies=limited_by(OFFICERS_BUTTON))
async def on_saved(context: SignedInOfficer, list_id: str) -> Response:
    """Save the list as a view; with `do=replace` in place of the officer's view with that name."""
    page, opened, posted = context.page, await load_list(context, list_id), await read_form(context.page)
    typed = posted.get("name")

    def save(tx: Tx) -> None:
        name = validate_view_name(typed)
        same = [one for one in saved_views.list_views(tx, context.officer) if is_same_name(one.name, name)]
        if same and same[0].query == opened.query:
            return
        view = SavedView(uuid.uuid4().hex, name, opened.query)
        if same and posted.get("do") == "replace":
            view = replace(same[0], query=opened.query)
        saved_views.save_view(tx, context.officer, view, page.now)

    try:
        await page.deps.service.database.write(save)
    except Refused as refusal:
        saving = ViewForm(typed, refusal_text(refusal, page.words), isinstance(refusal, ViewNameTaken))
        return await show_list(context, opened, forms=ListForms(view=saving, panel=VIEW_PANEL))
    return page.redirect(f"/handlaggare/lista/{list_id}")


@router.get("/handlaggare/vyer/{view_id}")
async def on_opened_view(context: SignedInOfficer, view_id: str) -> Response:
    """The list of the view. Raises NoSuchView; where its query cannot be read, the page of the views says so."""

    def find(tx: Tx) -> ListRequest | None:
        query = saved_views.find_view(tx, context.officer, view_id).query
        return request_view(query, preferences.load(tx, context.officer.key)) if query is not None else None

    requested = await context.page.deps.service.database.read(find)
    if requested is None:
        return context.page.redirect("/handlaggare/vyer")
    opened = await open_list(context, requested)
    await save_last_place(context, requested.tab, view_id)
    return context.page.redirect(f"/handlaggare/lista/{opened.id}")


@router.get("/handlaggare/vyer")
async def on_opened_views(context: SignedInOfficer) -> Response:
    """The officer's views: what each finds, its name, and which one the overview starts with."""
    return await _views_page(context)


@router.post("/handlaggare/vyer/{view_id}", dependencies=limited_by(OFFICERS_BUTTON))
async def on_changed(context: SignedInOfficer, view_id: str) -> Response:
    """Rename the view, delete it, or let the overview start with it: `do` is `rename`, `delete`, `start`, `nostart`."""
    page, posted = context.page, await read_form(context.page)
    name, do = posted.get("name"), posted.get("do")

    def change(tx: Tx) -> None:
        if do == "rename":
            saved_views.rename_view(tx, context.officer, view_id, name)
        elif do == "delete":
            saved_views.delete_view(tx, context.officer, view_id)
        elif do in ("start", "nostart"):
            preferences.save_start_view(tx, context.officer.key, view_id if do == "start" else "")

    try:
        await page.deps.service.database.write(change)
    except NoSuchView as refusal:
        return await _views_page(context, alert=refusal_text(refusal, page.words))
    except Refused as refusal:
        return await _views_page(context, view_id, ViewForm(name, refusal_text(refusal, page.words)))
    return page.redirect("/handlaggare/vyer")


async def _views_page(
    context: OfficerContext, view_id: str = "", form: ViewForm | None = None, *, alert: str = ""
) -> Response:
    page = context.page

    def load(tx: Tx) -> tuple[list[SavedView], str]:
        views = saved_views.list_views(tx, context.officer)
        return views, preferences.load(tx, context.officer.key).start_view

    views, start_view = await page.deps.service.database.read(load)
    return page.render(
        "officer/views.html",
        422 if form is not None else 409 if alert else 200,
        page_path="/handlaggare/vyer",
        me=context.officer.name,
        idle_seconds=30 * 60,
        alert=alert,
        start_view=start_view,
        rows=[
            {
                "view": one,
                "name": form.name if form is not None and one.id == view_id else one.name,
                "problem": form.problem if form is not None and one.id == view_id else "",
                **_contents(context, one.query),
            }
            for one in views
        ],
    )


def _contents(context: OfficerContext, query: CaseQuery | None) -> dict[str, Any]:
    """What a view finds, in words, and why it does not today."""
    w, catalog = context.page.words, context.page.catalog
    if query is None:
        return {"contents": "", "refusals": [w("page.views.unreadable")], "is_readable": False}
    refusals = [one.in_words(w) for one in query_problems(query, context.officer, catalog)]
    parts = [
        ", ".join(describe_filter(query.filter, catalog, w)) or w("tab.all"),
        w("page.views.order", sort=describe_order(query, w)),
    ]
    if query.text:
        parts.insert(1, w("page.views.text", text=query.text))
    return {"contents": " · ".join(parts), "refusals": refusals, "is_readable": True}
