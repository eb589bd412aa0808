"""The data folder: the demo's own, one demo at a time, and emptied only if it is a demo's."""

from __future__ import annotations

import contextlib
import fcntl
import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from sandbox.demo.plan import CATALOG, Plan, Stopped
from sandbox.payload_schema import Json

MARKER = "arendebot-demo"
MARK = "Den här mappen hör till Ärendebots demo. FRESH=1 make demo tömmer den.\n"


@contextlib.contextmanager
def claimed(plan: Plan) -> Iterator[None]:
    """The folder, made, marked and held; emptied first when all is to start over. Stopped if it is not a demo's."""
    marker = plan.data / MARKER
    if not marker.is_file() and plan.data.exists() and (not plan.data.is_dir() or any(plan.data.iterdir())):
        raise Stopped(f"{plan.data} är ingen demomapp, så den rörs inte. Välj en annan: DATA=.demo make demo")
    try:
        plan.data.mkdir(parents=True, exist_ok=True)
        held = marker.open("a+", encoding="utf-8")
    except OSError as error:
        raise Stopped(f"Det går inte att skriva i {plan.data}: {error.strerror}.") from None
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stopped(
                f"En annan demo använder {plan.data}. Stäng den, eller välj en annan mapp: DATA=.demo"
            ) from None
        if marker.stat().st_size == 0:
            held.write(MARK)
            held.flush()
        if plan.fresh:
            empty(plan)
        yield


def empty(plan: Plan) -> None:
    """Everything goes but the marker, which says whose the folder is."""
    for path in plan.data.iterdir():
        if path.name == MARKER:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def keep_catalog(plan: Plan) -> None:
    """Note whose cases the folder has. Stopped if they are another catalog's, which has other e-services."""
    path = plan.data / "catalog"
    before = path.read_text("utf-8").strip() if path.exists() else str(CATALOG) if _has_cases(plan) else ""
    if before not in ("", str(plan.catalog)):
        raise Stopped(
            f"{plan.data} har ärenden ur en annan katalog, {before}. Välj en annan mapp, DATA=.mina make demo, "
            "eller börja om med FRESH=1."
        )
    path.write_text(str(plan.catalog), "utf-8")


def _has_cases(plan: Plan) -> bool:
    return (plan.data / "case.db").exists()


def secret_key(plan: Plan) -> str:
    """Made once and kept, for it seals what is stored; nobody else may read it."""
    path = plan.data / "secret_key"
    if not path.exists():
        path.touch(0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(48), "ascii")
    return path.read_text("ascii").strip()


class Progress:
    """What the demo has done already: `sent` and `done` by name, and the form keys of what is under way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        data: Json = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self.sent: dict[str, str] = data.get("sent", {})
        self.under_way: dict[str, str] = data.get("under_way", {})
        self.done: list[str] = data.get("done", [])

    def begin(self, case: str, key: str) -> None:
        """The key with which a form is about to be sent, so that it can be sent once more and count once."""
        self.under_way[case] = key
        self._write()

    def finish(self, case: str, where: str) -> None:
        self.under_way.pop(case, None)
        self.sent[case] = where
        self._write()

    def give_up(self, case: str) -> None:
        """It was refused, so another try is another form."""
        self.under_way.pop(case, None)
        self._write()

    def did(self, step: str) -> None:
        self.done.append(step)
        self._write()

    def _write(self) -> None:
        sibling = self.path.with_suffix(".new")
        data = {"sent": self.sent, "under_way": self.under_way, "done": self.done}
        sibling.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
        sibling.replace(self.path)
