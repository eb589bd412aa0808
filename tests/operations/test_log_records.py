"""What the log may hold: every line that the program writes is of a documented kind."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import ValidationError

from bot.monitoring import log_records
from bot.monitoring.log_records import EVENTS, validate_record
from bot.program_log import LibraryFormatter

BOT = Path(__file__).parents[2] / "bot"
METHODS = ("debug", "info", "warning", "error", "exception")
BUG_OF_THE_WORKER = "delivery_bug"


def written_records() -> Iterator[tuple[str, str, set[str]]]:
    """File, event and fields of each call that writes a line."""
    for path in sorted(BOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield from _records_of_call(path.name, node)


def _records_of_call(name: str, node: ast.Call) -> Iterator[tuple[str, str, set[str]]]:
    fields = {keyword.arg for keyword in node.keywords if keyword.arg is not None} - {"exc_info"}
    match node.func:
        case ast.Attribute(
            attr=method, value=ast.Name(id="log") | ast.Call(func=ast.Attribute(attr="get_logger"))
        ):
            first = node.args[0]
            if method in METHODS and not (isinstance(first, ast.Name) and first.id == "event"):
                events = [one.value for one in ast.walk(first) if isinstance(one, ast.Constant)]
                yield from ((name, str(event), fields) for event in events)
        case ast.Name(id="log_failure") if len(node.args) > 1:
            second = node.args[1]
            event = second.value if isinstance(second, ast.Constant) else BUG_OF_THE_WORKER
            yield name, str(event), fields | {"error", "where"}


def test_every_line_that_is_written_is_documented_with_its_fields() -> None:
    found = list(written_records())
    assert len(found) > 60
    wrong = [
        (name, event, fields)
        for name, event, fields in found
        if event not in EVENTS or not fields - {"ref"} <= set(EVENTS[event][1].split())
    ]
    assert wrong == []
    assert set(EVENTS) - {event for _, event, _ in found} == {"library"}


def test_a_line_of_a_library_says_where_it_is_from_and_nothing_that_it_quotes() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LibraryFormatter())
    logger = logging.Logger("aiohttp.client")
    logger.addHandler(handler)
    try:
        raise ValueError("Eva Ek, 19811218-9876")
    except ValueError:
        logger.exception("the answer to %s was odd", "eva@ek.example")
    line = stream.getvalue().strip()
    record = validate_record(line)
    assert json.loads(line)["error"] == "ValueError" and record.model_dump()["logger"] == "aiohttp.client"
    assert not any(word in line for word in ("Eva", "ek.example", "9876", "odd"))


def test_the_schema_takes_a_right_line_and_refuses_a_field_that_nobody_has_documented() -> None:
    schema = jsonschema_rs.validator_for(log_records.json_schema())
    line = {"event": "event", "name": "CaseTaken", "case": "2026-000001", "by": "officer:anna-berg"}
    line |= {"level": "info", "timestamp": "2026-11-23T09:00:00Z", "ref": "7f3a01b2"}
    assert schema.is_valid(line)
    for wrong in ({"applicant": "Eva Ek"}, {"by": "Anna Berg"}, {"case": "Eva"}, {"event": "another"}):
        assert not schema.is_valid(line | wrong)
        with pytest.raises((ValidationError, KeyError)):
            validate_record(json.dumps(line | wrong))
