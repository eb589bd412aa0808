"""What the forms of the case page have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.views import CaseView
from bot.portal.errors import Away
from bot.portal.expired import still_typed, was_given
from bot.portal.kept import KeptFile, bound
from bot.portal.officer.desk import Desk, signed_in
from bot.portal.uploads import Posted, read_form
from bot.portal.visit import Visit
from bot.store.cases.officer_queries import Part

FILES = "files"


@dataclass(frozen=True)
class Submitted:
    """A form as an officer sent it; `nonce` is None where its key holds no more."""

    desk: Desk
    view: CaseView
    posted: Posted
    nonce: str | None


async def submitted(visit: Visit, ref: str, form: str, parts: Collection[Part]) -> Submitted:
    """The form, with the case and its `parts`, which it shows again where it cannot be taken.

    Away, with what was typed kept in sight, where the session has ended meanwhile.
    """
    desk = await signed_in(visit)
    if desk is None:
        posted = await read_form(visit, lambda key: was_given(visit, key, [form]))
        raise Away(still_typed(visit, posted, "", officer=True))
    case_id = await desk.case_id(ref)
    posted = await read_form(visit, lambda key: desk.read_key(form, case_id, key))
    view = await desk.reveal(ref, parts)
    return Submitted(desk, view, posted, desk.read_key(form, view.case.id, posted.one("key")))


def renewed(desk: Desk, view: CaseView, form: str, kept: Sequence[KeptFile]) -> tuple[str, list[KeptFile]]:
    """A new key for a form whose own is spent, and its files, bound to the new one."""
    key = desk.key(form, view.case.id)
    nonce = desk.read_key(form, view.case.id, key) or ""
    return key, bound(desk.visit, [one.file for one in kept], FILES, nonce)
