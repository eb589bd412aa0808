"""An OpenID Connect provider: its discovery document, the code flow with PKCE, and its ID tokens.

OpenID Connect Core 1.0, Discovery 1.0 and RP-Initiated Logout 1.0; RFC 7636 (PKCE) and RFC 9207 (`iss`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.clients.errors import PermanentFailure, TemporaryFailure

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 1024 * 1024
METADATA_SECONDS = 3600
"""How long a discovery document and its keys are used before they are fetched anew."""

LEEWAY_SECONDS = 60
"""How much the provider's clock may differ from ours."""

SCOPES = ("openid", "email", "profile")
ALGORITHMS = tuple(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""Signatures by a private key. Not HS256, whose key would be the client's secret, and never `none`."""

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Registration:
    """The program as the provider knows it. A public client has an empty `client_secret`."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What one sign-in is recognized by when the browser comes back: known to that browser only."""

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def create() -> SignInAttempt:
        return SignInAttempt(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())


class ProviderMetadata(BaseModel):
    """What the program uses of a discovery document; the defaults are the specification's."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    scopes_supported: tuple[str, ...] = SCOPES
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def endpoints(self) -> list[str]:
        """The addresses that are given."""
        named = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        return [*named, *(one for one in (self.userinfo_endpoint, self.end_session_endpoint) if one)]


@dataclass(slots=True)
class _Provider:
    """The provider as it was last fetched, at a second of the monotonic clock."""

    metadata: ProviderMetadata
    keys: jwk.KeySet
    fetched_at: float


class OpenIdClient:
    """Signs people in by one provider.

    Each method raises TemporaryFailure where the provider does not answer, and PermanentFailure where what it answers
    is not to be trusted; `trouble` says which check failed.
    """

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self._provider: _Provider | None = None
        self._is_reachable = True

    @property
    def is_reachable(self) -> bool:
        """Whether the provider answered when it was last asked anything; True before that. Asks nobody."""
        return self._is_reachable

    async def load_metadata(self) -> ProviderMetadata:
        """The discovery document, which is fetched once an hour. While it cannot be fetched, the last one holds."""
        return (await self._load_provider()).metadata

    async def authorization_url(self, attempt: SignInAttempt, *, ask_again: bool = False) -> str:
        """Where to send the browser to sign in; with `ask_again` also one that the provider knows."""
        metadata = await self.load_metadata()
        parameters = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": self.registration.redirect_uri,
            "scope": " ".join(one for one in SCOPES if one in ("openid", *metadata.scopes_supported)),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        } | ({"prompt": "login"} if ask_again else {})
        return _with_query(metadata.authorization_endpoint, parameters)

    async def logout_url(self, return_to: str) -> str:
        """Where to send the browser to sign out of the provider too; empty where that is not offered."""
        metadata = await self.load_metadata()
        if not metadata.end_session_endpoint:
            return ""
        parameters = {"client_id": self.registration.client_id, "post_logout_redirect_uri": return_to}
        return _with_query(metadata.end_session_endpoint, parameters)

    async def require_issuer(self, answered: str) -> None:
        """Raise PermanentFailure where another provider's answer came, as the address of the answer tells it."""
        metadata = await self.load_metadata()
        is_missing = not answered and metadata.authorization_response_iss_parameter_supported
        if is_missing or answered not in ("", metadata.issuer):
            raise PermanentFailure("response_iss")

    async def redeem(
        self, code: str, attempt: SignInAttempt, expected: Collection[str], now: datetime
    ) -> Claims:
        """The claims about the one who signed in, from the ID token; those `expected` that it lacks, from userinfo."""
        metadata = await self.load_metadata()
        answer = await self._exchange(metadata, code, attempt)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise PermanentFailure("token_missing")
        header, claims = await self._verify_signature(metadata, id_token)
        self._validate_claims(claims, attempt, now)
        _validate_access_token_hash(header, claims, access_token)
        if metadata.userinfo_endpoint and any(one not in claims for one in expected):
            return await self._add_userinfo(metadata.userinfo_endpoint, access_token, claims)
        return claims

    async def _load_provider(self, *, anew: bool = False) -> _Provider:
        known = self._provider
        if known is not None and not anew and time.monotonic() - known.fetched_at < METADATA_SECONDS:
            return known
        try:
            self._provider = await self._fetch_provider()
        except TemporaryFailure:
            if known is None or anew:
                raise
            return known
        return self._provider

    async def _fetch_provider(self) -> _Provider:
        issuer = self.registration.issuer
        document = await self._request("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = ProviderMetadata.model_validate(document)
        except ValidationError:
            raise PermanentFailure("metadata") from None
        if metadata.issuer != issuer:
            raise PermanentFailure("metadata_issuer")
        if any(urlsplit(one).scheme not in ("https", urlsplit(issuer).scheme) for one in metadata.endpoints):
            raise PermanentFailure("metadata_insecure")
        return _Provider(
            metadata, _import_keys(await self._request("GET", metadata.jwks_uri)), time.monotonic()
        )

    async def _exchange(
        self, metadata: ProviderMetadata, code: str, attempt: SignInAttempt
    ) -> dict[str, Any]:
        registration = self.registration
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": registration.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        secret = registration.client_secret
        if not secret or "client_secret_post" in metadata.token_endpoint_auth_methods_supported:
            # Preferred to Basic, where servers differ on whether id and secret are percent-encoded.
            form |= {"client_id": registration.client_id} | ({"client_secret": secret} if secret else {})
        else:
            pair = f"{quote_plus(registration.client_id)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return await self._request("POST", metadata.token_endpoint, headers=headers, form=form)

    async def _verify_signature(
        self, metadata: ProviderMetadata, id_token: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of the ID token. An unknown key may be a new one: the keys are then fetched anew, once."""
        algorithms = [one for one in metadata.id_token_signing_alg_values_supported if one in ALGORITHMS]
        provider = await self._load_provider()
        for keys in (provider.keys, None):
            try:
                used = keys or (await self._load_provider(anew=True)).keys
                token = jwt.decode(id_token, used, algorithms=algorithms)
            except (JoseError, ValueError, TypeError, RecursionError):
                continue
            return token.header, token.claims
        raise PermanentFailure("token_signature")

    def _validate_claims(self, claims: dict[str, Any], attempt: SignInAttempt, now: datetime) -> None:
        """Core 3.1.3.7: whose token it is, for whom, for which sign-in, and since and until when."""
        client = self.registration.client_id
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.registration.issuer},
            aud={"essential": True, "value": client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError:
            raise PermanentFailure("token_claims") from None
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
            raise PermanentFailure("token_nonce")
        is_for_others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_for_others else client) != client:
            raise PermanentFailure("token_azp")

    async def _add_userinfo(self, endpoint: str, access_token: str, claims: Claims) -> Claims:
        headers = {"authorization": f"Bearer {access_token}"}
        userinfo = await self._request("GET", endpoint, headers=headers)
        if userinfo.get("sub") != claims["sub"]:
            raise PermanentFailure("userinfo_sub")
        return {**userinfo, **claims}

    async def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The JSON object that the provider answers with. Whether it answers is remembered, whatever it says."""
        answers = True
        try:
            return await _request(method, url, headers=headers, form=form)
        except TemporaryFailure:
            answers = False
            raise
        finally:
            self._is_reachable = answers


def _validate_access_token_hash(header: Claims, claims: Claims, access_token: str) -> None:
    """Core 3.1.3.8: where the ID token names an access token, it is the one that came with it."""
    if "at_hash" not in claims:
        return
    digest = hashlib.new(f"sha{str(header['alg'])[2:]}", access_token.encode()).digest()
    if claims["at_hash"] != _base64url(digest[: len(digest) // 2]):
        raise PermanentFailure("token_at_hash")


def _import_keys(document: Mapping[str, Any]) -> jwk.KeySet:
    """The public keys; other kinds are left out. The library verifies by none whose `use` is another."""
    listed = document.get("keys")
    keys = [_import_key(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return jwk.KeySet([one for one in keys if one is not None])


def _import_key(values: dict[str, Any]) -> jwk.RSAKey | jwk.ECKey | None:
    try:
        key = jwk.import_key(values)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, jwk.RSAKey | jwk.ECKey) else None


async def _request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that the provider answers with. Redirects are not followed."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)) as session,
            session.request(
                method,
                url,
                headers={"accept": "application/json", **(headers or {})},
                data=form,
                allow_redirects=False,
            ) as response,
        ):
            body = await _read_limited(response)
            status = response.status
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        raise TemporaryFailure("provider_down", is_outage=True) from None
    if status == 429 or status >= 500:
        raise TemporaryFailure("provider_down", is_outage=True)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if status != 200 or not isinstance(answer, dict):
        raise PermanentFailure("provider_refused" if form is not None else "metadata")
    return answer


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise PermanentFailure("provider_answer")
    return bytes(body)


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
