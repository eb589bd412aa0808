"""The HTTP transport."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from sandbox.transport.app_requests import AppRequest, Reply

MOST_REDIRECTS = 2


class SignedHttp:
    """Signed POSTs to the request URL."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, url: str | None, request: AppRequest, seconds: float) -> Reply:
        if not url:
            return Reply(reason="connection_failed")
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body, headers = self._written(request)
        limit = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=limit, max_redirects=MOST_REDIRECTS
            ) as answer:
                return await self._read(answer)
        except TimeoutError:
            return Reply(reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Reply(reason="too_many_redirects")
        except aiohttp.ClientError:
            return Reply(reason="connection_failed")

    def _written(self, request: AppRequest) -> tuple[bytes, dict[str, str]]:
        if request.kind in ("events_api", "url_verification"):
            body, kind = json.dumps(request.payload), "application/json"
        elif request.kind in ("slash_commands", "ssl_check"):
            body, kind = urlencode(request.payload), "application/x-www-form-urlencoded"
        else:
            body, kind = (
                urlencode({"payload": json.dumps(request.payload)}),
                "application/x-www-form-urlencoded",
            )
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if request.retry:
            headers |= {"X-Slack-Retry-Num": str(request.retry), "X-Slack-Retry-Reason": request.retry_reason}
        return body.encode(), headers | self._signed(body)

    def _signed(self, body: str) -> dict[str, str]:
        # The receiver compares with its own wall clock, so a moved sandbox clock must not show here.
        stamp = str(int(time.time()))
        digest = hmac.new(self._secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def _read(self, answer: aiohttp.ClientResponse) -> Reply:
        text = await answer.text()
        if not 200 <= answer.status < 300:
            flags = frozenset({"no_retry"} if answer.headers.get("x-slack-no-retry") == "1" else ())
            return Reply(reason="http_error", flags=flags)
        if not text.strip():
            return Reply()
        if answer.content_type == "application/json":
            try:
                return Reply(json.loads(text))
            except ValueError:
                return Reply(text)
        return Reply({"text": text})
