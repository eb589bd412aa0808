"""The catalog's files as JSON Schema, by which editors complete and underline while one writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bot.catalog.base import Model
from bot.catalog.municipality import Municipality
from bot.catalog.services import EService

SCHEMAS: Mapping[str, type[Model]] = MappingProxyType(
    {"municipality.schema.json": Municipality, "service.schema.json": EService}
)
"""The models by the names of their schemas' files, which lie in the catalog's folder."""

SCHEMA_COMMENTS = (
    "# yaml-language-server: $schema=municipality.schema.json",
    "# yaml-language-server: $schema=../service.schema.json",
)
"""The first line of the municipality's file and of each e-service's, by which editors find the schema."""


def schema_text(model: type[Model]) -> str:
    """The JSON Schema (2020-12) of one kind of file. What depends on several keys or files only `load` checks."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def write_schemas(folder: Path) -> list[str]:
    """Write the schemas into a catalog's folder, in place of those there. Returns their names."""
    for name, model in SCHEMAS.items():
        (folder / name).write_text(schema_text(model), encoding="utf-8")
    return list(SCHEMAS)
