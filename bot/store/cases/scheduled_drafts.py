"""The texts of messages that are to leave later: drafts of their writers', which are not swept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from bot.domain.case import Case
from bot.domain.messages.scheduled_messages import MessageScheduled
from bot.domain.views import ScheduledText
from bot.store.engine.database import Tx
from bot.store.files import unattached
from bot.store.tables import DraftRow

DRAFT_FORM = "message"
"""The form of a message that is being written."""

_PREFIX = "scheduled:"

IS_SCHEDULED = DraftRow.form.startswith(_PREFIX, autoescape=True)
"""That the draft is the text of a message that is to leave later."""


def save(tx: Tx, case_id: str, event: MessageScheduled) -> None:
    """Store what the officer has filled in."""
    row = {"id": event.message_id, "case_id": case_id, "form": _form(event.message_id), "at": event.at}
    body = json.dumps(event.content, ensure_ascii=False)
    tx.conn.execute(insert(DraftRow).values(**row, officer=event.by.removeprefix("officer:"), body=body))


def load(tx: Tx, message_id: str) -> dict[str, Any] | None:
    """What was filled in; None where it was erased."""
    query = select(DraftRow.body).where(DraftRow.id == message_id, DraftRow.form == _form(message_id))
    body = tx.conn.execute(query).scalar()
    return json.loads(body) if body is not None else None


def load_texts(tx: Tx, case: Case) -> dict[str, ScheduledText]:
    """What the case's messages that are to leave later say, by their ids, as far as it is not erased."""
    contents = {one.id: content for one in case.scheduled if (content := load(tx, one.id)) is not None}
    files = unattached.find(tx, [file_id for one in contents.values() for file_id in one.get("files", ())])
    return {
        message_id: ScheduledText(
            content["text"], tuple(files[one] for one in content.get("files", ()) if one in files)
        )
        for message_id, content in contents.items()
    }


def remove(tx: Tx, message_id: str) -> None:
    """Delete the text of a message that has left."""
    tx.conn.execute(delete(DraftRow).where(DraftRow.id == message_id, DraftRow.form == _form(message_id)))


def return_to_writer(tx: Tx, message_id: str, at: datetime) -> None:
    """Make it the writer's draft of a message; it is put below one that they have begun in the case meanwhile."""
    is_it = DraftRow.id == message_id, DraftRow.form == _form(message_id)
    row = tx.conn.execute(select(DraftRow.__table__).where(*is_it)).first()
    if row is None:
        return
    is_begun = DraftRow.officer == row.officer, DraftRow.case_id == row.case_id, DraftRow.form == DRAFT_FORM
    begun = tx.conn.execute(select(DraftRow.id, DraftRow.body).where(*is_begun)).first()
    if begun is None:
        tx.conn.execute(update(DraftRow).where(*is_it).values(form=DRAFT_FORM, at=at))
        return
    body = json.dumps(put_below(json.loads(begun.body), json.loads(row.body)), ensure_ascii=False)
    tx.conn.execute(delete(DraftRow).where(*is_it))
    tx.conn.execute(update(DraftRow).where(DraftRow.id == begun.id).values(body=body, at=at))


def put_below(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the first draft, with the text and the files of the second below its own."""
    texts = [one["text"].strip() for one in (first, second) if one.get("text", "").strip()]
    files = [*first.get("files", ()), *second.get("files", ())]
    return {**first, "text": "\n\n".join(texts), "files": files}


def list_file_ids(tx: Tx) -> list[str]:
    """The files of all messages that are to leave later, or that are not sent."""
    is_message = or_(IS_SCHEDULED, DraftRow.form == DRAFT_FORM)
    bodies = tx.conn.execute(select(DraftRow.body).where(is_message)).scalars()
    return [file_id for body in bodies for file_id in json.loads(body).get("files", ())]


def _form(message_id: str) -> str:
    return f"{_PREFIX}{message_id}"
