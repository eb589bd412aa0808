"""The page for a form that was posted after the session had ended."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from bot.portal import sessions
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import RetainedFile, sign_files
from bot.portal.forms.unsaved_texts import find_unsaved_texts
from bot.portal.page_context import PageContext
from bot.portal.signing import is_fresh, unsign

TEXT_FIELDS = ("text", "note", "message", "reason")


def session_expired_page(
    page: PageContext, posted: PostedForm, sign_in: str, *, officer: bool = False
) -> Response:
    """A form to the same address with what was typed, to be sent again after signing in in another tab.

    `sign_in` is the address to sign in at, where there is one: officers may have to come from Slack. They can also copy
    what is sent again without being shown, such as answers.
    """
    typed_texts = [(name, value) for name, value in posted.fields if name in TEXT_FIELDS and value]
    hidden_fields = [(name, value) for name, value in posted.fields if name not in TEXT_FIELDS or not value]
    return page.render(
        "expired.html",
        401,
        texts=typed_texts,
        hidden_texts=_hidden_texts(page, posted, typed_texts) if officer else [],
        rest=hidden_fields,
        action=page.request.url.path,
        sign_in=sign_in,
        officer=officer,
        gone=not page.cookie(sessions.COOKIES["officer" if officer else "applicant"]),
        kept=_retained_files(page, posted),
        lost=[one.name for one in posted.uploads if one.refusal_key],
    )


def _hidden_texts(page: PageContext, posted: PostedForm, shown: Sequence[tuple[str, str]]) -> list[str]:
    """What was typed in the fields that are not shown to be sent again."""
    shown_texts = {value.strip() for _, value in shown}
    unsaved = find_unsaved_texts(page, posted)
    return [text for text in unsaved.texts if text not in shown_texts]


def was_given(page: PageContext, key: str, start: Sequence[str]) -> bool:
    """Whether the key was created within a day for that form and case, for any person: the session has ended."""
    match unsign(page.deps.keys, "form", key):
        case [list(owner), _, int(at)] if owner[: len(start)] == list(start):
            return is_fresh(at, page.now)
    return False


def _retained_files(page: PageContext, posted: PostedForm) -> list[tuple[str, RetainedFile]]:
    """The form's files, bound to its own key; they are validated when it is sent again."""
    match unsign(page.deps.keys, "form", posted.get("key")):
        case [_, str(nonce), _]:
            files = [(upload.field, upload.file) for upload in posted.uploads if upload.file]
            return [(field, sign_files(page, [file], field, nonce)[0]) for field, file in files]
    return []
