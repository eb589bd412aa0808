"""Names that cases have in other systems"""

import json

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
WHOLE_TABLES = ("case", "failed_import", "receipt")

_BATCH = 1000


def upgrade() -> None:
    """Platforms have names, and the one there was is called open_eplatform, as its cases always were."""
    connection = op.get_bind()
    _rename_keys(connection)
    _name_the_platform(connection)


def _rename_keys(connection: sa.Connection) -> None:
    """`external:source:key:K` could be the request K of a source, or the case that the source calls `key:K`."""
    case = sa.table("case", sa.column("external"))
    receipt = sa.table("receipt", sa.column("key"))
    found = connection.execute(
        sa.select(receipt.c.key).where(
            receipt.c.key.like("external:%:key:%"),
            ~sa.exists().where(sa.literal("external:") + case.c.external == receipt.c.key),
        )
    ).scalars()
    renamed = [{"was": key, "to": key.replace(":key:", "#", 1)} for key in found]
    rename = sa.update(receipt).where(receipt.c.key == sa.bindparam("was")).values(key=sa.bindparam("to"))
    for start in range(0, len(renamed), _BATCH):
        connection.execute(rename, renamed[start : start + _BATCH])


def _name_the_platform(connection: sa.Connection) -> None:
    """What no e-service took was told without its platform."""
    failed = sa.table("failed_import", sa.column("place"), sa.column("reason"))
    for place, reason in connection.execute(sa.select(failed.c.place, failed.c.reason)).all():
        kept = json.loads(reason)
        if kept["key"].endswith(".noservice"):
            kept = {"facts": {**kept["facts"], "platform": "open_eplatform"}, "key": "import.reason.nofamily"}
            again = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            connection.execute(sa.update(failed).where(failed.c.place == place).values(reason=again))
