"""YAML files with the line of everything in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, cast

import yaml

from bot.catalog.problems import Path, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


# The same safe loader, written in C where the wheel has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Page:
    """One file's data, and where in the file each part of it stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[Path, int] = {}

    def line(self, path: Path) -> int:
        """The line of a part, or of the nearest part around it that is in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def problem(self, path: Path, text: str) -> Problem:
        return Problem(self.file, self.line(path), self.named(path), text)

    def named(self, path: Path) -> str:
        """A path for people: items of lists by their own key, where they have one."""
        words: list[str] = []
        here = self.data
        for step in path:
            if not _is_in(here, step):
                # The last word of a missing or misspelt key; whatever pydantic adds after it is its own.
                words += [str(step)] if isinstance(here, dict) and step == path[-1] else []
                break
            here = here[step]
            own = here.get("key") if isinstance(here, dict) and isinstance(step, int) else None
            words.append(str(own) if isinstance(own, str) else str(step))
        return ".".join(words)


def read(file: File, name: str) -> Page:
    """Reads one file; what is wrong with it as YAML is in the page's `problems`, and then it has no data."""
    page = Page(name)
    try:
        source = _source(file)
        _check_events(source)
        node = yaml.compose(source, Loader=_LOADER)
        if not isinstance(node, yaml.MappingNode):
            page.problems.append(Problem(name, 1, "", "must be a mapping of words to values"))
            return page
        page._lines[()] = 1
        page.data = _value(node, (), page)
    except yaml.MarkedYAMLError as wrong:
        page.problems.append(
            Problem(
                name,
                _line(wrong.problem_mark or wrong.context_mark),
                "",
                f"is not YAML: {wrong.problem or wrong.context}",
            )
        )
    except (yaml.YAMLError, UnicodeDecodeError):
        page.problems.append(
            Problem(name, 1, "", "is not YAML: it holds characters that are not text in UTF-8")
        )
    except OSError as wrong:
        # Editors put a new file in place of the old one, and for a moment there is none.
        page.problems.append(Problem(name, 0, "", f"cannot be read: {wrong.strerror}"))
    except _Refused as refused:
        page.problems.append(Problem(name, refused.line, "", str(refused)))
    return page


class _Refused(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _source(file: File) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise _Refused(0, f"is larger than {MAX_BYTES // 1000} kB")
    return file.read_bytes().decode("utf-8-sig")


def _check_events(source: str) -> None:
    """A short file can unfold to gigabytes by aliases, or to a depth that ends the program."""
    depth = 0
    for event in yaml.parse(source, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(_line(event.start_mark), "aliases (*) are not allowed; write the part again")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _Refused(_line(event.start_mark), f"is nested more than {MAX_DEPTH} deep")


def _value(node: yaml.Node, path: Path, page: Page) -> Any:
    page._lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, path, page))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), page) for index, item in enumerate(node.value)]
    return _scalar(cast(yaml.ScalarNode, node))


def _items(node: yaml.MappingNode, path: Path, page: Page) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            page.problems.append(Problem(page.file, line, "", "a key must be a word"))
            continue
        key = key_node.value
        if key in seen:
            page.problems.append(
                Problem(page.file, line, ".".join(map(str, (*path, key))), f"{key} is there twice")
            )
        seen.add(key)
        page._lines[*path, key] = line
        yield key, _value(value_node, (*path, key), page)


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
            # YAML takes no for false and 16:30 for 990. Here they are words; dates are read by the models.
            return node.value
        case tag:
            raise _Refused(node.start_mark.line + 1, f"the tag {tag} is not allowed")


def _line(mark: Any) -> int:
    """YAML's marks count from 0, and are missing where the stream itself is at fault."""
    return mark.line + 1 if mark else 1


def _is_in(here: Any, step: str | int) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here)
