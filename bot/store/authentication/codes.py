"""One-time codes, by which applicants prove that they read a mailbox."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update

from bot.store.engine.database import Tx
from bot.store.engine.keys import Keys
from bot.store.tables import SignInRow

CODE_LIFETIME = timedelta(minutes=10)
MAX_CODE_ATTEMPTS = 5

MAX_CODES_AT_ONCE = 5
"""Codes sent within an hour for one mailbox by one network while one is valid; with none valid, one more is sent."""

MAX_CODES = 10
"""Codes sent within an hour for one mailbox by one network."""

MAX_CODES_OF_MAILBOX = 30
"""Codes sent within an hour to one mailbox, from all networks: 150 guesses among a million codes."""

MAX_CODES_OF_NETWORK = 300
"""Codes sent within an hour for one network, to all mailboxes: a whole town hall may share one."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A requested code: the mailbox's key, and when it was requested.

    `email` is given where it is sent for an application, to the address in it.
    """

    id: str
    mailbox: str
    at: datetime
    email: str | None = None


def derive_code(keys: Keys, sign_in_id: str) -> str:
    """The six digits of a sign-in. They are derived when needed, and never stored."""
    return _derive_codes(keys, sign_in_id)[0]


def is_code(keys: Keys, sign_in_id: str, digits: str) -> bool:
    """Whether the digits are the sign-in's code, by the current web secret or another accepted one."""
    return any(hmac.compare_digest(digits, code) for code in _derive_codes(keys, sign_in_id))


def _derive_codes(keys: Keys, sign_in_id: str) -> list[str]:
    derived = [hmac.digest(key, sign_in_id.encode(), "sha256") for key in keys.derive_web("one-time code")]
    return [f"{int.from_bytes(one[:8], 'big') % 1_000_000:06d}" for one in derived]


def request_code(tx: Tx, sign_in: SignIn, network: str) -> SignIn | None:
    """The sign-in whose code is to be entered: the given one, saved, whose code is to be sent; or an earlier one.

    Only codes that are sent count, by network, so that requests from one cannot lock out another. Beyond the limits it
    is the network's latest sign-in for the mailbox that is still valid; None where there is none.
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
            id=sign_in.id,
            mailbox=sign_in.mailbox,
            address=network,
            at=sign_in.at,
            tries=0,
            email=sign_in.email,
        )
    )
    return sign_in


def _count(tx: Tx, rows: Select[Any]) -> int:
    return tx.conn.execute(select(func.count()).select_from(rows.subquery())).scalar() or 0


def _find_latest(tx: Tx, requested: SignIn, network: str) -> SignIn | None:
    """The network's latest sign-in for the same mailbox and purpose whose code can still be entered."""
    row = tx.conn.execute(
        select(SignInRow.__table__)
        .where(
            SignInRow.mailbox == requested.mailbox,
            SignInRow.address == network,
            SignInRow.email.is_not_distinct_from(requested.email),
            *_is_open(requested.at),
        )
        .order_by(SignInRow.at.desc(), SignInRow.id)
        .limit(1)
    ).first()
    return SignIn(row.id, row.mailbox, row.at) if row else None


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on sign-ins: not expired, unused, and with attempts left."""
    return (
        SignInRow.at > now - CODE_LIFETIME,
        SignInRow.used_at.is_(None),
        SignInRow.tries < MAX_CODE_ATTEMPTS,
    )


def find_open_sign_in(tx: Tx, sign_in_id: str, now: datetime) -> SignIn | None:
    """The sign-in, if it is not expired, unused, and has attempts left."""
    row = tx.conn.execute(
        select(SignInRow.__table__).where(SignInRow.id == sign_in_id, *_is_open(now))
    ).first()
    return SignIn(row.id, row.mailbox, row.at) if row else None


def spend_attempt(tx: Tx, sign_in_id: str) -> int:
    """Count one attempt, before the code is compared, so that simultaneous requests share the five attempts.

    Returns how many are left, or -1 where there was none.
    """
    attempts = tx.conn.execute(
        update(SignInRow)
        .where(SignInRow.id == sign_in_id, SignInRow.tries < MAX_CODE_ATTEMPTS)
        .values(tries=SignInRow.tries + 1)
        .returning(SignInRow.tries)
    ).scalar()
    return -1 if attempts is None else MAX_CODE_ATTEMPTS - attempts


def consume_sign_in(tx: Tx, sign_in_id: str, now: datetime) -> bool:
    """Mark the sign-in as used. False where another request just has."""
    updated = tx.conn.execute(
        update(SignInRow)
        .where(SignInRow.id == sign_in_id, SignInRow.used_at.is_(None))
        .values(used_at=now, email=None)
    )
    return updated.rowcount == 1


def verify_for_application(tx: Tx, sign_in_id: str, digits: str, now: datetime) -> tuple[bool, int]:
    """(whether it is the sign-in's code, attempts left), for the form that it was requested for; it is then used.

    A used one is accepted from the same form again: its case may not have been opened, as when the database was busy.
    """
    is_fresh = SignInRow.id == sign_in_id, SignInRow.at > now - CODE_LIFETIME
    if tx.conn.execute(select(SignInRow.id).where(*is_fresh)).first() is None:
        return False, 0
    tries_left = spend_attempt(tx, sign_in_id)
    if tries_left < 0 or not is_code(tx.keys, sign_in_id, digits):
        return False, max(tries_left, 0)
    consume_sign_in(tx, sign_in_id, now)
    return True, tries_left


def sweep(tx: Tx, now: datetime) -> None:
    """Delete sign-ins that are a day old."""
    tx.conn.execute(delete(SignInRow).where(SignInRow.at < now - timedelta(days=1)))
