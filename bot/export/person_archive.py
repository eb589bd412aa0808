"""All that is stored about one person, as a zip file: each case as JSON, with its files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.domain.views import FileLine
from bot.export.zip_members import dated_member


class PersonArchive:
    """Writes the archive at `path`, which must not exist. Each file is dated when it came, the rest `made_at`."""

    def __init__(self, path: Path, made_at: datetime) -> None:
        self._zip = zipfile.ZipFile(path, "x")
        self._made_at = made_at

    def add_text(self, name: str, text: str) -> None:
        self._zip.writestr(dated_member(name, self._made_at), text)

    def add_case(
        self,
        number: str,
        data: Mapping[str, Any],
        files: Iterable[FileLine],
        read: Callable[[str], Iterator[bytes]],
    ) -> list[str]:
        """Add a case and its files. Returns the names of files whose bytes are gone."""
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        self.add_text(f"{number}/{number}.json", text)
        missing = []
        for line in files:
            file = line.file
            chunks = read(file.id)
            try:
                first = next(chunks, b"")
            except FileNotFoundError:
                missing.append(file.name)
                continue
            member = dated_member(f"{number}/{file.id[:8]}-{_safe(file.name)}", line.at)
            with self._zip.open(member, "w") as target:
                target.write(first)
                for chunk in chunks:
                    target.write(chunk)
        return missing

    def close(self) -> None:
        self._zip.close()


def _safe(name: str) -> str:
    """The name without what leads out of a folder."""
    return name.replace("/", "_").replace("\\", "_").lstrip(".") or "fil"
