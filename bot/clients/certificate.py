"""When the certificate of an address ends."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.clients.errors import PermanentFailure, TemporaryFailure

TIMEOUT_SECONDS = 5


async def find_certificate_end(url: str) -> datetime | None:
    """When the certificate that the address shows ends; None where it has no TLS.

    Raises TemporaryFailure where nothing answers, and PermanentFailure where the certificate is not valid, as browsers
    see it: it has ended, is another host's, or nobody known has issued it.
    """
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=ssl.create_default_context()
            )
    except ssl.SSLCertVerificationError:
        raise PermanentFailure("certificate_invalid") from None
    except (TimeoutError, OSError):
        raise TemporaryFailure("pages_down") from None
    shown = writer.get_extra_info("peercert")
    writer.close()
    with contextlib.suppress(OSError):  # proxies end it in their own way
        await writer.wait_closed()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
