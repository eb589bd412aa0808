"""Actions on the cases that are ticked: their forms, what they would do, and beginning them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import View
from bot.blocks.forms import template_choice
from bot.blocks.forms.cases import assign
from bot.blocks.forms.fields import FILES_FIELD, MAX_OPTIONS, MAX_TEXT_LENGTH, block_id_of
from bot.blocks.forms.lists import batch_forms as batch_blocks
from bot.blocks.forms.lists.batch_forms import BatchForm
from bot.blocks.values import PageNumber, decode
from bot.catalog import people as catalog_people
from bot.domain.lists.batch_forms.action_forms import ACTION_FORMS, form_fields, read_action
from bot.domain.lists.batch_forms.chosen_cases import describe_chosen
from bot.domain.lists.batch_forms.form_reading import FormContext
from bot.domain.lists.batch_forms.mailing_form import insert_template
from bot.domain.lists.batch_wording import summarize
from bot.domain.lists.batches import (
    MAX_CASES,
    ActionKind,
    BatchAction,
    BatchProgress,
    NoCasesChosen,
    NoSuchBatch,
    SendMailing,
    TooManyChosen,
    begins_at,
)
from bot.domain.name_search import find_groups, find_officers, find_templates
from bot.handlers.request.context import SlackContext
from bot.handlers.request.file_transfer import delete_uploads, fetch_submitted_files
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.handlers.screens.absence import describe_absent
from bot.handlers.screens.ticking import load_list, save_ticks
from bot.service.batch_choice import MAX_DESCRIBED, describe_choice
from bot.store import Tx
from bot.store.lists import open_lists
from bot.store.lists.open_lists import OpenList
from bot.store.officers import batches, ticking
from bot.text.working_days import local_day

POLL_SECONDS = 1.0
MAX_POLLS = 60
"""How often, and how long, a view waits for a long list's batch to be prepared."""

PROGRESS_SECONDS = 5.0
MAX_UPDATES = 120
"""How often a view shows how far a batch has come, and how many times it looks. The officer's message goes on after."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action(re.compile("^tick:do:"))(listeners.for_modal(on_action))
    app.options(batch_blocks.ASSIGNEES_FIELD)(listeners.for_options(on_options))
    app.action(batch_blocks.TEMPLATE_FIELD)(listeners.for_display(on_template))
    app.options(batch_blocks.TEMPLATE_FIELD)(listeners.for_options(on_template_options))
    app.action(re.compile("^batch:example:"))(listeners.for_display(on_example))
    app.view(batch_blocks.ID)(listeners.for_change(on_form_submitted))
    app.view(batch_blocks.CONFIRM_ID)(listeners.for_change(on_confirmed))


async def on_action(context: SlackContext) -> None:
    """Open the form of the pressed action, or what it would do where it needs no form."""
    kind = next((one for one in ACTION_FORMS if one == context.request.action_argument), None)
    opened = await save_ticks(context)
    if kind is not None:
        await open_form(context, opened, kind)


async def open_form(context: SlackContext, opened: OpenList, kind: ActionKind) -> None:
    """Raises NoCasesChosen and TooManyChosen."""
    form_context = await _form_context(context, opened)
    number = form_context.chosen.number
    if not number:
        raise NoCasesChosen
    if number > MAX_CASES:
        raise TooManyChosen(n=MAX_CASES)
    metadata: dict[str, Any] = {"ticking": opened.id, "do": kind, "batch": uuid.uuid4().hex}
    if context.request.is_in_app_home:
        metadata["home"] = True
    if not form_fields(kind, form_context):
        action, _ = read_action(kind, form_context, {})
        assert action is not None
        batch = await _prepare(context, opened, action, metadata["batch"])
        await context.responder.open_view(await _confirmation(context, batch, metadata))
        return
    form = _build_form(kind, form_context, metadata)
    await context.responder.open_view(batch_blocks.batch_form(form, context.words))


def _build_form(kind: ActionKind, form_context: FormContext, metadata: Mapping[str, Any]) -> BatchForm:
    chosen, catalog = form_context.chosen, form_context.catalog
    return BatchForm(
        kind,
        form_fields(kind, form_context),
        describe_chosen(chosen, form_context.words),
        metadata,
        catalog.municipality.files,
        has_strict=chosen.has_strict(catalog) or chosen.number > MAX_DESCRIBED,
        templates=chosen.templates,
    )


async def _form_context(context: SlackContext, opened: OpenList) -> FormContext:
    service = context.deps.service
    chosen = await describe_choice(service, context.officer, opened)
    return FormContext(service.catalog, context.words, service.clock(), chosen)


async def on_options(context: SlackContext) -> list[dict[str, Any]]:
    """Officers and groups that may have cases of any of the e-services, whose name matches what is typed."""
    catalog, today = context.deps.service.catalog, local_day(context.deps.service.clock())
    text = context.request.text[:200]
    people: dict[str, catalog_people.Officer] = {}
    groups: dict[str, catalog_people.Group] = {}
    for key in context.officer.access:
        people |= {one.key: one for one in find_officers(catalog, key, today, text, MAX_OPTIONS)}
        groups |= {one.key: one for one in find_groups(catalog, key, today, text)}
    away = await describe_absent(context)
    return assign.suggestions(list(people.values())[:MAX_OPTIONS], list(groups.values()), context.words, away)


async def on_template_options(context: SlackContext) -> list[dict[str, Any]]:
    """The templates whose name matches, where there are more than a menu may have."""
    opened = await load_list(context, context.request.metadata["ticking"])
    templates = (await _form_context(context, opened)).chosen.templates
    return template_choice.suggestions(find_templates(templates, context.request.text[:200]), context.words)


async def on_template(context: SlackContext) -> None:
    """Put the template below what was typed, its tags as they are: each case fills them in for itself."""
    metadata, key = context.request.metadata, str(context.request.value)
    form_context = await _form_context(context, await load_list(context, metadata["ticking"]))
    typed = batch_blocks.read(context.request.form)
    values = insert_template(form_context, key, typed)
    form = _build_form("mailing", form_context, metadata)
    if values == typed or form.is_page_only:
        return
    if (excess := len(values["text"]) - MAX_TEXT_LENGTH) > 0:
        form, values = replace(form, alert=context.words("no.toolong", n=excess)), typed
    view = batch_blocks.batch_form(form.with_template(key, values), context.words)
    await context.responder.update_view(view)


async def on_form_submitted(context: SlackContext) -> None:
    """Prepare the batch, and show what it would do; of a long list once its cases have been added."""
    metadata, view = context.request.metadata, context.request.form
    kind = next(one for one in ACTION_FORMS if one == metadata["do"])
    opened = await load_list(context, metadata["ticking"])
    form_context = await _form_context(context, opened)
    values = batch_blocks.read(view)
    action, problems = read_action(kind, form_context, values)
    if action is None:
        await _show_problems(context, problems)
        return
    if isinstance(action, SendMailing):
        attached = await fetch_submitted_files(context)
        if attached.error:
            await _show_problems(context, {FILES_FIELD: attached.error})
            return
        action = action.model_copy(update={"files": attached.files})
    batch = await _prepare(context, opened, action, metadata["batch"])
    if batch.state == "preparing":
        await context.responder.replace_view(_begun(context, batch))
        context.performer.run_after_ack(_show_when_prepared(context, batch.id, metadata))
    else:
        await context.responder.push_view(await _confirmation(context, batch, metadata))


async def _show_problems(context: SlackContext, problems: Mapping[str, str]) -> None:
    """Below their fields; above the form where a field is not in it."""
    view = context.request.form
    shown = {str(block.get("block_id")) for block in view["blocks"]}
    errors = {block_id_of(view, name): text for name, text in problems.items()}
    if errors.keys() <= shown:
        await context.responder.show_field_errors(errors)
    else:
        await context.responder.respond(" ".join(problems.values()))


async def _prepare(
    context: SlackContext, opened: OpenList, action: BatchAction, batch_id: str
) -> BatchProgress:
    return await context.deps.batches.prepare_list(context.officer, action, opened, batch_id=batch_id)


async def _show_when_prepared(context: SlackContext, batch_id: str, metadata: Mapping[str, Any]) -> None:
    for _ in range(MAX_POLLS):
        batch = await _load(context, batch_id)
        if batch.state != "preparing":
            view = await _confirmation(context, batch, metadata)
            await context.responder.update_view_by_id(context.request.view.id, view)
            return
        await context.deps.sleep(POLL_SECONDS)


async def _load(context: SlackContext, batch_id: str) -> BatchProgress:
    """The officer's batch. Raises NoSuchBatch."""
    officer = context.officer.key
    found = await context.deps.service.database.read(lambda tx: batches.load(tx, officer, batch_id))
    if found is None:
        raise NoSuchBatch
    return found


async def _confirmation(context: SlackContext, batch: BatchProgress, metadata: Mapping[str, Any]) -> View:
    """What the batch would do; how far it has come where it is confirmed already."""
    if batch.state != "prepared":
        return _begun(context, batch)
    preview = await context.deps.batches.preview(context.officer, batch.id)
    summary = summarize(batch, preview, context.deps.service.catalog, context.words)
    return batch_blocks.confirmation(batch, summary, preview.examples, metadata, context.words)


async def on_example(context: SlackContext) -> None:
    """Show another of the mailing's examples."""
    number = decode(context.request.value, PageNumber).number
    metadata = {**context.request.metadata, "page": number}
    batch = await _load(context, metadata["batch"])
    await context.responder.update_view(await _confirmation(context, batch, metadata))


def _begun(context: SlackContext, batch: BatchProgress, alert: str = "") -> View:
    return batch_blocks.batch_begun(batch, context.deps.service.catalog, context.words, alert)


async def on_confirmed(context: SlackContext) -> None:
    """Begin the batch; once, however often it is pressed. Its cases are ticked no more."""
    metadata, officer, view = context.request.metadata, context.officer, context.request.form
    notifies = batch_blocks.read_notifies(view)
    if notifies is None and batch_blocks.asks_notifies(view):
        await context.responder.show_field_errors(
            {batch_blocks.NOTIFIES_FIELD: context.words("batches.notice.choose")}
        )
        return
    action, now = (await _load(context, metadata["batch"])).action, context.deps.service.clock()
    batch = await context.deps.batches.confirm(
        officer, metadata["batch"], due_at=begins_at(action, now), notifies=notifies
    )

    def untick(tx: Tx) -> None:
        ticking.end(tx, officer.key)
        opened = open_lists.load(tx, officer.key, metadata["ticking"])
        if opened is not None:
            open_lists.untick_all(tx, opened)

    await context.deps.service.database.write(untick)
    await context.responder.replace_view(_begun(context, batch))
    context.performer.run_after_ack(_follow(context, batch))
    if context.request.is_from_app_home:
        context.performer.run_after_ack(home.refresh_home(context))


async def _follow(context: SlackContext, shown: BatchProgress) -> None:
    """Show in the open view how far the batch has come, until it has finished or the view is closed.

    App Home below it, where it was opened, is then rendered with the cases as they are. The copies in Slack of a
    mailing's files are deleted first, and what remains there is told.
    """
    remaining = await _delete_uploads(context, shown)
    is_current = not remaining
    for _ in range(MAX_UPDATES):
        batch = await _load(context, shown.id)
        if batch != shown or not is_current:
            view = _begun(context, batch, remaining)
            if not await context.responder.update_view_by_id(context.request.view.id, view):
                return
            shown, is_current = batch, True
        if batch.is_finished:
            if context.request.is_from_app_home:
                await home.refresh_home(context)
            return
        await context.deps.sleep(PROGRESS_SECONDS)


async def _delete_uploads(context: SlackContext, batch: BatchProgress) -> str:
    """Delete a mailing's files in Slack, since they are stored. Returns the sentence about those that remain there."""
    if not isinstance(batch.action, SendMailing):
        return ""
    return await delete_uploads(context, [file.id for file in batch.action.files])
