"""The progress of a verification, stored outside the database so that it can be resumed."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

from bot.store.engine.keys import canonical_json
from bot.store.verification.case_proof import CaseRange, Tally
from bot.store.verification.figure_sums import FigureSums
from bot.store.verification.figures_proof import StoredFigures
from bot.store.verification.findings import Finding

FILE_NAME = "verification.json"

_COUNTS = ("cases", "events", "erased", "covered")


class Progress:
    """The cases verified so far, up to `after` (None: all), and the result for them.

    `figures` are the stored ones that the log is compared with, as they were when the verification began.

    Without a folder it is not stored. What is stored is authenticated by `key`, since the cases that it names are not
    verified again; anything else is ignored.
    """

    def __init__(self, folder: Path | None, key: bytes, *, resume: bool = False) -> None:
        self._path = folder / FILE_NAME if folder is not None else None
        self._key = key
        self.after: str | None = ""
        self.tally = Tally()
        self.figures: StoredFigures | None = None
        self.is_resumed = False
        if resume and self._path is not None and self._path.exists():
            self._load(self._path.read_text())

    def save(self, cases: CaseRange) -> None:
        """Add the result for further cases."""
        self.after = cases.upto
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        body = canonical_json(self._to_json())
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(f"{_mac(self._key, body)}\n{body}\n")
        unfinished.replace(self._path)

    def forget(self) -> None:
        """Mark the verification as complete."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _to_json(self) -> dict[str, Any]:
        findings = self.tally.findings
        return {
            "after": self.after,
            **{name: getattr(self.tally, name) for name in _COUNTS},
            "definitions": sorted(self.tally.definitions),
            "findings": [_finding_to_json(one) for one in findings.listed],
            "hidden": findings.hidden_count,
            "counted": self.tally.figures,
            "figures": [self.figures.counted_until, self.figures.sums] if self.figures is not None else None,
        }

    def _load(self, content: str) -> None:
        mac, _, body = content.rstrip("\n").partition("\n")
        if not hmac.compare_digest(mac.encode(), _mac(self._key, body).encode()):
            return
        stored = json.loads(body)
        self.after = stored["after"]
        self.tally.definitions = set(stored["definitions"])
        for name in _COUNTS:
            setattr(self.tally, name, stored[name])
        for one in stored["findings"]:
            self.tally.findings.add(one["number"], one["key"], **one["facts"])
        self.tally.findings.hidden_count = stored["hidden"]
        self.tally.figures = FigureSums(stored.get("counted", {}))
        # One that an earlier version began does not know what its cases add: then nothing is compared.
        if (figures := stored.get("figures")) is not None:
            self.figures = StoredFigures(figures[0], FigureSums(figures[1]))
        self.is_resumed = True


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {"number": finding.number, "key": finding.key, "facts": dict(finding.facts)}


def _mac(key: bytes, body: str) -> str:
    return hmac.digest(key, body.encode(), "sha256").hex()
