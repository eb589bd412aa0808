"""The form of an action on many cases, and the batch that it prepares."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.domain.absence import describe_absence
from bot.domain.assignment import assignee_labels
from bot.domain.lists.batch_forms.action_forms import form_fields, form_values, read_action
from bot.domain.lists.batch_forms.chosen_cases import describe_chosen
from bot.domain.lists.batch_forms.form_reading import FormContext
from bot.domain.lists.batch_forms.mailing_form import insert_template
from bot.domain.lists.batches import ActionKind, NoCasesChosen, SendMailing, TooManyChosen
from bot.domain.name_search import find_groups, find_officers, is_assignable
from bot.portal.errors import refusal_text
from bot.portal.forms.limits import OFFICERS_LETTER, OFFICERS_TEXT
from bot.portal.forms.posted_form import FieldValues, PostedForm, read_form
from bot.portal.forms.retained_uploads import (
    RetainedFile,
    collect_files,
    late_refusal,
    refusal_texts,
    sign_files,
)
from bot.portal.officer.forms import FILES_FIELD
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.overview.action_forms import KIND_OF_PATH, FilledAction
from bot.portal.overview.batch_pages import batch_id_of
from bot.portal.overview.list_page import load_list
from bot.portal.overview.ticks import mark_choice
from bot.portal.page_context import PageContext
from bot.service.batch_choice import describe_choice
from bot.store.lists.open_lists import OpenList
from bot.store.officers import batches
from bot.store.officers.absences import load_absences
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

MAX_OFFERED = 60
"""Officers with access to one e-service that are listed at once; others are found by name."""


@router.get("/handlaggare/lista/{list_id}/{action}")
async def on_opened_action(context: SignedInOfficer, list_id: str, action: str, andra: str = "") -> Response:
    """The action's form; filled in as for the batch `andra`, which has not been confirmed."""
    if action not in KIND_OF_PATH:
        raise HTTPException(404)
    opened = await load_list(context, list_id)
    return await _action_page(context, opened, action, await _load_filled(context, action, andra))


async def _load_filled(context: OfficerContext, action: str, batch_id: str) -> FilledAction:
    """The form as it was filled in for the officer's batch; empty where there is none that waits to be confirmed."""
    find = partial(batches.load, officer=context.officer.key, batch_id=batch_id)
    batch = await context.page.deps.service.database.read(find) if batch_id else None
    if batch is None or batch.is_confirmed or batch.action.kind != KIND_OF_PATH[action]:
        return FilledAction()
    files = batch.action.files if isinstance(batch.action, SendMailing) else ()
    # Their references are signed for the new form when it is drawn.
    retained = [RetainedFile(one, "") for one in files]
    return FilledAction(FieldValues(form_values(batch.action)), retained)


@router.post("/handlaggare/lista/{list_id}/utskick", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_mailing(context: SignedInOfficer, list_id: str) -> Response:
    """As `on_sent_action`, with files. A template is put into the text, and a file taken away, without preparing it."""
    opened = await load_list(context, list_id)
    posted = await read_form(context.page, lambda key: context.verify_form_key("bulk:utskick", list_id, key))
    return await _prepare(context, opened, "utskick", posted)


@router.post("/handlaggare/lista/{list_id}/{action}", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_action(context: SignedInOfficer, list_id: str, action: str) -> Response:
    """Prepare the batch, and go to its page, where it is confirmed."""
    if action not in KIND_OF_PATH:
        raise HTTPException(404)
    return await _prepare(context, await load_list(context, list_id), action, await read_form(context.page))


async def _prepare(context: OfficerContext, opened: OpenList, action: str, posted: PostedForm) -> Response:
    filled = FilledAction(posted.first_values())
    filled.values["assignees"] = ",".join(posted.get_all("assignees"))
    nonce = context.verify_form_key(f"bulk:{action}", opened.id, posted.get("key"))
    if nonce is None:
        filled.alert = late_refusal(context.page, posted)
        return await _action_page(context, opened, action, filled, 409)
    filled.retained = await collect_files(context.page, posted, FILES_FIELD, nonce)
    if posted.get("chosen") != mark_choice(opened):
        filled.alert = context.page.words("page.bulk.otherchoice")
        return await _action_page(context, opened, action, filled, 409)
    form_context = await _form_context(context, opened)
    if (pressed := posted.get("do")) == "template":
        chosen = filled.values["template"]
        filled.values = FieldValues(insert_template(form_context, chosen, filled.values))
    if pressed in ("template", "search") or pressed.startswith("remove_file:"):
        return await _action_page(context, opened, action, filled)
    posted.require(*_fields_always_sent(KIND_OF_PATH[action], form_context))
    files = [one.file for one in filled.retained]
    read, filled.problems = read_action(KIND_OF_PATH[action], form_context, filled.values, files)
    if refused_files := refusal_texts(context.page, posted.refused_files(FILES_FIELD)):
        filled.problems[FILES_FIELD] = " ".join(refused_files)
    if read is None or filled.problems:
        return await _action_page(context, opened, action, filled, 422)
    batch_id = batch_id_of(context, nonce)
    try:
        await context.page.deps.batches.prepare_list(context.officer, read, opened, batch_id=batch_id)
    except (NoCasesChosen, TooManyChosen) as refusal:
        filled.alert = refusal_text(refusal, context.page.words)
        return await _action_page(context, opened, action, filled, 409)
    return context.page.redirect(f"/handlaggare/andringar/{batch_id}?lista={opened.id}")


def _fields_always_sent(kind: ActionKind, form_context: FormContext) -> Iterator[str]:
    """What a browser sends of the form whatever is filled in: not boxes, and radio buttons where one is chosen."""
    for one in form_fields(kind, form_context):
        is_chosen = one.kind == "radio" and one.initial is not None
        if is_chosen or one.kind in ("menu", "text", "day", "time"):
            yield one.name


async def _form_context(context: OfficerContext, opened: OpenList) -> FormContext:
    page = context.page
    choice = await describe_choice(page.deps.service, context.officer, opened)
    services = (page.catalog.service(key) for key in choice.services)
    page.set_services(service for service in services if service is not None)
    return FormContext(page.catalog, page.words, page.now, choice)


def _offered_assignees(form_context: FormContext, filled: FilledAction) -> list[tuple[str, str]]:
    """Groups and officers, by reference with their names: the chosen ones, and those with access to any of the
    e-services whose name matches the search."""
    catalog, today = form_context.catalog, local_day(form_context.now)
    typed = filled.values["searched"][:200]
    groups: list[str] = []
    people: list[str] = []
    for key in form_context.chosen.services:
        groups += [f"group:{one.key}" for one in find_groups(catalog, key, today, typed)]
        people += [f"officer:{one.key}" for one in find_officers(catalog, key, today, typed, MAX_OFFERED)]
    chosen = [ref for ref in filled.values["assignees"].split(",") if is_assignable(catalog, ref)]
    refs = list(dict.fromkeys([*chosen, *groups, *people]))
    return list(zip(refs, assignee_labels(refs, catalog, form_context.words), strict=True))


NO_ASSIGNEES: dict[str, Any] = {"offered": [], "away": {}, "is_searchable": False}


async def _assignee_facts(
    page: PageContext, form_context: FormContext, filled: FilledAction
) -> dict[str, Any]:
    """To whom cases can be assigned, who of them is absent, and whether there is a field to search by name."""
    offered = _offered_assignees(form_context, filled)
    today = local_day(page.now)
    absences = await page.deps.service.database.read(lambda tx: load_absences(tx, today))
    return {
        "offered": offered,
        "away": {
            ref: describe_absence(ref.partition(":")[2], absences, page.catalog, page.words)
            for ref, _ in offered
            if ref.startswith("officer:")
        },
        "is_searchable": len(offered) >= MAX_OFFERED or bool(filled.values["searched"]),
    }


async def _action_page(
    context: OfficerContext, opened: OpenList, action: str, filled: FilledAction, status: int = 200
) -> Response:
    page, kind, form_context = context.page, KIND_OF_PATH[action], await _form_context(context, opened)
    w, number = page.words, form_context.chosen.number
    if not number and not filled.alert:
        filled.alert = w("no.batch.empty")
    fields = form_fields(kind, form_context)
    key = context.create_form_key(f"bulk:{action}", opened.id)
    nonce = context.verify_form_key(f"bulk:{action}", opened.id, key) or ""
    return page.render(
        "officer/bulk_form.html",
        status,
        page_path=f"/handlaggare/lista/{opened.id}/{action}",
        me=context.officer.name,
        idle_seconds=30 * 60,
        opened=opened,
        action=action,
        title=w(f"batches.{kind}"),
        chosen=describe_chosen(form_context.chosen, w),
        has_cases=bool(number),
        is_possible=all(one.options for one in fields if one.kind == "radio"),
        fields=fields,
        filled=filled,
        kept=sign_files(page, [one.file for one in filled.retained], FILES_FIELD, nonce),
        limits=page.catalog.municipality.files,
        templates=form_context.chosen.templates,
        choice=mark_choice(opened),
        key=key,
        **(await _assignee_facts(page, form_context, filled) if kind == "assign" else NO_ASSIGNEES),
    )
