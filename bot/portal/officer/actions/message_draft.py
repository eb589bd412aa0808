"""Messages that an officer has begun on the case page or in Slack: the same draft, gone on with in either."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.views import CaseView
from bot.portal.forms.posted_form import FieldValues
from bot.portal.forms.retained_uploads import RetainedFile, discard_files
from bot.portal.officer.officer_context import OfficerContext
from bot.service.draft_files import restore_files
from bot.store import Tx
from bot.store.files import unattached
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft

GAP_PREFIX = "gap_"
"""What the name of a gap's field begins with."""


@dataclass(frozen=True, slots=True)
class BegunMessage:
    """What a draft gives the form; `lacks_files` tells that not all of its files are taken along."""

    values: FieldValues
    retained: Sequence[RetainedFile] = ()
    lacks_files: bool = False


async def load_draft(context: OfficerContext, view: CaseView) -> BegunMessage:
    """The message that the officer has begun, that was undone, or that was to leave later and did not.

    The files of an undone message come along as copies, which are the draft's from then on.
    """
    deps, officer = context.page.deps, context.officer.key
    draft = await deps.service.database.read(
        lambda tx: drafts.find_for_case(tx, officer, view.case.id, drafts.MESSAGE_FORM)
    )
    if draft is None:
        return BegunMessage(FieldValues())
    ids = list(draft.values.get("files", ()))
    files = await restore_files(deps.service, deps.files, ids)
    restored_ids = [one.id for one in files]
    if restored_ids != ids:
        restored = replace(draft, values={**draft.values, "files": restored_ids})
        await deps.service.database.write(lambda tx: drafts.save(tx, officer, restored))
    retained = [RetainedFile(file, "") for file in files]
    return BegunMessage(_form_values(draft), retained, lacks_files=len(files) < len(ids))


def _form_values(draft: Draft) -> FieldValues:
    names = {name: name for name in ("text", "kind", "answer_by", "send_day", "send_time")}
    values = {
        name: str(draft.values.get(key, "")) for name, key in {**names, "status_after": "status"}.items()
    }
    gaps = {f"{GAP_PREFIX}{gap}": typed for gap, typed in draft.values.get("gaps", {}).items()}
    receipt = {"receipt": "yes"} if "receipt" in draft.values.get("options", ()) else {}
    return FieldValues({**values, **gaps, **receipt, "draft": draft.id})


async def save_draft(
    context: OfficerContext,
    view: CaseView,
    draft_id: str,
    values: Mapping[str, Any],
    files: Sequence[RetainedFile],
) -> str:
    """Save what is written as the officer's draft in the case: it is not lost, and colleagues see that they write.

    `draft_id` is that of the form, empty for one that began empty. Returns the draft's id. Nothing is saved where the
    form's draft was sent or removed meanwhile, or where another one has been begun in the case: that one is kept.
    """
    now, officer, ids = context.page.now, context.officer.key, [one.file.id for one in files]

    def save(tx: Tx) -> str:
        begun = drafts.find_for_case(tx, officer, view.case.id, drafts.MESSAGE_FORM)
        if (begun.id if begun is not None else "") != draft_id:
            return draft_id
        draft = Draft(
            draft_id or uuid.uuid4().hex, view.case.id, drafts.MESSAGE_FORM, {**values, "files": ids}, now
        )
        drafts.save(tx, officer, draft)
        unattached.keep_alive(tx, ids, now)
        return draft.id

    return await context.page.deps.service.database.write(save)


async def discard_draft(context: OfficerContext, draft_id: str, retained: Sequence[RetainedFile]) -> None:
    """Delete the officer's draft, and the files of it and of the form."""
    officer = context.officer.key

    def remove(tx: Tx) -> list[str]:
        draft = drafts.find(tx, officer, draft_id)
        drafts.remove(tx, officer, draft_id)
        return list(draft.values.get("files", ())) if draft is not None else []

    file_ids = await context.page.deps.service.database.write(remove)
    await discard_files(context.page, [*file_ids, *(one.file.id for one in retained)])
