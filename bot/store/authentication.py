"""Ways into the pages: one-time codes, sessions, and links that work once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update

from bot.store.engine.database import Tx
from bot.store.engine.keys import Keys
from bot.store.tables import LoginTokenRow, SessionRow, SignInRow

CODE_LIFETIME = timedelta(minutes=10)
MAX_CODE_ATTEMPTS = 5
LOGIN_TOKEN_LIFETIME = timedelta(seconds=60)
SESSION_IDLE_TIMEOUT = timedelta(minutes=30)
SESSION_TOUCH_INTERVAL = timedelta(minutes=1)
"""How often a session in use is written down as seen, so that pages that are only read commit nothing meanwhile.

Who was seen within it may be signed out that much before the idle timeout, never after.
"""
SESSION_MAX_AGE = timedelta(hours=12)
"""How long a session lasts however much it is used: one day's work."""

MAX_CODES_AT_ONCE = 5
"""Codes sent within an hour for one mailbox by one network; beyond them one more only where none of them lives."""

MAX_CODES = 10
"""Codes sent within an hour for one mailbox by one network."""

MAX_CODES_OF_MAILBOX = 30
"""Codes sent within an hour to one mailbox, whoever asked: 150 guesses among a million codes."""

MAX_CODES_OF_NETWORK = 300
"""Codes sent within an hour to whatever mailboxes one network asked for: a whole town hall may sit behind one."""

SessionKind = Literal["applicant", "officer"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """An asked-for code: the mailbox's key and when it was asked for."""

    id: str
    mailbox: str
    at: datetime


def derive_code(keys: Keys, sign_in_id: str) -> str:
    """The six digits that belong to a sign-in. They are derived when they are needed, and stored nowhere."""
    return _derive_codes(keys, sign_in_id)[0]


def is_code(keys: Keys, sign_in_id: str, digits: str) -> bool:
    """Whether they are the digits of the sign-in, by the web secret of now or by one that is still accepted."""
    return any(hmac.compare_digest(digits, code) for code in _derive_codes(keys, sign_in_id))


def _derive_codes(keys: Keys, sign_in_id: str) -> list[str]:
    derived = [hmac.digest(key, sign_in_id.encode(), "sha256") for key in keys.derive_web("one-time code")]
    return [f"{int.from_bytes(one[:8], 'big') % 1_000_000:06d}" for one in derived]


def request_code(tx: Tx, sign_in: SignIn, network: str) -> SignIn | None:
    """The sign-in whose code is to be entered: the one given, whose code is to be sent now, or an earlier one.

    Only codes that are sent are counted, each network's by themselves, so that nobody's asking keeps another out. Who
    has had enough is led to the latest code that their network asked for while it lives. None where there is none.
    """
    hour = select(SignInRow.at).where(SignInRow.at > sign_in.at - timedelta(hours=1))
    of_mailbox, of_network = SignInRow.mailbox == sign_in.mailbox, SignInRow.address == network
    by_network = _count(tx, hour.where(of_mailbox, of_network))
    latest = _find_latest(tx, sign_in, network) if by_network >= MAX_CODES_AT_ONCE else None
    if (
        latest is not None
        or by_network >= MAX_CODES
        or _count(tx, hour.where(of_mailbox)) >= MAX_CODES_OF_MAILBOX
        or _count(tx, hour.where(of_network)) >= MAX_CODES_OF_NETWORK
    ):
        return latest
    tx.conn.execute(
        insert(SignInRow).values(
            id=sign_in.id, mailbox=sign_in.mailbox, address=network, at=sign_in.at, tries=0
        )
    )
    return sign_in


def _count(tx: Tx, rows: Select[Any]) -> int:
    return tx.conn.execute(select(func.count()).select_from(rows.subquery())).scalar() or 0


def _find_latest(tx: Tx, asked: SignIn, network: str) -> SignIn | None:
    """The latest sign-in that the network asked for, for the same mailbox, whose code can still be entered."""
    row = tx.conn.execute(
        select(SignInRow.__table__)
        .where(SignInRow.mailbox == asked.mailbox, SignInRow.address == network, *_is_open(asked.at))
        .order_by(SignInRow.at.desc(), SignInRow.id)
        .limit(1)
    ).first()
    return SignIn(row.id, row.mailbox, row.at) if row else None


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Fresh, unused and not tried out."""
    return (
        SignInRow.at > now - CODE_LIFETIME,
        SignInRow.used_at.is_(None),
        SignInRow.tries < MAX_CODE_ATTEMPTS,
    )


def find_open_sign_in(tx: Tx, sign_in_id: str, now: datetime) -> SignIn | None:
    """The sign-in, while it is fresh, unused and not tried out."""
    row = tx.conn.execute(
        select(SignInRow.__table__).where(SignInRow.id == sign_in_id, *_is_open(now))
    ).first()
    return SignIn(row.id, row.mailbox, row.at) if row else None


def spend_attempt(tx: Tx, sign_in_id: str) -> int:
    """Spend one try, before the code is compared, so that many at once get no more than five between them.

    Returns how many are left, or -1 when there was none to spend.
    """
    attempts = tx.conn.execute(
        update(SignInRow)
        .where(SignInRow.id == sign_in_id, SignInRow.tries < MAX_CODE_ATTEMPTS)
        .values(tries=SignInRow.tries + 1)
        .returning(SignInRow.tries)
    ).scalar()
    return -1 if attempts is None else MAX_CODE_ATTEMPTS - attempts


def consume_sign_in(tx: Tx, sign_in_id: str, now: datetime) -> bool:
    """Use the sign-in up. False when someone else just did."""
    updated = tx.conn.execute(
        update(SignInRow).where(SignInRow.id == sign_in_id, SignInRow.used_at.is_(None)).values(used_at=now)
    )
    return updated.rowcount == 1


def create_session(tx: Tx, token_hash: str, kind: SessionKind, who: str, now: datetime) -> None:
    """A browser is signed in; `who` is a mailbox's key or an officer's key."""
    tx.conn.execute(insert(SessionRow).values(id=token_hash, kind=kind, who=who, at=now, seen_at=now))


def find_session(tx: Tx, token_hash: str, kind: SessionKind, now: datetime) -> tuple[str, datetime] | None:
    """Whose session it is and when it was last written down as seen.

    None where it has been idle for 30 minutes or began 12 hours ago.
    """
    row = tx.conn.execute(
        select(SessionRow.who, SessionRow.seen_at).where(
            SessionRow.id == token_hash,
            SessionRow.kind == kind,
            SessionRow.seen_at > now - SESSION_IDLE_TIMEOUT,
            SessionRow.at > now - SESSION_MAX_AGE,
        )
    ).first()
    return (row.who, row.seen_at) if row else None


def touch_session(tx: Tx, token_hash: str, now: datetime) -> None:
    """The session counts as seen now."""
    tx.conn.execute(update(SessionRow).where(SessionRow.id == token_hash).values(seen_at=now))


def delete_session(tx: Tx, token_hash: str) -> None:
    """Signed out."""
    tx.conn.execute(delete(SessionRow).where(SessionRow.id == token_hash))


def create_login_token(tx: Tx, token_hash: str, officer: str, case_id: str, now: datetime) -> None:
    """A link for one officer to one case page."""
    tx.conn.execute(insert(LoginTokenRow).values(id=token_hash, officer=officer, case_id=case_id, at=now))


def find_login_token(tx: Tx, token_hash: str) -> tuple[str, str] | None:
    """(officer, case id) of a link, used or not; None for one that never was or was swept."""
    row = tx.conn.execute(
        select(LoginTokenRow.officer, LoginTokenRow.case_id).where(LoginTokenRow.id == token_hash)
    ).first()
    return (row.officer, row.case_id) if row else None


def is_login_token_usable(tx: Tx, token_hash: str, now: datetime) -> bool:
    """Whether the link would open the page now."""
    found = select(LoginTokenRow.id).where(LoginTokenRow.id == token_hash, *_is_usable(now))
    return tx.conn.execute(found).first() is not None


def _is_usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginTokenRow.used_at.is_(None), LoginTokenRow.at > now - LOGIN_TOKEN_LIFETIME


def consume_login_token(tx: Tx, token_hash: str, now: datetime) -> tuple[str, str] | None:
    """(officer, case id) the first time within a minute; None ever after."""
    row = tx.conn.execute(
        update(LoginTokenRow)
        .where(LoginTokenRow.id == token_hash, *_is_usable(now))
        .values(used_at=now)
        .returning(LoginTokenRow.officer, LoginTokenRow.case_id)
    ).first()
    return (row.officer, row.case_id) if row else None


def sweep(tx: Tx, now: datetime) -> None:
    """Drop what has had its day."""
    a_day_ago = now - timedelta(days=1)
    tx.conn.execute(delete(SignInRow).where(SignInRow.at < a_day_ago))
    tx.conn.execute(
        delete(LoginTokenRow).where(or_(LoginTokenRow.at < a_day_ago, LoginTokenRow.used_at < a_day_ago))
    )
    is_over = or_(SessionRow.seen_at < now - SESSION_IDLE_TIMEOUT, SessionRow.at < now - SESSION_MAX_AGE)
    tx.conn.execute(delete(SessionRow).where(is_over))
