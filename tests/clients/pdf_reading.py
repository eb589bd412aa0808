"""What a reader of PDF files sees: their structure, and their text."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from tests.conftest import skip_or_fail

_HINTS = re.compile("[\u200b\u202a-\u202e\u2066-\u2069]")
"""Places to break at, and directions that poppler adds."""


def read_text(pdf: bytes, folder: Path, *, with_hints: bool = False) -> str:
    """The text as poppler copies it, in one line; `with_hints`: with the unseen places to break at."""
    poppler = shutil.which("pdftotext")
    if poppler is None:
        skip_or_fail("poppler (pdftotext) is not installed")
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    done = subprocess.run([str(poppler), str(path), "-"], capture_output=True, check=True)
    text = done.stdout.decode()
    return " ".join((text if with_hints else _HINTS.sub("", text)).split())


def require_archivable(pdf: bytes, language: str) -> None:
    """Hold the file to what PDF/A-2a and PDF/UA-1 ask of its structure."""
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert root["/StructTreeRoot"]["/K"] and root["/Lang"] == language
    assert root["/OutputIntents"][0]["/DestOutputProfile"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfaid:part>2<.*pdfaid:conformance>A<", metadata, re.DOTALL)
    assert "pdfuaid:part>1<" in metadata
    assert reader.metadata and reader.metadata.title and not reader.is_encrypted
    for page in reader.pages:
        assert page["/Tabs"] == "/S"
        for font in page["/Resources"].get("/Font", {}).values():
            _require_embedded(font.get_object())


def _require_embedded(font: Any) -> None:
    descendant = font["/DescendantFonts"][0].get_object()
    assert {"/FontFile2", "/FontFile3"} & set(descendant["/FontDescriptor"]), font["/BaseFont"]
    assert "/ToUnicode" in font, font["/BaseFont"]


def count_pages(pdf: bytes) -> int:
    return len(PdfReader(io.BytesIO(pdf)).pages)
