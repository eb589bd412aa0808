"""The demo: what it refuses, what it keeps, and how it minds the bot."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import aiohttp
import pytest

from sandbox.demo import papers, submitters
from sandbox.demo.bot import REFUSED, TAKEN_UP, Bot, check_catalog
from sandbox.demo.browser import NotAsOnThePage, Page
from sandbox.demo.folder import MARKER, Progress, claimed, keep_catalog, secret_key
from sandbox.demo.plan import Plan, Stopped, bot_environment, planned
from sandbox.demo.samples import DOCUMENTS, samples, workspace
from sandbox.demo.work import STEPS
from tests.conftest import PATIENCE, SAMPLE

DAY = date(2026, 11, 23)


def plan_in(folder: Path, **more: bool) -> Plan:
    return Plan(8000, 8001, 8025, folder, **more)


# --- ports ---


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Stopped, match=f"Port {port} .PORT. är upptagen.*PORT={port + 10}") as stopped:
            planned({"PORT": str(port), "SLACK_PORT": "0"})
    assert "\n" not in str(stopped.value)
    assert stopped.value.code == 2


@pytest.mark.parametrize("given", ["åtta", "-1", "70000", "80 00"])
def test_what_is_no_port_is_told_by_its_name(given: str) -> None:
    with pytest.raises(Stopped, match="SLACK_PORT"):
        planned({"PORT": "0", "SLACK_PORT": given})


def test_two_parts_cannot_have_the_same_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    with pytest.raises(Stopped, match="samma port"):
        planned({"PORT": port, "SLACK_PORT": port})


def test_fresh_must_be_said() -> None:
    ports = {"PORT": "0", "SLACK_PORT": "0"}
    assert planned(ports | {"FRESH": "1"}).fresh
    assert not planned(ports | {"FRESH": ""}).fresh
    assert not planned(ports | {"FRESH": "0"}).fresh


# --- the folder ---


def test_fresh_empties_a_folder_of_a_demo(tmp_path: Path) -> None:
    with claimed(plan_in(tmp_path / "data")):
        (tmp_path / "data" / "files").mkdir()
        (tmp_path / "data" / "files" / "one").write_text("x")
    with claimed(plan_in(tmp_path / "data", fresh=True)):
        assert [path.name for path in (tmp_path / "data").iterdir()] == [MARKER]


@pytest.mark.parametrize("fresh", [True, False])
def test_a_folder_of_somebody_elses_is_not_touched(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "viktigt.txt").write_text("x")
    with pytest.raises(Stopped, match="ingen demomapp"), claimed(plan_in(tmp_path, fresh=fresh)):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["viktigt.txt"]


def test_fresh_does_not_follow_a_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "viktigt.txt").write_text("x")
    with claimed(plan_in(tmp_path / "data")):
        (tmp_path / "data" / "files").symlink_to(outside)
    with claimed(plan_in(tmp_path / "data", fresh=True)):
        assert (outside / "viktigt.txt").exists()


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        claimed(plan_in(tmp_path)),
        pytest.raises(Stopped, match="En annan demo"),
        claimed(plan_in(tmp_path)),
    ):
        pass


def test_the_secret_key_is_kept_and_only_for_its_owner(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    key = secret_key(plan)
    assert len(key) >= 32
    assert secret_key(plan) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_what_was_sent_is_known_after_a_stop(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    progress.begin("altan", "key-1")
    progress.finish("altan", "/kvitto/x")
    progress.begin("lada", "key-2")
    again = Progress(tmp_path / "progress.json")
    assert again.sent == {"altan": "/kvitto/x"}
    assert again.under_way == {"lada": "key-2"}


# --- the bot's process ---


def test_the_bot_is_told_nothing_of_the_callers_own_slack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-real")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "real")
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    result = bot_environment(plan_in(tmp_path), "k" * 40)
    assert "real" not in " ".join(
        (result["SLACK_BOT_TOKEN"], result["SLACK_SIGNING_SECRET"], result["DATABASE_URL"])
    )
    assert "HTTPS_PROXY" not in result


# --- a catalog of one's own ---


def own_catalog(folder: Path) -> Path:
    shutil.copytree(SAMPLE, folder)
    return folder


def test_a_catalog_of_ones_own_is_what_the_bot_and_the_workspace_have(tmp_path: Path) -> None:
    folder = own_catalog(tmp_path / "mine")
    service = (folder / "services" / "bygglov.yaml").read_text("utf-8")
    hall = service.replace("key: bygglov\n", "key: idrottshall\n").replace("#bygglov", "#idrottshall")
    (folder / "services" / "idrottshall.yaml").write_text(hall, "utf-8")
    plan = planned({"PORT": "0", "SLACK_PORT": "0", "DATA": str(tmp_path / "data"), "CATALOG": str(folder)})
    assert not plan.is_sample
    assert bot_environment(plan, "k" * 40)["CATALOG"] == str(folder)
    assert "idrottshall" in {channel["name"] for channel in workspace(plan.catalog)["channels"]}


def test_a_folder_without_a_catalog_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match=r"municipality.yaml saknas. Ange mappen") as stopped:
        planned({"PORT": "0", "SLACK_PORT": "0", "CATALOG": str(tmp_path)})
    assert "\n" not in str(stopped.value)


def test_cases_of_one_catalog_are_not_opened_with_another(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    keep_catalog(plan_in(data))
    keep_catalog(plan_in(data))
    with pytest.raises(Stopped, match="FRESH=1"):
        keep_catalog(Plan(8000, 8001, 8025, data, catalog=tmp_path))


@pytest.mark.long
async def test_what_is_wrong_with_ones_own_catalog_is_told_before_anything_starts(tmp_path: Path) -> None:
    folder = own_catalog(tmp_path / "mine")
    plan = Plan(8000, 8001, 8025, tmp_path, catalog=folder)
    await check_catalog(plan, bot_environment(plan, "k" * 40))
    (folder / "services" / "bygglov.yaml").write_text("key: Bygg Lov\n", "utf-8")
    with pytest.raises(Stopped, match=r"services/bygglov.yaml:1  key: får bara ha"):
        await check_catalog(plan, bot_environment(plan, "k" * 40))


async def test_a_change_of_ones_own_catalog_is_heard_of_in_the_log(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"event": name}) for name in (TAKEN_UP, "other", REFUSED))
    async with Bot.running(plan_in(tmp_path), dict(os.environ), script(f"print({lines!r})")) as bot:
        await bot.process.wait()
        assert await anext(aiter(bot.catalog_events())) == REFUSED


def script(text: str) -> tuple[str, ...]:
    return sys.executable, "-c", text


async def test_a_bot_that_ends_by_itself_is_quoted_in_plain_words(tmp_path: Path) -> None:
    line = '{"event": "catalog_refused", "file": "bygglov.yaml"}'
    wording = f"import sys; print({line!r}); sys.exit(3)"
    async with Bot.running(plan_in(tmp_path), dict(os.environ), script(wording)) as bot:
        stopped = await asyncio.wait_for(bot.ended(), PATIENCE)
    assert "kod 3" in str(stopped)
    assert "catalog_refused file=bygglov.yaml" in str(stopped)
    assert str(tmp_path / "bot.log") in str(stopped)


async def test_a_bot_that_never_answers_but_ends_is_not_waited_for(tmp_path: Path) -> None:
    async with Bot.running(plan_in(tmp_path), dict(os.environ), script("raise SystemExit('trasig')")) as bot:
        with pytest.raises(Stopped, match="trasig"):
            await asyncio.wait_for(bot.ready(plan_in(tmp_path), lambda: True), PATIENCE)


async def test_a_bot_that_will_not_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.demo.bot.STOP_SECONDS", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    async with Bot.running(plan_in(tmp_path), dict(os.environ), script(deaf)) as bot:
        while b"up" not in (tmp_path / "bot.log").read_bytes():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.01)
    assert bot.process.returncode == -signal.SIGKILL


# --- the sample cases ---


def test_every_sample_case_has_a_name_and_an_address_that_cannot_be_anyones() -> None:
    for sample in samples(DAY):
        for person in sample.people:
            assert person["name"]
            assert person.get("email", "x.example").endswith(".example")


def test_dates_of_sample_cases_are_counted_from_today() -> None:
    result = {sample.key: sample.answers for sample in samples(DAY)}
    assert result["hal-sjogatan"]["upptackt"] == "2026-11-22"


def test_the_platforms_documents_were_sent_in_lately_whatever_day_it_is(tmp_path: Path) -> None:
    submitters.write_documents(tmp_path / "documents", date(2031, 3, 2))
    texts = [path.read_text("iso-8859-1") for path in (tmp_path / "documents").iterdir()]
    days = sorted(day for text in texts for day in submitters.POSTED.findall(text))
    assert days[-1] == "2031-03-01"
    assert days[0] >= "2031-02-20"
    assert len(texts) == len(list(DOCUMENTS.glob("*.xml")))


def test_a_drawn_page_is_a_pdf_and_a_drawn_photo_a_png() -> None:
    assert papers.paper("ritning.pdf", "Å (1:100)").content.startswith(b"%PDF-")
    assert papers.paper("foto.png", "x").content.startswith(b"\x89PNG")


# --- the browser ---

FORM = """
<form action="/sok"><input name="q"></form>
<form method="post" action="/e-tjanster/x">
  <input type="hidden" name="key" value="a&amp;b"><input name="namn" value="">
  <input type="radio" name="ja" value="true"><input type="radio" name="ja" value="false" checked>
  <input type="checkbox" name="dryck" value="vin"><input type="checkbox" name="dryck" value="öl">
  <select name="del"><option value="">Välj</option><option value="norra">Norra</option></select>
  <textarea name="text">
Hej</textarea><input type="file" name="fil" multiple>
  <button name="do" value="add_person">Lägg till</button>
</form>
"""


async def fields_of(form_data: aiohttp.FormData) -> str:
    class Sink:
        def __init__(self) -> None:
            self.body = b""

        async def write(self, data: bytes) -> None:
            self.body += data

    sink = Sink()
    await form_data().write(sink)  # type: ignore[arg-type]
    return sink.body.decode()


async def test_a_form_is_sent_as_it_stands_on_the_page() -> None:
    form = Page("http://x/", FORM, 200).form("key")
    sent = await fields_of(form.sent({"namn": "Ebba", "dryck": ["öl"], "del": "norra"}, None))
    assert 'name="key"\r\n\r\na&b\r\n' in sent
    assert 'name="ja"\r\n\r\nfalse\r\n' in sent
    assert 'name="dryck"\r\n\r\nöl\r\n' in sent
    assert 'name="dryck"\r\n\r\nvin' not in sent
    assert 'name="text"\r\n\r\nHej\r\n' in sent
    assert "add_person" not in sent


@pytest.mark.parametrize(
    "answers", [{"finns_inte": "x"}, {"ja": "kanske"}, {"dryck": ["vatten"]}, {"del": "södra"}]
)
async def test_what_the_page_does_not_ask_or_offer_cannot_be_answered(answers: dict[str, str]) -> None:
    form = Page("http://x/", FORM, 200).form("key")
    with pytest.raises(NotAsOnThePage):
        form.sent(answers, None)


# --- all of it ---

HURRIED = f"""
from functools import partial
from sandbox.demo import run
run.LATE_SECONDS = run.WORK_SECONDS = 0.0
run.Config = partial(run.Config, ack_seconds={PATIENCE}, trigger_seconds={PATIENCE})
run.main()
"""
"""The very program, without its pauses, beside a Slack for which no answer of a busy machine is too late."""


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    slack: str
    said: Path

    def until(self, done: Callable[[], object], seconds: float = 2 * PATIENCE) -> None:
        by = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.said.read_text("utf-8")
            assert time.monotonic() < by, self.said.read_text("utf-8")
            time.sleep(0.1)

    def stop(self) -> str:
        """What it said, when Ctrl-C was pressed and all is closed."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE) == 0
        return self.said.read_text("utf-8")

    def cards(self) -> list[str]:
        """The cases' numbers as they stand on cards in channels."""
        with urllib.request.urlopen(f"{self.slack}/_state", timeout=10) as answer:
            channels = json.load(answer)["channels"].values()
        messages = [
            message for channel in channels if not channel["is_im"] for message in channel["messages"]
        ]
        headers = [
            message["blocks"][0]["text"]["text"]
            for message in messages
            if message["blocks"][0]["type"] == "header"
        ]
        return [found[0] for header in headers if (found := re.search(r"\d{4}-\d{6}", header))]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


@contextmanager
def demo(folder: Path, *command: str, **more: str) -> Iterator[Running]:
    """On free ports, and ended if the test did not."""
    port, slack_port, wording = free_port(), free_port(), folder.with_suffix(".said")
    env = {**os.environ, "PORT": port, "SLACK_PORT": slack_port, "DATA": str(folder), "FRESH": "", **more}
    with wording.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command], env=env, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield Running(process, f"http://127.0.0.1:{slack_port}", wording)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_folder_that_is_no_demos_ends_it_with_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "viktigt.txt").write_text("x")
    with demo(folder, "-m", "sandbox", "demo", FRESH="1") as running:
        assert running.process.wait(PATIENCE) == 2
        assert running.said.read_text("utf-8").count("\n") == 1
    assert (folder / "viktigt.txt").exists()


def sent(folder: Path) -> int:
    progress = folder / "progress.json"
    return len(json.loads(progress.read_text("utf-8"))["sent"]) if progress.exists() else 0


@pytest.mark.long
def test_a_demo_that_was_stopped_goes_on_and_opens_no_case_twice(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    everything = len(samples(DAY)) + 1
    with demo(folder, "-c", HURRIED) as running:
        running.until(lambda: sent(folder) >= 5)
        first = running.stop()
    with demo(folder, "-c", HURRIED) as running:
        running.until(
            lambda: sent(folder) == everything and len(Progress(folder / "progress.json").done) == len(STEPS)
        )
        running.until(lambda: len(running.cards()) >= len(samples(DAY)) + len(list(DOCUMENTS.glob("*.xml"))))
        cards = running.cards()
        again = running.stop()
    assert len(cards) == len(set(cards)) == 25
    assert "Traceback" not in first + again
    assert "gick inte" not in again
    assert "kom inte in" not in first + again


def test_a_demo_whose_bot_dies_says_so_and_stops(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with demo(
        folder,
        "-c",
        f"import sandbox.demo.bot as bot; bot.SERVE = {script('raise SystemExit(7)')}\n{HURRIED}",
    ) as running:
        assert running.process.wait(PATIENCE) == 1
        wording = running.said.read_text("utf-8")
    assert "Boten stannade (kod 7)" in wording
    assert "Traceback" not in wording
