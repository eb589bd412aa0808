"""What was typed when the session had ended, kept on a page that sends it again."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from bot.portal.kept import KeptFile, bound
from bot.portal.signing import is_fresh, unsign
from bot.portal.uploads import Posted
from bot.portal.visit import Visit

TEXTS = ("text", "note", "message", "reason")


def still_typed(visit: Visit, posted: Posted, sign_in: str, *, officer: bool = False) -> Response:
    """The texts in sight and the rest hidden, in a form to the same address; signing in happens in another tab."""
    texts = [(name, value) for name, value in posted.fields if name in TEXTS and value]
    rest = [(name, value) for name, value in posted.fields if name not in TEXTS]
    return visit.page(
        "expired.html",
        401,
        texts=texts,
        rest=rest,
        action=visit.request.url.path,
        sign_in=sign_in,
        officer=officer,
        kept=_kept(visit, posted),
        lost=[one.name for one in posted.uploads if one.refused],
    )


def was_given(visit: Visit, key: str, start: Sequence[str]) -> bool:
    """Whether the key was given out today for a form and a case, whoever it was for: the session has ended."""
    match unsign(visit.kit.keys, "form", key):
        case [list(of), _, int(at)] if of[: len(start)] == list(start):
            return is_fresh(at, visit.now)
    return False


def _kept(visit: Visit, posted: Posted) -> list[tuple[str, KeptFile]]:
    """Files that came with it, tied to the form's own key; the form is judged when it is sent again."""
    match unsign(visit.kit.keys, "form", posted.one("key")):
        case [_, str(nonce), _]:
            files = [(one.field, one.file) for one in posted.uploads if one.file]
            return [(field, bound(visit, [file], field, nonce)[0]) for field, file in files]
    return []
