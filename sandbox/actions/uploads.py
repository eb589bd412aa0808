"""What a person uploads: with a message, or in a form's file field."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sandbox.inputs import Unfit
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import User, new_id
from sandbox.town.file_forms import file_json
from sandbox.town.files import File, mimetype_of

MOST_IN_FIELD, FIELD_BYTES = 10, 10 * 1024 * 1024
MOST_IN_MESSAGE, MESSAGE_BYTES = 10, 200 * 1024 * 1024


def uploaded(shared: SharedState, user: User, payload: Any, most: int) -> File:
    """A file of the person's from `{"name", "mimetype"?, "data": base64}`."""
    name = str(payload.get("name") or "") if isinstance(payload, dict) else ""
    if not name:
        raise Unfit("a file has a name")
    try:
        data = base64.b64decode(payload.get("data", ""), validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Unfit(f"the data of {name} is not base64") from None
    if not data or len(data) > most:
        raise Unfit(f"{name} is too large" if data else f"{name} is empty")
    kind = str(payload.get("mimetype") or mimetype_of(name))
    now = int(shared.clock.now())
    return shared.workspace.keep_file(File(new_id("F"), user.id, user.team_id, name, kind, now, data))


def in_field(shared: SharedState, user: User, element: Json, value: Any) -> Json:
    """The entry of `state.values` for files put in a `file_input`; those already there are named by their ids."""
    given = value or []
    if not isinstance(given, list):
        raise Unfit("file_input takes a list")
    most = element.get("max_files", MOST_IN_FIELD)
    if len(given) > most:
        raise Unfit(f"at most {most} can be chosen")
    files = [_chosen(shared, user, one, element) for one in given]
    for file in files:
        file.to_app = True
    return {"type": "file_input", "files": [file_json(file, shared.workspace) for file in files]}


def _chosen(shared: SharedState, user: User, payload: Any, element: Json) -> File:
    known = shared.workspace.files.get(str(payload.get("id"))) if isinstance(payload, dict) else None
    if known is not None and known.user == user.id and not known.deleted:
        return known
    kinds = [kind.lower() for kind in element.get("filetypes", [])]
    name = str(payload.get("name") or "") if isinstance(payload, dict) else ""
    if kinds and name.rpartition(".")[2].lower() not in kinds:
        raise Unfit(f"{name} is not of the kinds {', '.join(kinds)}")
    return uploaded(shared, user, payload, FIELD_BYTES)


def with_message(shared: SharedState, user: User, payload: Any) -> list[File]:
    """The files a message is to be sent with."""
    given = payload or []
    if not isinstance(given, list) or len(given) > MOST_IN_MESSAGE:
        raise Unfit(f"a message takes a list of at most {MOST_IN_MESSAGE} files")
    return [uploaded(shared, user, one, MESSAGE_BYTES) for one in given]
