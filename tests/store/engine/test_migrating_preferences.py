"""Officers who had chosen where all their notices go, or turned some off, keep that for each kind."""

from __future__ import annotations

from sqlalchemy import text

from bot.domain.preferences import Preferences
from bot.store import Database
from bot.store.engine import migrate
from bot.store.officers import preferences


def test_what_officers_had_chosen_holds_for_each_kind_of_notice(database: Database) -> None:
    with database.migration_engine().begin() as conn:
        for column in ("notice_places", "wants_day"):
            conn.execute(text(f"ALTER TABLE preference DROP COLUMN {column}"))
        conn.execute(text("ALTER TABLE preference ADD COLUMN muted TEXT NOT NULL DEFAULT '[]'"))
        conn.execute(
            text("ALTER TABLE preference ADD COLUMN notice_place VARCHAR(10) NOT NULL DEFAULT 'slack'")
        )
        for officer, muted, place in (("anna", '["message"]', "slack"), ("bo", '["message"]', "mail")):
            conn.execute(
                text(
                    "INSERT INTO preference (officer, language, muted, start, notice_place)"
                    " VALUES (:officer, 'sv', :muted, 'last', :place)"
                ),
                {"officer": officer, "muted": muted, "place": place},
            )
        conn.execute(text("UPDATE alembic_version SET version_num = '0044'"))
    migrate.upgrade(database, "0045")
    with database.migration_engine().begin() as conn:
        # What later versions have was not taken from it.
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": migrate.latest_revision()})
    anna, bo = (database.read_sync(lambda tx, who=who: preferences.load(tx, who)) for who in ("anna", "bo"))  # type: ignore[misc]
    assert anna == Preferences("sv", {"message": "nowhere"})
    others = ("assigned", "added", "mentioned", "overdue", "status", "reminder")
    assert bo.places == {"message": "nowhere"} | dict.fromkeys(others, "mail")
