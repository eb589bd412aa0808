"""A file on its way to a person."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import StreamingResponse

from bot.domain.submission import FileRef
from bot.portal.page_context import PageContext
from bot.portal.uploads import file_chunks


def download(page: PageContext, file: FileRef) -> StreamingResponse:
    """Always saved, never shown: what people send is not run on our address."""
    ascii_name = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in file.name)
    return StreamingResponse(
        file_chunks(page.deps.files, file.id),
        media_type=file.kind,
        headers={
            "content-disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file.name)}",
            "content-length": str(file.size),
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )
