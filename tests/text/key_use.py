"""Which text keys the program uses, read from its source."""

import re
from collections.abc import Iterable
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"

# A whole key in quotes, and the fixed beginning of a key put together at run time: f"status.{kind}", "status." ~ kind.
_WHOLE = re.compile(r"""["']([a-z_]+(?:\.[a-z0-9_]+)+)["']""")
_PREFIX = re.compile(r"""f["']([a-z_]+(?:\.[a-z0-9_]+)*\.)\{|["']([a-z_]+(?:\.[a-z0-9_]+)*\.)["'] ~""")
_SOURCES = ("*.py", "*.html", "*.txt", "*.jinja", "*.j2")


def unused_keys(keys: Iterable[str], root: Path = BOT) -> set[str]:
    """The keys that no file under `root` names, whole or by its documented beginning."""
    source = "\n".join(_sources(root))
    whole, begun = (
        set(_WHOLE.findall(source)),
        tuple({one or other for one, other in _PREFIX.findall(source)}),
    )
    return {key for key in keys if key not in whole and not key.startswith(begun)}


def missing_keys(keys: Iterable[str], root: Path = BOT) -> set[str]:
    """What looks like a text key in the source and is none: of a known kind, neither a key nor a key's beginning."""
    worded = set(keys)
    kinds = {key.split(".")[0] for key in worded}
    beginnings = {key[:at] for key in worded for at, sign in enumerate(key) if sign == "."}
    named = set(_WHOLE.findall("\n".join(_sources(root))))
    return {key for key in named - worded - beginnings if key.split(".")[0] in kinds}


def _sources(root: Path) -> list[str]:
    return [file.read_text(encoding="utf-8") for pattern in _SOURCES for file in root.rglob(pattern)]
