"""YAML files with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
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

# Quotation marks of letters, which word processors put in place of YAML's.
_CURLY = re.compile("[”“„«»’‘‚]")
# A value that YAML takes for a comment: key: #channel.
_COMMENTED = re.compile(r"\s*:\s+(#[^\s#].*)")
# Leading white space and the dashes of lists, up to the first other sign.
_INDENTATION = re.compile(r"[\s\u200b\ufeff-]*")


class YamlFile:
    """One file's data, and the line of each part of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[KeyPath, int] = {}
        self._source: list[str] = []

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
        yaml_file._source = source.split("\n")
        _check_events(source)
        node = yaml.compose(source, Loader=_LOADER)
        if not isinstance(node, yaml.MappingNode):
            yaml_file.problems.append(Problem(name, 1, "", fault("fault.yaml.top")))
            return yaml_file
        yaml_file._lines[()] = 1
        yaml_file.data = _value(node, (), yaml_file)
    except yaml.MarkedYAMLError as error:
        line, found = _syntax_fault(error, source)
        yaml_file.problems.append(Problem(name, line, "", found))
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


def _syntax_fault(error: yaml.MarkedYAMLError, source: str) -> tuple[int, Fault]:
    """The line to mend and what is likely to be wrong there; the parser itself stops where it no longer makes sense."""
    line = _line(error.problem_mark or error.context_mark)
    lines = source.split("\n")
    for number in (line, line - 1):
        if 0 < number <= len(lines) and (odd := _odd_indentation(lines[number - 1])):
            return number, odd
    if (started := _quoted_until(source, line)) is not None:
        return started, fault("fault.yaml.quote")
    message = f"{error.context} {error.problem}"
    if "simple key" in message and error.context_mark:
        line = _line(error.context_mark)
    found = next((one for part, one in _SYNTAX_FAULTS.items() if part in message), fault("fault.yaml.other"))
    return line, found


def _odd_indentation(line: str) -> Fault | None:
    """The fault of a line that is indented with other signs than spaces, which look the same."""
    indentation = _INDENTATION.match(line)
    odd = set(indentation[0] if indentation else "") - set(" -\r\ufeff")
    if not odd:
        return None
    return fault("fault.yaml.tab" if "\t" in odd else "fault.yaml.space")


def _quoted_until(source: str, line: int) -> int | None:
    """The line where a quoted text begins that ends on this later one: its end is likely another's beginning."""
    found = None
    with suppress(yaml.YAMLError):
        for event in yaml.parse(source, Loader=_LOADER):
            if isinstance(event, yaml.ScalarEvent) and event.style in ('"', "'"):
                begun, ended = _line(event.start_mark), _line(event.end_mark)
                found = begun if begun < ended == line else None
    return found


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
    return _scalar(_straightened(cast(yaml.ScalarNode, node), path, yaml_file))


def _straightened(node: yaml.ScalarNode, path: KeyPath, yaml_file: YamlFile) -> yaml.ScalarNode:
    """The text without typographic quotation marks around it, which are a problem: YAML takes them for part of it."""
    written = str(node.value)
    marks = _CURLY.findall(written)
    if (
        node.style
        or not _CURLY.match(written)
        or len(marks) > 2
        or (len(marks) == 2 and written[-1] != marks[1])
    ):
        return node
    place = ".".join(map(str, path))
    line = node.start_mark.line + 1
    yaml_file.problems.append(Problem(yaml_file.name, line, place, fault("fault.yaml.curly", sign=marks[0])))
    return yaml.ScalarNode(node.tag, _CURLY.sub("", written), node.start_mark, node.end_mark)


def _uncommented(key_node: yaml.Node, value_node: yaml.Node, yaml_file: YamlFile) -> str | None:
    """What was meant as the value of a key that has none, for it begins with #."""
    if not isinstance(value_node, yaml.ScalarNode) or value_node.value or value_node.style:
        return None
    end = key_node.end_mark
    commented = _COMMENTED.match(yaml_file._source[end.line], end.column)
    return commented[1].strip() if commented else None


def _items(node: yaml.MappingNode, path: KeyPath, yaml_file: YamlFile) -> Iterator[tuple[str, Any]]:
    """Keys and values of a mapping. In an item of a list, what follows its first key a second time is left out: it was
    meant as the next item, and lacks its dash."""
    seen: list[str] = []
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            yaml_file.problems.append(Problem(yaml_file.name, line, "", fault("fault.yaml.key")))
            continue
        key = _text_of(key_node)
        if key != key.strip():
            yaml_file.problems.append(Problem(yaml_file.name, line, "", fault("fault.yaml.space")))
            continue
        if key in seen:
            is_next_item = bool(path) and isinstance(path[-1], int) and key == seen[0] and len(seen) > 1
            problem = fault("fault.yaml.twice_in_item" if is_next_item else "fault.yaml.twice", key=key)
            yaml_file.problems.append(
                Problem(yaml_file.name, line, ".".join(map(str, (*path, key))), problem)
            )
            if is_next_item:
                return
        seen.append(key)
        yaml_file._lines[*path, key] = line
        if (commented := _uncommented(key_node, value_node, yaml_file)) is not None:
            yaml_file.problems.append(
                Problem(yaml_file.name, line, ".".join(map(str, (*path, key))), fault("fault.yaml.comment"))
            )
            yield key, commented
            continue
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
