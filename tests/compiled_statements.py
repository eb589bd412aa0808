"""SQL statements that are compiled once for a whole test run.

SQLAlchemy keeps compiled statements by engine, and every test has a database and thereby an engine of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache


class _CompiledStatements(LRUCache[Any, Any]):
    """SQLAlchemy's `compiled_cache` by kind of database: the first part of its keys is the engine's own dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


def share_compiled_statements() -> None:
    """Let all engines of this process use one cache."""
    shared = _CompiledStatements(2000)

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", use_shared)
