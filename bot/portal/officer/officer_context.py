"""The signed-in officer, and access to cases."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.responses import Response

from bot.catalog.services import EService
from bot.domain.access import deleted_case_refusal, protected_case_refusal
from bot.domain.actors import Officer, officer_services
from bot.domain.case import Case
from bot.domain.case_actions import ActionContext
from bot.domain.rules import UnknownCase
from bot.domain.views import CaseView
from bot.portal import sessions
from bot.portal.errors import EarlyResponse
from bot.portal.forms.posted_form import read_form
from bot.portal.forms.session_expired import session_expired_page, was_given
from bot.portal.forms.unsaved_texts import FORM_TYPES
from bot.portal.page_context import SIGN_IN_PATH, CurrentPage, PageContext
from bot.portal.signing import create_form_key, verify_form_key
from bot.store import Tx
from bot.store.cases import officer_queries
from bot.store.cases.officer_queries import CasePart
from bot.text.working_days import local_day


@dataclass(frozen=True)
class OfficerContext:
    """A request of a signed-in officer, in their language."""

    page: PageContext
    officer: Officer
    session: str

    async def find_case_id(self, ref: str) -> str:
        """The id of a case by its number or id.

        Raises UnknownCase where there is none that the officer may see, ProtectedCase where only its card may be seen,
        and DeletedCase.
        """

        def find(tx: Tx) -> tuple[Case | None, Case | None]:
            if (deleted := officer_queries.find_deleted_case(tx, self.officer, ref)) is not None:
                return None, deleted
            case_id = ref if len(ref) == 32 else officer_queries.find_case_by_number(tx, self.officer, ref)
            view = officer_queries.load_case_view(tx, self.officer, case_id, ()) if case_id else None
            if view is not None:
                return view.case, None
            return None, officer_queries.find_protected_case(tx, self.officer, ref)

        case, hidden = await self.page.deps.service.database.read(find)
        known = case or hidden
        service = self.page.catalog.service(known.service) if known is not None else None
        if hidden is not None and hidden.deleted_at is not None:
            raise deleted_case_refusal(hidden, self.page.catalog)
        if hidden is not None and service is not None:
            raise protected_case_refusal(hidden, service, self.page.catalog)
        if case is None:
            raise UnknownCase(number="")
        self.page.set_service(service)
        return case.id

    async def reveal(self, ref: str, parts: Collection[CasePart], *, opening: str = "") -> CaseView:
        """The case, after recording the reading of its parts.

        Each request counts as one opening; all with the same name `opening` in one session count as one.
        """
        case_id = await self.find_case_id(ref)
        return await self.page.deps.service.reveal(
            self.officer,
            case_id,
            parts,
            opening=self.opening_name(opening or secrets.token_hex(8)),
            session=self.reading_session,
        )

    def opening_name(self, opening: str) -> str:
        """The name in the readings of that opening in this session."""
        return f"{self.reading_session}:{opening}"

    @property
    def reading_session(self) -> str:
        """The session's id in the readings, which nobody can sign in with."""
        return f"page:{self.session[:16]}"

    def actions(self, view: CaseView) -> ActionContext:
        """What decides what the officer may do with the case now."""
        return ActionContext(view.case, self.page.catalog, local_day(self.page.now), self.officer)

    def find_service(self, view: CaseView) -> EService | None:
        return self.page.catalog.service(view.case.service)

    def create_form_key(self, form: str, case_id: str, nonce: str = "") -> str:
        """A form key bound to officer and case, and not to the session, so that it is valid in a new one too.

        The nonce is a new one, unless the form has one already.
        """
        return create_form_key(self.page.deps.keys, self._key_binding(form, case_id), self.page.now, nonce)

    def verify_form_key(self, form: str, case_id: str, token: str) -> str | None:
        return verify_form_key(self.page.deps.keys, self._key_binding(form, case_id), token, self.page.now)

    def _key_binding(self, form: str, case_id: str) -> list[str]:
        return [form, case_id, self.officer.key]


async def load_context(page: PageContext) -> OfficerContext | None:
    """The officer of the session, with their access today; None where the catalog no longer has them."""
    session = await sessions.load(page, "officer")
    if session is None:
        return None
    officer = await page.deps.service.load_officer(session.subject)
    if officer is None:
        return None
    page.request.state.is_coordinator = any(access.coordinator for access in officer.access.values())
    page.set_services(officer_services(officer, page.catalog))
    if page.request.query_params.get("lang"):
        return OfficerContext(page, officer, session.id)
    own_words = await page.deps.service.languages.words_of(officer.key)
    return OfficerContext(page.in_language(own_words.language), officer, session.id)


async def _require_sign_in(page: CurrentPage) -> OfficerContext:
    context = await load_context(page)
    if context is None:
        raise EarlyResponse(await _expired_page(page) or closed_page(page, 401))
    return context


async def _expired_page(page: PageContext) -> Response | None:
    """For a form of ours that comes after the session has ended: what was typed. None for all other requests."""
    content_type = page.request.headers.get("content-type", "")
    if page.request.method != "POST" or not content_type.startswith(FORM_TYPES):
        return None
    posted = await read_form(page, lambda key: was_given(page, key, ()))
    if not was_given(page, posted.get("key"), ()):
        return None
    return session_expired_page(page, posted, sign_in_address(page), officer=True)


def closed_page(page: PageContext, status: int, *, is_link_used: bool = False) -> Response:
    """The page for who is not signed in: how to be, and to come back to the same address."""
    return page.render("officer/closed.html", status, used=is_link_used, sign_in=sign_in_address(page))


def sign_in_address(page: PageContext) -> str:
    """Where to sign in by the provider and come back to the request's page; empty where there is no provider."""
    if page.deps.openid is None:
        return ""
    return f"{SIGN_IN_PATH}?{urlencode({'till': page.request.url.path})}"


SignedInOfficer = Annotated[OfficerContext, Depends(_require_sign_in)]
