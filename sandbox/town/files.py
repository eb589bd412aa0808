"""Files in the workspace, and uploads in progress."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field


@dataclass
class File:
    """A file; `shares` is where it stands, messages by channel, and `to_app` that it was put in the app's own form."""

    id: str
    user: str
    team_id: str
    name: str
    mimetype: str
    created: int
    data: bytes = field(default=b"", repr=False)
    title: str = ""
    alt_text: str = ""
    shares: dict[str, list[str]] = field(default_factory=dict)
    to_app: bool = False
    deleted: bool = False

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def ending(self) -> str:
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


def mimetype_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


@dataclass
class Ticket:
    """An upload that was begun: the file to be, how long it is to be, and its bytes once they have come."""

    secret: str
    file: File
    length: int
    arrived: bool = False
