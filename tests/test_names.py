"""Names are the words of docs/glossary.md: what is listed there under `Not used as names` names nothing in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "tests", "sandbox", "bench")
GLOSSARY = ROOT / "docs" / "glossary.md"
HEADING = "## Not used as names"

STORED = {
    "bot/blocks/forms/cases/message.py": {"said"},
    "bot/catalog/services.py": {"unhandled_days"},
    "bot/catalog/statuses.py": {"told"},
    "bot/domain/colour.py": {"was"},
    "bot/domain/status.py": {"was", "was_name"},
    "bot/intake/api/models.py": {"SaidText"},
}
"""Fields of events, drafts and catalogs, and schemas of the API: what is stored or promised is not renamed."""

EXCLUDED = re.compile(r"bot/store/migrations/versions/|bot/store/tables/")
"""Names of tables and columns, for the same reason."""

TERMS = ("block_kit", "unhandled_event")
"""Terms of others with such a word in them."""

_ROW = re.compile(r"^\| `(?P<words>[^|]+)` \| (?P<instead>[^|]+?) \| (?P<where>[^|]*?) ?\|$", re.MULTILINE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class ForbiddenWord:
    """A word that names nothing, what to use in its place, and in which folders.

    `is_whole_name`: the word is fine as a part of a longer name, and forbidden as a name by itself.
    """

    word: str
    instead: str
    folders: tuple[str, ...]
    is_whole_name: bool

    def is_in(self, name: str) -> bool:
        snake = _without_terms(name)
        return snake == self.word if self.is_whole_name else f"_{self.word}_" in f"_{snake}_"


@cache
def _without_terms(name: str) -> str:
    """The name in snake case, without terms of others; made once, since it is compared with each of the words."""
    snake = to_snake_case(name)
    for term in TERMS:
        snake = snake.replace(term, "")
    return snake


def to_snake_case(name: str) -> str:
    """`CaseTaken`, `_case_taken` and `CASE_TAKEN` as `case_taken`."""
    return _HUMP.sub("_", name).lower().strip("_")


def read_forbidden_words(glossary: str) -> list[ForbiddenWord]:
    """The rows under the heading: | `word`, `word` | what to use | all, whole names, or folders |"""
    section = glossary.partition(HEADING)[2].partition("\n## ")[0]
    found = []
    for row in _ROW.finditer(section):
        places = {place.strip().strip("`/") for place in row["where"].split(",")}
        folders = tuple(folder for folder in FOLDERS if folder in places) or FOLDERS
        for word in row["words"].split("`, `"):
            found.append(ForbiddenWord(word, row["instead"], folders, "whole name" in places))
    return found


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of everything that the module names: functions, classes, parameters, variables and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):  # sentences, not names
                    yield node.lineno, name
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                yield from ((node.lineno, one.asname) for one in imported if one.asname)


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """The module's own name on line 0, and those that it defines."""
    module = path.parent.name if path.stem == "__init__" else path.stem
    if not module.startswith("test_"):
        yield 0, module
    yield from defined_names(ast.parse(path.read_text(encoding="utf-8")))


def find_misnamed(words: list[ForbiddenWord], root: Path = ROOT) -> list[str]:
    """`file:line: name: what to use in place of the word`, for each name with a forbidden word in it."""
    found = []
    for folder in FOLDERS:
        of_folder = [word for word in words if folder in word.folders]
        in_name: dict[str, list[ForbiddenWord]] = {}  # most names stand in many places
        for path in sorted((root / folder).rglob("*.py")):
            relative = path.relative_to(root).as_posix()
            if EXCLUDED.search(relative):
                continue
            for line, name in dict.fromkeys(names_in(path)):
                if name in STORED.get(relative, ()):
                    continue
                if name not in in_name:
                    in_name[name] = [word for word in of_folder if word.is_in(name)]
                found += [
                    f"{relative}:{line}: {name}: not `{word.word}` but {word.instead}"
                    for word in in_name[name]
                ]
    return found


@pytest.fixture(scope="module")
def words() -> list[ForbiddenWord]:
    return read_forbidden_words(GLOSSARY.read_text(encoding="utf-8"))


def test_the_glossary_lists_words_that_are_not_used_as_names(words: list[ForbiddenWord]) -> None:
    assert {"told", "kept", "once"} <= {word.word for word in words}


def test_nothing_is_named_by_a_word_that_the_glossary_replaces(words: list[ForbiddenWord]) -> None:
    misnamed = find_misnamed(words)
    assert not misnamed, "\n".join(["", *misnamed])


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("def told_of(): ...", True),
        ("class ToldTo: ...", True),
        ("def send(*, what_is_told): ...", True),
        ("self.was_told = 1", True),
        ("TOLD: int = 1", True),
        ("for told in (): ...", True),
        ("import json as told", True),
        ("try: ...\nexcept ValueError as told: ...", True),
        ("def test_what_is_told(): ...", False),
        ("send(told=1); print(other.told)", False),
        ("toldness = untold = 1", False),
        ("def once(): ...", True),
        ("def run_once(): ...", False),
    ],
)
def test_a_word_is_found_as_a_whole_word_of_whatever_is_defined(
    tmp_path: Path, source: str, named: bool
) -> None:
    words = [
        ForbiddenWord("told", "the thing itself", FOLDERS, is_whole_name=False),
        ForbiddenWord("once", "idempotency_key", FOLDERS, is_whole_name=True),
    ]
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "case.py").write_text(source, encoding="utf-8")
    found = find_misnamed(words, tmp_path)
    assert bool(found) is named
    assert all(line.startswith("bot/case.py:") for line in found)
