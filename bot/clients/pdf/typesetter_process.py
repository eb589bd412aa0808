"""Typesetting of one document, in a process of its own: JSON on standard input, PDF/A-2a and PDF/UA-1 on its output.

Run as a script, without the rest of the program: what it may take of time and memory is limited, and it has none of the
program's settings. It prints nothing of the document, in errors neither.
"""

from __future__ import annotations

import json
import resource
import sys
import unicodedata
from collections.abc import Callable, Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
MAX_MEMORY = 3 * 1024**3
"""Bytes of address space, fonts included; 500 long messages take a fifth of it."""

MAX_CPU_SECONDS = 120
EXIT_FAILED = 3
MAX_TRIED_LETTERS = 400
"""Unusual letters that are tried one by one; where there are more, none of them is."""

_FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_FOLDER = Path(__file__).parent
_IMPOSSIBLE = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Unicode categories that no font has: control, unassigned, private and half of a pair."""

_TRIAL = """#set document(title: "x", date: datetime(year: 2000, month: 1, day: 1))
#set text(font: ("Noto Sans", "DejaVu Sans", "Noto Emoji", "Noto Sans CJK SC"))
#for letter in sys.inputs.letters.clusters() { par(letter) }
"""


def typeset(document: dict[str, Any]) -> bytes:
    """The document as PDF. A letter that no font has is written by its number: [U+10380]. Raises TypstError."""
    template = (_FOLDER / "case_document.typ").read_bytes()
    document = _map_texts(document, lambda text: _replace(text, _is_impossible))
    try:
        return _compile(template, {"case": json.dumps(document)})
    except typst.TypstError:
        unusual = sorted({letter for text in _texts(document) for letter in text if ord(letter) > 0x24F})
        missing = frozenset(_find_missing(unusual) if len(unusual) <= MAX_TRIED_LETTERS else unusual)
    try:
        shown = _map_texts(document, lambda text: _replace(text, missing.__contains__))
        return _compile(template, {"case": json.dumps(shown)})
    except typst.TypstError:  # letters of two fonts that would have to be joined
        shown = _map_texts(document, lambda text: _replace(text, frozenset(unusual).__contains__))
        return _compile(template, {"case": json.dumps(shown)})


def _find_missing(letters: Collection[str]) -> list[str]:
    """Those of the letters that no font has: halves are tried until one letter is left."""
    some = list(letters)
    if not some or _is_shown("\n".join(some)):
        return []
    if len(some) == 1:
        return some
    half = len(some) // 2
    return _find_missing(some[:half]) + _find_missing(some[half:])


def _is_shown(letters: str) -> bool:
    try:
        _compile(_TRIAL.encode(), {"letters": letters})
    except typst.TypstError:
        return False
    return True


def _compile(source: bytes, inputs: dict[str, str]) -> bytes:
    pdf = typst.compile(source, format="pdf", font_paths=_fonts(), sys_inputs=inputs, pdf_standards=STANDARDS)
    assert isinstance(pdf, bytes)
    return pdf


_loaded_fonts: list[typst.Fonts] = []


def _fonts() -> typst.Fonts:
    """Our fonts and no others: those of the machine would make another document of it."""
    if not _loaded_fonts:
        specs = [find_spec(name) for name in _FONT_PACKAGES]
        folders = [place for spec in specs if spec for place in spec.submodule_search_locations or ()]
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[*folders, str(_FOLDER / "fonts")],
        )
        _loaded_fonts.append(fonts)
    return _loaded_fonts[0]


def _is_impossible(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in _IMPOSSIBLE


def _replace(text: str, is_replaced: Callable[[str], bool]) -> str:
    if not any(map(is_replaced, text)):
        return text
    return "".join(f"[U+{ord(letter):04X}]" if is_replaced(letter) else letter for letter in text)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_texts(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _map_texts(one, change) for key, one in value.items()}
    return value


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    _map_texts(value, lambda text: found.append(text) or text)  # type: ignore[func-returns-value]
    return found


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pdf = typeset(json.load(sys.stdin.buffer))
    except (typst.TypstError, MemoryError, ValueError, KeyError):
        return EXIT_FAILED
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
