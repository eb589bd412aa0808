"""Slack accounts bound to officers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from bot.store.engine.database import Tx
from bot.store.tables import SlackAccountRow


def find_officer(tx: Tx, team: str, user: str) -> str | None:
    """The key of the officer that the account is bound to; None where there is none."""
    query = select(SlackAccountRow.officer).where(SlackAccountRow.team == team, SlackAccountRow.user == user)
    return tx.conn.execute(query).scalar()


def find_officers(tx: Tx, team: str, users: Collection[str]) -> dict[str, str]:
    """The keys of officers by user id, for those of the accounts that are bound to one."""
    query = select(SlackAccountRow.user, SlackAccountRow.officer).where(
        SlackAccountRow.team == team, SlackAccountRow.user.in_(users)
    )
    return {row.user: row.officer for row in tx.conn.execute(query)}


def find_account(tx: Tx, officer: str) -> tuple[str, str] | None:
    """The officer's account: (team, user)."""
    row = tx.conn.execute(
        select(SlackAccountRow.team, SlackAccountRow.user)
        .where(SlackAccountRow.officer == officer)
        .order_by(SlackAccountRow.bound_at.desc())
    ).first()
    return (row.team, row.user) if row else None


def bind(tx: Tx, account: tuple[str, str], officer: str, at: datetime) -> str:
    """Bind the account, unless it is bound already. Returns the officer that it is bound to."""
    team, user = account
    bound = find_officer(tx, team, user)
    if bound is not None:
        return bound
    tx.conn.execute(insert(SlackAccountRow).values(team=team, user=user, officer=officer, bound_at=at))
    return officer
