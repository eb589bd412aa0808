"""The ways in: the web forms as a browser fills them in, the API, and the platform's documents."""

from __future__ import annotations

import asyncio
import base64
import re
import sys
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.demo.applicant import wait_for_code
from sandbox.demo.browser import Answer, Browser, Form, NotAsOnThePage, Page
from sandbox.demo.folder import Progress
from sandbox.demo.plan import API_TOKEN, ROOT, Plan
from sandbox.demo.samples import DOCUMENTS, Sample, today
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState

ABOUT, MATTER = "om-", "svar-"
WHO = f"{ABOUT}who"
POSTED = re.compile(r"(?<=>)\d{4}-\d\d-\d\d(?=T\d\d:\d\d:\d\d<)")
IMPORT = (sys.executable, "-m", "bot", "import")


class NotSent(Exception):
    """A sample case did not come in; the text says which, and what the answer was."""


async def send(sample: Sample, plan: Plan, progress: Progress, shared: SharedState) -> None:
    """Sends it, once: what was sent in an earlier run is not sent again."""
    if sample.key in progress.sent:
        return
    try:
        is_by_api = sample.door == "api"
        came = _by_api(sample, plan) if is_by_api else _by_form(sample, plan, progress, shared)
        progress.finish(sample.key, await came)
    except NotAsOnThePage as error:
        progress.give_up(sample.key)
        raise NotSent(f"{sample.key}: {error}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotSent(f"{sample.key}: {str(error) or type(error).__name__}") from None


async def _by_form(sample: Sample, plan: Plan, progress: Progress, shared: SharedState) -> str:
    """The address of the receipt."""
    async with Browser() as browser:
        page = await browser.open(f"{plan.web}/e-tjanster/{sample.service}?lang={sample.language}")
        form = page.form("key")
        for _ in sample.people[1:]:
            page = await browser.send(page, form, {}, ("do", "add_person"))
            form = page.form("key")
        _use_key(form, sample, progress)
        receipt = await browser.send(page, form, _filled_in(sample) | _about(sample, form))
        if receipt.status == 200 and "/kvitto/" not in receipt.url:  # the answers are looked through first
            newest = shared.mailbox.mails[-1].number if shared.mailbox.mails else 0
            receipt = await browser.send(receipt, receipt.form("key"), {}, ("do", "send"))
            if receipt.status == 200 and "/kvitto/" not in receipt.url:  # a code to the address confirms it
                code = await wait_for_code(shared, str(sample.people[0]["email"]), newest)
                receipt = await browser.send(receipt, receipt.form("key"), {"code": code}, ("do", "confirm"))
    if "/kvitto/" not in receipt.url:
        raise NotAsOnThePage(f"the form was answered {receipt.status}: {_complaint(receipt)}")
    return receipt.url


def _use_key(form: Form, sample: Sample, progress: Progress) -> None:
    """The key of an earlier try that was cut off: with it the form counts once, whatever came of that try."""
    control = form.named("key")[0]
    control.value = progress.under_way.get(sample.key, control.value)
    progress.begin(sample.key, control.value)


def _filled_in(sample: Sample) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for name, value in sample.answers.items():
        if isinstance(value, dict):
            answers |= {f"{MATTER}{name}.{part}": text for part, text in value.items()}
        else:
            answers[MATTER + name] = value if isinstance(value, list) else _typed(value)
    answers |= {MATTER + name: papers for name, papers in sample.files.items()}
    return answers


def _about(sample: Sample, form: Form) -> dict[str, Answer]:
    if sample.anonymous:
        return {WHO: "anonymous"}
    about: dict[str, Answer] = {
        f"{ABOUT}p{n}_{part}": text for n, person in enumerate(sample.people) for part, text in person.items()
    }
    if form.named(WHO):
        about[WHO] = "named"
    if sample.protected:
        about[f"{ABOUT}protected"] = ["yes"]
    return about


def _typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _complaint(page: Page) -> str:
    found = re.findall(r'class="problem"[^>]*>(.*?)</p>', page.html, re.DOTALL)
    return "; ".join(" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found) or page.url


async def _by_api(sample: Sample, plan: Plan) -> str:
    """The case's number."""
    body: Json = {
        "service": sample.service,
        "external_id": f"demo-{sample.key}",
        "language": sample.language,
        "people": list(sample.people),
        "protected": sample.protected,
        "answers": sample.answers,
        "files": [
            {"field": field, "name": one.name, "content": base64.b64encode(one.content).decode()}
            for field, papers in sample.files.items()
            for one in papers
        ],
    }
    headers = {"Authorization": f"Bearer {API_TOKEN}", "Idempotency-Key": f"demo-{sample.key}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as http,
        http.post(f"{plan.web}/api/v1/cases", json=body, headers=headers) as answer,
    ):
        if answer.status == HTTPStatus.CONFLICT:
            return "opened on an earlier day, when its dates were other ones"
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise NotAsOnThePage(f"the API answered {answer.status}: {await answer.text()}")
        return str((await answer.json())["number"])


async def import_documents(plan: Plan, env: dict[str, str]) -> None:
    """Has the bot read the platform's documents, which it does once each. NotSent when it does not."""
    folder = plan.data / "open_eplatform"
    write_documents(folder, today())
    process = await asyncio.create_subprocess_exec(
        *IMPORT,
        str(folder),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wording, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = wording.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise NotSent(f"importen av e-tjänsteplattformens ärenden: {last}")


def write_documents(folder: Path, day: date) -> None:
    """Copies of our documents with their days moved, so that the newest was sent in yesterday."""
    texts = {path.name: path.read_text("iso-8859-1") for path in sorted(DOCUMENTS.glob("*.xml"))}
    newest = max(date.fromisoformat(day) for text in texts.values() for day in POSTED.findall(text))
    moved = day - timedelta(days=1) - newest
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        dated = POSTED.sub(lambda found: (date.fromisoformat(found[0]) + moved).isoformat(), text)
        (folder / name).write_text(dated, "iso-8859-1")
