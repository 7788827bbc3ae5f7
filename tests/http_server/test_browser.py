"""A real Chromium: what a page of a foreign origin can do, and what the app's own page can.

Each page is served by the test's own little server, tries everything a page can try, and posts what
it could see back to that server. The requests of foreign pages hold everything that a query needs,
down to the right password: what keeps them from running is the sidecar alone. The browser's own
guard of the local network stays out of it, since these pages come from loopback themselves; it no
longer sends the preflights of Private Network Access, whose bytes are tested elsewhere.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.openapi import DOCUMENT
from common.sockets import shut_down
from tests.fake_oracle import FakeOracle, Fault, Silence, Step
from tests.harness import Sidecar, connection

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A cold start of a browser on a busy machine, and everything that its page tries.
BROWSER_SECONDS = 60.0
ALLOWED_PORT = 1420
TOKEN = "browser-token-0123456789"
PATHS = [*DOCUMENT["paths"], "/nowhere"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt install chromium"),
    pytest.mark.skipif(os.name == "nt", reason="Chromium's process group is ended the POSIX way"),
]


class Pages:
    """A page, and the way its script talks to the test. A context manager.

    The script reports with POST /report/<name>, and waits for the test with GET /wait/<name>; any
    origin may, so that a page can report from wherever it was loaded.
    """

    def __init__(self, port: int = 0) -> None:
        self.page = ""
        self.redirect = ""
        self._reports: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._told = threading.Condition()
        # Guarded by _told: what the script was told, and the connections there ever were.
        self._names: set[str] = set()
        self._connections: list[socket.socket] = []
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                super().setup()
                with pages._told:
                    pages._connections.append(self.connection)

            def do_GET(self) -> None:
                if self.path.startswith("/wait/"):
                    pages.wait_for(self.path.removeprefix("/wait/"))
                    self._answer(200, b"go on")
                elif self.path == "/page":
                    self._answer(200, pages.page.encode())
                else:
                    self._answer(404, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/redirect":
                    self._answer(307, b"", Location=pages.redirect)
                    return
                name = self.path.removeprefix("/report/")
                pages._reports.put((name, json.loads(body)))
                self._answer(200, b"")

            def _answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for header, value in headers.items():
                    self.send_header(header, value)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def wait_for(self, name: str) -> None:
        with self._told:
            self._told.wait_for(lambda: name in self._names, BROWSER_SECONDS)

    def tell(self, name: str) -> None:
        """Let the script go on that waits for `name`."""
        with self._told:
            self._names.add(name)
            self._told.notify_all()

    def report(self, name: str) -> Any:
        """The script's next report, which is to have that name; waits for it."""
        try:
            found, value = self._reports.get(timeout=BROWSER_SECONDS)
        except queue.Empty:
            raise AssertionError(f"the page did not report {name!r}") from None
        assert found == name, f"the page reported {found!r}: {value}"
        return value

    def close(self) -> None:
        """Nothing answers any more, on connections that a browser keeps ready either."""
        self._server.shutdown()
        self._server.server_close()
        with self._told:
            connections = list(self._connections)
        for one in connections:
            shut_down(one)

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Browser:
    """Chromium with a profile of its own, on one page. A context manager."""

    def __init__(self, url: str, profile: Path, *flags: str) -> None:
        assert CHROMIUM is not None
        self._log = (profile.parent / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            [
                CHROMIUM,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check"),
                *("--disable-background-networking", "--disable-component-update"),
                *("--disable-sync", "--disable-extensions", "--disable-default-apps"),
                "--remote-debugging-port=0",  # without it, it would end when the page is loaded
                f"--user-data-dir={profile}",
                *flags,
                url,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()


@pytest.fixture(name="profile")
def _profile(tmp_path: Path) -> Iterator[Path]:
    profile = tmp_path / "profile"
    profile.mkdir()
    yield profile
    shutil.rmtree(profile, ignore_errors=True)  # a dying process may still write to it


@pytest.fixture(name="bare")
def _bare() -> Iterator[Sidecar]:
    """A sidecar without a token, the weaker set-up, whose log is the test's own."""
    with Sidecar() as running:
        running.wait_for_driver()
        yield running


def query(database: FakeOracle, sql: str = "SELECT 1 AS a FROM dual") -> dict[str, object]:
    """Serves every path: each ignores the keys of the others."""
    one: dict[str, object] = {"connection": connection(database.dsn()), "sql": sql}
    return {**one, "queries": [one], "query_id": "x"}


def page(script: str, **values: object) -> str:
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    return f"<!doctype html><meta charset=utf-8><body><script>\n{constants}{script}\n</script>"


# What every page's script needs.
TALK = """
const report = (name, value) => fetch(`${HOME}/report/${name}`,
  {method: 'POST', body: JSON.stringify(value)});
const told = name => fetch(`${HOME}/wait/${name}`);
"""

# Everything that a page can do to an address. `seen` ends up with what each attempt could see of
# the answer; '' where that was nothing.
ATTACK = """
const seen = {};
const patience = 15000;
const later = (ms, value) => new Promise(done => setTimeout(() => done(value), ms));
const attempt = async (name, act) => {
  try {
    seen[name] = await Promise.race([act(), later(patience, '')]);
  } catch (error) {
    seen[name] = '';
  }
};
const visible = async answer => {
  const headers = [...answer.headers].join();
  const text = await answer.text();
  return answer.status || text || headers ? `${answer.type} ${answer.status} ${text}` : '';
};
const typed = type => ({'Content-Type': type});
const FETCHES = {
  'get': {},
  'head': {method: 'HEAD'},
  'get with credentials': {credentials: 'include'},
  'get no-cors': {mode: 'no-cors'},
  'get same-origin': {mode: 'same-origin'},
  'get with token': {headers: {Authorization: 'Bearer x'}},
  'post text': {method: 'POST', headers: typed('text/plain'), body: BODY},
  'post text no-cors': {method: 'POST', mode: 'no-cors', headers: typed('text/plain'), body: BODY},
  'post text kept alive': {method: 'POST', mode: 'no-cors', keepalive: true, body: BODY},
  'post form': {method: 'POST', mode: 'no-cors', body: new URLSearchParams({a: BODY})},
  'post typeless': {method: 'POST', mode: 'no-cors', body: new Blob([BODY])},
  'post json': {method: 'POST', headers: typed('application/json'), body: BODY},
  'post json no-cors': {method: 'POST', mode: 'no-cors',
                        headers: typed('application/json'), body: BODY},
  'delete': {method: 'DELETE'},
  'put': {method: 'PUT', headers: typed('application/json'), body: BODY},
};
const fetchAll = async (base, prefix) => {
  for (const path of PATHS)
    await Promise.all(Object.entries(FETCHES).map(([name, options]) =>
      attempt(`${prefix}${name} ${path}`, async () => visible(await fetch(base + path, options)))));
};
const element = (tag, attributes) => new Promise(done => {
  const one = document.createElement(tag);
  one.onload = one.onloadeddata = () => done(one);
  one.onerror = () => done(null);
  Object.assign(one, attributes);
  document.body.append(one);
});
const embed = async (base, path) => {
  await attempt(`image ${path}`, async () => {
    const image = await element('img', {src: base + path});
    return image ? `${image.naturalWidth}x${image.naturalHeight}` : '';
  });
  await attempt(`script ${path}`, async () =>
    await element('script', {src: base + path}) ? 'it ran' : '');
  await attempt(`module ${path}`, async () => JSON.stringify(await import(base + path)));
  await attempt(`style ${path}`, async () => {
    const link = await element('link', {rel: 'stylesheet', href: base + path});
    return link ? `${link.sheet.cssRules.length} rules` : '';
  });
  await attempt(`audio ${path}`, async () => await element('audio', {src: base + path}) ? 'a' : '');
  await attempt(`font ${path}`, async () =>
    `${(await new FontFace('x', `url(${base + path})`).load()).status}`);
  await attempt(`worker ${path}`, () => new Promise((done, fail) => {
    const worker = new Worker(base + path);
    worker.onmessage = event => done(`${event.data}`);
    worker.onerror = () => done('');
  }));
  await attempt(`frame ${path}`, async () => inside(await element('iframe', {src: base + path})));
  await attempt(`request ${path}`, () => new Promise(done => {
    const request = new XMLHttpRequest();
    request.onload = () => done(`${request.status} ${request.responseText}`);
    request.onerror = () => done('');
    request.open('GET', base + path);
    request.send();
  }));
  await attempt(`events ${path}`, () => new Promise(done => {
    const source = new EventSource(base + path);
    source.onopen = source.onmessage = () => done('open');
    source.onerror = () => { source.close(); done(''); };
  }));
  await attempt(`socket ${path}`, () => new Promise(done => {
    const socket = new WebSocket(base.replace('http', 'ws') + path);
    socket.onopen = () => done('open');
    socket.onmessage = event => done(`${event.data}`);
    socket.onerror = () => done('');
  }));
  await attempt(`beacon ${path}`, async () => {
    navigator.sendBeacon(base + path, new Blob([BODY], {type: 'text/plain'}));
    navigator.sendBeacon(base + path, BODY);
    try {
      navigator.sendBeacon(base + path, new Blob([BODY], {type: 'application/json'}));
    } catch (error) {}
    return '';
  });
};
const inside = frame => {
  let text = '';
  try {
    text = frame.contentDocument ? frame.contentDocument.documentElement.outerHTML : '';
  } catch (error) {}
  try {
    text += frame.contentWindow.document.body.innerText;
  } catch (error) {}
  return text;
};
let forms = 0;
const submit = async (base, path, method, enctype) => {
  await attempt(`form ${method} ${enctype} ${path}`, async () => {
    const name = `form${forms++}`;
    const frame = document.createElement('iframe');
    frame.name = name;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, {action: base + path, method, enctype, target: name});
    // As text/plain the body is name=value: valid JSON with the = inside a string of its own.
    const field = document.createElement('input');
    field.name = BODY.slice(0, -1) + ', "ignored": "';
    field.value = '"}';
    form.append(field);
    document.body.append(form);
    const loaded = new Promise(done => { frame.onload = () => done(frame); });
    form.submit();
    return inside(await loaded);
  });
};
const submitAll = async base => {
  for (const path of PATHS) {
    await Promise.all([
      submit(base, path, 'get', ''),
      ...['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded'].map(
        enctype => submit(base, path, 'post', enctype))]);
  }
};
"""


def assert_nothing_was_seen(seen: dict[str, str], least: int) -> None:
    assert len(seen) >= least
    assert {name: text for name, text in seen.items() if text} == {}


def assert_nothing_was_started(database: FakeOracle) -> None:
    counts = database.counts()
    assert (counts.connections, counts.logins, counts.statements) == (0, 0, 0)


def statuses(sidecar: Sidecar, method: str, path: str) -> set[int]:
    """With which statuses such requests were answered, by the log."""
    lines = [line.split() for line in sidecar.log_text().splitlines()]
    return {
        int(word.removeprefix("status="))
        for words in lines
        if f"method={method}" in words and f"path={path}" in words
        for word in words
        if word.startswith("status=")
    }


def assert_every_post_got(sidecar: Sidecar, status: int) -> None:
    """They did arrive, so that it was the sidecar that refused them, and not the browser."""
    last = sidecar.get("/nowhere/last")
    assert last.status == 404
    sidecar.wait_for_log("path=/nowhere/last")
    for path in PATHS:
        assert statuses(sidecar, "POST", path) == {status}
        assert statuses(sidecar, "OPTIONS", path) <= {status}


FOREIGN = (
    TALK
    + ATTACK
    + """
addEventListener('load', async () => {
  await fetchAll(SIDECAR, '');
  for (const path of PATHS) await embed(SIDECAR, path);
  await submitAll(SIDECAR);
  await attempt('redirect', async () => visible(await fetch('/redirect',
    {method: 'POST', headers: typed('text/plain'), body: BODY})));
  await attempt('redirect no-cors', async () => visible(await fetch('/redirect',
    {method: 'POST', mode: 'no-cors', headers: typed('text/plain'), body: BODY})));
  for (const entry of performance.getEntriesByType('resource'))
    if (entry.name.startsWith(SIDECAR)) {
      const sizes = [entry.transferSize, entry.encodedBodySize, entry.decodedBodySize,
                     entry.responseStatus, entry.nextHopProtocol, entry.contentType];
      seen[`timing ${entry.name}`] = sizes.filter(Boolean).join();
    }
  await report('seen', seen);
});
"""
)


def test_a_page_of_a_foreign_origin_reads_nothing_and_starts_nothing(
    bare: Sidecar, database: FakeOracle, profile: Path
) -> None:
    address = f"http://127.0.0.1:{bare.port}"
    with Pages() as pages:
        home = f"http://127.0.0.1:{pages.port}"
        body = json.dumps(query(database))
        pages.redirect = f"{address}/query"
        pages.page = page(FOREIGN, HOME=home, SIDECAR=address, BODY=body, PATHS=PATHS)
        with Browser(f"{home}/page", profile):
            seen = pages.report("seen")

    assert_nothing_was_seen(seen, 300)
    assert_nothing_was_started(database)
    assert_every_post_got(bare, 403)


# A page without an origin: in a sandbox, or out of a data: address.
WITHOUT_ORIGIN = (
    ATTACK
    + """
const finish = async () => {
  await fetchAll(SIDECAR, '');
  for (const path of PATHS) await embed(SIDECAR, path);
  parent.postMessage({origin: self.origin, seen}, '*');
};
addEventListener('load', finish);
"""
)
HOLDER = (
    TALK
    + """
addEventListener('message', event => report('seen', event.data));
const frame = document.createElement('iframe');
if (AS_DATA) frame.src = 'data:text/html,' + encodeURIComponent(INNER);
else { frame.sandbox = 'allow-scripts allow-forms'; frame.srcdoc = INNER; }
document.body.append(frame);
"""
)


@pytest.mark.parametrize("as_data", [False, True], ids=["sandbox", "data address"])
def test_a_page_whose_origin_is_null_reads_nothing_and_starts_nothing(
    bare: Sidecar, database: FakeOracle, profile: Path, as_data: bool
) -> None:
    address = f"http://127.0.0.1:{bare.port}"
    body = json.dumps(query(database))
    inner = page(WITHOUT_ORIGIN, SIDECAR=address, BODY=body, PATHS=PATHS)
    with Pages() as pages:
        home = f"http://127.0.0.1:{pages.port}"
        # Inside a script, the inner page's own end tag would end the outer one.
        whole = page(HOLDER, HOME=home, INNER=inner, AS_DATA=as_data)
        pages.page = whole.replace("</script>", "<\\/script>", 1)
        with Browser(f"{home}/page", profile):
            result = pages.report("seen")

    assert result["origin"] == "null"
    assert_nothing_was_seen(result["seen"], 200)
    assert_nothing_was_started(database)
    assert_every_post_got(bare, 403)


# DNS rebinding: the page is loaded from evil.example, and when it calls home by that name again,
# the sidecar answers. To the browser it is the same origin, so that it asks nobody's leave.
REBOUND = (
    TALK
    + ATTACK
    + """
addEventListener('load', async () => {
  await report('loaded', location.origin);
  await told('rebound');
  await fetchAll(location.origin, '');
  await report('seen', seen);
});
"""
)


def test_a_page_that_rebinds_its_name_to_loopback_gets_refusals_only(
    database: FakeOracle, profile: Path
) -> None:
    with Pages() as home:
        evil = Pages()
        address = f"http://evil.example:{evil.port}"
        evil.page = page(
            REBOUND,
            HOME=f"http://127.0.0.1:{home.port}",
            BODY=json.dumps(query(database)),
            PATHS=PATHS,
        )
        rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
        with Browser(f"{address}/page", profile, rules):
            assert home.report("loaded") == address
            evil.close()
            with Sidecar("--port", str(evil.port)) as sidecar:
                sidecar.wait_for_driver()
                home.tell("rebound")
                seen = home.report("seen")
                assert_every_post_got(sidecar, 421)

    readable = {name: text for name, text in seen.items() if text}
    # Same origin: the page reads what it is told, and all that it is told is that it is wrong here.
    assert {text.split()[1] for text in readable.values()} == {"421"}
    told = [text for text in readable.values() if "{" in text]
    assert len(told) >= 100
    assert all('"full_code":"WRONG_HOST"' in text for text in told)
    assert_nothing_was_started(database)


# The app's own page.

APP = (
    TALK
    + """
const headers = {'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}`};
const post = (path, body, more = {}) => fetch(SIDECAR + path, {
  method: 'POST', body: JSON.stringify(body), ...more, headers: {...headers, ...more.headers}});
const tell = async answer => [answer.status, await answer.json()];
const run = async () => {
  await report('health', await tell(await fetch(SIDECAR + '/health')));
  await report('document', await tell(await fetch(SIDECAR + '/openapi.json', {headers})));
  await report('query', await tell(await post('/query', {connection: CONNECTION, sql: SMALL})));
  await report('write', await tell(await post('/query', {connection: CONNECTION, sql: WRITE})));
  await report('pools', await tell(await fetch(SIDECAR + '/pools', {headers})));
  await report('tokenless', await tell(await fetch(SIDECAR + '/pools')));

  const streamed = await post('/query', {connection: CONNECTION, sql: LARGE, max_rows: null},
    {headers: {Accept: 'application/x-ndjson'}});
  const reader = streamed.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.split('\\n').length < 50) text += (await reader.read()).value;
  await report('begun', streamed.headers.get('Content-Type'));
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    text += value;
  }
  const lines = text.trim().split('\\n').map(line => JSON.parse(line));
  await report('ended', [lines.length, lines[0], lines[lines.length - 1]]);

  const controller = new AbortController();
  const aborted = post('/query', {connection: CONNECTION, sql: SLOW}, {signal: controller.signal});
  await told('abort');
  controller.abort();
  await report('aborted', await aborted.then(() => 'answered', error => error.name));
};
addEventListener('load', () => run().catch(error => report('failed', `${error}`)));
"""
)


@pytest.fixture(name="app_pages")
def _app_pages() -> Iterator[Pages]:
    """Serves http://localhost:1420, one of the origins that are allowed by default."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            socket.create_connection((address, ALLOWED_PORT), timeout=1).close()
        except OSError:
            continue
        pytest.skip(f"{address} port {ALLOWED_PORT} is taken ({family.name})")
    try:
        pages = Pages(ALLOWED_PORT)
    except OSError as error:
        pytest.skip(f"port {ALLOWED_PORT} is taken: {error}")
    with pages:
        yield pages


def test_the_app_s_page_queries_streams_and_aborts(
    app_pages: Pages, database: FakeOracle, profile: Path
) -> None:
    held = database.faults.add(Fault(Step.FETCH, Silence(), skip=1))
    slow = database.faults.add(Fault(Step.EXECUTE, Silence(), sql="slow"))
    with Sidecar(env={"ORACLE_SIDECAR_TOKEN": TOKEN}) as sidecar:
        app_pages.page = page(
            APP,
            HOME=f"http://localhost:{ALLOWED_PORT}",
            SIDECAR=f"http://127.0.0.1:{sidecar.port}",
            TOKEN=TOKEN,
            CONNECTION=connection(database.dsn()),
            SMALL="SELECT 1 AS a FROM dual",
            WRITE="DELETE FROM app_config",
            # Its second fetch already goes beyond the 64 KiB that are gathered.
            LARGE=f"SELECT LEVEL AS n, '{'x' * 100}' AS x FROM dual CONNECT BY LEVEL <= 20000",
            SLOW="SELECT 'slow' FROM dual",
        )
        with Browser(f"http://localhost:{ALLOWED_PORT}/page", profile):
            status, health = app_pages.report("health")
            assert (status, health["pid"]) == (200, sidecar.process.pid)
            assert app_pages.report("document") == [200, DOCUMENT]
            status, result = app_pages.report("query")
            assert (status, result["columns"], result["rows"]) == (200, ["A"], [[1]])
            status, refusal = app_pages.report("write")
            assert (status, refusal["detail"]["full_code"]) == (403, "READ_ONLY")
            status, pools = app_pages.report("pools")
            assert (status, len(pools["pools"])) == (200, 1)
            status, refusal = app_pages.report("tokenless")
            assert (status, refusal["detail"]["full_code"]) == (401, "TOKEN_NEEDED")

            assert app_pages.report("begun") == "application/x-ndjson; charset=utf-8"
            assert held.hit.wait(BROWSER_SECONDS)
            held.release()
            count, first, last = app_pages.report("ended")
            assert (count, first["columns"], last["row_count"]) == (20_002, ["N", "X"], 20_000)

            assert slow.hit.wait(BROWSER_SECONDS)
            assert database.counts().breaks == 0
            app_pages.tell("abort")
            assert app_pages.report("aborted") == "AbortError"
            database.wait_until(lambda c: c.breaks == 1)
    assert database.counts().logins <= 2
