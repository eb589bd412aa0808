"""Writing to the applicant: written, previewed, sent, and for a while undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import loading
from bot.blocks.forms import message
from bot.blocks.forms.fields import FILES, LONGEST, block_id_of
from bot.blocks.forms.message import Letter, Written
from bot.catalog.models import Catalog
from bot.catalog.templates import ANSWER_BY, Template
from bot.domain.correspondence import UNDO, UndoMessage, waiting_status
from bot.domain.finding import templates_like
from bot.domain.intake import Person
from bot.domain.rules import ChangedMeanwhile, NoFollowing, TooLong
from bot.domain.status import targets
from bot.handlers.request.file_transfer import again, attached, cleared
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import MESSAGE_DRAFT, origin
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.files import unattached
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day

SENT_DRAFT = "sent"
"""A draft that was sent and can still be undone."""


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:message")(listening.opening(on_write))
    app.action(message.TEMPLATE)(listening.showing(on_template))
    app.options(message.TEMPLATE)(listening.suggesting(on_template_typed))
    app.view(message.ID)(listening.acting(on_preview))
    app.view(message.PREVIEW_ID)(listening.acting(on_send))
    app.action("case:message:undo")(listening.acting(on_undo))


async def on_write(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id))


async def asked(press: Press, found: Found, text: str = "") -> None:
    """Open the form with what was begun earlier, or with the text; it is sent by its own button only."""
    found.in_slack()
    if not found.service.applicant_follows or not found.case.applicants:
        raise NoFollowing
    if len(text) > LONGEST:
        raise TooLong(n=len(text) - LONGEST)
    came_from, title = origin(press), press.words("message.title")
    draft = await press.kit.service.database.read(
        lambda tx: drafts.of_case(tx, press.officer.key, found.case.id, MESSAGE_DRAFT)
    )
    ids = {**came_from, "case": found.case.id, "draft": draft.id if draft else uuid.uuid4().hex}
    await press.open(loading(message.ID, title, ids, press.words))
    written = message.from_draft(draft.values) if draft and not text else Written(text=text)
    letter = await _letter(press, found, ids, written, press.opened)
    if letter.written.files != written.files:
        await _keep(press, letter)
    await press.fill(message.message_form(letter, press.words))


async def on_template_typed(press: Press) -> list[dict[str, Any]]:
    """The templates whose name fits, where there are more of them than Slack lists."""
    found = (await find(press, str(press.ids["case"]))).in_slack()
    typed = str(press.body.get("value") or "")[:200]
    templates = found.service.templates_for("message", found.case.status)
    return message.suggestions(templates_like(templates, typed), press.words)


async def on_template(press: Press) -> None:
    """The template's text comes below what was typed, with its tags filled in."""
    found = (await find(press, press.ids["case"])).in_slack()
    letter = await _letter(press, found, press.ids, message.read(press.view), str(press.view["id"]))
    chosen = next((one for one in letter.templates if one.key == press.value), None)
    if chosen is None:
        return
    added = _filled(chosen, letter, found.catalog)
    text = f"{letter.written.text}\n\n{added}" if letter.written.text.strip() else added
    if len(text) > LONGEST:
        too_long = press.words("no.toolong", n=len(text) - LONGEST)
        await press.redraw(message.message_form(replace(letter, alert=too_long), press.words))
        return
    letter = letter.with_template(text, chosen)
    await press.redraw(message.message_form(letter, press.words))
    await _keep(press, letter)


def _filled(template: Template, letter: Letter, catalog: Catalog) -> str:
    """In the language of the one who reads it. What is not known stays as a gap."""
    language = _language(letter, catalog)
    known = {
        "case.number": letter.case.number,
        "case.service": letter.service.name.in_(language),
        "officer.name": letter.sender.name,
        "officer.unit": letter.sender.unit.in_(language),
        "municipality.name": catalog.municipality.name.in_(language),
        "applicant.name": ", ".join(one.name for one in letter.people if one.name),
    }
    return template.fill({tag: value for tag, value in known.items() if value}, language).strip()


def _language(letter: Letter, catalog: Catalog) -> str:
    """That of whoever reads the message."""
    return letter.people[0].language if letter.people else catalog.municipality.language


async def on_preview(press: Press) -> None:
    written = message.read(press.view)
    if faults := _faults(press, written):
        await press.fault(faults)
        return
    found = (await find(press, press.ids["case"])).in_slack()
    attachments = await attached(press, written.files)
    if attachments.fault:
        await press.fault({FILES: attachments.fault})
        return
    written = replace(written, files=tuple(file.id for file in attachments.files))
    letter = await _letter(press, found, press.ids, written, str(press.view["id"]))
    letter = replace(letter, written=letter.written.as_said(_language(letter, found.catalog)))
    await _keep(press, letter)
    await press.lay(message.preview(letter, press.words))
    if press.ids.get("tab") == "messages":
        # What was begun stands among the messages beneath.
        press.later(refresh.beneath(press))


def _faults(press: Press, written: Written) -> dict[str, str]:
    field = block_id_of(press.view, "text")
    if not written.text.strip():
        return {field: press.words("no.empty")}
    if written.gaps:
        gaps = ", ".join(f"{{{gap}}}" for gap in written.gaps)
        return {field: press.words("no.gap", gap=gaps)}
    if written.lacks_day:
        return {"answer_by": press.words("no.answerby", tag=f"{{{ANSWER_BY}}}")}
    today = local_day(press.kit.service.clock())
    if written.answer_by and date.fromisoformat(written.answer_by) < today:
        return {"answer_by": press.words("no.pastdate")}
    return {}


async def _keep(press: Press, letter: Letter) -> None:
    """Its files live as long as the draft does."""
    now = press.kit.service.clock()
    draft = Draft(letter.ids["draft"], letter.case.id, MESSAGE_DRAFT, letter.written.kept(), now)

    def work(tx: Tx) -> None:
        drafts.keep(tx, press.officer.key, draft)
        unattached.wanted(tx, letter.written.files, now)

    await press.kit.service.database.write(work)


async def on_send(press: Press) -> None:
    ids, officer = press.ids, press.officer.key
    found = (await find(press, ids["case"])).in_slack()
    draft = await press.kit.service.database.read(lambda tx: drafts.find(tx, officer, ids["draft"]))
    if draft is None or draft.case_id != found.case.id:
        await press.tell(press.words("message.gone"))
        return
    written = message.from_draft(draft.values)
    files = await again(press.kit, written.files)
    if (draft.form == SENT_DRAFT or len(files) < len(written.files)) and not await press.done_before():
        await press.tell(press.words("message.gone" if draft.form == SENT_DRAFT else "attach.gone"))
        return
    now = press.kit.service.clock()
    until, sent = now + UNDO, replace(draft, form=SENT_DRAFT, at=now)
    command = written.command(found.case.id, ids["was"], files)
    try:
        # Were the draft still begun after the message has gone, it would be sent twice.
        done = await press.perform(command, beside=lambda tx: _mark(tx, officer, sent))
    except ChangedMeanwhile as stale:
        letter = await _letter(press, found, ids, written, str(press.view["id"]))
        fresh = message.preview(replace(letter, alert=stale.said(press.words)), press.words)
        await press.show(fresh)
        return
    sent_ids = {**ids, "message": done.ids["message_id"]}
    await press.show(message.sending(sent_ids, until, press.words))
    press.later(_gone_out(press, sent_ids, until))
    press.later(refresh.at_home(press))


def _mark(tx: Tx, officer: str, draft: Draft) -> None:
    """The same draft as another form: sent and undoable, or begun again."""
    drafts.drop(tx, officer, draft.id)
    drafts.keep(tx, officer, draft)


async def _gone_out(press: Press, ids: Mapping[str, Any], until: datetime) -> None:
    """Say that the message is sent, once it can no longer be undone."""
    kit = press.kit
    await kit.sleep(max(0.0, (until - kit.service.clock()).total_seconds()))
    written = await kit.service.database.read(lambda tx: system_queries.written(tx, ids["message"]))
    if written is not None and written.undone:
        return
    await kit.service.database.write(lambda tx: drafts.drop(tx, press.officer.key, ids["draft"]))
    said, view_id = [press.words("ok.sent")], str(press.view["id"])
    await press.put(view_id, message.sent(ids, said, press.words))
    if left := await cleared(press, ids["message"]):
        said.append(left)
        await press.put(view_id, message.sent(ids, said, press.words))
    await kit.sleep(kit.patience)
    if delayed := await refresh.delay(press):
        await press.put(view_id, message.sent(ids, [*said, press.words(delayed)], press.words))


async def on_undo(press: Press) -> None:
    """The message is taken back, and what was written is a draft again."""
    ids, officer, now = press.ids, press.officer.key, press.kit.service.clock()
    await find(press, ids["case"])
    command = UndoMessage(case_id=ids["case"], message_id=ids["message"])
    await press.perform(command, beside=lambda tx: _unsent(tx, officer, ids["draft"], now))
    press.later(press.put(str(press.view["id"]), message.undone(ids, press.words)))
    press.later(refresh.at_home(press))


def _unsent(tx: Tx, officer: str, draft_id: str, now: datetime) -> None:
    draft = drafts.find(tx, officer, draft_id)
    if draft is not None:
        _mark(tx, officer, replace(draft, form=MESSAGE_DRAFT, at=now))


async def _letter(
    press: Press, found: Found, ids: Mapping[str, Any], written: Written, opening: str
) -> Letter:
    """The form's state. Names are personal data, so that they are shown is recorded first.

    A file of the draft's that is no more is told of: it was to go with the message.
    """
    view = await press.kit.service.reveal(press.officer, found.case.id, {"answers"}, opening=opening)
    sender = found.catalog.officer(press.officer.key)
    assert sender is not None
    waiting = waiting_status(found.service)
    allowed = targets(view.case, press.officer, found.service)
    people: tuple[Person, ...] = view.people
    files = await again(press.kit, written.files)
    gone = len(files) < len(written.files)
    return Letter(
        case=view.case,
        service=found.service,
        sender=sender,
        people=people,
        templates=found.service.templates_for("message", view.case.status),
        waiting=waiting if waiting in allowed else None,
        limits=found.catalog.municipality.files,
        ids=ids,
        files=files,
        written=replace(written, files=tuple(file.id for file in files)),
        alert=press.words("attach.gone") if gone else "",
    )
