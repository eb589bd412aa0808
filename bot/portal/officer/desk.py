"""The officer at the page, and the case before them."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from bot.catalog.services import EService
from bot.domain.actors import Officer, officer_of
from bot.domain.rules import UnknownCase
from bot.domain.views import CaseView
from bot.portal import sessions
from bot.portal.errors import Away
from bot.portal.signing import form_key, read_form_key
from bot.portal.visit import Here, Visit
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.cases.officer_queries import Part
from bot.text.working_days import local_day


@dataclass(frozen=True)
class Desk:
    """A visit by a signed-in officer, in the officer's own language."""

    visit: Visit
    officer: Officer
    session: str

    async def case_id(self, ref: str) -> str:
        """The id of a case by its number or id. UnknownCase for none, and for one the officer may not see."""

        def find(tx: Tx) -> str | None:
            if len(ref) == 32:
                return ref if officer_queries.case_view(tx, self.officer, ref, ()) is not None else None
            return officer_queries.find_number(tx, self.officer, ref)

        found = await self.visit.kit.service.database.read(find)
        if found is None:
            raise UnknownCase(number="")
        return found

    async def reveal(self, ref: str, parts: Collection[Part]) -> CaseView:
        """The case, after it is recorded that its parts are shown. Each drawing of a page is an opening of its own."""
        case_id = await self.case_id(ref)
        return await self.visit.kit.service.reveal(
            self.officer,
            case_id,
            parts,
            opening=f"{self.sitting}:{secrets.token_hex(8)}",
            session=self.sitting,
        )

    @property
    def sitting(self) -> str:
        """The session's name in the readings; nobody can sign in with it."""
        return f"page:{self.session[:16]}"

    def service_of(self, view: CaseView) -> EService | None:
        return self.visit.catalog.service(view.case.service)

    def key(self, form: str, case_id: str) -> str:
        """A key for one filling-in of a form, tied to officer and case so that it outlives a session."""
        return form_key(self.visit.kit.keys, self._bound(form, case_id), self.visit.now)

    def read_key(self, form: str, case_id: str, token: str) -> str | None:
        return read_form_key(self.visit.kit.keys, self._bound(form, case_id), token, self.visit.now)

    def _bound(self, form: str, case_id: str) -> list[str]:
        return [form, case_id, self.officer.key]


async def signed_in(visit: Visit) -> Desk | None:
    """The officer of the session, with what the catalog grants them today; None for one it has no more."""
    session = await sessions.session_of(visit, "officer")
    if session is None:
        return None
    officer = officer_of(visit.catalog, session.who, local_day(visit.now))
    if officer is None:
        return None
    if visit.request.query_params.get("lang"):
        return Desk(visit, officer, session.id)
    own = await visit.kit.service.languages.words_of(officer.key)
    return Desk(visit.in_(own.language), officer, session.id)


async def _desk(visit: Here) -> Desk:
    desk = await signed_in(visit)
    if desk is None:
        raise Away(visit.page("officer/closed.html", 401, used=False))
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
