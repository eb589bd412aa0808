"""Parsing of XML into a small tree, within limits: hostile and large documents are rejected while they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from xml.parsers import expat

from bot.intake.open_eplatform.payload import Payload
from bot.text import clean

# Of any version; older documents have no namespace.
_NAMESPACE = re.compile(r"http://www\.oeplatform\.org/version/[0-9.]+/schemas/flowinstance")

MAX_BYTES = 100 * 1024 * 1024
MAX_DEPTH = 12
"""Levels of elements. A case has five: FlowInstance, Values, the question, File, EncodedData."""
MAX_ELEMENTS = 20_000
MAX_CHARACTERS = 2_000_000
"""Characters of text, names and attributes, without files."""
MAX_TAG_BYTES = 1024 * 1024
"""Bytes of one tag with its attributes, one comment or one processing instruction."""

_CHUNK = 64 * 1024
_CONTENT = ("FlowInstance", "Values", None, None, "EncodedData")
"""The path to a file's content; None for any name, since the names of questions and files vary."""

# XML 1.1 allows references to control characters, which the parser, an XML 1.0 one, does not.
_IS_1_1 = re.compile(rb"""\s*(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*['"]1\.1['"]""")
_CONTROL_REFERENCE = re.compile(
    rb"&#(?:0*(?:[1-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[1-8bcefBCEF]|1[0-9a-fA-F]));"
)
_HALF_REFERENCE = re.compile(rb"&(?:#[0-9a-zA-Z]{0,12})?\Z")

# Windows-1252 characters in documents declared as ISO-8859-1: dashes, curly quotes, the euro sign.
_WINDOWS = {
    code: letter
    for code in range(0x80, 0xA0)
    if (letter := bytes([code]).decode("cp1252", errors="ignore")) != ""
}
_WINDOWS_CODE = re.compile(r"[\x80-\x9f]")


class NotImportable(Exception):
    """The document cannot be opened as a case: `key` names the sentence that says why, without personal data."""

    def __init__(self, key: str, **facts: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.facts: Mapping[str, str | int] = facts


@dataclass(slots=True)
class Node:
    """An element: its local name, its children, its own text, and the file in it.

    `raw_text` is the text as it was given, stripped, and `text` the same cleaned.
    """

    name: str
    children: list[Node] = field(default_factory=list)
    raw_text: str = ""
    text: str = ""
    payload: Payload | None = None

    def set_text(self, text: str) -> None:
        self.raw_text = text.strip()
        self.text = _cleaned(self.raw_text)

    def as_given(self) -> list[Any]:
        """The whole element, for hashing: name, text, its file's SHA-256, and the same of each child."""
        file = self.payload.sha256 if self.payload is not None and not self.payload.unreadable else ""
        return [self.name, self.raw_text, file, [child.as_given() for child in self.children]]

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
        """Close the files in it."""
        if self.payload is not None:
            self.payload.close()
        for child in self.children:
            child.close()


def _cleaned(text: str) -> str:
    # A fast path: most texts need no cleaning, and a document has hundreds.
    if text.isascii() and text.isprintable():
        return text
    if _WINDOWS_CODE.search(text):
        text = text.translate(_WINDOWS)
    return clean(text).strip()


def parse_file(path: Path, *, max_file: int) -> Node:
    """The case document in a file. Files in it over `max_file` bytes are not stored. Raises NotImportable."""
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
    """The case document in a stream of bytes; see `parse_file`."""
    builder = _Builder(max_file)
    parser = _create_parser(builder)
    try:
        for piece in _pieces(_without_control_references(_limited(chunks))):
            parser.Parse(piece, False)
            builder.check_progress(len(piece))
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        builder.close_root()
        raise NotImportable("import.reason.xml", line=error.lineno) from None
    except NotImportable:
        builder.close_root()
        raise
    assert builder.root is not None  # expat rejects a document without root
    return builder.root


def _create_parser(builder: _Builder) -> expat.XMLParserType:
    """An expat parser: unlike libxml2 it streams the text of CDATA sections, which may hold large files.

    It fetches nothing, and DTDs are rejected, so there are no entities to expand.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.CommentHandler = builder.comment
    parser.ProcessingInstructionHandler = builder.pi
    return parser


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks in pieces that are small enough for `check_progress`."""
    for chunk in chunks:
        for start in range(0, max(len(chunk), 1), _CHUNK):
            yield chunk[start : start + _CHUNK]


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
    """The parser's callbacks, which build the tree."""

    def __init__(self, max_file: int) -> None:
        self._max_file = max_file
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        """The parts of the text of each open element."""
        self.root: Node | None = None
        self._elements = 0
        self._characters = 0
        self._silent = 0

    def check_progress(self, fed: int) -> None:
        """To be called after each piece. Raises NotImportable where a tag, comment or instruction grows too large.

        The parser buffers these in memory until they end, unlike text.
        """
        self._silent += fed
        if self._silent > MAX_TAG_BYTES:
            raise NotImportable("import.reason.shape")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._silent = 0
        namespace, _, name = tag.rpartition("}")
        self._count(len(name))
        if attributes:
            self._count(sum(len(key) + len(value) for key, value in attributes.items()))
        node = Node(name)
        if not self._open:
            if name != "FlowInstance":
                raise NotImportable("import.reason.notcase")
            if namespace and not _NAMESPACE.fullmatch(namespace):
                raise NotImportable("import.reason.namespace")
            self.root = node
        else:
            self._open[-1].children.append(node)
        self._open.append(node)
        self._texts.append([])
        self._elements += 1
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NotImportable("import.reason.shape")
        if len(self._open) == len(_CONTENT) and self._is_content():
            node.payload = Payload(self._max_file)

    def _is_content(self) -> bool:
        return all(expected in (None, node.name) for expected, node in zip(_CONTENT, self._open, strict=True))

    def end(self, _tag: str) -> None:
        self._silent = 0
        node, texts = self._open.pop(), self._texts.pop()
        if texts:
            node.set_text("".join(texts))
        if node.payload is not None:
            node.payload.end()

    def data(self, text: str) -> None:
        self._silent = 0
        node = self._open[-1]
        if node.payload is not None:
            node.payload.feed(text)
            return
        self._count(len(text))
        self._texts[-1].append(text)

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise NotImportable("import.reason.shape")

    def doctype(self, *_: object) -> None:
        raise NotImportable("import.reason.doctype")

    def comment(self, _text: str) -> None:
        """Ignore comments."""
        self._silent = 0

    def pi(self, _target: str, _data: str | None = None) -> None:
        """Ignore processing instructions."""
        self._silent = 0

    def close_root(self) -> None:
        """Close the files of a rejected document."""
        if self.root is not None:
            self.root.close()
