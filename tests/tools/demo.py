"""The demo: a stand-in database, the sidecar, a sample of every kind of request, and the page.

python -m tests.tools.demo [--once] [--no-page] [--page-port PORT]
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.harness import ROOT, Answer, Sidecar
from tests.tools.page_server import PORT, PageServer, is_taken

USER, PASSWORD = "compare", "compare_pw"
WIDTH = 100
PAGE = ROOT / "tauri" / "compare-config" / "dist"
GROUPS = ("DEV", "UAT", "PROD")
SERVICES = "DEV, UAT and PROD"


class StandIn:
    """`python -m tests.fake_oracle` in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_oracle", "--port", "0", "--bench"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the stand-in database did not start")
        ready = json.loads(line)
        self.address = f"{ready['host']}:{ready['port']}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def connection(standin: StandIn, service: str, password: str = PASSWORD) -> dict[str, str]:
    return {
        "name": service,
        "connect_string": f"{standin.address}/{service}",
        "username": USER,
        "password": password,
    }


def say(text: str = "") -> None:
    print(text, flush=True)


def shown(value: object) -> str:
    """JSON for people: one line where it fits, and each row on a line of its own."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {shown(item)}" for key, item in value.items()]
        return "{\n" + textwrap.indent(",\n".join(items), "  ") + "\n}"
    return "[\n" + textwrap.indent(",\n".join(map(shown, value)), "  ") + "\n]"


def show(title: str, request: str, body: Mapping[str, Any] | None, answer: Answer) -> None:
    say(f"\n--- {title}")
    sent = "" if body is None else f"  {json.dumps(hidden(body), ensure_ascii=False)}"
    say(request + sent)
    say(f"{answer.status}  {shown(answer.json)}")


def hidden(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as it is shown: connections by their names."""

    def shown_value(key: str, value: Any) -> Any:
        if key == "connection":
            return f"<{value['name']}>"
        return hidden(value) if key in ("left", "right") else value

    return {key: shown_value(key, value) for key, value in body.items()}


def samples(sidecar: Sidecar, standin: StandIn) -> None:
    dev, uat = connection(standin, "DEV"), connection(standin, "UAT")

    def post(title: str, path: str, expected: int, **body: Any) -> None:
        answer = sidecar.post(path, body)
        show(title, f"POST {path}", body, answer)
        assert answer.status == expected, f"expected {expected}"

    sidecar.wait_for_driver()
    show("Is it up?", "GET /health", None, sidecar.get("/health"))
    post("A connection that works", "/test-connection", 200, connection=dev)
    post(
        "A wrong password",
        "/test-connection",
        403,
        connection=connection(standin, "DEV", password="not this one"),
    )
    sql = (
        "SELECT config_id, config_key, config_value, num_value, updated_at FROM app_config "
        "WHERE config_id <= :last ORDER BY config_id"
    )
    post("A query", "/query", 200, connection=dev, sql=sql, binds={"last": 3})
    post("The same, rows as objects", "/query-dict", 200, connection=dev, sql=sql, binds=[2])
    post("The same rows in UAT", "/query", 200, connection=uat, sql=sql, binds={"last": 3})
    post(
        "Numbers that no double can hold stay exact",
        "/query",
        200,
        connection=dev,
        sql="SELECT 0.1 AS a, 1/3 AS b, 12345678901234567890.12 AS c FROM dual",
    )
    show_every_type(sidecar, dev)
    stream_a_million_rows(sidecar, standin)
    cancel_a_query(sidecar, dev)
    post(
        "An error of the database, with a hint",
        "/query",
        400,
        connection=dev,
        sql="SELECT * FROM no_such_table",
    )
    post("Nothing is written", "/query", 403, connection=dev, sql="DELETE FROM app_config")
    compare_dev_and_uat(sidecar, dev, uat)
    show("The open pools", "GET /pools", None, sidecar.get("/pools"))


SETTINGS = "SELECT config_id, config_key, num_value FROM app_config"
# What the sidecar asks of a table's keys; a stand-in without it compares statements.
DICTIONARY = "SELECT 1 FROM all_tab_cols, all_synonyms, all_cons_columns, all_ind_columns"


def compare_dev_and_uat(sidecar: Sidecar, dev: Mapping[str, str], uat: Mapping[str, str]) -> None:
    sides = {"left": {"connection": dev}, "right": {"connection": uat}}
    asked = {"connection": dev, "sql": f"{DICTIONARY} WHERE 1 = 0"}
    has_dictionary = sidecar.post("/query", asked).status == 200
    settings: dict[str, Any] = {"sql": SETTINGS, "key": ["CONFIG_ID"]}
    if has_dictionary:
        settings = {"table": "app_config"}  # by its primary key, in every column

    summary = _compare(sidecar, "Is DEV as UAT?", 200, **sides, **settings, summary=True)
    assert summary["left_rows"] == summary["equal"] + summary["changed"] + summary["left_only"]
    few = {**sides, **settings, "max_differences": 3}
    differences = _compare(sidecar, "Where do they differ?", 200, **few)["differences"]
    assert len(differences) == 3
    if has_dictionary:
        title = "A view has no key"
        without_key = {**sides, "table": "v$version"}
    else:
        title = "A key that two rows have"
        without_key = {**sides, "sql": SETTINGS, "key": ["NUM_VALUE"]}
    refused = _compare(sidecar, title, 400, **without_key)
    assert refused["full_code"] == ("NO_KEY" if has_dictionary else "DUPLICATE_KEY")
    say(
        "\n--- The same as a check in CI: exit code 0 when all is the same, and something was there"
    )
    say(ci_check(sidecar, {**sides, **settings, "summary": True}))


def _compare(sidecar: Sidecar, title: str, expected: int, **body: Any) -> dict[str, Any]:
    """The answer, shown without the head's details of columns and statements."""
    say(f"\n--- {title}")
    say(f"POST /compare  {json.dumps(hidden(body))}")
    answer = sidecar.post("/compare", body)
    assert answer.status == expected, answer.body
    told: dict[str, Any] = answer.json.get("detail", answer.json)
    details = ("_types", "_only_columns", "_sql", "_started")
    say(f"{answer.status}  {shown({k: v for k, v in told.items() if not k.endswith(details)})}")
    return told


def ci_check(sidecar: Sidecar, body: Mapping[str, Any]) -> str:
    """-s and last: of no input at all, jq -e by itself makes a success."""
    accept = "-H 'Content-Type: application/json' -H 'Accept: application/x-ndjson'"
    return (
        f"curl -sSf http://127.0.0.1:{sidecar.port}/compare {accept} \\\n"
        f"     -d '{json.dumps(body)}' |\n"
        "  tail -n 1 | jq -es 'last | .same == true and .left_rows > 0'"
    )


def show_every_type(sidecar: Sidecar, dev: Mapping[str, str]) -> None:
    say("\n--- A value of every type")
    for table in ("basic", "more", "vectors", "objects", "written"):
        body = {"connection": dev, "sql": f"SELECT * FROM all_values_{table} ORDER BY id"}
        answer = sidecar.post("/query", body)
        say(f"POST /query  {json.dumps(hidden(body))}\n{answer.status}")
        assert answer.status == 200
        for row in answer.json["rows"]:
            label = row[1]
            for kind, value in list(zip(answer.json["column_types"], row, strict=True))[2:]:
                if value is not None:
                    say(f"  {kind:<34} {label:<22} {json.dumps(value, ensure_ascii=False)}")


def stream_a_million_rows(sidecar: Sidecar, standin: StandIn) -> None:
    body = {
        "connection": connection(standin, "BENCH"),
        "sql": "SELECT * FROM bench_rows WHERE ROWNUM <= 1000000",
        "max_rows": None,
    }
    say("\n--- A million rows of ten columns, streamed as NDJSON")
    say(f"POST /query  {json.dumps(hidden(body))}")
    client = sidecar.http()
    headers = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}
    started = time.monotonic()
    client.request("POST", "/query", json.dumps(body), headers)
    response = client.getresponse()
    size, last = 0, b""
    while piece := response.read(1 << 18):
        size += len(piece)
        last = (last + piece)[-200:]
    client.close()
    seconds = time.monotonic() - started
    totals = json.loads(last.splitlines()[-1])
    say(f"{response.status}  … {json.dumps(totals)}")
    say(
        f"{size / 1e6:.0f} MB in {seconds:.1f} s: {totals['row_count'] / seconds:,.0f} rows/s, "
        f"{size / 1e6 / seconds:.0f} MB/s"
    )
    assert totals["row_count"] == 1_000_000


def cancel_a_query(sidecar: Sidecar, dev: Mapping[str, str]) -> None:
    body = {
        "connection": dev,
        "sql": "SELECT COUNT(*) FROM dual CONNECT BY LEVEL <= 1000000000",
        "query_id": "endless",
    }
    answers: list[Answer] = []
    caller = threading.Thread(target=lambda: answers.append(sidecar.post("/query", body)))
    caller.start()
    while not sidecar.post("/cancel", {"query_id": "endless"}).json["cancelled"]:
        time.sleep(0.05)  # until it runs, which has no other sign
    caller.join()
    show("A query that would take hours, cancelled", "POST /query", body, answers[0])
    assert answers[0].status == 409


def main() -> int:
    options = parse()
    # What it has started ends with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    standin = StandIn()
    try:
        say(f"Stand-in database: {standin.address}, services {SERVICES}, {USER}/{PASSWORD}")
        with page_server(options) as page, Sidecar(*allowed(page)) as sidecar:
            say(f"Sidecar:           http://127.0.0.1:{sidecar.port}")
            if isinstance(page, PageServer):
                page.demo = demo_file(sidecar, standin)
                # It works from now on; a reader of the samples is told once more at their end.
                say(f"Compare Config:    {page.origin}")
            samples(sidecar, standin)
            if not options.once:
                serve(sidecar, standin, page)
    finally:
        standin.stop()
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="demo.sh",
        description="Show the sidecar at work, and Compare Config, the page that compares tables.",
    )
    parser.add_argument("--once", action="store_true", help="run the samples and exit")
    parser.add_argument(
        "--no-page",
        nargs="?",
        const="",
        metavar="WHY",
        help="neither build nor serve the page, and say why",
    )
    parser.add_argument(
        "--page-port", type=int, default=PORT, metavar="PORT", help="serve the page there"
    )
    return parser.parse_args()


@contextmanager
def page_server(options: argparse.Namespace) -> Iterator[PageServer | str]:
    """The page, or why there is none."""
    if options.once or options.no_page is not None:
        yield options.no_page or ""
        return
    if not (PAGE / "index.html").is_file():
        yield "The page is not built: ./demo.sh does that."
        return
    try:
        server = PageServer(PAGE, options.page_port)
    except OSError as error:
        if not is_taken(error):
            raise
        yield f"Port {options.page_port} is taken: no page. --page-port chooses another."
        return
    with server:
        yield server


def allowed(page: PageServer | str) -> Sequence[str]:
    """The flags that let the page call, wherever it is served."""
    return () if isinstance(page, str) else ("--allow-origin", page.origin)


def demo_file(sidecar: Sidecar, standin: StandIn) -> dict[str, Any]:
    """What the page of a demo starts with."""
    connections = [
        {**connection(standin, service), "name": f"Payments {service}", "group": service}
        for service in GROUPS
    ]
    return {
        "sidecar": {"url": f"http://127.0.0.1:{sidecar.port}"},
        "connections": connections,
    }


def serve(sidecar: Sidecar, standin: StandIn, page: PageServer | str) -> None:
    body = {"connection": connection(standin, "DEV"), "sql": "SELECT * FROM app_config"}
    say("\nAll of it goes on until Ctrl-C. Try:")
    say(
        f"curl http://127.0.0.1:{sidecar.port}/query -H 'Content-Type: application/json' \\\n"
        f"     -d '{json.dumps({**body, 'max_rows': 5})}'"
    )
    if isinstance(page, str):
        say(f"\n{page}")
    else:
        say(
            f"\nCompare Config:    {page.origin}\n"
            "                   DEV, UAT and PROD are set up: open it and press Compare."
        )
    try:
        while sidecar.process.poll() is None:
            time.sleep(0.5)  # until Ctrl-C, which is what there is to wait for
    except KeyboardInterrupt:
        say("\nStopping.")


if __name__ == "__main__":
    sys.exit(main())
