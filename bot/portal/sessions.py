"""Sessions of signed-in browsers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from bot.portal.page_context import PageContext
from bot.store import Tx
from bot.store.authentication import sessions
from bot.store.authentication.sessions import SESSION_TOUCH_INTERVAL, SessionKind

COOKIES: dict[SessionKind, str] = {"applicant": "mina-sidor", "officer": "handlaggare"}


@dataclass(frozen=True, slots=True)
class Session:
    """A session; `subject` is a mailbox's key or an officer's key."""

    kind: SessionKind
    id: str
    subject: str


async def load(page: PageContext, kind: SessionKind) -> Session | None:
    """The session of the request; None where there is none. Saves its use, and is cached for the request."""
    looked_up: dict[SessionKind, Session | None] = page.request.scope.setdefault("sessions", {})
    if kind not in looked_up:
        looked_up[kind] = await _session_of(page, kind)
    return looked_up[kind]


async def _session_of(page: PageContext, kind: SessionKind) -> Session | None:
    token = page.cookie(COOKIES[kind])
    if not token:
        return None
    database = page.deps.service.database

    def find(tx: Tx) -> tuple[str, str, datetime] | None:
        for hashed in page.deps.keys.token_hashes(token):
            if found := sessions.find_session(tx, hashed, kind, page.now):
                return hashed, *found
        return None

    found = await database.read(find)
    if found is None:
        return None
    hashed, who, seen_at = found
    if page.now - seen_at >= SESSION_TOUCH_INTERVAL:
        await database.write(lambda tx: sessions.touch_session(tx, hashed, page.now))
    return Session(kind, hashed, who)


def create(tx: Tx, page: PageContext, kind: SessionKind, subject: str) -> str:
    """Create a session in the caller's transaction. Returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    sessions.create_session(tx, page.deps.keys.hash_token(token), kind, subject, page.now)
    return token


def set_cookie(page: PageContext, response: Response, kind: SessionKind, token: str) -> None:
    """Set a cookie that ends with the browser; the end of the session is in the database."""
    page.set_cookie(response, COOKIES[kind], token)


async def end(page: PageContext, response: Response, kind: SessionKind) -> None:
    token = page.cookie(COOKIES[kind])
    if token:

        def delete(tx: Tx) -> None:
            for hashed in page.deps.keys.token_hashes(token):
                sessions.delete_session(tx, hashed)

        await page.deps.service.database.write(delete)
    page.delete_cookie(response, COOKIES[kind])
