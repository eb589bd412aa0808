"""What is told of the running program: metrics, alerts, and the command `status`."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request, Response
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.contextvars import get_contextvars

from bot import __version__
from bot.app import Program
from bot.clients.certificate import find_certificate_end
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.monitoring import ProcessStatus, fetch_running, read_store, status_token
from bot.readiness import Readiness
from bot.store import Database, DiskFull, Tx
from bot.store.engine import job_leases
from bot.store.engine.database import FULL_SECONDS
from bot.store.outbox.delivery_rows import Route, insert_rows, new_row
from bot.web.request_trace import REMEMBERED, RequestMetrics, TimedRequest, begin_trace, request_metrics
from tests.operations.test_deploy import DEPLOY, find_program
from tests.operations.test_slow_clients import served
from tests.program import program
from tools import reference

ALERTS = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
GUIDE = (DEPLOY.parent / "docs" / "operations" / "alerts.md").read_text("utf-8")
DASHBOARD = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
LOOKED_AT = 2 * 86_400
"""When the rules are looked at, in seconds of their own time."""

HISTOGRAM = 'arendebot_request_seconds_bucket{kind="action",le="%s"}'
SAMPLES: dict[str, tuple[dict[str, float | str], dict[str, float | str]]] = {
    "ArendebotDown": ({'up{job="arendebot"}': 0}, {'up{job="arendebot"}': 1}),
    "ArendebotNotReady": ({'arendebot_ready{part="slack"}': 0}, {'arendebot_ready{part="slack"}': 1}),
    "ArendebotQueueOld": ({"arendebot_queue_oldest_seconds": 901}, {"arendebot_queue_oldest_seconds": 899}),
    "ArendebotParked": ({"arendebot_deliveries_parked": 1}, {"arendebot_deliveries_parked": 0}),
    "ArendebotJobLate": (
        {
            'arendebot_job_finished_timestamp_seconds{name="sweep"}': LOOKED_AT - 12_000,
            'arendebot_job_interval_seconds{name="sweep"}': 3600,
        },
        {
            'arendebot_job_finished_timestamp_seconds{name="sweep"}': LOOKED_AT - 8_000,
            'arendebot_job_interval_seconds{name="sweep"}': 3600,
        },
    ),
    "ArendebotBackupOld": (
        {"arendebot_backup_timestamp_seconds": LOOKED_AT - 30 * 3600, "arendebot_backups_enabled": 1},
        {"arendebot_backup_timestamp_seconds": 0, "arendebot_backups_enabled": 0},
    ),
    "ArendebotCheckpointOld": (
        {"arendebot_checkpoint_timestamp_seconds": LOOKED_AT - 30 * 3600},
        {"arendebot_checkpoint_timestamp_seconds": LOOKED_AT - 25 * 3600},
    ),
    "ArendebotCatalogRefused": ({"arendebot_catalog_problems": 1}, {"arendebot_catalog_problems": 0}),
    "ArendebotCertificateEnds": (
        {"arendebot_certificate_end_timestamp_seconds": LOOKED_AT + 13 * 86_400},
        {"arendebot_certificate_end_timestamp_seconds": LOOKED_AT + 15 * 86_400},
    ),
    "ArendebotCertificateInvalid": (
        {"arendebot_certificate_end_timestamp_seconds": 0},
        {"arendebot_certificate_end_timestamp_seconds": LOOKED_AT + 30 * 86_400},
    ),
    "ArendebotDiskNearlyFull": (
        {"arendebot_disk_free_bytes": 199, "arendebot_disk_limit_bytes": 100},
        {"arendebot_disk_free_bytes": 200, "arendebot_disk_limit_bytes": 100},
    ),
    "ArendebotDiskFull": (
        {"arendebot_disk_free_bytes": 99, "arendebot_disk_limit_bytes": 100},
        {"arendebot_disk_free_bytes": 200, "arendebot_disk_limit_bytes": 100},
    ),
    "ArendebotFileStorage": (
        {'arendebot_file_storage_total{action="save",outcome="slow"}': "0+1x600"},
        {'arendebot_file_storage_total{action="open",outcome="gone"}': "0+1x600"},
    ),
    "ArendebotSlow": (
        {HISTOGRAM % "2.5": "0+97x600", HISTOGRAM % "5": "0+100x600", HISTOGRAM % "+Inf": "0+100x600"},
        {HISTOGRAM % "2.5": "0+100x600", HISTOGRAM % "5": "0+100x600", HISTOGRAM % "+Inf": "0+100x600"},
    ),
    "ArendebotBugs": (
        {'arendebot_requests_total{kind="page",outcome="bug"}': "0+1x600"},
        {'arendebot_requests_total{kind="page",outcome="bug"}': "7x600"},
    ),
}
"""Series in which each alert fires, and series in which it does not."""


def promtool(*words: str) -> str:
    ended = subprocess.run([find_program("promtool"), *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def rule_test(which: int, expected: list[str]) -> dict[str, object]:
    """A town where each alert's series are those that make it fire (0) or those that do not (1)."""
    return {
        "interval": "5m",
        "input_series": [
            {
                "series": of_instance(name, alert),
                "values": value if isinstance(value, str) else f"{value}x600",
            }
            for alert, both in SAMPLES.items()
            for name, value in both[which].items()
        ],
        "promql_expr_test": [
            {
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "2d",
                "exp_samples": [{"value": 1, "labels": f'{{alertname="{alert}"}}'} for alert in expected],
            }
        ],
    }


def of_instance(series: str, name: str) -> str:
    """The series of a program of its own, so that the alerts' do not meet."""
    return f'{series[:-1]},instance="{name}"}}' if series.endswith("}") else f'{series}{{instance="{name}"}}'


@pytest.mark.long
def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    promtool("check", "rules", str(DEPLOY / "alerts.yml"))
    tests = [rule_test(0, list(SAMPLES)), rule_test(1, [])]
    rules = {"rule_files": [str(DEPLOY / "alerts.yml")], "evaluation_interval": "5m", "tests": tests}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    promtool("test", "rules", str(tmp_path / "test.yml"))


def test_each_alert_is_tried_and_has_its_part_of_the_guide() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert names == re.findall(r"^## (Arendebot\w+)$", GUIDE, re.MULTILINE) == list(SAMPLES)
    severities = re.findall(r"^## Arendebot\w+\n\n(Critical|Warning)\. ", GUIDE, re.MULTILINE)
    assert [rule["labels"]["severity"] for rule in ALERTS] == [one.lower() for one in severities]


def test_alerts_and_dashboard_ask_for_metrics_that_there_are() -> None:
    reference.metrics_page()  # makes them all
    known = {sample for metric in REGISTRY.collect() for sample in _sample_names(metric.name, metric.type)}
    questions = [rule["expr"] for rule in ALERTS]
    questions += [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked = {name for question in questions for name in re.findall(r"\barendebot_\w+", question)}
    assert len(asked) > 12 and asked - known == set()


def _sample_names(name: str, kind: str) -> Iterator[str]:
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(kind, [""])
    return (name + ending for ending in endings)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Program]:
    one = program(tmp_path)
    yield one
    one.stores.database.close()


async def ask(built: Program, path: str, token: str) -> httpx.Response:
    transport = httpx.ASGITransport(built.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
        return await client.get(path, headers={"authorization": f"Bearer {token}"})


async def test_the_metrics_tell_what_waits_and_which_job_has_not_run(built: Program) -> None:
    now, database = datetime.now(UTC), built.stores.database
    rows = [
        new_row(Route("slack/bygglov", "card/1", "card"), "1", 1, now - timedelta(minutes=40)),
        new_row(Route("slack/bygglov", "card/2", "card"), "2", 1, now + timedelta(days=1)),
    ]
    parked = new_row(Route("mail", "mail/1", "mail"), "1", 1, now)
    await database.write(lambda tx: insert_rows(tx, rows))
    await database.write(lambda tx: insert_rows(tx, [parked | {"state": "parked", "trouble": "mail_login"}]))
    await database.write(lambda tx: job_leases.acquire(tx, "sweep", "1", now))
    await database.write(lambda tx: job_leases.finish(tx, "sweep", "1", now))
    text = (await ask(built, "/metrics", "0" * 16)).text
    values = dict(re.findall(r"^(arendebot_\S+) (\S+)$", text, re.MULTILINE))
    assert 2400 <= float(values['arendebot_queue_oldest_seconds{destination="slack"}']) < 2700
    assert values['arendebot_deliveries_parked{trouble="mail_login"}'] == "1.0"
    assert float(values['arendebot_job_finished_timestamp_seconds{name="sweep"}']) == now.timestamp()
    assert values['arendebot_job_finished_timestamp_seconds{name="dispose"}'] == "0.0"
    assert values['arendebot_job_interval_seconds{name="sweep"}'] == "3600.0"
    assert values["arendebot_backups_enabled"] == "0.0"
    assert values['arendebot_ready{part="store"}'] == "1.0"
    assert float(values["arendebot_disk_free_bytes"]) > 0


async def test_a_program_that_can_save_nothing_is_not_ready_and_says_why(built: Program) -> None:
    database = built.stores.database
    assert "store ready" in (await ask(built, "/readyz", "")).text
    with pytest.raises(DiskFull):
        database.write_sync(fill_disk)
    built.readiness = Readiness(built.readiness.check, built.readiness.clock)
    full = await ask(built, "/readyz", "")
    assert full.status_code == 503
    assert "store not ready" in full.text and "the disk is full, and nothing is saved" in full.text
    assert database.full_at is not None
    database.full_at -= FULL_SECONDS  # the jobs that write every five minutes have found room since
    built.readiness = Readiness(built.readiness.check, built.readiness.clock)
    assert "store ready" in (await ask(built, "/readyz", "")).text


async def test_a_program_is_ready_again_as_soon_as_something_is_saved(built: Program) -> None:
    database = built.stores.database
    with pytest.raises(DiskFull):
        database.write_sync(fill_disk)
    await database.write(lambda tx: tx.conn.execute(text("UPDATE number SET last = 1 WHERE year = 0")))
    assert database.was_full, "nothing was to be saved"
    with pytest.raises(LookupError):
        await database.write(lose_row)
    assert database.was_full, "nothing was saved"
    await database.write(lambda tx: tx.conn.execute(text("INSERT INTO number (year, last) VALUES (1, 1)")))
    assert "store ready" in (await ask(built, "/readyz", "")).text


def lose_row(tx: Tx) -> None:
    tx.conn.execute(text("INSERT INTO number (year, last) VALUES (1, 1)"))
    raise LookupError


def fill_disk(tx: Tx) -> None:
    tx.conn.execute(text("PRAGMA max_page_count = 1"))  # no less than there are
    tx.conn.execute(text("CREATE TABLE much AS SELECT zeroblob(10000000)"))


async def test_how_the_program_is_is_told_to_its_own_commands_alone(built: Program) -> None:
    keys = built.stores.database.keys
    for token in ("", "a guess", "0" * 16):
        assert (await ask(built, "/status", token)).status_code == 401
    state = ProcessStatus.model_validate_json((await ask(built, "/status", status_token(keys))).content)
    assert state.version == __version__ and [one.problems for one in state.catalog] == [0]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> RequestMetrics:
    """The metrics of requests, which remember none of other tests."""
    metrics = request_metrics()
    monkeypatch.setattr(metrics, "_slowest", [])
    return metrics


def test_slow_requests_of_an_earlier_hour_hide_no_later_ones(requests: RequestMetrics) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for ref in ("early", "late"):
        at = now - timedelta(minutes=61) if ref == "early" else now
        for n in range(REMEMBERED):
            seconds = 5.0 if ref == "early" else 0.1
            requests.count(TimedRequest(seconds + n, at, ref, "page", "GET /"), "done")
    assert [one.ref for one in requests.slowest(now)] == ["late"] * REMEMBERED


async def test_the_slowest_request_is_named_with_its_reference(
    built: Program, requests: RequestMetrics
) -> None:
    await ask(built, "/mina-sidor/logga-in", "")
    keys = built.stores.database.keys
    told = await ask(built, "/status", status_token(keys))
    web, token = FastAPI(), f"Bearer {status_token(keys)}"

    @web.get("/status")
    async def status(request: Request) -> Response:
        return Response(told.content if request.headers["authorization"] == token else b"")

    async with served(web) as hall:
        url = f"http://127.0.0.1:{hall.port}"
        state = await fetch_running(url, keys)
        with pytest.raises(PermanentFailure):
            await fetch_running(f"{url}/another", keys)
    slowest = [one for one in state.slowest if one.name == "GET /mina-sidor/logga-in"]
    assert slowest and re.fullmatch(r"[0-9a-f]{8}", slowest[0].ref)
    with pytest.raises(TemporaryFailure):
        await fetch_running("http://127.0.0.1:9", keys)


async def test_queues_and_jobs_are_read_from_the_store(database: Database) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    early, late = now - timedelta(hours=2), now - timedelta(minutes=1)
    rows = [
        new_row(Route("mail", f"mail/{n}", "mail"), str(n), 1, due)
        for n, due in enumerate((late, early, now + timedelta(hours=1)))
    ]
    rows.append(new_row(Route("slack/bygglov", "card/9", "card"), "9", 1, late))
    await database.write(lambda tx: insert_rows(tx, rows))
    for job, ended in (("sweep", early), ("dispose", None), ("remind", now - timedelta(days=1))):
        begun = ended or now
        await database.write(lambda tx, job=job, begun=begun: job_leases.acquire(tx, job, "1", begun))
        if ended is not None:
            await database.write(lambda tx, job=job, ended=ended: job_leases.finish(tx, job, "1", ended))
    facts = await database.read(lambda tx: read_store(tx, now))
    assert [(one.destination, one.due, one.oldest_due_at) for one in facts.queues] == [
        ("mail", 2, early),
        ("slack/bygglov", 1, late),
    ]
    intervals = {"sweep": timedelta(hours=1), "dispose": timedelta(days=1), "remind": timedelta(minutes=5)}
    intervals["never"] = timedelta(days=1)
    assert job_leases.find_late(facts.jobs, intervals, now) == ["remind", "never"]
    assert facts.jobs["dispose"].is_running and facts.jobs["sweep"].finished_at == early


def write_certificate(folder: Path, name: str, ends_at: datetime) -> Path:
    """A certificate that is its own issuer, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder(subject, subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends_at - timedelta(days=90))
        .not_valid_after(ends_at)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        built.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return path


@asynccontextmanager
async def tls_server(certificate: Path) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("name", "days"), [("localhost", 30), ("another.example", 30), ("localhost", -1)])
async def test_the_certificate_is_looked_at_as_a_browser_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int
) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    certificate = write_certificate(tmp_path, name, ends_at)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with tls_server(certificate) as url:
        if name == "localhost" and days > 0:
            assert await find_certificate_end(url) == ends_at
        else:
            with pytest.raises(PermanentFailure):
                await find_certificate_end(url)


async def test_an_address_without_tls_has_no_certificate_and_a_silent_one_is_told() -> None:
    assert await find_certificate_end("http://127.0.0.1:9") is None
    with pytest.raises(TemporaryFailure):
        await find_certificate_end("https://127.0.0.1:9")


async def test_what_a_transaction_logs_has_the_reference_of_its_own_request(database: Database) -> None:
    """Presses that wait are committed together, by one thread."""

    async def press() -> bool:
        with begin_trace("action", "case:take") as trace:
            return trace.ref == await database.write(lambda _: get_contextvars().get("ref"))

    assert all(await asyncio.gather(*(press() for _ in range(20))))
