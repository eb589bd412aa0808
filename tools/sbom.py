"""The list of what is shipped with the program, as CycloneDX: `make sbom`.

Of each package it has the version and the hashes that the pinned requirements give, and the licence that it states.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot import __version__
from tools.licences import REQUIREMENTS, list_shipped

ROOT = Path(__file__).parents[1]
TARGET = ROOT / ".data" / "sbom.json"
SPECIFICATION = "1.6"


def main() -> None:
    """Write it to .data/sbom.json."""
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(make_sbom(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(TARGET)


def make_sbom() -> dict[str, Any]:
    """The list. The same requirements give the same one."""
    words = ["requirements", str(REQUIREMENTS), "--pyproject", str(ROOT / "pyproject.toml")]
    words += ["--sv", SPECIFICATION, "--of", "JSON", "--output-reproducible", "--validate", "-o", "-"]
    command = [sys.executable, "-m", "cyclonedx_py", *words]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    sbom: dict[str, Any] = json.loads(listed.stdout)
    sbom["metadata"]["component"]["version"] = __version__
    licences = {one.name: one.licence for one in list_shipped()}
    for component in sbom["components"]:
        component["licenses"] = [{"expression": licences[component["name"]]}]
    return sbom


if __name__ == "__main__":
    main()
