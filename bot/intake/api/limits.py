"""Limits of the API: authentication, size, and the rate of requests without a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from starlette.requests import Request

from bot.catalog.municipality import Source
from bot.intake.api.problems import ApiError
from bot.intake.api.requests import authenticate_source, max_request_bytes, refuse_large
from bot.intake.dependencies import Dependencies
from bot.web.post_limits import PostLimits, RateLimitedBy, client_network
from bot.web.rate_limit import RateLimiter

TOKEN_RATE = timedelta(seconds=10), 20, 20
"""For requests of one address without a source's token: the interval, the burst, and the read limit."""


@dataclass(frozen=True, eq=False)
class ApiLimits(PostLimits):
    """Sources are not rate limited. Without a token no body is read, and frequent attempts are told to wait."""

    deps: Dependencies
    failures: RateLimiter = field(default_factory=lambda: RateLimiter(*TOKEN_RATE))

    @property
    def rate_limited_by(self) -> RateLimitedBy:
        return "token"

    def max_bytes(self, request: Request) -> int:
        return max_request_bytes(self.deps.service.catalog)

    async def __call__(self, request: Request) -> None:
        """Raise ApiError without a valid token, or where the Content-Length is too large."""
        try:
            request.state.source = authenticate_source(request, self.deps.service.catalog)
        except ApiError:
            rate_limit = self.failures.acquire(client_network(request), self.deps.service.clock())
            if rate_limit.is_allowed:
                raise
            raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, "api.often") from None
        refuse_large(request, self.max_bytes(request))


def authenticated_source(request: Request) -> Source:
    """The source whose token `ApiLimits` has accepted."""
    found: Source = request.state.source
    return found
