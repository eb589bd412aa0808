"""Search"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0007"
down_revision = "0006"
WHOLE_TABLES = ("case",)


def upgrade() -> None:
    op.create_table(
        "search",
        sa.Column("doc", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"]),
        sa.PrimaryKeyConstraint("doc"),
        sa.UniqueConstraint("case_id"),
    )
    op.create_index("ix_search_rule", "search", ["rule"], unique=False)
    # The cases there are get their words afterwards, some at a time: no rule is 0.
    op.execute("""INSERT INTO search (case_id, words, rule) SELECT id, '', 0 FROM "case" ORDER BY received_at, number""")
    op.create_table(
        "hits",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("case_ids", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_hits_at", "hits", ["at"], unique=False)
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)


# Words come folded and one by one, and both databases are told to leave them as they are. Of SQLite's index only what
# answers "which cases have it" is kept, and the first letters of words by themselves, for they are in so many cases.
INDEX = {
    "sqlite": (
        """CREATE VIRTUAL TABLE search_index USING fts5(
            words, content='search', content_rowid='doc', tokenize="ascii tokenchars '_-'",
            detail='none', columnsize=0, prefix='3 4 5'
        )""",
        """CREATE TRIGGER search_indexed AFTER INSERT ON search BEGIN
            INSERT INTO search_index (rowid, words) VALUES (NEW.doc, NEW.words);
        END""",
        """CREATE TRIGGER search_unindexed AFTER DELETE ON search BEGIN
            INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
        END""",
        """CREATE TRIGGER search_reindexed AFTER UPDATE OF words ON search WHEN NEW.words <> OLD.words BEGIN
            INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
            INSERT INTO search_index (rowid, words) VALUES (NEW.doc, NEW.words);
        END""",
        "INSERT INTO search_index (search_index) VALUES ('rebuild')",
    ),
    "postgresql": (
        # What is not yet entered would have to be read through by each search.
        "CREATE INDEX ix_search_words ON search USING gin (words) WITH (fastupdate = off)",
        # Numbers begin with what was typed in this order only; a database may sort by a language's rules.
        'CREATE INDEX ix_case_number_begun ON "case" (number COLLATE "C")',
    ),
}
