"""All that is stored about one person, as a zip file: each case as JSON, with its files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.domain.submission import FileRef


class PersonArchive:
    """Writes the archive at `path`, which must not exist."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED)

    def add_text(self, name: str, text: str) -> None:
        self._zip.writestr(name, text)

    def add_case(
        self,
        number: str,
        data: Mapping[str, Any],
        files: Iterable[FileRef],
        read: Callable[[str], Iterator[bytes]],
    ) -> list[str]:
        """Add a case and its files. Returns the names of files whose bytes are gone."""
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        self._zip.writestr(f"{number}/{number}.json", text)
        missing = []
        for file in files:
            chunks = read(file.id)
            try:
                first = next(chunks, b"")
            except FileNotFoundError:
                missing.append(file.name)
                continue
            with self._zip.open(f"{number}/{file.id[:8]}-{_safe(file.name)}", "w") as target:
                target.write(first)
                for chunk in chunks:
                    target.write(chunk)
        return missing

    def close(self) -> None:
        self._zip.close()


def _safe(name: str) -> str:
    """The name without what leads out of a folder."""
    return name.replace("/", "_").replace("\\", "_").lstrip(".") or "fil"
