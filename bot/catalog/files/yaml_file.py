"""YAML files with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, cast

import yaml

from bot.catalog.faults import Fault, fault
from bot.catalog.files.problems import KeyPath, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


# The safe loader; its C version where PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


# PyYAML's scanner in Python takes the ? in {sv: Vad?} for a sign of its own, unlike libyaml, which it has in C.
_QUESTION_MARK = re.compile(r"(?<=\S)\?")
_STAND_IN = "\ue000"


class YamlFile:
    """One file's data, and the line of each part of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[KeyPath, int] = {}

    def line_of(self, path: KeyPath) -> int:
        """The line of a part, or of its nearest ancestor that is in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def problem_at(self, path: KeyPath, fault: Fault) -> Problem:
        return Problem(self.name, self.line_of(path), self.key_path(path), fault)

    def key_path(self, path: KeyPath) -> str:
        """A readable path, with items of lists by their own key where they have one."""
        words: list[str] = []
        part = self.data
        for step in path:
            if not _is_in(part, step):
                # A missing or misspelt key is the last step; other steps that are not in the data pydantic has added.
                words += [str(step)] if isinstance(part, dict) and step == path[-1] else []
                break
            part = part[step]
            own_key = part.get("key") if isinstance(part, dict) and isinstance(step, int) else None
            words.append(str(own_key) if isinstance(own_key, str) else str(step))
        return ".".join(words)


def read_yaml(path: File, name: str) -> YamlFile:
    """Read one file. With invalid YAML the result has no data, and `problems` says why."""
    yaml_file = YamlFile(name)
    try:
        source = _QUESTION_MARK.sub(_STAND_IN, _read_text(path))
        _check_events(source)
        node = yaml.compose(source, Loader=_LOADER)
        if not isinstance(node, yaml.MappingNode):
            yaml_file.problems.append(Problem(name, 1, "", fault("fault.yaml.top")))
            return yaml_file
        yaml_file._lines[()] = 1
        yaml_file.data = _value(node, (), yaml_file)
    except yaml.MarkedYAMLError as error:
        yaml_file.problems.append(
            Problem(
                name,
                _line(error.problem_mark or error.context_mark),
                "",
                _syntax_fault(f"{error.context} {error.problem}"),
            )
        )
    except (yaml.YAMLError, UnicodeDecodeError):
        yaml_file.problems.append(Problem(name, 1, "", fault("fault.yaml.bytes")))
    except OSError:
        # Editors replace a file by a new one, and for a moment there is none.
        yaml_file.problems.append(Problem(name, 0, "", fault("fault.yaml.unreadable")))
    except _Rejected as error:
        yaml_file.problems.append(Problem(name, error.line, "", error.fault))
    return yaml_file


class _Rejected(Exception):
    def __init__(self, line: int, fault: Fault) -> None:
        super().__init__(fault)
        self.line = line
        self.fault = fault


_SYNTAX_FAULTS = {
    "in this context": fault("fault.yaml.colon"),
    "start any token": fault("fault.yaml.sign"),
    "expected ':'": fault("fault.yaml.no_colon"),
    "flow": fault("fault.yaml.bracket"),
    "quoted scalar": fault("fault.yaml.quote"),
    "block": fault("fault.yaml.indent"),
}
"""What is likely to be wrong, by what is in the message of libyaml or of PyYAML's own scanner; the first that is."""


def _syntax_fault(message: str) -> Fault:
    return next((one for part, one in _SYNTAX_FAULTS.items() if part in message), fault("fault.yaml.other"))


def _read_text(path: File) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise _Rejected(0, fault("fault.yaml.large", most=MAX_BYTES // 1000))
    return path.read_bytes().decode("utf-8-sig")


def _check_events(source: str) -> None:
    """Reject aliases and deep nesting: a short file could expand to gigabytes, or overflow the stack."""
    depth = 0
    for event in yaml.parse(source, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _Rejected(_line(event.start_mark), fault("fault.yaml.alias"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _Rejected(_line(event.start_mark), fault("fault.yaml.deep", most=MAX_DEPTH))


def _value(node: yaml.Node, path: KeyPath, yaml_file: YamlFile) -> Any:
    yaml_file._lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, path, yaml_file))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), yaml_file) for index, item in enumerate(node.value)]
    return _scalar(cast(yaml.ScalarNode, node))


def _items(node: yaml.MappingNode, path: KeyPath, yaml_file: YamlFile) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            yaml_file.problems.append(Problem(yaml_file.name, line, "", fault("fault.yaml.key")))
            continue
        key = _text_of(key_node)
        if key in seen:
            yaml_file.problems.append(
                Problem(
                    yaml_file.name, line, ".".join(map(str, (*path, key))), fault("fault.yaml.twice", key=key)
                )
            )
        seen.add(key)
        yaml_file._lines[*path, key] = line
        yield key, _value(value_node, (*path, key), yaml_file)


def _scalar(node: yaml.ScalarNode) -> Any:
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "null":
            return None
        case "bool" if node.value.lower() in ("true", "false"):
            return node.value.lower() == "true"
        case "int" if node.value.removeprefix("-").isdecimal():
            return int(node.value)
        case "float" if node.value.replace(".", "", 1).removeprefix("-").isdecimal():
            return float(node.value)
        case "str" | "bool" | "int" | "float" | "timestamp" | "merge" | "value":
            # YAML 1.1 reads no as false and 16:30 as 990. Here they remain text; the models parse dates.
            return _text_of(node)
        case tag:
            raise _Rejected(node.start_mark.line + 1, fault("fault.yaml.tag", tag=tag))


def _text_of(node: yaml.ScalarNode) -> str:
    """The text of a scalar, with its question marks."""
    return str(node.value).replace(_STAND_IN, "?")


def _line(mark: Any) -> int:
    """The line number of a mark; YAML counts from 0, and gives no mark for errors of the stream itself."""
    return mark.line + 1 if mark else 1


def _is_in(part: Any, step: str | int) -> bool:
    if isinstance(part, dict):
        return step in part
    return isinstance(part, list) and isinstance(step, int) and 0 <= step < len(part)
