"""Keys of mailboxes"""

import hmac
import string
from collections.abc import Iterable, Iterator

import idna
import sqlalchemy as sa
import structlog
from alembic import context, op


revision = "0013"
down_revision = "0012"
WHOLE_TABLES = ("applicant",)

BATCH = 1000
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_applicant = sa.table("applicant", sa.column("id"), sa.column("email"), sa.column("mailbox"))
_session = sa.table("session", sa.column("kind"), sa.column("who"))
_sign_in = sa.table("sign_in", sa.column("mailbox"))


def upgrade() -> None:
    """Give each mailbox a key of its own where letters that are only alike made several of them one.

    A row whose key was not made of its address is left as it is, for the proof of the log to find. Whoever was signed
    in by a key that has changed may have been let in by another's mailbox, and signs in again.
    """
    conn, secret = op.get_bind(), context.config.attributes["keys"].derive("mailbox")

    def key(mailbox: str) -> str:
        return hmac.digest(secret, mailbox.encode(), "sha256").hex()

    rekeyed = 0
    for batch in _batches(conn):
        changes = [
            (id_, before, after)
            for id_, email, mailbox in batch
            if not email.isascii()
            and mailbox == (before := key(email.strip().casefold()))
            and before != (after := key(_mailbox_of(email)))
        ]
        if changes:
            _rekey(conn, changes)
        rekeyed += len(changes)
    if rekeyed:
        structlog.get_logger().warning("mailboxes_keyed_anew", rows=rekeyed, see="python -m bot mailboxes")


def _batches(conn: sa.Connection) -> Iterator[list[tuple[str, str, str]]]:
    """(id, address, key) of those who have a key."""
    columns = _applicant.c.id, _applicant.c.email, _applicant.c.mailbox
    query = sa.select(*columns).where(_applicant.c.mailbox.is_not(None)).order_by(_applicant.c.id).limit(BATCH)
    last = ""
    while rows := conn.execute(query.where(_applicant.c.id > last)).all():
        yield [(row.id, row.email, row.mailbox) for row in rows]
        last = rows[-1].id


def _rekey(conn: sa.Connection, changes: Iterable[tuple[str, str, str]]) -> None:
    change = sa.update(_applicant).where(_applicant.c.id == sa.bindparam("of"))
    conn.execute(
        change.values(mailbox=sa.bindparam("after")), [{"of": id_, "after": after} for id_, _, after in changes]
    )
    left = {before for _, before, _ in changes}
    conn.execute(sa.delete(_session).where(_session.c.kind == "applicant", _session.c.who.in_(left)))
    conn.execute(sa.delete(_sign_in).where(_sign_in.c.mailbox.in_(left)))


def _mailbox_of(address: str) -> str:
    """The local part with A to Z lowered, and the domain in A-labels (IDNA 2008)."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        domain = domain.translate(_LOWER)
    return f"{local.translate(_LOWER)}@{domain}"
