"""Login tokens: links from Slack that open one case page, or the overview, for one officer, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from bot.store.engine.database import Tx
from bot.store.tables import LoginTokenRow

LOGIN_TOKEN_LIFETIME = timedelta(seconds=60)

RETENTION_TARGET = "gallring"
FIGURES_TARGET = "statistik"
REGISTRATION_TARGET = "registrera"
"""What stands in place of a case's id where a link leads to the page of retention, statistics or registration."""

SUMMARY_PAGE = "sammanstallning"
"""The page of a case, below its case page, that a link may lead to."""


def create_login_token(tx: Tx, token_hash: str, officer: str, case_id: str, now: datetime) -> None:
    """Save a login token for one officer and one case page, or that of a batch; with an empty id, for the overview."""
    tx.conn.execute(insert(LoginTokenRow).values(id=token_hash, officer=officer, case_id=case_id, at=now))


def find_login_token(tx: Tx, token_hash: str) -> tuple[str, str] | None:
    """(officer, case id) of a login token, used or not; None for an unknown or swept one."""
    row = tx.conn.execute(
        select(LoginTokenRow.officer, LoginTokenRow.case_id).where(LoginTokenRow.id == token_hash)
    ).first()
    return (row.officer, row.case_id) if row else None


def is_login_token_usable(tx: Tx, token_hash: str, now: datetime) -> bool:
    """Whether the login token is valid now."""
    found = select(LoginTokenRow.id).where(LoginTokenRow.id == token_hash, *_is_usable(now))
    return tx.conn.execute(found).first() is not None


def _is_usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginTokenRow.used_at.is_(None), LoginTokenRow.at > now - LOGIN_TOKEN_LIFETIME


def consume_login_token(tx: Tx, token_hash: str, now: datetime) -> tuple[str, str] | None:
    """(officer, case id) the first time within a minute; None otherwise."""
    row = tx.conn.execute(
        update(LoginTokenRow)
        .where(LoginTokenRow.id == token_hash, *_is_usable(now))
        .values(used_at=now)
        .returning(LoginTokenRow.officer, LoginTokenRow.case_id)
    ).first()
    return (row.officer, row.case_id) if row else None


def sweep(tx: Tx, now: datetime) -> None:
    """Delete login tokens made or used more than a day ago."""
    a_day_ago = now - timedelta(days=1)
    tx.conn.execute(
        delete(LoginTokenRow).where(or_(LoginTokenRow.at < a_day_ago, LoginTokenRow.used_at < a_day_ago))
    )
