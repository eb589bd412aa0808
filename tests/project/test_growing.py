"""What a process keeps in its memory is told to whoever runs several."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GROWING = (ROOT / "docs" / "operations" / "growing.md").read_text("utf-8")

KEPT = re.compile(
    r"^        self\.\w+(?:: [^=]+)? = (?:\{\}|set\(\)|\[\]|OrderedDict|deque|Counter|asyncio\.)"
    r"|^    _\w+: .*default_factory=(?:OrderedDict|asyncio\.)",
    re.MULTILINE,
)
"""Something that is filled while an object lives."""

OF_ONE_CALL = {
    "catalog/files/yaml_file.py",
    "delivery/metrics.py",
    "domain/name_search.py",
    "export/workbook.py",
    "handlers/request/responder.py",
    "handlers/transport/bolt.py",
    "intake/open_eplatform/xml_tree.py",
    "service/batch_actions.py",
    "store/engine/interruption.py",
    "store/files/office_media_types.py",
    "store/lists/queries/case_queries.py",
    "store/officers/staffing.py",
    "store/outbox/coalescing.py",
    "store/verification/case_proof.py",
}
"""Modules whose objects live for one request, transaction or file, or are the same in each process."""


def test_each_module_that_keeps_something_in_memory_says_what_becomes_of_it_with_several_processes() -> None:
    folder = ROOT / "bot"
    keeping = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if KEPT.search(path.read_text("utf-8"))
    }
    told = {name for name in keeping if f"`{name}`" in GROWING}
    untold = keeping - told - OF_ONE_CALL
    assert not untold, f"say in docs/operations/growing.md what happens to it: {sorted(untold)}"
    assert keeping >= OF_ONE_CALL
