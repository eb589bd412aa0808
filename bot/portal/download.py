"""A file on its way to a person."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import StreamingResponse

from bot.domain.intake import FileRef
from bot.portal.uploads import chunks_of
from bot.portal.visit import Visit


def download(visit: Visit, file: FileRef) -> StreamingResponse:
    """Always saved, never shown: what people send is not run on our address."""
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in file.name)
    return StreamingResponse(
        chunks_of(visit.kit.files, file.id),
        media_type=file.kind,
        headers={
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}",
            "content-length": str(file.size),
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )
