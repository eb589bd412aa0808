"""XML as a small tree, within limits: what is hostile or too large is refused while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, cast

from lxml import etree

from bot.intake.open_eplatform.payload import Payload
from bot.text import clean

NAMESPACE = "http://www.oeplatform.org/version/2.0/schemas/flowinstance"

MAX_BYTES = 100 * 1024 * 1024
MAX_DEPTH = 12
"""Levels. A case has five: FlowInstance, Values, the question, File, EncodedData."""
MAX_ELEMENTS = 20_000
MAX_CHARACTERS = 2_000_000
"""Of text, files not counted."""

_CHUNK = 64 * 1024
_CONTENT = ("FlowInstance", "Values", None, None, "EncodedData")
"""Where a file's content stands; the question's name is chosen per e-service, and the file's may be too."""

# XML 1.1 allows references to control characters, which the parser, reading all as 1.0, does not.
_IS_1_1 = re.compile(rb"""\s*(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*['"]1\.1['"]""")
_CONTROL_REFERENCE = re.compile(
    rb"&#(?:0*(?:[1-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[1-8bcefBCEF]|1[0-9a-fA-F]));"
)
_HALF_REFERENCE = re.compile(rb"&(?:#[0-9a-zA-Z]{0,12})?\Z")

# What Windows writes and calls ISO-8859-1: dashes, curly quotes, the euro sign.
_WINDOWS = {
    code: letter
    for code in range(0x80, 0xA0)
    if (letter := bytes([code]).decode("cp1252", errors="ignore")) != ""
}


class NotImportable(Exception):
    """The document cannot be opened as a case: `key` is the text that says why, without personal data."""

    def __init__(self, key: str, **facts: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.facts: Mapping[str, str | int] = facts


@dataclass(slots=True)
class Node:
    """An element: its local name, its own text, what is in it, and the file it holds."""

    name: str
    children: list[Node] = field(default_factory=list)
    payload: Payload | None = None
    _parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text without padding, clean."""
        text = "".join(self._parts).strip()
        # Nearly every text has nothing to clean away, and there are a hundred in a document.
        return text if text.isascii() and text.isprintable() else clean(text.translate(_WINDOWS)).strip()

    def add_text(self, text: str) -> None:
        self._parts.append(text)

    def as_given(self) -> list[Any]:
        """All that is in it, whatever is made of it: name, text, its file's SHA-256, and the same of each child."""
        file = self.payload.sha256 if self.payload is not None and not self.payload.unreadable else ""
        return [self.name, "".join(self._parts).strip(), file, [child.as_given() for child in self.children]]

    def find(self, name: str) -> Node | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def text_of(self, *path: str) -> str:
        """The text at the end of the path; empty where there is none."""
        node: Node | None = self
        for name in path:
            node = node.find(name) if node is not None else None
        return node.text if node is not None else ""

    def close(self) -> None:
        """Let go of the files in it."""
        if self.payload is not None:
            self.payload.close()
        for child in self.children:
            child.close()


def parse_file(path: Path, *, max_file: int) -> Node:
    """The case document in a file. Raises NotImportable. Files in it beyond `max_file` bytes are not kept."""
    try:
        with path.open("rb") as opened:
            if path.stat().st_size > MAX_BYTES:
                raise NotImportable("import.reason.large", mb=MAX_BYTES // 1024**2)
            return parse_xml(iter(lambda: opened.read(_CHUNK), b""), max_file=max_file)
    except FileNotFoundError:
        raise NotImportable("import.reason.missing") from None
    except OSError:
        raise NotImportable("import.reason.unreadable") from None


def parse_xml(chunks: Iterable[bytes], *, max_file: int) -> Node:
    """The case document in a stream of bytes. Raises NotImportable."""
    builder = _Builder(max_file)
    # No document type is let in, so there is nothing to expand or fetch; the other switches say it once more.
    # huge_tree lifts the parser's limit on one text, which a file of 8 MB would break; ours are in the builder.
    parser = etree.XMLParser(
        target=cast("Any", builder),  # the stubs ask for a target of bytes; the parser gives text
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
    )
    try:
        for chunk in _without_control_references(_limited(chunks)):
            parser.feed(chunk)
        root = cast("Node | None", parser.close())
    except etree.XMLSyntaxError as error:
        builder.close_root()
        raise NotImportable("import.reason.xml", line=error.lineno or 1) from None
    except NotImportable:
        builder.close_root()
        with suppress(etree.XMLSyntaxError, NotImportable):
            parser.close()
        raise
    if root is None:
        raise NotImportable("import.reason.notcase")
    return root


def _limited(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise NotImportable("import.reason.large", mb=MAX_BYTES // 1024**2)
        yield chunk


def _without_control_references(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(chunks, b"")
    if not _IS_1_1.match(first):
        yield first
        yield from chunks
        return
    rest = b""
    for chunk in chain((first,), chunks):
        whole = rest + chunk
        half = _HALF_REFERENCE.search(whole)
        end = half.start() if half else len(whole)
        yield _CONTROL_REFERENCE.sub(b"", whole[:end])
        rest = whole[end:]
    yield rest


class _Builder:
    """What the parser calls as it reads."""

    def __init__(self, max_file: int) -> None:
        self._max_file = max_file
        self._open: list[Node] = []
        self._root: Node | None = None
        self._elements = 0
        self._characters = 0

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        namespace, _, name = tag.rpartition("}")
        node = Node(name)
        if not self._open:
            if name != "FlowInstance" or namespace[1:] != NAMESPACE:
                raise NotImportable("import.reason.notcase")
            self._root = node
        else:
            self._open[-1].children.append(node)
        self._open.append(node)
        self._elements += 1
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NotImportable("import.reason.shape")
        if len(self._open) == len(_CONTENT) and self._is_content():
            node.payload = Payload(self._max_file)

    def _is_content(self) -> bool:
        return all(expected in (None, node.name) for expected, node in zip(_CONTENT, self._open, strict=True))

    def end(self, _tag: str) -> None:
        node = self._open.pop()
        if node.payload is not None:
            node.payload.end()

    def data(self, text: str) -> None:
        node = self._open[-1]
        if node.payload is not None:
            node.payload.feed(text)
            return
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise NotImportable("import.reason.shape")
        node.add_text(text)

    def doctype(self, *_: str | None) -> None:
        raise NotImportable("import.reason.doctype")

    def comment(self, _text: str) -> None:
        """Comments say nothing."""

    def pi(self, _target: str, _data: str | None = None) -> None:
        """Nor do instructions to other programs."""

    def close(self) -> Node | None:
        return self._root

    def close_root(self) -> None:
        """The document is refused: let go of what it held."""
        if self._root is not None:
            self._root.close()
