"""ID tokens and answers that nobody is to be signed in by, each wrong in one way."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from joserfc import jwe, jwk, jws

from tests.portal.authentication.openid_server import CLIENT, KEY, SECRET, STRANGERS_KEY, answer, sign

Claims = dict[str, Any]
Answer = Callable[[Claims], Any]


def _with(**changed: Any) -> Answer:
    """Signed rightly, with other claims; None takes one away."""
    return lambda claims: answer(
        sign({name: value for name, value in (claims | changed).items() if value is not None})
    )


def _later(**seconds: int) -> Answer:
    return lambda claims: answer(sign(claims | {name: claims["iat"] + n for name, n in seconds.items()}))


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(algorithm: str) -> Answer:
    return lambda claims: answer(f"{_segment({'alg': algorithm, 'kid': '1'})}.{_segment(claims)}.")


def _by_shared_key(key: bytes) -> Answer:
    """HS256, with a key that others know: the client's secret, or the provider's public key as text."""

    def make(claims: Claims) -> Any:
        header = {"alg": "HS256", "kid": "1"}
        return answer(
            jws.serialize_compact(
                header, json.dumps(claims), jwk.OctKey.import_key(key), algorithms=["HS256"]
            )
        )

    return make


def _changed_after_signing(claims: Claims) -> Any:
    header, _, signature = sign(claims | {"email": "bo@byn.example"}).split(".")
    return answer(f"{header}.{_segment(claims)}.{signature}")


def _encrypted(claims: Claims) -> Any:
    """To the public key of the provider, which anybody has: encrypted, and signed by nobody."""
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "1"}
    public = jwk.RSAKey.import_key(KEY.as_dict(private=False) | {"use": "enc"})
    return answer(jwe.encrypt_compact(header, json.dumps(claims), public, algorithms=["RSA-OAEP", "A128GCM"]))


def _payload(payload: bytes) -> Answer:
    return lambda _: answer(jws.serialize_compact({"alg": "RS256", "kid": "1"}, payload, KEY))


def _own_key_in_header(**header: Any) -> Answer:
    return lambda claims: answer(sign(claims, STRANGERS_KEY, **header))


_PUBLIC = json.dumps(KEY.as_dict(private=False)).encode()

WRONG_TOKENS: dict[str, Answer] = {
    "signed by another key": lambda claims: answer(sign(claims, STRANGERS_KEY)),
    "signed by a key that the provider does not have": lambda claims: answer(
        sign(claims, STRANGERS_KEY, kid="2")
    ),
    "signed by the key in its own header": _own_key_in_header(jwk=STRANGERS_KEY.as_dict(private=False)),
    "signed by the key at an address in its header": _own_key_in_header(jku="http://127.0.0.1:1/jwks"),
    "signed by the certificate in its header": _own_key_in_header(x5c=["MIIB"]),
    "of no algorithm": _unsigned("none"),
    "of no algorithm in capitals": _unsigned("NONE"),
    "of a right algorithm without a signature": _unsigned("RS256"),
    "signed with the client's secret": _by_shared_key(SECRET.encode()),
    "signed with the public key as a secret": _by_shared_key(_PUBLIC),
    "signed with an empty secret": _by_shared_key(b"\0"),
    "changed after it was signed": _changed_after_signing,
    "encrypted and not signed": _encrypted,
    "of an algorithm that the provider does not name": lambda claims: answer(sign(claims, alg="PS256")),
    "of a critical header that nobody knows": lambda claims: answer(
        f"{_segment({'alg': 'RS256', 'kid': '1', 'crit': ['x'], 'x': 1})}."
        + ".".join(sign(claims).split(".")[1:])
    ),
    "another provider's": _with(iss="https://annan.example"),
    "the same provider's with a slash": lambda claims: answer(sign(claims | {"iss": claims["iss"] + "/"})),
    "without a provider": _with(iss=None),
    "of a list of providers": lambda claims: answer(sign(claims | {"iss": [claims["iss"]]})),
    "for another program": _with(aud="ekonomi"),
    "for a program whose name begins as ours": _with(aud=CLIENT + "2"),
    "for several without saying who asked": _with(aud=[CLIENT, "ekonomi"]),
    "for several and asked for by another": _with(aud=[CLIENT, "ekonomi"], azp="ekonomi"),
    "for us and asked for by another": _with(azp="ekonomi"),
    "for nobody": _with(aud=None),
    "for an empty list": _with(aud=[]),
    "of a list of what is no name": _with(aud=[[CLIENT]]),
    "expired": _later(iat=-600, exp=-300),
    "that ends with a word": _with(exp="2099"),
    "that never ends": _with(exp=None),
    "that ends at no number": _with(exp=float("nan")),
    "of tomorrow": _later(iat=86_400, exp=87_000),
    "not valid before tomorrow": _later(nbf=86_400),
    "without the time it was issued": _with(iat=None),
    "of another sign-in": _with(nonce="x" * 43),
    "of no sign-in": _with(nonce=None),
    "of a list of sign-ins": lambda claims: answer(sign(claims | {"nonce": [claims["nonce"]]})),
    "about nobody": _with(sub=None),
    "about an empty name": _with(sub=""),
    "about a number": _with(sub=17),
    "with another access token's hash": _with(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "with a hash that is no text": _with(at_hash=17),
    "of an address that is not confirmed": _with(email_verified=False),
    "of an address that nobody says is confirmed": _with(email_verified=None),
    "of an address that is confirmed in a word": _with(email_verified="true"),
    "of a list of addresses": _with(email=["anna@byn.example"]),
    "of an officer's key in place of an address": _with(email="anna", email_verified=False),
    "of an address that only looks like an officer's": _with(email="ann\u0430@byn.example"),
    "of an address here that is nobody's": _with(email="nils@byn.example"),
    "of an officer's address with another behind it": _with(email="anna@byn.example,nils@byn.example"),
    "that is a list": _payload(b"[1]"),
    "that is no JSON": _payload(b"anna"),
    "deeply nested": _payload(b"[" * 100_000),
    "of two parts": lambda claims: answer(sign(claims).rpartition(".")[0]),
    "of nothing": lambda _: answer(""),
    "that is no text": lambda _: answer(17),
    "in a list": lambda claims: answer([sign(claims)]),
    "that did not come": lambda _: {"access_token": "access", "token_type": "Bearer"},
    "without an access token": lambda claims: {"id_token": sign(claims)},
    "in a list of answers": lambda claims: [answer(sign(claims))],
    "in what is no JSON": sign,
}
