"""Downloads of files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from bot.domain.submission import FileRef
from bot.portal.forms.posted_form import open_file
from bot.portal.page_context import PageContext

PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""What browsers' own viewers of PDFs need, and no more."""


async def download(page: PageContext, file: FileRef) -> StreamingResponse:
    """The response with the file, always as an attachment: uploads must never be executed on our origin.

    Raises HTTPException 404 for a file that the virus scanner has not found clean.
    """
    if not file.is_offered:
        raise HTTPException(404)
    return attachment(await open_file(page.deps.files, file.id), file.name, file.kind, file.size)


async def show(page: PageContext, file: FileRef) -> StreamingResponse:
    """The response with a picture or a PDF that the browser shows, in a document of its own that may load nothing.

    Its kind was found by its content when it came, and browsers are not to guess another (`nosniff`). A PDF is not in a
    sandbox, where browsers do not show any: their viewers keep its scripts from our origin. Raises HTTPException 404
    for other files, and for one that the virus scanner has not found clean.
    """
    if not file.is_shown:
        raise HTTPException(404)
    response = attachment(await open_file(page.deps.files, file.id), file.name, file.kind, file.size)
    response.headers["content-disposition"] = response.headers["content-disposition"].replace(
        "attachment", "inline", 1
    )
    if not file.is_picture:
        response.headers["content-security-policy"] = PDF_POLICY
    response.headers["cross-origin-resource-policy"] = "same-origin"
    return response


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
