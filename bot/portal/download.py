"""Downloads of files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from bot.domain.submission import FileRef
from bot.portal.page_context import PageContext
from bot.portal.uploads import file_chunks


def download(page: PageContext, file: FileRef) -> StreamingResponse:
    """The response with the file, always as an attachment: uploads must never be executed on our origin.

    Raises HTTPException 404 for a file that the virus scanner has not found clean.
    """
    if not file.is_offered:
        raise HTTPException(404)
    return attachment(file_chunks(page.deps.files, file.id), file.name, file.kind, file.size)


def attachment(chunks: Iterator[bytes], name: str, media_type: str, size: int) -> StreamingResponse:
    """The response with a file that the browser saves under the name, and never shows."""
    ascii_name = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in name)
    return StreamingResponse(
        chunks,
        media_type=media_type,
        headers={
            "content-disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}",
            "content-length": str(size),
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )
