"""Writes the pages of docs/reference from the program itself: `make reference`. A test holds them to it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
import yaml
from prometheus_client import REGISTRY
from pydantic_core import PydanticUndefined
from typer.cli import get_docs_for_click
from typer.main import get_command

from bot.catalog import load
from bot.catalog.files.schema import SCHEMAS
from bot.catalog.files.yaml_file import read_yaml
from bot.cli import cli
from bot.delivery.metrics import metrics
from bot.intake.api.description import description
from bot.intake.api.requests import max_request_bytes
from bot.monitoring import gauges, log_records
from bot.setting_faults import setting_example
from bot.settings import Settings
from bot.store.cases import content_places
from bot.store.files.s3_storage import s3_metrics
from bot.text import words
from bot.web.request_trace import request_metrics
from tools.licences import list_shipped

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
DECISIONS = ROOT / "docs" / "decisions"
SAMPLE = ROOT / "bot" / "catalog" / "sample"

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""

MADE = "<!-- Made by `make reference` from the program. Change the program's own words instead. -->\n\n"
MAX_EXAMPLE = 90
"""Characters of an example; a longer one says nothing that a shorter does not."""


class Unexplained(Exception):
    """Something has no description, or no example where it needs one."""


def write_all() -> None:
    """Write every page."""
    for name in PAGES:
        (FOLDER / name).write_text(page(name), encoding="utf-8")


def page(name: str) -> str:
    """The text of the page with this file name. Raises Unexplained."""
    return ("" if name.endswith(".json") else MADE) + PAGES[name]()


def catalog_page() -> str:
    """The keys of the catalog's files, with examples from the sample catalog."""
    samples = {
        "municipality.schema.json": [SAMPLE / "municipality.yaml"],
        "service.schema.json": sorted((SAMPLE / "services").glob("*.yaml")),
    }
    titles = {"municipality.schema.json": "municipality.yaml", "service.schema.json": "services/….yaml"}
    parts = [
        "# Catalog\n\nEvery key of the catalog's files. The examples are from the sample catalog, "
        "`bot/catalog/sample`.\n"
    ]
    written: set[str] = set()
    for name, model in SCHEMAS.items():
        schema = model.model_json_schema()
        examples = Examples(schema)
        for path in samples[name]:
            examples.collect(schema, read_yaml(path, path.name).data)
        parts.append(f"\n## {titles[name]}\n")
        parts.append(_section("", {**schema, "title": model.__name__}, examples.found))
        for title, part in schema["$defs"].items():
            if title not in written and (about := _as_mapping(part)):
                parts.append(_section(title, about, examples.found))
        written.update(schema["$defs"])
    return "".join(parts)


class Examples:
    """Values of a schema's keys that real files have, by (title of the part, key)."""

    def __init__(self, root: Schema) -> None:
        self._defs: Schema = root.get("$defs", {})
        self.found: dict[tuple[str, str], Any] = {}

    def collect(self, schema: Schema, value: Any) -> None:
        """Note each key's shortest value in `value`, which agrees with the schema."""
        part = self._resolve(schema)
        if isinstance(value, Mapping):
            for key, described in (_as_mapping(part) or {}).get("properties", {}).items():
                if key in value:
                    self._note((str(part.get("title")), key), value[key])
                    self.collect(described, value[key])
        elif isinstance(value, list):
            items: Schema = next((one["items"] for one in _alternatives(part) if "items" in one), {})
            for one in value:
                self.collect(items, one)

    def _note(self, place: tuple[str, str], value: Any) -> None:
        known = self.found.get(place)
        if known is None or len(_flow(value)) < len(_flow(known)):
            self.found[place] = value

    def _resolve(self, schema: Schema) -> Schema:
        for one in _alternatives(schema):
            if "$ref" in one:
                found: Schema = self._defs[one["$ref"].rpartition("/")[2]]
                return found
        return schema


def settings_page() -> str:
    """The settings."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = (
            "needed"
            if field.is_required()
            else ""
            if default in (None, PydanticUndefined)
            else _secret(default)
        )
        rows.append(
            (
                f"`{name.upper()}`",
                setting_example(name, words("en")),
                shown,
                _required(field.description, name),
            )
        )
    intro = (
        "# Settings\n\nFrom the environment, or from `.env` in the folder where the program is started.\n\n"
    )
    return intro + _table(("Setting", "Looks like", "Default", "What it is"), rows)


def commands_page() -> str:
    """The command line, as Typer describes it."""
    command = get_command(cli)
    _require_help(command, "python -m bot")
    return get_docs_for_click(obj=command, ctx=_context(command), name="python -m bot", title="Commands")


def _require_help(command: Any, name: str) -> None:
    """Raise Unexplained where a command, an argument or an option has no help."""
    _required(command.help, name)
    for parameter in command.params:
        _required(getattr(parameter, "help", None), f"{name} {parameter.name}")
    for word, part in getattr(command, "commands", {}).items():
        _require_help(part, f"{name} {word}")


def metrics_page() -> str:
    """What `/metrics` answers, but for what Python and the process tell of themselves."""
    for make_metrics in (metrics, request_metrics, gauges, s3_metrics):
        make_metrics()
    collected = sorted(REGISTRY.collect(), key=lambda one: one.name)
    own = [one for one in collected if one.name.startswith("arendebot_")]
    rows = [(f"`{one.name}`", one.type, _required(one.documentation, one.name)) for one in own]
    intro = "# Metrics\n\nAsked for at `/metrics` with `METRICS_TOKEN`, in Prometheus's format.\n\n"
    return intro + _table(("Metric", "Kind", "What it counts"), rows)


def api_page() -> str:
    """The HTTP API, from its OpenAPI document with the sample catalog."""
    api = description(max_request_bytes(load(SAMPLE)))
    parts = [f"# HTTP API\n\n{api['info']['description']} As OpenAPI: `/api/v1/openapi.json`.\n"]
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            parts.append(f"\n## {method.upper()} {path}\n\n{_required(about.get('summary'), path)}\n\n")
            answers = [(code, one["description"]) for code, one in about["responses"].items()]
            parts.append(_table(("Status", "When"), answers))
    for title, part in api["components"]["schemas"].items():
        parts.append(_section(title, part, None))
    return "".join(parts)


def log_page() -> str:
    """The kinds of lines that the log has, and their fields."""
    intro = (
        "# Log\n\nThe program writes its log to standard output, one JSON object a line "
        "([JSON Schema](log.schema.json)). Each has `timestamp`, `level` and `event`; what belongs to a press, a form "
        "or a page has its `ref` too, which `python -m bot trace` follows. It holds no personal data: cases are named "
        "by number and id, officers by their key in the catalog, people in Slack by their id there. Should a library "
        "crash the process, its stack is printed as it is.\n"
    )
    lines = [
        (f"`{event}`", about, ", ".join(f"`{name}`" for name in names.split()))
        for event, (about, names) in sorted(log_records.EVENTS.items())
    ]
    fields = [(f"`{name}`", text) for name, (_, text) in sorted(log_records.FIELDS.items())]
    parts = [intro, "\n## Lines\n\n", _table(("Event", "When", "Fields"), lines)]
    return "".join([*parts, "\n## Fields\n\n", _table(("Field", "What it is"), fields)])


def log_schema() -> str:
    """The JSON Schema of the log's lines."""
    return json.dumps(log_records.json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def licences_page() -> str:
    """The packages that are shipped with the program, with their licences."""
    intro = (
        "# Licences\n\nThe program itself is under EUPL-1.2. These packages are installed with it, each unchanged, "
        "under its own licence.\n\n"
    )
    rows = [(one.name, one.version, _required(one.licence, one.name)) for one in list_shipped()]
    return intro + _table(("Package", "Version", "Licence"), rows)


def data_page() -> str:
    """What each table and each kind of file holds of a case, and whether gallring erases it."""
    intro = (
        "# What is kept where\n\nEvery table of the database, and every kind of file, with what it holds of a case. "
        "*Erased*: gallring erases it there; else it holds nothing of the case's contents, or loses it as is said.\n"
    )
    parts = [intro]
    for heading, places in (("Tables", content_places.TABLES), ("Files", content_places.FILE_KINDS)):
        rows = [
            (f"`{name}`", _required(place.holds, name), "erased" if place.erase is not None else "")
            for name, place in places.items()
        ]
        parts.append(f"\n## {heading}\n\n{_table(('Place', 'Holds', 'At gallring'), rows)}")
    return "".join(parts)


def layers_page() -> str:
    """The layers that import-linter holds the code to."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    parts = ["# Layers\n\nWhat stands higher imports what stands lower, and never the other way.\n"]
    for contract in contracts:
        if contract["type"] == "layers":
            drawing = "\n   ↓\n".join(contract["layers"])
            parts.append(f"\n## {', '.join(contract['containers'])}\n\n```\n{drawing}\n```\n")
    return "".join(parts)


def decisions_page() -> str:
    """The contents of the decisions."""
    pages = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    titles = [(path.read_text("utf-8").partition("\n")[0].removeprefix("# "), path.name) for path in pages]
    intro = "# Decisions\n\nWhere something could have been built otherwise, and why it was not.\n\n"
    return intro + "".join(f"- [{title}]({name})\n" for title, name in titles)


def _section(title: str, part: Schema, examples: Mapping[tuple[str, str], Any] | None) -> str:
    """The table of a part's keys, below its title; with an example for each, where examples are given."""
    about = _required(part.get("description"), part.get("title", title))
    needed = part.get("required", ())
    rows = []
    for key, described in part["properties"].items():
        what = _required(described.get("description"), f"{part['title']}.{key}")
        default = "needed" if key in needed else _default(described)
        row = (f"`{key}`", _kind_of(described), default, what)
        rows.append(row if examples is None else (*row, _example(part["title"], key, described, examples)))
    heading = f"\n### {title}\n" if title else ""
    columns = ("Key", "Takes", "Default", "What it is", *(("Example",) if examples is not None else ()))
    return f"{heading}\n{about}\n\n{_table(columns, rows)}"


def _example(title: str, key: str, described: Schema, examples: Mapping[tuple[str, str], Any]) -> str:
    given = described.get("examples", [])
    found = examples.get((title, key), given[0] if given else None)
    has_table = any("$ref" in one for one in _nested(described))
    if has_table and (found is None or len(_flow({key: found})) > MAX_EXAMPLE):
        return ""
    if found is None:
        raise Unexplained(
            f"{title}.{key} has no example: use it in the sample catalog, or give Field(examples=[…])"
        )
    text = _flow({key: found})
    return f"`{text if len(text) <= MAX_EXAMPLE else text[: MAX_EXAMPLE - 1].rstrip() + '…'}`"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False)
    return (
        text.removesuffix("\n")
        .removesuffix("...")
        .strip()
        .removeprefix("{")
        .removesuffix("}")
        .replace("\n", " ")
    )


def _kind_of(described: Schema) -> str:
    """What a key takes, in words."""
    kinds = dict.fromkeys(_kind(one) for one in _alternatives(described) if one.get("type") != "null")
    return " or ".join(kinds)


def _kind(one: Schema) -> str:
    if "$ref" in one:
        title = one["$ref"].rpartition("/")[2]
        return f"[{title}](#{title.lower()})"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    if one.get("type") == "array":
        return f"list of {_kind_of(one.get('items', {})) or 'anything'}"
    if one.get("format") in ("date", "date-time"):
        return "date" if one["format"] == "date" else "time"
    names = {"boolean": "true or false", "integer": "whole number", "object": "mapping", "string": "text"}
    return names.get(one.get("type", ""), str(one.get("type", "anything")))


def _alternatives(schema: Schema) -> Iterable[Schema]:
    alternatives: Iterable[Schema] = schema.get("anyOf", [schema])
    return alternatives


def _nested(schema: Schema) -> Iterator[Schema]:
    for one in _alternatives(schema):
        yield one
        if "items" in one:
            yield from _nested(one["items"])


def _as_mapping(part: Schema) -> Schema | None:
    """The part as a mapping with keys; None for one that has none."""
    about = {key: part[key] for key in ("title", "description") if key in part}
    return next(({**one, **about} for one in _alternatives(part) if "properties" in one), None)


def _default(described: Schema) -> str:
    default = described.get("default")
    if default is None or default in ([], "", {}) or isinstance(default, dict | list):
        return ""
    return f"`{json.dumps(default, ensure_ascii=False).strip(chr(34))}`"


def _secret(default: Any) -> str:
    value = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    return f"`{value}`"


def _required(text: str | None, place: str) -> str:
    """The description. Raises Unexplained."""
    if not text or not text.strip():
        raise Unexplained(f"{place} has no description")
    return " ".join(text.split())


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def _context(command: Any) -> Any:
    return typer.Context(command, info_name="python -m bot")


PAGES: dict[str, Callable[[], str]] = {
    "catalog.md": catalog_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "metrics.md": metrics_page,
    "api.md": api_page,
    "data.md": data_page,
    "licences.md": licences_page,
    "log.md": log_page,
    "log.schema.json": log_schema,
    "layers.md": layers_page,
    "../decisions/README.md": decisions_page,
}
"""What makes each page, by its file name under docs/reference."""


if __name__ == "__main__":
    write_all()
