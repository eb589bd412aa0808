"""What no form of ours sends, at each address that takes something of officers: refused or taken, and never a bug."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal.test_authorisation import ROUTES, PortalContext, context, routes

__all__ = ["context"]

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

URLENCODED = "application/x-www-form-urlencoded"
ODD_BODIES = [
    (b"", ""),
    (b"key=1", "text/plain"),
    (b'{"key": "1"}', "application/json"),
    (b"--x\r\n", "multipart/form-data"),
    (b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhej', "multipart/form-data; boundary=x"),
    (b"text=%E5%C3%28&key=%00", URLENCODED),
    ("text=å".encode("utf-16"), f"{URLENCODED}; charset=utf-16"),
    (b"text=a&text=b&key=1&key=2&do=save&do=send", URLENCODED),
]


def odd_fields(fields: dict[str, str]) -> list[dict[str, str]]:
    """The form's fields, each time otherwise than the form would send them."""
    return [
        dict.fromkeys(fields, ""),
        {name: f"{value}\x00\u202e" for name, value in fields.items()},
        {name: value if name in ("do", "was") else "a" * 300_000 for name, value in fields.items()},
        {**fields, **{f"f{n}": "x" for n in range(700)}},
        {**fields, "do": "remove_file:../../x"},
        {**fields, "do": "å" * 50},
        dict.fromkeys(fields, "99999999999"),
    ]


def odd_requests(context: PortalContext, address: tuple[str, str]) -> list[dict[str, Any]]:
    access = ROUTES.get(address)
    form, case = access.form if access is not None else "", context.cases["bygg"]
    requests: list[dict[str, Any]] = [
        {"content": body, "headers": {"content-type": kind} if kind else {}} for body, kind in ODD_BODIES
    ]
    if access is not None and form:
        key, colleagues = (context.key(form, case, who) for who in ("anna", "bo"))
        requests += [{"data": {**one, "key": key}} for one in odd_fields(access.fields)]
        requests.append({"data": {**access.fields, "key": colleagues}})
    return requests


async def test_what_no_form_of_ours_sends_is_never_a_bug(context: PortalContext) -> None:
    wrong: list[str] = []
    for address in routes():
        method, path = address
        if method != "POST" or not path.startswith("/handlaggare"):
            continue
        for number, request in enumerate(odd_requests(context, address)):
            before = context.snapshots.save()
            status = await _status(context, path, request)
            if status >= 500:
                wrong.append(f"{path}, {number}: {status}")
            context.snapshots.restore(before)
    assert not wrong, "\n".join(wrong)


async def _status(context: PortalContext, path: str, request: dict[str, Any]) -> int:
    """The status of the answer to Anna."""
    case = context.cases["bygg"]
    ids = dict.fromkeys(("batch_id", "view_id", "list_id"), "0" * 32)
    filled = path.format(ref=case.number, n="1", token="x" * 20, key="bygg", action="x", **ids)
    name, token = context.signed_in("officer", "anna")
    headers = {"cookie": f"__Host-{name}={token}", **request.get("headers", {})}
    context.client.cookies.clear()
    answer = await context.client.post(filled, **{**request, "headers": headers})
    return answer.status_code
