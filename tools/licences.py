"""The licences of what is shipped with the program, as its packages state them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"

FIT = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "LGPL-2.0-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MIT",
        "MIT-0",
        "MPL-1.1",
        "MPL-2.0",
        "OFL-1.1",
        "PSF-2.0",
        "Unlicense",
    }
)
"""What a program under EUPL-1.2 may be shipped beside. LGPL and MPL: as packages of their own, unchanged."""

_OWN_WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU LGPL v3+": "LGPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
}
"""What packages write that name no licence by its SPDX identifier."""

_CHOICES = {
    "pyphen": "GPL-2.0-or-later OR LGPL-2.0-or-later OR MPL-1.1",
    "python-dateutil": "BSD-3-Clause OR Apache-2.0",
}
"""Packages that list several licences, of which one may be chosen, as their own licence files say."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A package that is shipped, and its licence as an SPDX expression; empty where it states none."""

    name: str
    version: str
    licence: str


class NotInstalled(Exception):
    """A pinned package is not installed, so that its licence cannot be read."""


def list_shipped(requirements: Path = REQUIREMENTS) -> Iterator[Shipped]:
    """The pinned packages. Raises NotInstalled."""
    pins = re.findall(r"^([\w.-]+)==([\w.+-]+)", requirements.read_text("utf-8"), re.MULTILINE)
    for name in dict.fromkeys(name for name, _ in pins):
        versions = ", ".join(version for other, version in pins if other == name)
        yield Shipped(name, versions, read_licence(name))


def read_licence(name: str) -> str:
    """The licence that the installed package states. Raises NotInstalled."""
    if name in _CHOICES:
        return _CHOICES[name]
    try:
        about = metadata(name)
    except PackageNotFoundError:
        raise NotInstalled(name) from None
    if "License-Expression" in about:
        return about["License-Expression"]
    stated = about["License"].strip().partition("\n")[0] if "License" in about else ""
    licence = _OWN_WORDS.get(stated, stated)
    if licence in FIT:
        return licence
    classifiers = [one for one in about.get_all("Classifier") or () if one.startswith("License :: ")]
    named = [one.rpartition(" :: ")[2] for one in classifiers]
    return " AND ".join(_OWN_WORDS.get(one, one) for one in named)


def is_fit(expression: str) -> bool:
    """Whether what is under this licence may be shipped: of alternatives one must be fit, of several licences all."""
    alternatives = [one.strip().strip("()") for one in expression.split(" OR ")]
    return any(all(part.strip() in FIT for part in one.split(" AND ")) for one in alternatives)
