"""What an officer typed in a form that cannot be saved any more, to be shown for copying."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException

from bot.portal.errors import NOTHING_UNSAVED, UnsavedTexts
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.page_context import PageContext
from bot.store import DatabaseBusy

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

NOT_TYPED = frozenset(
    {
        *("key", "do", "was", "version", "draft", "place", "case", "message", "person", "persons", "shown"),
        *("chosen", "assignees", "holder", "mention", "searched", "template", "kind", "status", "mode"),
        *("status_after", "closing_status", "colour", "hold", "ground", "protected", "typed_number"),
        *("receipt", "notify", "notifies", "files_from", "until", "remind_on", "answer_by", "send_day"),
        *("send_time", "confirm", "count", "digest", "asked", "lista", "sida", "fran", "till", "column"),
        *("lamna", "mark", "then", "step", "reviewed", "order", "vem"),
    }
)
"""Fields of officers' forms that are chosen, or filled in by the page: all others are texts, and given back."""

NOT_TYPED_PREFIXES = ("kept_", "version-")
ANSWER_PREFIXES = ("svar-", "om-", "reg-")
"""What the names of a form's answers begin with: many and short, they are given back below each other."""


async def read_unsaved_texts(page: PageContext) -> UnsavedTexts:
    """What was typed in the request's form; nothing where it has none, or one that cannot be read."""
    request = page.request
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(FORM_TYPES):
        return NOTHING_UNSAVED
    posted: Any = getattr(request.state, "posted", None)
    # Without its route's limits, or half read, a form is not to be read.
    is_unread = hasattr(request.state, "limits") and not hasattr(request.state, "is_form_begun")
    if posted is None and is_unread:
        try:
            posted = await read_form(page)
        except (HTTPException, DatabaseBusy):
            return NOTHING_UNSAVED
    return find_unsaved_texts(posted) if posted is not None else NOTHING_UNSAVED


def find_unsaved_texts(posted: PostedForm) -> UnsavedTexts:
    """What was typed in the form, and which files came with it."""
    typed = [(name, value.strip()) for name, value in posted.fields if value.strip() and _is_typed(name)]
    texts = [value for name, value in typed if not name.startswith(ANSWER_PREFIXES)]
    answers = "\n".join(value for name, value in typed if name.startswith(ANSWER_PREFIXES))
    files = tuple(one.name for one in posted.uploads)
    return UnsavedTexts((*([answers] if answers else []), *texts), files)


def _is_typed(name: str) -> bool:
    return name not in NOT_TYPED and not name.startswith(NOT_TYPED_PREFIXES)
